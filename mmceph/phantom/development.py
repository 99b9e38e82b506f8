"""What film, scanner and software make of a picture: curve, window, negative, JPEG, stains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mmceph.phantom.canvas import Canvas, Image, gaussian, resized

__all__ = ["redevelop", "vary_density"]


def vary_density(
    total: Image, canvas: Canvas, drawn: Mapping[str, Any], rng: np.random.Generator
) -> None:
    """Multiply (H, W) attenuation by slow changes, and the skull by its own factor."""
    height, width = total.shape
    if drawn["thickness"] > 0:
        grid = max(3, round(max(height, width) * canvas.spacing / 55.0))
        pattern = rng.standard_normal((grid, grid), dtype=np.float32) * np.float32(
            drawn["thickness"]
        )
        total *= np.clip(resized(pattern + np.float32(1.0), width, height), 0.35, 2.0)
    if drawn["skull"] != 1.0:
        rows = (np.arange(height, dtype=np.float32) - float(canvas.origin[1])) * canvas.spacing
        share = 1.0 / (1.0 + np.exp((rows + 6.0) / np.float32(5.0)))
        total *= (1.0 + np.float32(drawn["skull"] - 1.0) * share)[:, None]


def redevelop(
    image: NDArray[np.uint8], spacing: float, drawn: Mapping[str, Any], rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Give (H, W) uint8 the tones and faults of another film, scanner or program."""
    if drawn["equalised"]:
        limit, tiles = float(rng.uniform(1.0, 4.0)), int(rng.integers(4, 13))
        image = np.asarray(cv2.createCLAHE(limit, (tiles, tiles)).apply(image), np.uint8)
    grey = image.astype(np.float32) * np.float32(1 / 255)
    if drawn["extra_blur_mm"] > 0.2 * spacing:
        grey = gaussian(grey, drawn["extra_blur_mm"] / spacing)
    if drawn["window"] > 0:
        low, high = np.quantile(
            grey[::7, ::7], (drawn["window"] * rng.random(), 1 - drawn["window"])
        )
        grey = np.clip((grey - low) / max(float(high - low), 0.2), 0.0, 1.0)
    if drawn["film_gamma"] != 1.0:
        grey = np.asarray(cv2.pow(grey, drawn["film_gamma"]))
    if drawn["stripes"]:
        grey = _striped(grey, rng)
    if drawn["extra_noise"] > 0:
        grain = rng.standard_normal(grey.shape, dtype=np.float32)
        size = float(rng.uniform(0.0, 1.0))
        grain = gaussian(grain, size) * np.float32(1 + 2 * size) if size > 0.4 else grain
        grey = grey + np.float32(drawn["extra_noise"]) * grain
    if drawn["stains"]:
        _add_stains(grey, rng)
    done = np.rint(np.clip(grey, 0.0, 1.0) * 255.0).astype(np.uint8)
    if drawn["inverted"]:
        done = 255 - done
    if drawn["jpeg"]:
        quality = round(drawn["jpeg_quality"])
        _, data = cv2.imencode(".jpg", done, [cv2.IMWRITE_JPEG_QUALITY, quality])
        done = np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)
    return done


def _striped(grey: Image, rng: np.random.Generator) -> Image:
    """Lines along one axis, each a little too bright or too dark."""
    axis = int(rng.random() < 0.5)
    lines = rng.standard_normal(grey.shape[axis], dtype=np.float32) * np.float32(0.012)
    return np.asarray(grey + (lines[:, None] if axis == 0 else lines[None, :]), np.float32)


def _add_stains(grey: Image, rng: np.random.Generator) -> None:
    """Dust and scratches, bright or dark, into (H, W) of 0 to 1."""
    height, width = grey.shape
    for _ in range(int(rng.integers(3, 30))):
        x, y = rng.integers(0, width), rng.integers(0, height)
        tone = float(rng.choice((0.0, 1.0)))
        if rng.random() < 0.8:
            cv2.circle(grey, (int(x), int(y)), int(rng.integers(1, 3)), (tone,), -1, cv2.LINE_AA)
        else:
            end = (int(x + rng.normal(0, 0.1 * width)), int(y + rng.normal(0, 0.1 * height)))
            cv2.line(grey, (int(x), int(y)), end, (tone,), 1, cv2.LINE_AA)
