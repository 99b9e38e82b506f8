"""What a program calls: predicting on new pictures, reading rulers.

Everything is imported on first use, so that what needs no torch does not wait for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .inferencer import CephInferencer
    from .prediction import CephPrediction, LandmarkPoint, ReadingOptions
    from .prediction_folder import PredictionFolder
    from .ruler import RulerReader

_MODULES = {
    "CephInferencer": "inferencer",
    "CephPrediction": "prediction",
    "LandmarkPoint": "prediction",
    "PredictionFolder": "prediction_folder",
    "ReadingOptions": "prediction",
    "RulerReader": "ruler",
}

__all__ = [
    "CephInferencer",
    "CephPrediction",
    "LandmarkPoint",
    "PredictionFolder",
    "ReadingOptions",
    "RulerReader",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULES[name]}", __name__), name)
