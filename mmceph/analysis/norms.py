"""What a value is compared with: published norms, and the classes of the ISBI 2015 challenge."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

SEXES = ("female", "male")


@dataclass(frozen=True)
class Norm:
    """A published norm: a mean with its standard deviation, or a range aimed at.

    Attributes:
        source: Who published it, and when.
        mean: The mean, or the target inside a range; None where only a range is given.
        sd: The standard deviation; None for ranges and targets, which have none.
        low: Lower end of the range, or None.
        high: Upper end of the range, or None.
        sex: ``"female"`` or ``"male"`` where the norm is of one sex only.
        traced: False where the figure circulates without a primary source that we could name.
        enlarged: Of what share the films were larger than life: lengths measured against a
            ruler must not be scored against it.
    """

    source: str
    mean: float | None = None
    sd: float | None = None
    low: float | None = None
    high: float | None = None
    sex: str | None = None
    traced: bool = True
    enlarged: float = 0.0

    def __post_init__(self) -> None:
        if (self.sd is None) == (self.low is None) or (self.low is None) != (self.high is None):
            raise ValueError(f"norm of {self.source}: give mean and sd, or low and high")
        if self.sd is not None and (self.mean is None or self.sd <= 0):
            raise ValueError(f"norm of {self.source}: sd needs a mean, and must be positive")
        if self.sex not in (None, *SEXES):
            raise ValueError(f"norm of {self.source}: sex is {self.sex!r}, not one of {SEXES}")

    def deviation(self, value: float) -> float | None:
        """How many standard deviations ``value`` lies above the mean.

        None for ranges and targets, and for lengths on enlarged films.

        Example:
            >>> Norm("Steiner 1953", mean=82.0, sd=2.0).deviation(85.0)
            1.5
            >>> Norm("Tweed 1954", mean=25.0, low=20.0, high=30.0).deviation(31.0) is None
            True
        """
        if self.sd is None or self.mean is None or self.enlarged:
            return None
        return (value - self.mean) / self.sd

    def __str__(self) -> str:
        if self.sd is None:
            target = "" if self.mean is None else f"{_plain(self.mean)}, "
            text = f"{target}{_plain(self.low)} to {_plain(self.high)}"
        else:
            text = f"{_plain(self.mean)} ± {_plain(self.sd)}"
        return text if self.sex is None else f"{self.sex} {text}"


@dataclass(frozen=True)
class ClassRange:
    """One class of a measurement.

    Attributes:
        number: The class number in the challenge, from 1.
        label: What it means.
        low: Lower end, included unless an earlier class has it.
        high: Upper end, likewise.
    """

    number: int
    label: str
    low: float = -math.inf
    high: float = math.inf


def classify(values: ArrayLike, classes: Sequence[ClassRange]) -> NDArray[np.int64]:
    """Class number of every value; the first range that holds it counts, 0 for NaN.

    Example:
        >>> ranges = (ClassRange(1, "normal", 2.0, 4.0), ClassRange(2, "high", low=4.0))
        >>> classify([4.0, 4.1, 1.0, float("nan")], ranges)
        array([1, 2, 0, 0])
    """
    array = np.asarray(values, np.float64)
    numbers: NDArray[np.int64] = np.zeros(array.shape, np.int64)
    for entry in classes:
        inside = (array >= entry.low) & (array <= entry.high) & (numbers == 0)
        numbers[inside] = entry.number
    return numbers


def find_class(value: float, classes: Sequence[ClassRange]) -> ClassRange | None:
    """The first range that holds the value, or None."""
    return next((entry for entry in classes if entry.low <= value <= entry.high), None)


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
