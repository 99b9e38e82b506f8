"""The ellipse that holds a given share of a landmark's error vectors."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

_FEWEST = 3  # two points always lie on a line, so their ellipse has no width


@dataclass(frozen=True)
class ErrorEllipse:
    """Where a landmark's predictions lie around its true place.

    Attributes:
        n: Number of error vectors.
        bias: Their mean, x and y: where the predictions lie on average.
        semi_axes: Half the length of the long and of the short axis.
        angle: Direction of the long axis in degrees from the x axis towards y, -90 to 90.
    """

    n: int
    bias: tuple[float, float]
    semi_axes: tuple[float, float]
    angle: float

    def outline(self, samples: int = 73) -> NDArray[np.float64]:
        """Points of the outline, shape (samples, 2), the first one again at the end."""
        turn = np.linspace(0.0, 2.0 * np.pi, samples)
        long, short = self.semi_axes
        cosine, sine = math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))
        x, y = long * np.cos(turn), short * np.sin(turn)
        points: NDArray[np.float64] = np.stack(
            [self.bias[0] + cosine * x - sine * y, self.bias[1] + sine * x + cosine * y], axis=1
        )
        return points


def error_ellipse(vectors: ArrayLike, level: float = 0.95) -> ErrorEllipse | None:
    """Ellipse of a two-dimensional normal distribution with the vectors' mean and covariance.

    Args:
        vectors: Predicted less true point, shape (N, 2), x before y; rows with NaN are left out.
        level: Share of such a distribution inside the ellipse.

    Returns:
        The ellipse in the unit of ``vectors``, or None for fewer than three of them.

    Raises:
        ValueError: The shape is not (N, 2), or ``level`` is not between 0 and 1.

    Source:
        Jolliffe and Cadima, Principal component analysis, Phil. Trans. A 374, 2016, for the axes;
        the squared distance of two normal variables is chi-square distributed with two degrees
        of freedom, whose quantile is -2 log(1 - level).

    Example:
        >>> ellipse = error_ellipse([[2, 0], [-2, 0], [0, 1], [0, -1]])
        >>> ellipse.bias, ellipse.angle
        ((0.0, 0.0), 0.0)
        >>> [round(axis**2, 4) for axis in ellipse.semi_axes]  # 5.9915 times 8/3 and 2/3
        [15.9772, 3.9943]
    """
    values = np.asarray(vectors, np.float64)
    if values.ndim != 2 or values.shape[1] != 2:
        raise ValueError(f"vectors must have shape (N, 2), got {values.shape}")
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must be between 0 and 1, got {level}")
    values = values[np.isfinite(values).all(axis=1)]
    if len(values) < _FEWEST:
        return None
    spread, axes = np.linalg.eigh(np.cov(values, rowvar=False))
    short, long = np.sqrt(np.maximum(spread, 0.0) * -2.0 * math.log(1.0 - level))
    x, y = axes[:, 1] if axes[0, 1] >= 0 else -axes[:, 1]
    centre = values.mean(axis=0)
    return ErrorEllipse(
        n=len(values),
        bias=(float(centre[0]), float(centre[1])),
        semi_axes=(float(long), float(short)),
        angle=float(math.degrees(math.atan2(y, x))),
    )
