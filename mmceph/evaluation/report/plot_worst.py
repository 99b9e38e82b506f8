"""The images a model does worst on, with truth, prediction and the way between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

from ...functional.summary import image_means
from ...imaging import ImageReadError, read_image
from ...imaging.reduce import reduce
from ..records import CephRecord
from .plot_style import ORANGE, SKY, YELLOW, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LONGEST = 900  # px a picture is reduced to: as many as its place on the page has
_NAMED = 4
_PANEL_INCHES, _FONT = 3.5, 8


@dataclass(frozen=True)
class Picture:
    """An image of a report, or why there is none.

    Attributes:
        pixels: (h, w) uint8, or None.
        reason: Why there is none.
    """

    pixels: np.ndarray | None
    reason: str = ""


def load_picture(path: str | None) -> Picture:
    """An image in grey, made smaller for a report; never fails."""
    if path is None:
        return Picture(None, "no picture given")
    try:
        image = read_image(path)
    except ImageReadError as error:
        told = str(error)
        return Picture(None, told.removeprefix(f"{path}: ") or "cannot be read")
    return Picture(reduce(image.pixels, (_LONGEST, _LONGEST)))


def worst_first(errors: np.ndarray) -> np.ndarray:
    """Indices of the images by their mean error, the largest first, those without one left out."""
    means = image_means(errors)
    order = np.argsort(np.where(np.isnan(means), -1.0, means), kind="stable")[::-1]
    return order[~np.isnan(means[order])]


def draw_worst(
    records: Sequence[CephRecord],
    errors: np.ndarray,
    names: Sequence[str],
    unit: str,
    count: int = 6,
) -> Figure:
    """The images with the largest mean error.

    Args:
        records: The images.
        errors: Their errors, shape (N, K), NaN where not valid.
        names: Landmark names.
        unit: "mm" or "px".
        count: How many images.
    """
    means = image_means(errors)
    order = worst_first(errors)[:count]
    columns = max(1, min(3, len(order)))
    rows = max(1, -(-len(order) // columns))
    figure = new_figure(3.7 * columns, 4.7 * rows + 0.4)
    shown = _short_names([records[index].file for index in order])
    for place, index in enumerate(order):
        axes = figure.add_subplot(rows, columns, place + 1)
        _overlay(axes, records[index], errors[index], names, unit)
        axes.set_title(f"{shown[place]}: MRE {means[index]:.2f} {unit}", fontsize=9.5)
    figure.suptitle("Worst images: truth (blue ring), prediction (orange cross)", fontsize=11)
    return figure


def _overlay(
    axes: Any, record: CephRecord, errors: np.ndarray, names: Sequence[str], unit: str
) -> None:
    width, height = record.image_size
    picture = load_picture(record.image_path)
    if picture.pixels is not None:
        edges = (-0.5, width - 0.5, height - 0.5, -0.5)
        axes.imshow(picture.pixels, cmap="gray", extent=edges, interpolation="bilinear")
    else:
        axes.set_facecolor("#e9ecef")
        axes.text(0.5, 0.985, f"picture not shown: {_wrapped(picture.reason)}", fontsize=7,
                  ha="center", va="top", color="#444444", transform=axes.transAxes)  # fmt: skip
    known = record.visible.astype(bool) & np.isfinite(record.predicted).all(axis=1)
    truth, predicted = record.truth[record.visible.astype(bool)], record.predicted[known]
    for (x0, y0), (x1, y1) in zip(record.truth[known], predicted, strict=True):
        axes.plot([x0, x1], [y0, y1], color=YELLOW, linewidth=1.4)
    axes.plot(*truth.T, "o", mec=SKY, mfc="none", ms=4.5, mew=1.0)
    axes.plot(*predicted.T, "x", color=ORANGE, ms=4.2, mew=1.2)
    left, top, right, bottom = _window(record, known)
    ranked = np.argsort(np.where(np.isnan(errors), -1.0, errors), kind="stable")[::-1]
    named = [i for i in ranked[:_NAMED] if known[i] and not np.isnan(errors[i])]
    labels = [f"{names[i]} {errors[i]:.1f}" for i in named]
    points_per_px = 72 * _PANEL_INCHES / (right - left)
    marks = (np.concatenate([truth, predicted]) - (left, top)) * points_per_px
    places = (record.predicted[named] - (left, top)) * points_per_px
    offsets = _label_offsets(places, labels, marks, 72 * _PANEL_INCHES)
    for index, label, offset in zip(named, labels, offsets, strict=True):
        axes.annotate(
            label,
            record.predicted[index],
            xytext=offset,
            textcoords="offset points",
            va="center",
            ha="left",
            color="white",
            fontsize=_FONT,
            bbox={"boxstyle": "square,pad=0.12", "fc": "#000000", "ec": "none", "alpha": 0.55},
        )
    axes.set(xlim=(left, right), ylim=(bottom, top), aspect="equal", xticks=[], yticks=[])


def _label_offsets(
    places: np.ndarray, labels: Sequence[str], marks: np.ndarray, width: float
) -> list[tuple[float, float]]:
    """Where to write each label from its point so that labels and marks stay free.

    Args:
        places: The labels' points, shape (n, 2), in typographic points, y down.
        labels: The labels.
        marks: All marks that had better stay free, shape (m, 2).
        width: Width of the panel.

    Returns:
        Offset of each label's left middle from its point, y up.
    """
    offsets: list[tuple[float, float]] = []
    taken: list[np.ndarray] = []
    for (x, y), label in zip(places, labels, strict=True):
        size = 0.62 * _FONT * len(label) + 3.0
        best, least = (6.0, 0.0), np.inf
        for dy in (-10.0, 0.0, 10.0, -21.0, 21.0):
            for dx in (6.0, -size - 6.0, -size / 2):
                if dx == -size / 2 and dy == 0.0:
                    continue
                box = np.array([x + dx, y + dy - 6.0, x + dx + size, y + dy + 6.0])
                inside = (marks > box[:2] - 2).all(axis=1) & (marks < box[2:] + 2).all(axis=1)
                hit = sum(bool((box[:2] < b[2:]).all() and (b[:2] < box[2:]).all()) for b in taken)
                outside = max(-box[0], 0.0) + max(box[2] - width, 0.0)
                cost = 4 * inside.sum() + 20 * hit + outside + 0.05 * (abs(dy) + abs(dx))
                if cost < least:
                    best, least, chosen = (dx, -dy), cost, box
        taken.append(chosen)
        offsets.append(best)
    return offsets


def _window(record: CephRecord, known: np.ndarray) -> tuple[float, float, float, float]:
    """The part of the image that holds the points, with room around them: left, top, right,
    bottom in px, in the shape of the whole image."""
    width, height = record.image_size
    points = np.concatenate([record.truth[record.visible.astype(bool)], record.predicted[known]])
    low, high = points.min(axis=0), points.max(axis=0)
    zoom = max((high[0] - low[0]) / width, (high[1] - low[1]) / height) + 0.14
    if zoom >= 1.0 or (low < 0).any() or (high > (width, height)).any():
        low, high = np.minimum(low, 0), np.maximum(high, (width, height))
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])
    size = zoom * np.array([width, height])
    corner = np.clip((low + high - size) / 2, 0, np.array([width, height]) - size)
    end = corner + size
    return float(corner[0]), float(corner[1]), float(end[0]), float(end[1])


def _short_names(files: Sequence[str]) -> list[str]:
    """File names without their folders where that still tells them apart."""
    short = [PurePath(file.replace("\\", "/")).name for file in files]
    many = Counter(short)
    names = [name if many[name] == 1 else file for name, file in zip(short, files, strict=True)]
    return [name if len(name) <= 30 else f"...{name[-27:]}" for name in names]


def _wrapped(text: str, width: int = 44) -> str:
    from textwrap import fill

    return fill(text if len(text) <= 160 else text[:157] + "...", width)
