from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest


@pytest.fixture
def make_image() -> Callable[..., Path]:
    """Write a small grey image; ``seed`` makes its bytes differ from others."""

    def make(path: Path, width: int = 80, height: int = 60, seed: int = 0) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(seed).integers(0, 255, (height, width), dtype=np.uint8)
        path.write_bytes(cv2.imencode(path.suffix, pixels)[1].tobytes())
        return path

    return make


@pytest.fixture
def make_labelme() -> Callable[..., Path]:
    """Write a labelme file with the points given as label -> (x, y)."""

    def make(path: Path, points: dict[str, tuple[float, float]], **changes: Any) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {
            "version": "5.0.1",
            "shapes": [
                {"label": label, "points": [list(place)], "shape_type": "point"}
                for label, place in points.items()
            ],
            "imagePath": f"{path.stem}.png",
            "imageWidth": 80,
            "imageHeight": 60,
            **changes,
        }
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    return make
