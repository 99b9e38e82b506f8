"""Cephalometric measurements: definitions, values, and how well predictions agree with truth."""

from .analyses import ANALYSES, Analysis, analysis_names, find_analysis
from .definitions import MEASUREMENTS, Definition, definition
from .measurements import Measurement, measure
from .norms import ClassRange, Norm

__all__ = [
    "ANALYSES",
    "MEASUREMENTS",
    "Analysis",
    "ClassRange",
    "Definition",
    "Measurement",
    "Norm",
    "analysis_names",
    "definition",
    "find_analysis",
    "measure",
]
