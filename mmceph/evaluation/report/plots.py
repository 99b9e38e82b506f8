"""The pictures of a report as PNG bytes; needs matplotlib, which is optional."""

from __future__ import annotations

import io
from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from ...functional.summary import image_means
from ..figures import THRESHOLDS_MM, difficult_mask
from ..records import CephRecord, ErrorTable, error_table, observer_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito's colours, told apart by colour-blind readers too.
BLUE, ORANGE, GREEN, GREY, SKY = "#0072B2", "#D55E00", "#009E73", "#777777", "#56B4E9"


def plots_available() -> bool:
    """Whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


def draw_plots(
    records: Sequence[CephRecord],
    *,
    names: Sequence[str],
    difficult: Sequence[str] = (),
    mean_shape: ErrorTable | None = None,
    thresholds: Sequence[float] = THRESHOLDS_MM,
    worst: int = 6,
) -> dict[str, bytes]:
    """Draw every plot.

    Args:
        records: Images with at least one visible landmark.
        names: Landmark names.
        difficult: Names of the difficult landmarks.
        mean_shape: Errors of the mean shape on the same images, if known.
        thresholds: SDR thresholds in mm, marked in the curve.
        worst: How many of the worst images to show.

    Returns:
        PNG bytes by file name. Millimetres are used as soon as one image has them.

    Raises:
        ImportError: matplotlib is not installed.
    """
    errors = error_table(records)
    unit = "px" if np.isnan(errors.mm).all() else "mm"
    hard = difficult_mask(names, difficult)
    own = getattr(errors, unit)
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
    return {
        "cumulative_error.png": _png(_cumulative(curves, unit, marks)),
        "error_per_landmark.png": _png(_boxes(own, names, hard, unit, marks)),
        "worst_images.png": _png(_worst(records, own, names, unit, worst)),
    }


def _figure(width: float, height: float) -> Figure:
    # No pyplot: it keeps global state and may look for a screen.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _png(figure: Figure) -> bytes:
    out = io.BytesIO()
    # No "Software" entry: the same run gives the same bytes.
    figure.savefig(out, format="png", dpi=110, metadata={"Software": None})
    return out.getvalue()


def _cumulative(
    curves: dict[str, tuple[np.ndarray, str, str]], unit: str, thresholds: Sequence[float]
) -> Figure:
    """Share of landmarks found within a radius, one curve per set of errors."""
    figure = _figure(7.0, 4.2)
    axes = figure.add_subplot()
    own = next(iter(curves.values()))[0]
    right = max(2.5 * max(thresholds, default=0.0), 1.1 * float(np.nanpercentile(own, 95)))
    for label, (values, colour, style) in curves.items():
        line = np.sort(values[~np.isnan(values)])
        if line.size:
            share = 100.0 * np.arange(1, line.size + 1) / line.size
            x = np.concatenate([[0.0], line, [max(right, line[-1])]])
            y = np.concatenate([[0.0], share, [100.0]])
            axes.step(x, y, where="post", color=colour, linestyle=style, label=label)
    for threshold in thresholds:
        axes.axvline(threshold, color="#bbbbbb", linewidth=0.8, zorder=0)
    axes.set(xlim=(0, right), ylim=(0, 101), title="Cumulative error")
    axes.set_xlabel(f"radial error ({unit})")
    axes.set_ylabel("landmarks found (%)")
    axes.legend(loc="lower right", frameon=False)
    _tidy(axes)
    return figure


def _boxes(
    errors: np.ndarray,
    names: Sequence[str],
    hard: np.ndarray,
    unit: str,
    thresholds: Sequence[float],
) -> Figure:
    """A box per landmark, the worst at the top."""
    from matplotlib import __version_info__

    figure = _figure(7.0, 1.2 + 0.24 * len(names))
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
        flierprops={"marker": ".", "markersize": 3, "markeredgecolor": GREY},
        medianprops={"color": "black"},
        whiskerprops=style,
        capprops=style,
    )
    for index, box in zip(order, drawn["boxes"], strict=True):
        box.set(facecolor=ORANGE if hard[index] else SKY, edgecolor="#444444", linewidth=0.9)
    axes.set_yticks(np.arange(1, len(names) + 1), [names[i] for i in order])
    for threshold in thresholds:
        axes.axvline(threshold, color="#bbbbbb", linewidth=0.8, zorder=0)
    title = "Error per landmark" + (" (orange: difficult)" if hard.any() else "")
    axes.set(xlim=(0, None), title=title)
    axes.set_xlabel(f"radial error ({unit}); box: quartiles, whiskers: 1.5 of the box")
    _tidy(axes)
    return figure


def _worst(
    records: Sequence[CephRecord],
    errors: np.ndarray,
    names: Sequence[str],
    unit: str,
    count: int,
) -> Figure:
    """The images with the largest mean error: truth, prediction and the way between."""
    means = image_means(errors)
    order = np.argsort(np.where(np.isnan(means), -1.0, means))[::-1][:count]
    columns = min(3, len(order))
    rows = -(-len(order) // columns)
    figure = _figure(3.6 * columns, 4.6 * rows + 0.4)
    for place, index in enumerate(order):
        axes = figure.add_subplot(rows, columns, place + 1)
        _overlay(axes, records[index], errors[index], names)
        mean = "no mm" if np.isnan(means[index]) else f"MRE {means[index]:.2f} {unit}"
        axes.set_title(f"{_short(records[index].file)}: {mean}", fontsize=9)
    figure.suptitle("Worst images: truth (blue ring), prediction (orange cross)", fontsize=11)
    return figure


def _overlay(axes, record: CephRecord, errors: np.ndarray, names: Sequence[str]) -> None:
    width, height = record.image_size
    picture = read_grey(record.image_path)
    if picture is not None:
        edges = (-0.5, width - 0.5, height - 0.5, -0.5)
        axes.imshow(picture, cmap="gray", extent=edges, interpolation="bilinear")
    else:
        axes.set_facecolor("#eeeeee")
    truth, predicted = record.truth[record.visible], record.predicted[record.visible]
    ends = np.stack([truth, predicted], axis=1)
    for (x0, y0), (x1, y1) in ends:
        axes.plot([x0, x1], [y0, y1], color="#F0E442", linewidth=1.1)
    axes.plot(*truth.T, "o", mec=SKY, mfc="none", ms=4.5, mew=1.0)
    axes.plot(*predicted.T, "x", color=ORANGE, ms=4.0, mew=1.1)
    for index in np.argsort(np.where(np.isnan(errors), -1.0, errors))[::-1][:3]:
        if record.visible[index]:
            axes.annotate(
                names[index],
                record.predicted[index],
                xytext=(5, 3),
                textcoords="offset points",
                color="white" if picture is not None else "black",
                fontsize=8,
            )
    axes.set(xlim=(0, width), ylim=(height, 0), aspect="equal", xticks=[], yticks=[])


def read_grey(path: str | None, longest: int = 800) -> np.ndarray | None:
    """An image in grey, made smaller for a report; None where it cannot be read as a picture."""
    if path is None:
        return None
    import cv2

    try:
        data = np.fromfile(path, np.uint8)  # cv2.imread fails on non-ASCII paths under Windows
        picture = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    except (OSError, cv2.error):
        return None
    if picture is None:
        return None
    scale = longest / max(picture.shape)
    if scale < 1:
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return picture


def _short(file: str) -> str:
    return file if len(file) <= 28 else "..." + file[-25:]


def _tidy(axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
