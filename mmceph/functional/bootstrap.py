"""Percentile bootstrap over images: how far a figure would move on other images.

Images are resampled, not single landmarks: the landmarks of one image share its quality and its
patient, so treating them as independent would make every interval too narrow.
Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

_CHUNK = 4_000_000  # numbers drawn at a time: keeps the memory of any test set under 100 MB


@dataclass(frozen=True)
class PairedDifference:
    """After minus before on the same images; negative means better.

    Attributes:
        n: Number of landmarks with an error on both sides.
        before: Pooled mean before, over these.
        after: Pooled mean after, over these.
        difference: ``after - before``.
        low: Lower end of the interval of the difference.
        high: Its upper end.
    """

    n: int
    before: float
    after: float
    difference: float
    low: float
    high: float


def _resampled_means(
    totals: NDArray[np.float64], counts: NDArray[np.float64], resamples: int, seed: int
) -> NDArray[np.float64]:
    """Pooled means (resamples, C) of (N, C) totals and counts, images drawn with replacement."""
    generator = np.random.default_rng(seed)
    images = len(totals)
    means = np.full((resamples, totals.shape[1]), np.nan)
    step = max(1, _CHUNK // max(images, 1))
    for start in range(0, resamples, step):
        rows = min(step, resamples - start)
        drawn = generator.integers(0, images, size=(rows, images))
        drawn += images * np.arange(rows)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=rows * images).reshape(rows, images)
        weights = weights.astype(np.float64)
        total, count = weights @ totals, weights @ counts
        np.divide(total, count, out=means[start : start + rows], where=count > 0)
    return means


def bootstrap_intervals(
    columns: ArrayLike, *, resamples: int = 10_000, level: float = 0.95, seed: int = 0
) -> NDArray[np.float64]:
    """Confidence interval of the mean of every column, the same resampled images for all.

    Args:
        columns: Shape (N, C): one row per image; NaN where not valid.
        resamples: How many times the images are drawn anew.
        level: Share of the resampled means inside the interval.
        seed: Seed of the draws: the same seed gives the same interval.

    Returns:
        Shape (C, 2), lower and upper end; NaN for a column with fewer than two valid images,
        where the images say nothing about how much images differ.

    Raises:
        ValueError: ``columns`` is not two-dimensional, or ``level`` is not between 0 and 1.
    """
    values = np.asarray(columns, np.float64)
    if values.ndim != 2:
        raise ValueError(f"columns must have shape (images, C), got {values.shape}")
    valid = ~np.isnan(values)
    return _intervals(np.where(valid, values, 0.0), valid.astype(float), resamples, level, seed)


def bootstrap_interval(
    errors: ArrayLike, *, resamples: int = 10_000, level: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Confidence interval of the pooled mean of all errors, images resampled.

    Args:
        errors: Shape (N, K), one row per image; NaN where not valid.
        resamples: How many times the images are drawn anew.
        level: Share of the resampled means inside the interval.
        seed: Seed of the draws.

    Returns:
        Lower and upper end, NaN for fewer than two images with a valid error.

    Raises:
        ValueError: ``errors`` is not two-dimensional, or ``level`` is not between 0 and 1.

    Example:
        >>> bootstrap_interval([[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]])
        (1.0, 1.0)
    """
    values = np.asarray(errors, np.float64)
    if values.ndim != 2:
        raise ValueError(f"errors must have shape (images, landmarks), got {values.shape}")
    valid = ~np.isnan(values)
    totals = np.where(valid, values, 0.0).sum(axis=1, keepdims=True)
    counts = valid.sum(axis=1, keepdims=True).astype(float)
    low, high = _intervals(totals, counts, resamples, level, seed)[0]
    return float(low), float(high)


def paired_difference(
    before: ArrayLike,
    after: ArrayLike,
    *,
    resamples: int = 10_000,
    level: float = 0.95,
    seed: int = 0,
) -> PairedDifference:
    """How much the pooled mean changed on the same images, with its confidence interval.

    Args:
        before: Errors (N, K) of the first run; NaN where not valid.
        after: Errors (N, K) of the second run on the same images in the same order.
        resamples: How many times the images are drawn anew.
        level: Share of the resampled differences inside the interval.
        seed: Seed of the draws.

    Returns:
        The means over the landmarks valid in both runs and their difference.

    Raises:
        ValueError: The shapes differ.

    Example:
        >>> change = paired_difference([[2.0], [4.0]], [[1.0], [3.0]])
        >>> change.difference, change.low, change.high
        (-1.0, -1.0, -1.0)
    """
    first, second = np.asarray(before, np.float64), np.asarray(after, np.float64)
    if first.shape != second.shape or first.ndim != 2:
        raise ValueError(
            f"before and after must both be (images, landmarks), got {first.shape} "
            f"and {second.shape}"
        )
    change = second - first
    valid = ~np.isnan(change)
    n = int(valid.sum())
    if n == 0:
        return PairedDifference(0, *[float("nan")] * 5)
    low, high = bootstrap_interval(change, resamples=resamples, level=level, seed=seed)
    return PairedDifference(
        n=n,
        before=float(first[valid].mean()),
        after=float(second[valid].mean()),
        difference=float(change[valid].mean()),
        low=low,
        high=high,
    )


def _intervals(
    totals: NDArray[np.float64],
    counts: NDArray[np.float64],
    resamples: int,
    level: float,
    seed: int,
) -> NDArray[np.float64]:
    """Percentile intervals (C, 2); NaN where fewer than two images have a valid value."""
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must be between 0 and 1, got {level}")
    ends: NDArray[np.float64] = np.full((totals.shape[1], 2), np.nan)
    enough = (counts > 0).sum(axis=0) >= 2
    if bool(enough.any()):
        means = _resampled_means(totals[:, enough], counts[:, enough], resamples, seed)
        tail = 50.0 * (1.0 - level)
        ends[enough] = np.nanpercentile(means, [tail, 100.0 - tail], axis=0).T
    return ends
