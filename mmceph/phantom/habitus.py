"""Heads beyond the measured ones: other jaws, other ages, a raised chin."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from mmceph.phantom.curves import Points
from mmceph.phantom.statistics import SHAPE_LANDMARKS

__all__ = ["turned", "vary_shape"]

_ROW = {name: i for i, name in enumerate(SHAPE_LANDMARKS)}
_CHIN = ("B", "Pog", "Me", "Gn", "LIT", "Li", "Pog`")
_BELOW_NOSE = ("A", "Sn", "Ls", "UIT", "ANS", "PNS")
_LIPS = {"Ls": 1.0, "Li": 1.0, "Sn": 0.5, "Pog`": 0.9}


def turned(points: Points, degrees: float, centre: Points | None = None) -> Points:
    """Turn (n, 2) points in an image's axes (y down); positive moves the front up."""
    angle = math.radians(-degrees)
    matrix = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    middle = np.zeros(2) if centre is None else centre
    result: Points = (points - middle) @ matrix.T + middle
    return result


def vary_shape(shape: Points, drawn: Mapping[str, Any]) -> Points:
    """Change the measured landmarks' places as a drawn variety says.

    Args:
        shape: (19, 2) mm relative to Sella, in the order of ``SHAPE_LANDMARKS``.
        drawn: See :func:`mmceph.phantom.variety.chance`.

    Returns:
        The new places; Sella stays at the origin.
    """
    shape = shape.copy()
    chin = [_ROW[name] for name in _CHIN]
    jaw = [*chin, _ROW["Go"]]
    # Heights first, from the level of the nasal floor, which children have nearer to the base.
    floor = shape[_ROW["ANS"], 1]
    below = [_ROW[name] for name in _BELOW_NOSE if name not in ("ANS", "PNS")] + jaw
    shape[below, 1] = floor + (shape[below, 1] - floor) * drawn["face_height"]
    hinge = shape[_ROW["Ar"]] + np.array([4.0, -8.0])
    shape[jaw] = turned(shape[jaw], -drawn["jaw_turn_deg"], hinge)
    shape[chin, 0] += drawn["jaw_mm"]
    shape[_ROW["Go"], 0] += 0.3 * drawn["jaw_mm"]
    # Teeth lean against the jaws' difference, so incisors and lips follow it in part.
    lower = [_ROW["LIT"], _ROW["Li"]]
    shape[lower, 0] -= 0.45 * drawn["jaw_mm"]
    if drawn["open_bite"]:
        shape[_ROW["LIT"], 1] += drawn["open_bite_mm"]
    if drawn["lips_apart"]:
        shape[_ROW["Li"], 1] += 2.5
        shape[_ROW["Ls"], 1] -= 1.0
    for name, share in _LIPS.items():
        shape[_ROW[name], 0] += share * drawn["lips_mm"]
    return turned(shape * drawn["size"], drawn["tilt_deg"])
