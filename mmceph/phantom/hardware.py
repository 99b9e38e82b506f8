"""What else lies in the beam or on the film: clips, letters, an apron, a head rest, brackets."""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np

from mmceph.phantom.canvas import Canvas, Image
from mmceph.phantom.curves import Points, smooth_curve
from mmceph.phantom.shape import Head

__all__ = ["add_bystanders", "add_marks", "draw_brackets", "draw_tooth_germs"]

_METAL = 1.6


def draw_brackets(canvas: Canvas, head: Head, rng: np.random.Generator) -> None:
    """A bracket on the labial side of every crown of a row, and the wire that joins them."""
    row, width = head.dentition, float(rng.uniform(2.0, 3.2))
    for sign, names, shift in ((-1.0, ("UIT", "UIA"), 0.0), (1.0, ("LIT", "LIA"), row.lower_shift)):
        tip, apex = head.landmarks[names[0]], head.landmarks[names[1]]
        axis = (apex - tip) / np.linalg.norm(apex - tip)
        labial = np.array([-axis[1], axis[0]])
        labial = labial if labial @ row.forward > 0 else -labial
        front = tip + 4.0 * axis + 3.0 * labial
        places = [row.at(along + shift, sign * 3.6) for along in (0.0, 6.2, 13.1, 20.0)]
        places.append(front)
        half = 0.5 * width * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
        frame = np.stack([row.forward, row.down])
        canvas.fill([place + half @ frame for place in places], _METAL, 0.1, "side")
        canvas.line(np.array(places), 0.5, 0.9, 0.0, "side")


def draw_tooth_germs(canvas: Canvas, head: Head, rng: np.random.Generator) -> None:
    """Crowns of permanent teeth that have not come through, in both jaws."""
    row = head.dentition
    angle = np.linspace(0.0, 2.0 * np.pi, 20, endpoint=False)
    for sign in (-1.0, 1.0):
        for along in (6.0, 13.0, 20.0, -11.0):
            if rng.random() < 0.7:
                middle = row.at(
                    along + float(rng.normal(0.0, 1.0)), sign * float(rng.uniform(14, 19))
                )
                size = row.scale * np.array([3.6, 4.6])
                germ = middle + np.stack([np.cos(angle), np.sin(angle)], axis=1) * size
                canvas.line(germ, 1.2, -0.12, 0.3, "side", closed=True)
                canvas.fill(middle + 0.8 * (germ - middle), 0.35, 0.2, "side")


def add_bystanders(
    total: Image, canvas: Canvas, drawn: Mapping[str, Any], rng: np.random.Generator
) -> None:
    """Add what hangs in the beam to (H, W) attenuation: an apron below, a rest behind the head."""
    height, width = total.shape
    if drawn["apron"]:
        top = float(rng.uniform(0.86, 0.97)) * height
        right = float(rng.uniform(0.3, 0.7)) * width
        edge = smooth_curve(
            [(-9.0, top - 0.04 * height), (0.4 * right, top), (right, height + 9.0)]
        )
        _fill(total, np.vstack([edge, [(-9.0, height + 9.0)]]), float(rng.uniform(1.2, 2.5)))
    if drawn["rest"]:
        x = float(rng.uniform(0.0, 0.12)) * width
        wide, low = float(rng.uniform(0.02, 0.08)) * width, float(rng.uniform(0.2, 0.9)) * height
        box = np.array([(x, -9.0), (x + wide, -9.0), (x + 0.8 * wide, low), (x, low)])
        _fill(total, box, float(rng.uniform(0.1, 0.7)))


def _fill(total: Image, polygon: Points, weight: float) -> None:
    mask = np.zeros(total.shape, np.uint8)
    cv2.fillPoly(mask, [np.rint(polygon * 16).astype(np.int32)], (255,), cv2.LINE_AA, 4)
    total += mask * np.float32(weight / 255.0)


def add_marks(
    image: np.ndarray[Any, np.dtype[np.uint8]], drawn: Mapping[str, Any], rng: np.random.Generator
) -> None:
    """Draw what is on the film itself into (H, W) uint8: clips, letters, the film's rim."""
    height, width = image.shape
    white = int(rng.integers(225, 256))
    if drawn["film_edge"]:
        rim = max(1, round(float(rng.uniform(0.002, 0.02)) * width))
        cv2.rectangle(image, (0, 0), (width - 1, height - 1), (white,), rim)
    if drawn["clips"]:
        _add_clips(image, white, rng)
    if drawn["letters"]:
        _add_letters(image, rng)


def _add_clips(image: np.ndarray[Any, Any], white: int, rng: np.random.Generator) -> None:
    height, width = image.shape
    size = np.array([rng.uniform(0.04, 0.07) * width, rng.uniform(0.012, 0.025) * height])
    for top in (True, False):
        start = float(rng.uniform(0.15, 0.3))
        for number in range(int(rng.integers(2, 4))):
            left = round((start + 0.24 * number) * width)
            y = 0 if top else height - round(size[1])
            corner = (left + round(size[0]), y + round(size[1]))
            cv2.rectangle(image, (left, y), corner, (white,), cv2.FILLED)


def _add_letters(image: np.ndarray[Any, Any], rng: np.random.Generator) -> None:
    height, width = image.shape
    signs = np.array([*string.ascii_uppercase, *string.digits])
    text = "".join(rng.choice(signs, int(rng.integers(1, 10))))
    scale = float(rng.uniform(0.0006, 0.002)) * width if len(text) > 2 else 0.004 * width
    (wide, high), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    patch = np.zeros((high + below + 2, wide + 2), np.uint8)
    thick = max(1, round(1.5 * scale))
    place = (1, high + 1)
    cv2.putText(patch, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, (255,), thick, cv2.LINE_AA)
    if rng.random() < 0.5:
        patch = patch[:, ::-1]
    patch = patch[: height // 2, : width // 2]
    rows, columns = patch.shape
    x = 2 if rng.random() < 0.5 else width - columns - 2
    y = 2 if rng.random() < 0.5 else height - rows - 2
    target = image[y : y + rows, x : x + columns]
    ink = 255 if rng.random() < 0.7 else 0
    share = patch.astype(np.float32) / 255.0
    target[:] = np.rint(target * (1 - share) + ink * share).astype(np.uint8)
