"""One head: landmarks drawn from the statistics, the rest of the anatomy built around them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmceph.landmarks import get_landmark_set
from mmceph.phantom.curves import Points, ThinPlate
from mmceph.phantom.habitus import vary_shape
from mmceph.phantom.statistics import MEAN_MM, MODE_STD_MM, MODES, SHAPE_LANDMARKS
from mmceph.phantom.template import TEMPLATE, outline, polygon

__all__ = ["LANDMARK_NAMES", "Dentition", "Head", "sample_head", "sample_shape"]

#: The set "phantom31": the 29 Aariz points and the two ruler marks.
LANDMARK_NAMES: tuple[str, ...] = get_landmark_set("phantom31").names

# The incisor tips are 4 mm apart and move freely, so they would fold the warp between them;
# teeth are rigid and are built from their own points.
_WARP_LANDMARKS = tuple(n for n in SHAPE_LANDMARKS if n not in ("LIT", "UIT"))

# Average head: incisor roots (U1-SN about 105, IMPA about 95 degrees) and first molars, mm.
_UIA, _LIA = (60.0, 46.4), (54.2, 83.2)
_MOLAR = (39.5, 63.3)
_MOLAR_TO_INCISOR = 28.3
_POSTERIOR_BORDER = ("Ar", (-12.4, 38.0), (-12.3, 46.5), "R", (-10.2, 64.5), "Go")


# Places between the landmarks, mm of the template, and how loosely they are held.
_LOOSE = np.array(
    [(-110, -18, 2), (-90, -76, 2), (-35, -105, 2), (22, -100, 2), (57, -71, 1.5), (70.6, -28, 1),
     (9, -7, 0.5), (-5, -5.4, 0.5), (0.4, 5.1, 0.5), (-9.4, 2, 0.5), (-17.5, 23, 1), (36, -8.3, 1),
     (42.9, -1, 1), (58.4, 13.4, 0.7), (79.4, 13.4, 1), (62.6, -5, 0.5), (40, 30, 1.5),
     (42, 41, 0.7), (-8.4, 15.8, 0.7), (-11.9, 52, 0.7), (18, 50, 1), (22, 92, 1), (47, 90, 0.8),
     (76.4, -40, 1.5), (66.6, 107.5, 1), (5, 145, 4), (-92, 110, 5), (-119, -25, 3)], np.float64
)  # fmt: skip


class _Plate(ThinPlate):
    """A thin plate that remembers its basis for outlines of the template, which never change."""

    def __init__(self, source: Points) -> None:
        super().__init__(source)
        self._known: dict[int, tuple[Points, Points]] = {}

    def basis(self, points: Points) -> Points:
        if points.flags.writeable:
            return super().basis(points)
        known = self._known.get(id(points))
        if known is None:
            known = self._known[id(points)] = (points, super().basis(points))
        return known[1]


_HELD = np.array([TEMPLATE[name] for name in _WARP_LANDMARKS])
_PLATE, _LOOSE_PLATE = _Plate(_HELD), _Plate(np.vstack([_HELD, _LOOSE[:, :2]]))


class _Warp:
    """Map from the template to one head: exact at the measured landmarks, smooth between."""

    def __init__(self, landmarks: Points, steps: Points | None = None) -> None:
        self._plate, self._weights = _PLATE, _PLATE.weights(landmarks)
        if steps is not None:
            between = _PLATE.basis(_LOOSE[:, :2]) @ self._weights + steps * _LOOSE[:, 2:]
            self._plate = _LOOSE_PLATE
            self._weights = _LOOSE_PLATE.weights(np.vstack([landmarks, between]))

    def __call__(self, points: Points) -> Points:
        return self._plate.basis(points) @ self._weights


@dataclass(frozen=True)
class Dentition:
    """Frame of the tooth rows, mm.

    Attributes:
        origin: First-molar point on the occlusal plane (upper mesiobuccal cusp without overlap).
        forward: Unit vector along the occlusal plane, forwards.
        down: Unit vector across it, downwards.
        scale: Size of the teeth relative to the average head.
        lower_shift: How far the lower row stands ahead of the upper, mm (about 3.4 in Class I).
    """

    origin: Points
    forward: Points
    down: Points
    scale: float
    lower_shift: float

    def at(self, along: float, across: float) -> Points:
        """Point ``along`` mm (average head) in front of the molar, ``across`` mm below."""
        point: Points = self.origin + self.scale * (along * self.forward + across * self.down)
        return point


@dataclass
class Head:
    """One sampled head.

    Attributes:
        landmarks: Name to (2,) mm relative to Sella.
        warp: Map of (n, 2) mm from the template to this head.
        dentition: Frame of the tooth rows.
        scale: Size relative to the average (1.0).
        rng: Source of the variation in what is not a landmark.
        nose: Factor on the nose's length; 1.0 is average.
        teeth_rng: Source of the variation in which teeth are missing or of metal; None: all there.
        missing_teeth: Share of posterior teeth that are missing.
        metal: Share of posterior teeth with a metal crown.
    """

    landmarks: dict[str, Points]
    warp: Callable[[Points], Points]
    dentition: Dentition
    scale: float
    rng: np.random.Generator
    nose: float = 1.0
    teeth_rng: np.random.Generator | None = None
    missing_teeth: float = 0.0
    metal: float = 0.0

    def incisor_neck(self, tip: str, apex: str) -> tuple[Points, Points]:
        """Where the bone meets an incisor: its labial and its lingual side, (2,) mm each."""
        axis = self.landmarks[apex] - self.landmarks[tip]
        labial = np.array([-axis[1], axis[0]]) / np.linalg.norm(axis)
        if labial @ self.dentition.forward < 0:
            labial = -labial
        middle = self.landmarks[tip] + 0.5 * axis
        return middle + 3.4 * self.scale * labial, middle - 3.6 * self.scale * labial

    def curve(self, template_points: Points) -> Points:
        """Carry (n, 2) template mm to this head."""
        return self.warp(template_points)


def sample_shape(rng: np.random.Generator, limit_sd: float = 2.0) -> Points:
    """Draw the nineteen measured landmarks from the principal modes.

    Args:
        rng: Source of randomness.
        limit_sd: Cut of each mode; 0 gives the mean shape.

    Returns:
        (19, 2) mm relative to Sella in the order of ``SHAPE_LANDMARKS``.
    """
    weights = np.clip(rng.standard_normal(len(MODE_STD_MM)), -limit_sd, limit_sd) * MODE_STD_MM
    return np.asarray(MEAN_MM + np.tensordot(weights, MODES, axes=1), np.float64)


def sample_head(
    rng: np.random.Generator, limit_sd: float = 2.0, drawn: Mapping[str, Any] | None = None
) -> Head:
    """Draw one head with all landmarks but the ruler's.

    Args:
        rng: Source of randomness.
        limit_sd: Cut of each mode of the shape; 0 gives the average skull.
        drawn: What else varies, see :func:`mmceph.phantom.variety.chance`.
    """
    shape = sample_shape(rng, limit_sd)
    if drawn is not None:
        shape = vary_shape(shape, drawn)
    landmarks = {name: shape[i] for i, name in enumerate(SHAPE_LANDMARKS)}
    steps = None
    if drawn is not None and drawn["loose_mm"] > 0:
        steps = rng.normal(0.0, drawn["loose_mm"], (len(_LOOSE), 2))
    warp = _Warp(np.array([landmarks[n] for n in _WARP_LANDMARKS]), steps)
    size = np.linalg.norm(shape - shape.mean(0)) / np.linalg.norm(MEAN_MM - MEAN_MM.mean(0))
    scale = float(size)
    nose = float(np.clip(rng.normal(1.0, 0.1), 0.75, 1.25)) * (drawn["nose"] if drawn else 1.0)
    landmarks["Co"] = warp(polygon("Co"))[0]
    landmarks["R"] = _ramus_point(warp, landmarks)
    landmarks["N`"] = warp(polygon("N`"))[0]
    landmarks["Pn"] = warp(stretch_nose(polygon("Pn"), nose))[0]
    _add_incisor_roots(landmarks, warp, scale, rng)
    dentition = _dentition(landmarks, warp, rng)
    _add_cusps(landmarks, dentition)
    return Head(landmarks, warp, dentition, scale, rng, nose)


def stretch_nose(points: Points, factor: float) -> Points:
    """Scale the part of the template profile that lies in front of the nose's base line.

    The base line runs from the bridge (N`) to Sn, so both stay where they are.
    """
    array = np.array(points, dtype=np.float64)
    top, bottom = np.array(TEMPLATE["N`"]), np.array(TEMPLATE["Sn"])
    along = (bottom - top) / np.linalg.norm(bottom - top)
    across = np.array([along[1], -along[0]])
    relative = array - top
    height = relative @ across
    inside = (relative @ along > 0) & (relative @ along < np.linalg.norm(bottom - top))
    push = np.where(inside & (height > 0), height * (factor - 1.0), 0.0)
    moved: Points = array + push[..., None] * across
    return moved


def _ramus_point(warp: Callable[[Points], Points], landmarks: dict[str, Points]) -> Points:
    """R: the point of the ramus's posterior border that stands out most from Ar-Go."""
    border = warp(outline(*_POSTERIOR_BORDER))
    chord = landmarks["Go"] - landmarks["Ar"]
    away = np.array([-chord[1], chord[0]]) / np.linalg.norm(chord)
    point: Points = border[np.argmax((border - landmarks["Ar"]) @ away)]
    return point


def _add_incisor_roots(
    landmarks: dict[str, Points],
    warp: Callable[[Points], Points],
    scale: float,
    rng: np.random.Generator,
) -> None:
    """UIA and LIA: along the tooth's axis, its inclination following the jaws with some play."""
    for tip, apex, template, length in (("UIT", "UIA", _UIA, 22.8), ("LIT", "LIA", _LIA, 21.0)):
        axis = warp(polygon(template))[0] - landmarks[tip]
        turn = math.radians(float(np.clip(rng.normal(0.0, 3.0), -6.0, 6.0)))
        turned = np.array(
            [
                axis[0] * math.cos(turn) - axis[1] * math.sin(turn),
                axis[0] * math.sin(turn) + axis[1] * math.cos(turn),
            ]
        )
        size = length * scale * float(np.clip(rng.normal(1.0, 0.03), 0.93, 1.07))
        landmarks[apex] = landmarks[tip] + turned / np.linalg.norm(axis) * size


def _dentition(
    landmarks: dict[str, Points], warp: Callable[[Points], Points], rng: np.random.Generator
) -> Dentition:
    molar = warp(polygon(_MOLAR))[0] + rng.normal(0.0, 0.6, 2)
    front = 0.5 * (landmarks["UIT"] + landmarks["LIT"])
    length = float(np.linalg.norm(front - molar))
    forward = (front - molar) / length
    down = np.array([-forward[1], forward[0]])
    return Dentition(
        molar, forward, down, length / _MOLAR_TO_INCISOR, float(np.clip(rng.normal(3.0, 0.8), 1, 5))
    )


def _add_cusps(landmarks: dict[str, Points], dentition: Dentition) -> None:
    """First-molar mesiobuccal and second-premolar cusps; see :mod:`.anatomy.teeth` for the row."""
    landmarks["UMT"] = dentition.at(0.0, 0.5)
    landmarks["UPM"] = dentition.at(6.2, 0.6)
    landmarks["LMT"] = dentition.at(dentition.lower_shift, -0.5)
    landmarks["LPM"] = dentition.at(dentition.lower_shift + 6.2, -0.4)
