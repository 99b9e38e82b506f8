"""What an error has to be compared with: the mean shape, and two people's disagreement."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .radial_error import radial_errors


def mean_shape_fractions(
    points: ArrayLike, visible: ArrayLike, sizes: ArrayLike
) -> NDArray[np.float64]:
    """Mean position of every landmark as a fraction of the image.

    A model that has learnt nothing but the average cephalogram predicts this; an error near it
    means that the image was not looked at.

    Args:
        points: Landmarks of the *training* images in px, shape (N, K, 2), x before y.
        visible: Which of them exist, shape (N, K).
        sizes: Image sizes (width, height) in px, shape (N, 2).

    Returns:
        Shape (K, 2): x as a fraction of the width, y of the height; NaN for a landmark never
        visible.

    Raises:
        ValueError: The shapes do not fit or a size is not positive.

    Example:
        >>> mean_shape_fractions([[[10.0, 40.0]], [[60.0, 20.0]]], [[True], [True]],
        ...                      [[100, 100], [200, 50]])
        array([[0.2, 0.4]])
    """
    where, size = np.asarray(points, np.float64), np.asarray(sizes, np.float64)
    seen = np.asarray(visible, bool)
    if where.ndim != 3 or where.shape[:2] != seen.shape or size.shape != (len(where), 2):
        raise ValueError(
            "expected points (N, K, 2), visible (N, K) and sizes (N, 2), got "
            f"{where.shape}, {seen.shape} and {size.shape}"
        )
    if bool((size <= 0).any()):
        raise ValueError("an image size is not positive")
    fractions = np.where(seen[..., None], where / size[:, None, :], 0.0).sum(axis=0)
    count = np.broadcast_to(seen.sum(axis=0)[:, None], fractions.shape)
    mean: NDArray[np.float64] = np.full(fractions.shape, np.nan)
    np.divide(fractions, count, out=mean, where=count > 0)
    return mean


def mean_shape_points(fractions: ArrayLike, sizes: ArrayLike) -> NDArray[np.float64]:
    """The mean shape laid over images: what a constant prediction would be.

    Args:
        fractions: Shape (K, 2), from :func:`mean_shape_fractions`.
        sizes: Image sizes (width, height) in px, shape (N, 2).

    Returns:
        Points in px, shape (N, K, 2).

    Example:
        >>> mean_shape_points([[0.2, 0.4]], [[50, 100]])
        array([[[10., 40.]]])
    """
    return np.asarray(fractions, np.float64) * np.asarray(sizes, np.float64)[:, None, :]


def inter_observer_errors(
    observers: ArrayLike, spacing: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Distance between the observers of one image, landmark by landmark.

    Args:
        observers: Each observer's points as x, y (px) and v (> 0: set), shape (O, K, 3). With
            more than two observers the mean over all pairs is taken.
        spacing: mm per px as (sx, sy); None gives px.

    Returns:
        Shape (K,); NaN where fewer than two observers set the landmark.

    Raises:
        ValueError: ``observers`` is not of shape (O, K, 3).

    Example:
        >>> inter_observer_errors([[[0, 0, 2]], [[3, 4, 2]]], spacing=[0.1, 0.1])
        array([0.5])
    """
    marks = np.asarray(observers, np.float64)
    if marks.ndim != 3 or marks.shape[2] != 3:
        raise ValueError(f"observers must have shape (observers, landmarks, 3), got {marks.shape}")
    nothing: NDArray[np.float64] = np.full(marks.shape[1], np.nan)
    distances = [
        radial_errors(a[:, :2], b[:, :2], (a[:, 2] > 0) & (b[:, 2] > 0), spacing)
        for a, b in combinations(marks, 2)
    ]
    if not distances:
        return nothing
    stacked = np.stack(distances)
    count = (~np.isnan(stacked)).sum(axis=0)
    np.divide(np.nansum(stacked, axis=0), count, out=nothing, where=count > 0)
    return nothing
