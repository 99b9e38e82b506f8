"""How far a predicted landmark may be off: radii that hold a stated share of the real errors.

The predicted error of a landmark is ``scale[k] * doubt ** exponent``: a scale learnt per landmark,
and the model's own doubt, 1 less its score. A conformal quantile of real over predicted errors
makes circles of it that hold their share on new images of the same kind, whatever the errors'
distribution. Every ratio is taken on an image that its own scales were not learnt from.
Sources: Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005; Barber et al.,
Predictive inference with the jackknife+, Annals of Statistics 2021.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

SHRINKAGE = 5.0
"""As many images the mean over all landmarks counts for in each landmark's scale."""
MIN_IMAGES = 5
_DOUBT = (1e-3, 1.0)
_FLOOR = 0.05  # of the mean error: a perfect hit by chance must not rule a logarithm
_RAYLEIGH = math.sqrt(2.0)
_FOLDS = 20

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ErrorScales:
    """What is learnt of a model's errors.

    Attributes:
        scale: Per landmark, shape (K,), in the errors' unit.
        exponent: Of the doubt, 0 to 1; 0 where scores tell nothing.
        predicted: Predicted errors of the images it was learnt from, shape (N, K), each by scales
            that its own image had no part in.
        ratios: Real errors over these, in rising order.
    """

    scale: Array
    exponent: float
    predicted: Array
    ratios: Array


def doubt(scores: ArrayLike) -> Array:
    """1 less the score, kept within 0.001 to 1: heights of heat-maps may exceed 1.

    Example:
        >>> doubt([0.75, 1.2, -0.1])
        array([0.25 , 0.001, 1.   ])
    """
    return np.clip(1.0 - np.asarray(scores, np.float64), *_DOUBT)


def fit_error_scales(
    errors: ArrayLike, scores: ArrayLike, shrinkage: float = SHRINKAGE
) -> ErrorScales:
    """Learn scales from errors on images that the model was not trained on.

    Args:
        errors: Radial errors, shape (N, K); NaN where not valid.
        scores: The model's, shape (N, K).
        shrinkage: Images that the mean of all landmarks counts for.

    Raises:
        ValueError: The shapes differ, or fewer than five images have a valid error.

    Example:
        >>> found = fit_error_scales(np.full((6, 2), 3.0), np.full((6, 2), 0.5))
        >>> found.exponent, found.scale, conformal_quantile(found.ratios, 0.9)
        (0.0, array([3., 3.]), 1.0)
    """
    real, given = np.asarray(errors, np.float64), np.asarray(scores, np.float64)
    if real.ndim != 2 or real.shape != given.shape:
        raise ValueError(
            f"errors and scores must both be (images, landmarks), got {real.shape} "
            f"and {given.shape}"
        )
    images = int((~np.isnan(real)).any(axis=1).sum())
    if images < MIN_IMAGES:
        raise ValueError(f"{images} images with a valid error; at least {MIN_IMAGES} are needed")
    if not np.isfinite(given[~np.isnan(real)]).all():
        raise ValueError("a score is not finite")
    doubts = doubt(given)
    scale, exponent = _fit(real, doubts, shrinkage)
    predicted = np.empty_like(real)
    # Scales learnt with an image fit it too well, and the circles would come out too small.
    for left in np.array_split(np.arange(len(real)), min(len(real), _FOLDS)):
        keep = np.setdiff1d(np.arange(len(real)), left)
        own, power = _fit(real[keep], doubts[keep], shrinkage)
        predicted[left] = own * doubts[left] ** power
    ratios = real / predicted
    return ErrorScales(scale, exponent, predicted, np.sort(ratios[~np.isnan(ratios)]))


def conformal_quantile(ratios: ArrayLike, level: float) -> float:
    """The factor on predicted errors that holds a share ``level`` of new real ones.

    Args:
        ratios: Real over predicted errors, any order.
        level: Between 0 and 1.

    Raises:
        ValueError: The level is not between 0 and 1, or asks for more than so few ratios tell.

    Example:
        >>> conformal_quantile(range(1, 10), 0.9)
        9.0
    """
    values = np.sort(np.asarray(ratios, np.float64).ravel())
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must be between 0 and 1, got {level}")
    # One more than there are: the new error takes any place among them with equal chance.
    rank = math.ceil((len(values) + 1) * level - 1e-9)
    if rank > len(values):
        raise ValueError(f"{len(values)} errors are too few for a level of {level}")
    return float(values[rank - 1])


def landmark_error_bounds(
    scores: ArrayLike, scale: ArrayLike, exponent: float, quantile: float
) -> Array:
    """Radii of the circles around predicted landmarks that hold the real ones.

    Args:
        scores: The model's, shape (..., K).
        scale: Per landmark, shape (K,).
        exponent: Of the doubt.
        quantile: From :func:`conformal_quantile`.

    Returns:
        Radii (..., K) in the scale's unit.

    Example:
        >>> landmark_error_bounds([0.75, 0.0], scale=[1.0, 2.0], exponent=0.5, quantile=3.0)
        array([1.5, 6. ])
    """
    predicted: Array = np.asarray(scale, np.float64) * doubt(scores) ** exponent
    return predicted * quantile


def radius_to_sd(radius: ArrayLike, level: float) -> Array:
    """Standard deviation per axis of the round normal distribution whose circle holds ``level``.

    Example:
        >>> radius_to_sd([2.1459660262893476], 0.9)
        array([1.])
    """
    sd: Array = np.asarray(radius, np.float64) / (_RAYLEIGH * math.sqrt(-math.log(1.0 - level)))
    return sd


def normal_factor(level: float) -> float:
    """Standard deviations on both sides of a normal distribution's mean that hold ``level``.

    Example:
        >>> round(normal_factor(0.9), 4)
        1.6449
    """
    from statistics import NormalDist

    return NormalDist().inv_cdf(0.5 + level / 2)


def _fit(errors: Array, doubts: Array, shrinkage: float) -> tuple[Array, float]:
    exponent = _exponent(errors, doubts)
    ratios = errors / doubts**exponent
    valid = ~np.isnan(ratios)
    mean = float(ratios[valid].mean())
    total = np.where(valid, ratios, 0.0).sum(axis=0)
    scale: Array = (total + shrinkage * mean) / (valid.sum(axis=0) + shrinkage)
    # Where every error is 0 so is every ratio; any scale will do, but not one to divide 0 by.
    return np.maximum(scale, np.finfo(np.float64).tiny), exponent


def _exponent(errors: Array, doubts: Array) -> float:
    """Slope of log error over log doubt, each within its landmark; 0 to 1.

    Within the landmark, since that hard landmarks are doubted more is in the scales already.
    """
    valid = ~np.isnan(errors)
    mean = float(errors[valid].mean())
    if mean == 0.0:
        return 0.0
    log_error = _centred(np.log(errors + _FLOOR * mean), valid)
    log_doubt = _centred(np.log(doubts), valid)
    spread = float((log_doubt**2).sum())
    if spread < 1e-12:
        return 0.0
    return min(max(float((log_error * log_doubt).sum()) / spread, 0.0), 1.0)


def _centred(values: Array, valid: NDArray[np.bool_]) -> Array:
    """Less the mean of its column; 0 where not valid."""
    count = np.maximum(valid.sum(axis=0), 1)
    mean = np.where(valid, values, 0.0).sum(axis=0) / count
    return np.where(valid, values - mean, 0.0)
