"""What the plots share: colours, a figure without a screen, and its PNG bytes."""

from __future__ import annotations

import io
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito's colours, told apart by colour-blind readers too.
BLUE, ORANGE, GREEN, GREY, SKY = "#0072B2", "#D55E00", "#009E73", "#777777", "#56B4E9"
YELLOW = "#F0E442"


def plots_available() -> bool:
    """Whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of a size in inches."""
    # No pyplot: it keeps global state and may look for a screen.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def png(figure: Figure) -> bytes:
    """A figure as PNG; the same figure gives the same bytes. It is empty afterwards."""
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=110, metadata={"Software": None})
    figure.clear()  # of tens of thousands of images it holds hundreds of megabytes
    return out.getvalue()


def tidy(axes: Any) -> None:
    """Take away the frame's upper and right side."""
    axes.spines[["top", "right"]].set_visible(False)


def mark_thresholds(axes: Any, thresholds: Any) -> None:
    """Thin lines at the SDR thresholds, behind the data."""
    for threshold in thresholds:
        axes.axvline(threshold, color="#bbbbbb", linewidth=0.8, zorder=0)
