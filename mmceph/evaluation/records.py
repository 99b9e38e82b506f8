"""What is kept of one tested image: everything a report needs, and nothing of the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..functional.baselines import inter_observer_errors, mean_shape_points
from ..functional.radial_error import radial_errors
from .errors import EvaluationError

_SINGLE_PRECISION_PX = 1e-3  # more than rounding does to any coordinate up to 16 000 px


@dataclass
class CephRecord:
    """One image's prediction and truth, landmarks in the data set's order.

    Attributes:
        file: File name as in the annotations; tells the images of a run apart.
        image_size: (width, height) in px.
        predicted: Predicted points in px of the original image, shape (K, 2), x before y; NaN
            where another program's file has none.
        scores: The model's confidence, shape (K,).
        truth: True points in px, shape (K, 2).
        visible: Which true points exist, shape (K,), bool.
        spacing: mm per px as (sx, sy), or None when unknown.
        spacing_source: Where the spacing comes from.
        device: X-ray device, where known.
        subject: Patient, where known.
        observers: Each observer's points as (K, 3) arrays of x, y, v.
        image_path: Where the picture lies now; only for drawing it, never written to a file.
    """

    file: str
    image_size: tuple[int, int]
    predicted: np.ndarray
    scores: np.ndarray
    truth: np.ndarray
    visible: np.ndarray
    spacing: tuple[float, float] | None = None
    spacing_source: str | None = None
    device: str | None = None
    subject: str | None = None
    observers: Mapping[str, np.ndarray] = field(default_factory=dict)
    image_path: str | None = None

    def __post_init__(self) -> None:
        count = len(self.predicted)
        shapes = {
            "predicted": (np.shape(self.predicted), (count, 2)),
            "scores": (np.shape(self.scores), (count,)),
            "truth": (np.shape(self.truth), (count, 2)),
            "visible": (np.shape(self.visible), (count,)),
        }
        shapes.update(
            {
                f"observer {name}": (np.shape(marks), (count, 3))
                for name, marks in self.observers.items()
            }
        )
        for name, (found, wanted) in shapes.items():
            if found != wanted:
                raise EvaluationError(f"{self.file}: {name} has shape {found}, expected {wanted}")


@dataclass(frozen=True)
class ErrorTable:
    """Radial errors of many images, NaN where a landmark is invisible or mm are unknown.

    Attributes:
        px: Errors in px, shape (N, K).
        mm: Errors in mm, shape (N, K).
    """

    px: np.ndarray
    mm: np.ndarray

    def columns(self, keep: np.ndarray | list[int]) -> ErrorTable:
        """The same images, only the landmarks that ``keep`` (indices or a mask) names."""
        return ErrorTable(self.px[:, keep], self.mm[:, keep])

    def rows(self, keep: np.ndarray) -> ErrorTable:
        """The same landmarks, only the images that ``keep`` (indices or a mask) names."""
        return ErrorTable(self.px[keep], self.mm[keep])


def annotation_fields(annotation: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a record that come from the annotation alone.

    Args:
        annotation: ``raw_ann_info`` of a CephDataset, see
            :func:`mmceph.datasets.canonical.reordered`; what it lacks becomes None.

    Returns:
        spacing, spacing_source, device, subject and observers, as :class:`CephRecord` takes them.
    """
    spacing = annotation.get("spacing")
    return {
        "spacing": None if spacing is None else (float(spacing[0]), float(spacing[1])),
        "spacing_source": annotation.get("spacing_source"),
        "device": annotation.get("device"),
        "subject": annotation.get("subject"),
        "observers": {
            str(name): np.asarray(marks, np.float64).reshape(-1, 3)
            for name, marks in (annotation.get("observers") or {}).items()
        },
    }


def annotated_points(annotation: Any, points: np.ndarray) -> np.ndarray:
    """The annotation's own digits for points a pipeline has passed on in single precision.

    With them a report is the same to the last digit whether it is made while testing or later
    from the predictions.

    Args:
        annotation: ``raw_ann_info`` whose "keypoints" hold flat x, y, v; other forms are passed
            over.
        points: The points as the pipeline gives them, shape (K, 2).

    Returns:
        Shape (K, 2); ``points`` where the annotation holds none or another point.
    """
    flat = annotation.get("keypoints") if isinstance(annotation, Mapping) else None
    if not isinstance(flat, list) or len(flat) != 3 * len(points):
        return points
    exact = np.asarray(flat, np.float64).reshape(-1, 3)[:, :2]
    return np.where(np.abs(exact - points) < _SINGLE_PRECISION_PX, exact, points)


def spacings(records: Sequence[CephRecord]) -> np.ndarray:
    """Spacing of every image in mm per px, shape (N, 2); NaN where unknown."""
    unknown = (np.nan, np.nan)
    rows = [unknown if r.spacing is None else r.spacing for r in records]
    return np.array(rows, np.float64).reshape(-1, 2)


def error_table(records: Sequence[CephRecord], predicted: np.ndarray | None = None) -> ErrorTable:
    """Radial errors of the records' own predictions, or of others in their place.

    Args:
        records: At least one record.
        predicted: Points in px, shape (N, K, 2), to score instead of the records' own. NaN
            points give NaN errors.

    Returns:
        The errors in px and in mm.
    """
    if predicted is None:
        predicted = np.stack([r.predicted for r in records])
    truth = np.stack([r.truth for r in records])
    visible = np.stack([r.visible for r in records])
    return ErrorTable(
        px=radial_errors(predicted, truth, visible),
        mm=radial_errors(predicted, truth, visible, spacings(records)),
    )


def observer_table(records: Sequence[CephRecord]) -> ErrorTable | None:
    """Distances between the observers over the landmarks that are visible and predicted.

    None when no image has two observers.
    """
    if not any(len(r.observers) > 1 for r in records):
        return None
    px, mm = [], []
    for record in records:
        count = len(record.predicted)
        marks = np.array(list(record.observers.values()), np.float64).reshape(-1, count, 3)
        px.append(inter_observer_errors(marks))
        mm.append(
            np.full(count, np.nan)
            if record.spacing is None
            else inter_observer_errors(marks, record.spacing)
        )
    compared = compared_points(records)
    return ErrorTable(*(np.where(compared, np.stack(rows), np.nan) for rows in (px, mm)))


def constant_table(
    records: Sequence[CephRecord], fractions: np.ndarray | None
) -> ErrorTable | None:
    """Errors of the mean shape on the points the predictions are judged by.

    Args:
        records: At least one record.
        fractions: The mean shape as fractions of the image, shape (K, 2), or None.

    Returns:
        The errors, or None without a mean shape.
    """
    if fractions is None or np.isnan(fractions).all():
        return None
    points = mean_shape_points(fractions, np.array([r.image_size for r in records]))
    return error_table(records, np.where(compared_points(records)[..., None], points, np.nan))


def compared_points(records: Sequence[CephRecord]) -> np.ndarray:
    """Which points have both a truth and a prediction, shape (N, K), bool.

    Baselines count over the same points as the predictions they stand beside.
    """
    visible = np.stack([r.visible for r in records]).astype(bool)
    return visible & np.isfinite(np.stack([r.predicted for r in records])).all(axis=2)
