"""Plane geometry of tracings: angles, distances from lines, projections.

Arrays hold x before y in their last axis, shape (..., 2), and broadcast against each other. Signs
are taken from a reference point (where Sella lies, say) and not from the picture's axes, so that a
face to the left gives the same numbers as a face to the right. What cannot be computed is NaN: a
missing point, or a line between two points that coincide and so has no direction.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

COINCIDENT = 1e-9
"""Points nearer to each other than this (in their own unit) are one point."""


def angle(first: ArrayLike, second: ArrayLike) -> NDArray[np.float64]:
    """Angle between two directions, never folded to the acute one.

    Args:
        first: Direction, shape (..., 2).
        second: Direction, shape (..., 2).

    Returns:
        0 to 180 degrees, shape (...).

    Example:
        >>> angle([1.0, 0.0], [[0.0, 2.0], [-3.0, 3.0]])
        array([ 90., 135.])
    """
    return np.abs(signed_angle(first, second))


def signed_angle(first: ArrayLike, second: ArrayLike) -> NDArray[np.float64]:
    """Angle from one direction to another, positive clockwise as seen in a picture (y down).

    Args:
        first: Direction, shape (..., 2).
        second: Direction, shape (..., 2).

    Returns:
        -180 to 180 degrees, shape (...).

    Example:
        >>> signed_angle([1.0, 0.0], [[0.0, 2.0], [0.0, -2.0]])
        array([ 90., -90.])
    """
    u, v = _with_direction(first), _with_direction(second)
    degrees: NDArray[np.float64] = np.degrees(np.arctan2(_cross(u, v), (u * v).sum(axis=-1)))
    return degrees


def turn_angle(
    first: ArrayLike, second: ArrayLike, towards: ArrayLike, origin: ArrayLike
) -> NDArray[np.float64]:
    """Angle from one direction to another, positive when it turns to where a point lies.

    Args:
        first: Direction, shape (..., 2).
        second: Direction, shape (..., 2).
        towards: The reference point, shape (..., 2).
        origin: A point of the first direction's line, shape (..., 2).

    Returns:
        -180 to 180 degrees, shape (...); NaN where the reference point lies on the line.

    Example:
        >>> down, up = [1.0, 1.0], [1.0, -1.0]
        >>> turn_angle([1.0, 0.0], [down, up], towards=[5.0, 9.0], origin=[0.0, 0.0])
        array([ 45., -45.])
    """
    u = np.asarray(first, np.float64)
    side = _side(np.asarray(towards, np.float64) - np.asarray(origin, np.float64), u)
    return signed_angle(u, second) * side


def line_distance(
    point: ArrayLike, start: ArrayLike, end: ArrayLike, behind: ArrayLike
) -> NDArray[np.float64]:
    """Perpendicular distance from a line, positive on the side away from a reference point.

    Args:
        point: Whose distance, shape (..., 2).
        start: A point of the line, shape (..., 2).
        end: Another point of the line, shape (..., 2).
        behind: The reference point, on the negative side, shape (..., 2).

    Returns:
        Signed distance in the unit of the points, shape (...); NaN where the reference point lies
        on the line.

    Example:
        >>> line_distance([[3.0, 7.0], [-2.0, 0.0]], [0.0, 0.0], [0.0, 9.0], behind=[-5.0, 1.0])
        array([ 3., -2.])
    """
    origin = np.asarray(start, np.float64)
    along = _with_direction(np.asarray(end, np.float64) - origin)
    distance = _offset(np.asarray(point, np.float64) - origin, along)
    return -distance * _side(np.asarray(behind, np.float64) - origin, along)


def projection(vector: ArrayLike, direction: ArrayLike) -> NDArray[np.float64]:
    """Length of a vector along a direction, negative where it points against it.

    Args:
        vector: Shape (..., 2).
        direction: Shape (..., 2), of any length.

    Returns:
        Signed length in the unit of the vector, shape (...).

    Example:
        >>> projection([3.0, 4.0], [[10.0, 0.0], [0.0, -1.0]])
        array([ 3., -4.])
    """
    along = _with_direction(direction)
    dot: NDArray[np.float64] = (np.asarray(vector, np.float64) * along).sum(axis=-1)
    return dot / _length(along)


def distance(first: ArrayLike, second: ArrayLike) -> NDArray[np.float64]:
    """Distance between two points, shape (...), in their unit.

    Example:
        >>> distance([0.0, 0.0], [[3.0, 4.0]])
        array([5.])
    """
    return _length(np.asarray(second, np.float64) - np.asarray(first, np.float64))


def _cross(u: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.float64]:
    product: NDArray[np.float64] = u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0]
    return product


def _length(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    length: NDArray[np.float64] = np.hypot(vector[..., 0], vector[..., 1])
    return length


def _with_direction(vector: ArrayLike) -> NDArray[np.float64]:
    """The vector, NaN where it is too short to point anywhere."""
    array = np.asarray(vector, np.float64)
    return np.where(_length(array)[..., None] > COINCIDENT, array, np.nan)


def _offset(vector: NDArray[np.float64], along: NDArray[np.float64]) -> NDArray[np.float64]:
    """Signed distance of a vector's end from the line through its origin."""
    return _cross(along, vector) / _length(along)


def _side(vector: NDArray[np.float64], along: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 or -1: on which side of the line a vector ends; NaN where it ends on the line."""
    offset = _offset(vector, _with_direction(along))
    sides: NDArray[np.float64] = np.where(np.abs(offset) > COINCIDENT, np.sign(offset), np.nan)
    return sides
