"""Pictures whose landmarks can be found again after any transform: soft bright dots."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest


def draw_dots(size: tuple[int, int], points: np.ndarray, sigma: float) -> np.ndarray:
    """A black uint8 picture of ``size`` (w, h) with a Gaussian dot at each of (N, 2) points."""
    x, y = np.arange(size[0]), np.arange(size[1])
    picture = np.zeros(size[::-1])
    for px, py in points:
        across = np.exp(-((x - px) ** 2) / (2 * sigma**2))
        down = np.exp(-((y - py) ** 2) / (2 * sigma**2))
        picture += 250 * down[:, None] * across
    return picture.round().astype(np.uint8)


def find_dots(picture: np.ndarray, near: np.ndarray, radius: int) -> np.ndarray:
    """Centres of gravity within ``radius`` px of each of (N, 2) points."""
    if picture.ndim == 3:
        picture = picture[..., 0]
    found = []
    for px, py in near:
        left, top = round(px) - radius, round(py) - radius
        part = picture[top : top + 2 * radius + 1, left : left + 2 * radius + 1].astype(float)
        y, x = np.mgrid[: part.shape[0], : part.shape[1]]
        found.append([left + (part * x).sum() / part.sum(), top + (part * y).sum() / part.sum()])
    return np.array(found)


@pytest.fixture
def points() -> np.ndarray:
    """Nine points (x, y) of a 1000 x 1200 picture, between pixel centres."""
    grid = [(x, y) for y in (310.3, 598.7, 871.2) for x in (260.4, 507.9, 742.6)]
    return np.array(grid, np.float32)


@pytest.fixture
def dots_file(tmp_path: Path, points: np.ndarray) -> Path:
    """The points as dots in a lossless 1000 x 1200 file."""
    path = tmp_path / "Punkte 頭.png"
    picture = draw_dots((1000, 1200), points, 9.0)
    path.write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    return path


@pytest.fixture
def sample(dots_file: Path, points: np.ndarray) -> Callable[[], dict[str, Any]]:
    """What a data set hands to its pipeline, anew at each call."""

    def make() -> dict[str, Any]:
        return {
            "img_path": str(dots_file),
            "img_id": 1,
            "bbox": np.array([[0, 0, 1000, 1200]], np.float32),
            "bbox_score": np.ones(1, np.float32),
            "keypoints": points[None].copy(),
            "keypoints_visible": np.ones((1, len(points)), np.float32),
            "flip_indices": list(range(len(points))),
            "raw_ann_info": {"file_name": "dots.png"},
        }

    return make


@pytest.fixture
def find() -> Callable[..., np.ndarray]:
    return find_dots


@pytest.fixture
def draw() -> Callable[..., np.ndarray]:
    return draw_dots
