"""Error vectors of every landmark: bias, 95 % ellipse, and the mean face they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...functional.error_ellipse import ErrorEllipse, error_ellipse
from ...functional.mean_configuration import mean_configuration
from ..figures import number
from ..records import CephRecord, spacings


@dataclass(frozen=True)
class Scatter:
    """The errors of a run as vectors.

    Attributes:
        names: Landmark names.
        unit: "mm", or "px" where no image has a spacing.
        vectors: Predicted less true point, shape (N, K, 2), x to the right and y down; NaN where
            not known.
        face: Mean place of every true landmark, shape (K, 2); NaN where it is nowhere visible.
        ellipses: The 95 % ellipse of each landmark; None for fewer than three errors.
    """

    names: tuple[str, ...]
    unit: str
    vectors: np.ndarray
    face: np.ndarray
    ellipses: tuple[ErrorEllipse | None, ...]

    @property
    def drawable(self) -> bool:
        """Whether there is any error vector and a place to draw it at."""
        return bool(np.isfinite(self.vectors).any() and np.isfinite(self.face).any())


def error_scatter(records: Sequence[CephRecord], names: Sequence[str]) -> Scatter:
    """Error vectors of the tested images, in mm where at least one has a spacing.

    Args:
        records: At least one image, landmarks in the order of ``names``.
        names: Landmark names.
    """
    scale = spacings(records)
    unit = "px" if np.isnan(scale).all() else "mm"
    factor = np.ones_like(scale) if unit == "px" else scale
    visible = np.stack([r.visible for r in records]).astype(bool)[..., None]
    truth = np.where(visible, np.stack([r.truth for r in records]), np.nan) * factor[:, None]
    vectors = np.stack([r.predicted for r in records]) * factor[:, None] - truth
    return Scatter(
        names=tuple(names),
        unit=unit,
        vectors=vectors,
        face=mean_configuration(truth),
        ellipses=tuple(error_ellipse(vectors[:, index]) for index in range(len(names))),
    )


def scatter_part(scatter: Scatter) -> dict[str, Any]:
    """The "scatter" part of a report: bias and 95 % ellipse per landmark, None where unknown."""
    rows: dict[str, Any] = {}
    for name, ellipse in zip(scatter.names, scatter.ellipses, strict=True):
        rows[name] = None
        if ellipse is not None:
            rows[name] = {
                "bias": [number(value) for value in ellipse.bias],
                "semi_axes_95": [number(value) for value in ellipse.semi_axes],
                "angle_deg": number(ellipse.angle),
            }
    return {"unit": scatter.unit, "landmarks": rows}
