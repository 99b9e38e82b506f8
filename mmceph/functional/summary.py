"""The figures a set of radial errors is summed up in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class ErrorSummary:
    """Figures over all valid errors pooled; NaN where there are too few of them.

    Attributes:
        n: Number of valid errors.
        mean: Their mean: the MRE (mean radial error).
        sd: Sample standard deviation (ddof = 1), so NaN for fewer than two errors.
        median: Their median.
        p95: Their 95th percentile, interpolated linearly.
    """

    n: int
    mean: float
    sd: float
    median: float
    p95: float


def summarise(errors: ArrayLike) -> ErrorSummary:
    """Pool the valid errors of any shape and sum them up.

    Args:
        errors: Radial errors (px or mm), NaN where not valid.

    Returns:
        The figures, in the unit of ``errors``.

    Example:
        >>> summarise([1.0, 2.0, 6.0, float("nan")])
        ErrorSummary(n=3, mean=3.0, sd=2.64575..., median=2.0, p95=5.6)
    """
    values = np.asarray(errors, np.float64)
    values = values[~np.isnan(values)]
    count = int(values.size)
    if count == 0:
        return ErrorSummary(0, *[float("nan")] * 4)
    return ErrorSummary(
        n=count,
        mean=float(values.mean()),
        sd=float(values.std(ddof=1)) if count > 1 else float("nan"),
        median=float(np.median(values)),
        p95=float(np.percentile(values, 95)),
    )


def image_means(errors: ArrayLike) -> NDArray[np.float64]:
    """Mean of the valid errors of each image.

    Args:
        errors: Shape (N, K), NaN where not valid.

    Returns:
        Shape (N,); NaN for an image without a valid error.

    Example:
        >>> image_means([[1.0, 3.0], [5.0, float("nan")]])
        array([2., 5.])
    """
    values = np.asarray(errors, np.float64)
    valid = ~np.isnan(values)
    count = valid.sum(axis=1)
    total = np.where(valid, values, 0.0).sum(axis=1)
    means: NDArray[np.float64] = np.full(len(values), np.nan)
    np.divide(total, count, out=means, where=count > 0)
    return means


def sd_between_images(errors: ArrayLike) -> float:
    """Sample standard deviation (ddof = 1) of the images' own means; NaN for fewer than two.

    Papers print this one or the pooled one as "SD"; the pooled one is always the larger for
    errors that vary within an image, so reports here give both.
    """
    means = image_means(errors)
    return summarise(means).sd
