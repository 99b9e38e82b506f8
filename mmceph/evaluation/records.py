"""What is kept of one tested image: everything a report needs, and nothing of the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..functional.baselines import inter_observer_errors
from ..functional.radial_error import radial_errors
from .errors import EvaluationError


@dataclass
class CephRecord:
    """One image's prediction and truth, landmarks in the data set's order.

    Attributes:
        file: File name as in the annotations; tells the images of a run apart.
        image_size: (width, height) in px.
        predicted: Predicted points in px of the original image, shape (K, 2), x before y.
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
    """Distances between the observers over the visible landmarks; None when no image has two."""
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
    visible = np.stack([r.visible for r in records])
    return ErrorTable(*(np.where(visible, np.stack(rows), np.nan) for rows in (px, mm)))
