"""The pictures of a report as PNG bytes; needs matplotlib, which is optional."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..figures import THRESHOLDS_MM, difficult_mask
from ..records import CephRecord, ErrorTable, error_table, observer_table
from .plot_change import draw_change
from .plot_errors import draw_boxes, draw_cumulative
from .plot_face import draw_face, draw_scatter
from .plot_style import BLUE, GREEN, GREY, ORANGE, plots_available, png
from .plot_worst import draw_worst
from .scatter import Scatter, error_scatter

__all__ = ["draw_plots", "plots_available"]


def draw_plots(
    records: Sequence[CephRecord],
    *,
    names: Sequence[str],
    difficult: Sequence[str] = (),
    mean_shape: ErrorTable | None = None,
    thresholds: Sequence[float] = THRESHOLDS_MM,
    compare: Mapping[str, Any] | None = None,
    worst: int = 6,
) -> dict[str, bytes]:
    """Draw every plot.

    Args:
        records: Images with at least one visible landmark.
        names: Landmark names.
        difficult: Names of the difficult landmarks.
        mean_shape: Errors of the mean shape on the same images, if known.
        thresholds: SDR thresholds in mm, marked in the curve.
        compare: The "compare" part of the report, if any.
        worst: How many of the worst images to show.

    Returns:
        PNG bytes by file name. Millimetres are used as soon as one image has them.

    Raises:
        ImportError: matplotlib is not installed.
    """
    errors = error_table(records)
    unit = "px" if np.isnan(errors.mm).all() else "mm"
    hard = difficult_mask(names, difficult)
    own: np.ndarray = getattr(errors, unit)
    curves = {"all landmarks": (own, BLUE, "-")}
    if hard.any():
        curves["difficult"] = (own[:, hard], ORANGE, "-")
        curves["healthy"] = (own[:, ~hard], GREEN, "-")
    observers = observer_table(records)
    for label, table in (("between observers", observers), ("mean shape", mean_shape)):
        if table is not None:
            colour = "black" if table is observers else GREY
            curves[label] = (getattr(table, unit), colour, "--")
    marks = thresholds if unit == "mm" else ()
    beside = None if observers is None else getattr(observers, unit)
    plots = {
        "cumulative_error.png": png(draw_cumulative(curves, unit, marks)),
        "error_per_landmark.png": png(draw_boxes(own, names, hard, unit, marks, beside)),
    }
    scatter: Scatter = error_scatter(records, names)
    if scatter.drawable:
        plots["error_on_face.png"] = png(draw_face(scatter, hard))
        plots["error_scatter.png"] = png(draw_scatter(scatter, hard, marks))
    change = None if compare is None else draw_change(compare, names, hard)
    if change is not None:
        plots["change.png"] = png(change)
    plots["worst_images.png"] = png(draw_worst(records, own, names, unit, worst))
    return plots
