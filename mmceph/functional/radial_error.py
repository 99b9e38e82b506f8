"""Radial error: the distance between a predicted landmark and the true one."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def radial_errors(
    predicted: ArrayLike,
    truth: ArrayLike,
    visible: ArrayLike | None = None,
    spacing: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """Distances between predicted and true landmarks, in px or in mm.

    With ``spacing`` the differences are turned into millimetres per axis *before* the norm is
    taken, so that pixels need not be square.

    Args:
        predicted: Points in px, shape (..., K, 2), x before y.
        truth: True points in px, same shape.
        visible: Which true points exist, shape (..., K); all of them when None.
        spacing: mm per px as (sx, sy), shape (2,) for all images or (..., 2) for one each. None
            gives px. A NaN spacing (unknown) gives NaN errors.

    Returns:
        Errors of shape (..., K); NaN where the landmark is not visible or the spacing is unknown.

    Raises:
        ValueError: The shapes do not fit, or a known spacing is not positive.

    Example:
        >>> radial_errors([[3.0, 4.0]], [[0.0, 0.0]])
        array([5.])
        >>> radial_errors([[3.0, 4.0]], [[0.0, 0.0]], spacing=[2.0, 0.5])  # hypot(6, 2)
        array([6.32455532])
    """
    points, target = np.asarray(predicted, np.float64), np.asarray(truth, np.float64)
    if points.shape != target.shape or points.ndim < 2 or points.shape[-1] != 2:
        raise ValueError(
            f"predicted and truth must both have shape (..., K, 2), got {points.shape} "
            f"and {target.shape}"
        )
    difference = points - target
    if spacing is not None:
        scale = np.asarray(spacing, np.float64)
        if scale.shape not in ((2,), (*points.shape[:-2], 2)):
            raise ValueError(f"spacing must be (sx, sy) or one pair per image, got {scale.shape}")
        if bool((scale <= 0).any()):  # NaN compares false: unknown is allowed
            raise ValueError(f"spacing must be positive mm per px, got {scale.tolist()}")
        difference = difference * scale[..., None, :]
    errors: NDArray[np.float64] = np.hypot(difference[..., 0], difference[..., 1])
    if visible is not None:
        seen = np.asarray(visible, bool)
        if seen.shape != errors.shape:
            raise ValueError(f"visible must have shape {errors.shape}, got {seen.shape}")
        errors = np.where(seen, errors, np.nan)
    return errors
