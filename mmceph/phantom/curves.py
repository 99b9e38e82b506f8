"""Smooth curves through points and the thin-plate warp that carries the template to one head."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

__all__ = ["Points", "ThinPlate", "bounding_box", "smooth_curve"]


def smooth_curve(
    controls: Sequence[Sequence[float]] | Points, closed: bool = False, per_segment: int = 6
) -> Points:
    """Pass a smooth curve through control points (non-uniform Catmull-Rom spline).

    Args:
        controls: (n, 2) points; the curve goes exactly through each of them.
        closed: Join the last point to the first.
        per_segment: Samples for each stretch between two controls.

    Returns:
        (m, 2) samples that include every control point.
    """
    points = np.asarray(controls, dtype=np.float64)
    if closed:
        points = np.vstack([points[-1:], points, points[:2]])
    else:
        points = np.vstack([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    chord = np.linalg.norm(np.diff(points, axis=0), axis=1)
    slope = np.diff(points, axis=0) / np.maximum(chord, 1e-9)[:, None]
    before, after = chord[:-1, None], chord[1:, None]
    tangent = (after * slope[:-1] + before * slope[1:]) / np.maximum(before + after, 1e-9)
    start, end = points[1:-2], points[2:-1]
    length = chord[1:-1, None]
    t = (np.arange(per_segment) / per_segment)[:, None, None]
    curve = (
        (2 * t**3 - 3 * t**2 + 1) * start
        + (t**3 - 2 * t**2 + t) * length * tangent[:-1]
        + (3 * t**2 - 2 * t**3) * end
        + (t**3 - t**2) * length * tangent[1:]
    )
    samples = curve.transpose(1, 0, 2).reshape(-1, 2)
    return samples if closed else np.vstack([samples, end[-1:]])


def bounding_box(points: Points) -> tuple[float, float, float, float]:
    """Return (left, top, right, bottom) of (n, 2) points."""
    left, top = points.min(axis=0)
    right, bottom = points.max(axis=0)
    return float(left), float(top), float(right), float(bottom)


class ThinPlate:
    """The smoothest map of the plane that takes given points exactly to given points.

    Args:
        source: (n, 2) points, no two alike.

    Source:
        F. L. Bookstein, Principal warps: thin-plate splines and the decomposition of deformations,
        IEEE PAMI 11(6), 1989.
    """

    def __init__(self, source: Points) -> None:
        count = len(source)
        self._source = np.asarray(source, dtype=np.float64)
        system = np.zeros((count + 3, count + 3))
        system[:, :count] = self.basis(self._source).T
        system[:count, count:] = system[count:, :count].T
        self._system = system

    def basis(self, points: Points) -> Points:
        """Return the (n, count + 3) matrix that times the weights gives the mapped points."""
        difference = points[:, None, :] - self._source[None]
        squared = (difference**2).sum(axis=2)
        kernel = squared * np.log(np.maximum(squared, 1e-12))
        return np.hstack([kernel, np.ones((len(points), 1)), points])

    def weights(self, target: Points) -> Points:
        """Return the weights that take the source to ``target`` (n, 2)."""
        right = np.vstack([target, np.zeros((3, 2))])
        return np.linalg.solve(self._system, right).astype(np.float64, copy=False)
