"""Error vectors: on a drawing of the mean face, and enlarged one panel a landmark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...landmarks import LandmarkSet, find_canonical_name
from ...phantom.tracing import tracing_over
from .plot_style import BLUE, ORANGE, new_figure
from .scatter import Scatter

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SKIN, _BONE, _LINK = "#9a7b66", "#aab4bd", "#c9d1d8"
_COLUMNS = 7


def draw_face(scatter: Scatter, hard: np.ndarray) -> Figure:
    """Every landmark's errors at their true scale on the mean face.

    Args:
        scatter: The error vectors.
        hard: Which landmarks are difficult, shape (K,).
    """
    known = np.isfinite(scatter.face).all(axis=1)
    lines = _outlines(scatter, known)
    low, high = _window(scatter.face[known], lines.get("skin"))
    size = np.maximum(high - low, 1e-3)
    height = float(np.clip(8.6 * size[1] / size[0], 3.0, 11.5))
    figure = new_figure(8.6, height + 0.6)
    axes = figure.add_subplot()
    for name, line in lines.items():
        axes.plot(*line.T, color=_SKIN if name == "skin" else _BONE, linewidth=1.2, zorder=1)
    _draw_dots(axes, scatter, hard)
    for index, name in enumerate(scatter.names):
        if known[index]:
            colour = ORANGE if hard[index] else BLUE
            ellipse = scatter.ellipses[index]
            if ellipse is not None:
                axes.plot(*(scatter.face[index] + ellipse.outline()).T, color=colour, linewidth=1.1)
            axes.plot(*scatter.face[index], "+", color="black", ms=6, mew=1.0, zorder=4)
            _label(axes, scatter, index, name, known)
    _draw_scale(axes, scatter.unit, low, high)
    axes.set(xlim=(low[0], high[0]), ylim=(high[1], low[1]), aspect="equal")
    axes.set_axis_off()
    title = "Errors on the mean face, with 95 % ellipses"
    axes.set_title(title + (" (orange: difficult)" if hard.any() else ""))
    return figure


def draw_scatter(scatter: Scatter, hard: np.ndarray, thresholds: Sequence[float]) -> Figure:
    """Every landmark's errors enlarged, all panels at one scale.

    Args:
        scatter: The error vectors.
        hard: Which landmarks are difficult, shape (K,).
        thresholds: SDR thresholds; the first is drawn as a circle.
    """
    from matplotlib.collections import LineCollection

    count = len(scatter.names)
    columns = min(_COLUMNS, count)
    rows = -(-count // columns)
    half = _half_width(scatter, thresholds)
    figure = new_figure(1.5 * columns, 1.68 * rows + 0.5)
    # One pair of axes for all panels: forty pairs would take seconds.
    axes = figure.add_subplot()
    step = np.array([2.12 * half, 2.40 * half])
    centres = np.array([(i % columns, i // columns) for i in range(count)]) * step
    turn = np.linspace(0.0, 2.0 * np.pi, 49)
    circle = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    corners = half * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)])
    cross = [half * np.array(ends) for ends in (((-1, 0), (1, 0)), ((0, -1), (0, 1)))]
    frames = [centre + corners for centre in centres]
    axes.add_collection(LineCollection(frames, colors="#c4ccd4", linewidths=0.8))
    lines = [centre + line for centre in centres for line in cross]
    axes.add_collection(LineCollection(lines, colors="#e8ecef", linewidths=0.8))
    if thresholds:
        rings = [centre + min(thresholds) * circle for centre in centres]
        axes.add_collection(LineCollection(rings, colors="#999999", linewidths=0.8))
    for index, (name, centre) in enumerate(zip(scatter.names, centres, strict=True)):
        colour = ORANGE if hard[index] else BLUE
        _draw_panel(axes, scatter, index, centre, half, colour)
        axes.text(centre[0], centre[1] - 1.03 * half, name, ha="center", va="bottom",
                  fontsize=8.5, color=colour if hard[index] else "black")  # fmt: skip
    right, bottom = centres.max(axis=0) + 1.04 * half
    axes.set(xlim=(-1.04 * half, right), ylim=(bottom, -1.36 * half), aspect="equal")
    axes.set_axis_off()
    axes.set_title(f"Error vectors: panels {2 * half:g} {scatter.unit} wide, ellipses 95 %")
    return figure


def _half_width(scatter: Scatter, thresholds: Sequence[float]) -> float:
    """Half a panel's width: nearly all the errors and ellipses, but not the wildest."""
    sizes = np.abs(scatter.vectors[np.isfinite(scatter.vectors)])
    reach = [np.abs(ellipse.outline()).max() for ellipse in scatter.ellipses if ellipse]
    wanted = max(float(np.percentile(sizes, 99)), 1.25 * min(thresholds, default=0.0))
    if reach:
        wanted = max(wanted, min(float(np.percentile(reach, 90)), 2.0 * wanted))
    if wanted <= 0:
        return 1.0
    place = 10.0 ** np.floor(np.log10(wanted))
    return float(np.ceil(wanted / place * 2.0) / 2.0 * place)


def _draw_panel(
    axes: Any, scatter: Scatter, index: int, centre: np.ndarray, half: float, colour: str
) -> None:
    vectors = scatter.vectors[:, index]
    vectors = vectors[np.isfinite(vectors).all(axis=1)]
    inside = (np.abs(vectors) <= half).all(axis=1)
    axes.plot(*(centre + vectors[inside]).T, ".", color=colour, ms=4.6, alpha=0.6, mew=0)
    if (~inside).any():
        axes.text(centre[0] + 0.95 * half, centre[1] + 0.93 * half, f"{(~inside).sum()} outside",
                  ha="right", va="bottom", fontsize=6, color="#555555")  # fmt: skip
    ellipse = scatter.ellipses[index]
    if ellipse is None:
        return
    outline = ellipse.outline()
    outside = (np.abs(outline) > half).any(axis=1, keepdims=True)
    axes.plot(*(centre + np.where(outside, np.nan, outline)).T, color=colour, lw=1.1)
    if max(map(abs, ellipse.bias)) <= half:
        axes.plot(*(centre + ellipse.bias), "+", color="black", ms=5.5, mew=1.1)


def _outlines(scatter: Scatter, known: np.ndarray) -> dict[str, np.ndarray]:
    """The average head's outlines through the mean landmarks, else the set's links."""
    places = {
        find_canonical_name(name) or name: scatter.face[index]
        for index, name in enumerate(scatter.names)
        if known[index]
    }
    lines = tracing_over(places)
    if not lines and places:
        links = LandmarkSet("drawn", tuple(places)).links
        lines = {f"{a}-{b}": np.stack([places[a], places[b]]) for a, b in links}
    return lines


def _window(places: np.ndarray, skin: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Corners of what to show: all landmarks with room, and the nose where it is drawn."""
    low, high = places.min(axis=0), places.max(axis=0)
    room = max(0.09 * float((high - low).max()), 1e-3)
    if skin is not None:
        nose = skin[(skin[:, 1] > low[1]) & (skin[:, 1] < high[1])]
        if len(nose):
            high = np.maximum(high, [nose[:, 0].max() - 0.6 * room, high[1]])
    return low - room, high + room


def _draw_dots(axes: Any, scatter: Scatter, hard: np.ndarray) -> None:
    for mask, colour in ((~hard, BLUE), (hard, ORANGE)):
        dots = (scatter.face[mask] + scatter.vectors[:, mask]).reshape(-1, 2)
        dots = dots[np.isfinite(dots).all(axis=1)]
        axes.plot(*dots.T, ".", color=colour, ms=3.4, alpha=0.5, mew=0, zorder=2)


def _label(axes: Any, scatter: Scatter, index: int, name: str, known: np.ndarray) -> None:
    """The name beside the ellipse, away from the nearest landmark."""
    here = scatter.face[index]
    others = np.delete(scatter.face[known], np.count_nonzero(known[:index]), axis=0)
    ellipse = scatter.ellipses[index]
    reach = 0.0 if ellipse is None else ellipse.semi_axes[0]
    away = np.array([1.0, 0.0])
    if len(others):
        gap = here - others
        distance = np.maximum(np.linalg.norm(gap, axis=1), 1e-9)
        push = (gap / distance[:, None] ** 3).sum(axis=0)
        if np.linalg.norm(push) > 0:
            away = push / np.linalg.norm(push)
    shift = here + away * reach
    offset = (5 * away[0], -5 * away[1])
    side = "left" if away[0] > 0.3 else "right" if away[0] < -0.3 else "center"
    level = "top" if away[1] > 0.5 else "bottom" if away[1] < -0.5 else "center"
    axes.annotate(name, shift, xytext=offset, textcoords="offset points", ha=side, va=level,
                  fontsize=9, zorder=6)  # fmt: skip


def _draw_scale(axes: Any, unit: str, low: np.ndarray, high: np.ndarray) -> None:
    """A bar to read lengths by."""
    wanted = 0.15 * (high[0] - low[0])
    place = 10.0 ** np.floor(np.log10(wanted))
    length = max(step * place for step in (1, 2, 5) if step * place <= wanted)
    x, y = low[0] + 0.03 * (high[0] - low[0]), high[1] - 0.03 * (high[1] - low[1])
    axes.plot([x, x + length], [y, y], color="black", linewidth=2.5, solid_capstyle="butt")
    axes.annotate(f"{length:g} {unit}", (x + length / 2, y), xytext=(0, 4), ha="center",
                  textcoords="offset points", fontsize=9)  # fmt: skip
