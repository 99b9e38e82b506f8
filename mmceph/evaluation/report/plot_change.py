"""Before and after as a picture: each landmark's change with its paired interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .plot_style import BLUE, ORANGE, new_figure, tidy

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_change(part: Mapping[str, Any], names: Sequence[str], hard: np.ndarray) -> Figure | None:
    """Change of every landmark's mean error and of all together.

    Args:
        part: The "compare" part of a report.
        names: Landmark names.
        hard: Which of them are difficult, shape (K,).

    Returns:
        The figure, or None where no change is known.
    """
    marked = {name for name, is_hard in zip(names, hard, strict=True) if is_hard}
    rows = [
        (name, row, ORANGE if name in marked else BLUE)
        for name, row in part["landmarks"].items()
        if row["difference"] is not None
    ]
    if not rows:
        return None
    rows.sort(key=lambda item: item[1]["difference"], reverse=True)
    for name, row in [*part["groups"].items(), ("overall", part["overall"])]:
        if row is not None and row["difference"] is not None:
            rows.append((name, row, "black"))
    figure = new_figure(7.0, 1.2 + 0.24 * len(rows))
    axes = figure.add_subplot()
    axes.axvline(0.0, color="#777777", linewidth=0.9, zorder=0)
    for place, (_, row, colour) in enumerate(rows):
        width = 2.2 if colour == "black" else 1.3
        if row["ci95"] is not None:
            axes.plot(row["ci95"], [place, place], color=colour, linewidth=width)
        still = row["changed"] == 0
        axes.plot(row["difference"], place, "o", color=colour, ms=5.0,
                  mfc="white" if still else colour)  # fmt: skip
    summed = sum(colour == "black" for *_, colour in rows)
    axes.axhline(len(rows) - summed - 0.5, color="#b9c4ce", linewidth=0.9)
    axes.set_yticks(np.arange(len(rows)), [name for name, *_ in rows])
    axes.set_ylim(-0.7, len(rows) - 0.3)
    note = (
        " (hollow: not one prediction changed)"
        if any(r["changed"] == 0 for _, r, _ in rows)
        else ""
    )
    axes.set_title(f"Change of the mean error{note}")
    axes.set_xlabel(f"after less before ({part['unit']}), paired 95 % interval")
    tidy(axes)
    return figure
