"""A prediction drawn on its picture."""

from __future__ import annotations

import cv2
import numpy as np

from ..imaging.circles import draw_circles
from ..imaging.drawing import draw_landmarks
from ..landmarks import LandmarkSet
from .prediction import NOTICE, CephPrediction

HEIGHT = 1000
_LINE, _RULER, _MANUAL = (200, 160, 60), (90, 220, 90), (255, 120, 255)  # BGR
_SHIFT = 4  # cv2 takes sixteenths of a pixel


def draw_prediction(prediction: CephPrediction, *, height: int = HEIGHT) -> np.ndarray:
    """Points with names and learnt uncertainty, the tracing's lines, the ruler, rings where manual.

    Args:
        prediction: With its pixels.
        height: Of the picture in px, without the line above it.

    Returns:
        (H, W, 3) RGB, uint8.

    Raises:
        ValueError: The prediction has no pixels.
    """
    if prediction.pixels is None:
        raise ValueError(f"{prediction.file}: no pixels to draw on")
    zoom = height / prediction.size[1]
    size = (max(1, round(prediction.size[0] * zoom)), height)
    how = cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC
    canvas = cv2.cvtColor(
        cv2.resize(prediction.pixels, size, interpolation=how), cv2.COLOR_GRAY2BGR
    )
    # Pixels are areas and whole numbers their centres, before and after.
    scale = np.array([size[0] / prediction.size[0], zoom])
    places = {
        name: (np.asarray(point.place) + 0.5) * scale - 0.5
        for name, point in prediction.landmarks.items()
    }
    links = LandmarkSet("drawn", tuple(places)).links if places else ()
    for first, second in links:
        _line(canvas, places[first], places[second], _LINE)
    known = {name: p.bound.radius_px for name, p in prediction.landmarks.items() if p.bound}
    if known:
        around = np.array([places[name] for name in known])
        canvas = draw_circles(canvas, around, np.array(list(known.values())) * scale)
    for name in prediction.manual:
        cv2.circle(canvas, _pixel(places[name]), 8 << _SHIFT, _MANUAL, 2, cv2.LINE_AA, _SHIFT)
    ruler = prediction.ruler
    if ruler is not None and ruler.accepted and ruler.p1 is not None and ruler.p2 is not None:
        marks = [(np.asarray(mark) + 0.5) * scale - 0.5 for mark in (ruler.p1, ruler.p2)]
        _line(canvas, marks[0], marks[1], _RULER)
        places.update({f"P{i}": mark for i, mark in enumerate(marks, 1) if f"P{i}" not in places})
    return draw_landmarks(
        canvas,
        np.array(list(places.values())).reshape(-1, 2),
        list(places),
        height=height,
        caption=_caption(prediction, size[0]),
    )


def _pixel(place: np.ndarray) -> tuple[int, int]:
    x, y = (round(float(value) * 2**_SHIFT) for value in place)
    return x, y


def _line(canvas: np.ndarray, a: np.ndarray, b: np.ndarray, color: tuple[int, int, int]) -> None:
    cv2.line(canvas, _pixel(a), _pixel(b), color, 1, cv2.LINE_AA, _SHIFT)


def _caption(prediction: CephPrediction, width: int) -> str:
    calibration = prediction.calibration
    if calibration.spacing is None:
        scale = "no calibration, no mm"
    else:
        x, y = calibration.spacing
        scale = f"{x:.4f}" + ("" if x == y else f" x {y:.4f}") + f" mm/px: {calibration.source}"
    parts = [NOTICE, prediction.file.rsplit("/", 1)[-1], scale]
    bound = next((p.bound for p in prediction.landmarks.values() if p.bound), None)
    if bound is not None:
        parts.append(f"circles hold {100 * bound.level:g} %")
    if prediction.manual:
        parts.append("ring: by hand")
    text = " | ".join(parts)
    most = max(20, round(width / (HEIGHT / 60 * 0.44)))
    return text if len(text) <= most else text[: most - 1] + "…"
