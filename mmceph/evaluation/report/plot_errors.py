"""Plots of radial errors: the cumulative curve and a box per landmark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from .plot_style import ORANGE, SKY, mark_thresholds, new_figure, tidy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Curve = tuple[np.ndarray, str, str]


def draw_cumulative(curves: Mapping[str, Curve], unit: str, thresholds: Sequence[float]) -> Figure:
    """Share of landmarks found within a radius, one curve per set of errors.

    Args:
        curves: By label: errors of any shape, colour and line style; the run's own first.
        unit: "mm" or "px".
        thresholds: SDR thresholds to mark.
    """
    figure = new_figure(7.0, 4.6)
    axes = figure.add_subplot()
    own = next(iter(curves.values()))[0]
    known = own[~np.isnan(own)]
    spread = float(np.percentile(known, 95)) if known.size else 1.0
    right = max(2.5 * max(thresholds, default=0.0), 1.1 * spread) or 1.0
    for label, (values, colour, style) in curves.items():
        line = np.sort(values[~np.isnan(values)])
        if line.size:
            share = 100.0 * np.arange(1, line.size + 1) / line.size
            x = np.concatenate([[0.0], line, [max(right, line[-1])]])
            y = np.concatenate([[0.0], share, [100.0]])
            axes.step(x, y, where="post", color=colour, linestyle=style, label=label)
    mark_thresholds(axes, thresholds)
    axes.set(xlim=(0, right), ylim=(0, 101), title="Cumulative error")
    axes.set_xlabel(f"radial error ({unit})")
    axes.set_ylabel("landmarks found (%)")
    axes.legend(loc="lower right", frameon=False)
    axes.grid(axis="y", color="#eeeeee", linewidth=0.8)
    axes.set_axisbelow(True)
    tidy(axes)
    return figure


def draw_boxes(
    errors: np.ndarray,
    names: Sequence[str],
    hard: np.ndarray,
    unit: str,
    thresholds: Sequence[float],
    observers: np.ndarray | None = None,
) -> Figure:
    """A box per landmark, the worst at the top.

    Args:
        errors: Shape (N, K), NaN where not valid.
        names: The K landmark names.
        hard: Which of them are difficult, shape (K,).
        unit: "mm" or "px".
        thresholds: SDR thresholds to mark.
        observers: Distances between the observers, shape (N, K), or None.
    """
    from matplotlib import __version_info__

    figure = new_figure(7.0, 1.3 + 0.24 * len(names))
    axes = figure.add_subplot()
    columns = [column[~np.isnan(column)] for column in errors.T]
    medians = np.array([np.median(c) if c.size else -1.0 for c in columns])
    order = np.argsort(medians, kind="stable")
    style = {"color": "#444444", "linewidth": 0.9}
    # matplotlib 3.10 renamed the option and will drop the old name.
    across = {"vert": False} if __version_info__ < (3, 10) else {"orientation": "horizontal"}
    drawn = axes.boxplot(
        [columns[i] for i in order],
        widths=0.65,
        **across,
        patch_artist=True,
        flierprops={"marker": ".", "markersize": 4, "markeredgecolor": "#555555"},
        medianprops={"color": "black", "linewidth": 1.4},
        whiskerprops=style,
        capprops=style,
    )
    for index, box in zip(order, drawn["boxes"], strict=True):
        box.set(facecolor=ORANGE if hard[index] else SKY, edgecolor="#444444", linewidth=0.9)
    if observers is not None:
        known = [column[~np.isnan(column)] for column in observers.T]
        between = [np.median(known[i]) if known[i].size else np.nan for i in order]
        axes.plot(between, np.arange(1, len(names) + 1), "D", ms=4.2, color="black", zorder=4)
    right = _right_end(columns, thresholds)
    beyond = _mark_beyond(axes, [columns[i] for i in order], right)
    axes.set_yticks(np.arange(1, len(names) + 1), [names[i] for i in order])
    mark_thresholds(axes, thresholds)
    title = "Error per landmark" + (" (orange: difficult)" if hard.any() else "")
    axes.set(xlim=(0, right), title=title)
    axes.set_xlabel(f"radial error ({unit}){beyond}")
    tidy(axes)
    return figure


def _right_end(columns: Sequence[np.ndarray], thresholds: Sequence[float]) -> float:
    """Where to end the axis so that one wild miss does not squash every box."""
    largest = max((float(c.max()) for c in columns if c.size), default=1.0)
    box = max((float(np.percentile(c, 75)) for c in columns if c.size), default=1.0)
    wanted = max(1.3 * max(thresholds, default=0.0), 3.0 * box)
    return (largest * 1.04 if largest <= 2.0 * wanted else wanted) or 1.0


def _mark_beyond(axes, columns: Sequence[np.ndarray], right: float) -> str:
    """Arrows at the right end of rows that go on, and how many points lie there in words."""
    counts = [int((column > right).sum()) for column in columns]
    if not any(counts):
        return ""
    for row, count in enumerate(counts, 1):
        if count:
            axes.plot(right, row, ">", color="#555555", ms=5, clip_on=False, zorder=5)
    largest = max(float(column.max()) for column in columns if column.size)
    return f"; {sum(counts)} further right (arrows), up to {largest:.0f}"
