"""Teeth: rigid outlines with crown, root and pulp, set along the tooth rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmceph.phantom.canvas import Canvas
from mmceph.phantom.curves import Points, smooth_curve
from mmceph.phantom.shape import Head

__all__ = ["draw_incisors", "draw_posterior_teeth"]

# Outlines: x forwards (mesial), y from the cusp tip (0) along the axis to the root's apex, mm.
# Cusp tips are corners, so outlines are given as stretches that are smoothed one by one.
_PREMOLAR = [
    [(0.0, 0.0), (1.8, 1.5), (3.4, 3.2), (3.5, 5.6), (2.6, 8.4), (2.2, 13.0), (1.3, 18.5),
     (0.3, 21.5), (-0.5, 21.5), (-1.5, 18.5), (-2.4, 13.0), (-2.7, 8.4), (-3.5, 5.6), (-3.4, 3.2),
     (-1.8, 1.5), (0.0, 0.0)],
]  # fmt: skip
_CANINE = [
    [(0.0, 0.0), (2.0, 2.2), (3.6, 5.0), (3.4, 8.0), (2.7, 11.0), (2.2, 17.0), (1.2, 24.0),
     (0.0, 26.5), (-1.2, 24.0), (-2.3, 17.0), (-2.8, 11.0), (-3.5, 8.0), (-3.7, 5.0), (-2.0, 2.2),
     (0.0, 0.0)],
]  # fmt: skip
# Mesiobuccal cusp at the origin, distobuccal at x = -5.2, two roots.
_MOLAR = [
    [(0.0, 0.0), (1.6, 1.2), (2.6, 3.0), (2.6, 5.0), (1.7, 8.0), (1.9, 12.0), (1.4, 17.0),
     (0.2, 20.0), (-0.8, 19.0), (-1.3, 15.0), (-2.0, 11.0), (-3.0, 10.2), (-4.0, 11.2),
     (-4.7, 15.0), (-5.6, 18.6), (-6.6, 19.2), (-7.3, 16.0), (-7.3, 12.0), (-6.9, 8.0),
     (-7.8, 5.0), (-7.7, 3.0), (-6.8, 1.2), (-5.2, 0.1)],
    [(-5.2, 0.1), (-3.8, 1.2), (-2.6, 1.7), (-1.4, 1.2), (0.0, 0.0)],
]  # fmt: skip
_CROWN = {"molar": 6.6, "premolar": 6.8, "canine": 9.0}
_OUTLINE = {"molar": _MOLAR, "premolar": _PREMOLAR, "canine": _CANINE}

# Kind and place of the cusp on the row, mm in front of the first molar's mesiobuccal cusp.
_ROW = (
    ("molar", -20.2), ("molar", -10.4), ("molar", 0.0), ("premolar", 6.2), ("premolar", 13.1),
    ("canine", 20.0),
)  # fmt: skip

_FILLING = [(-4.6, 0.9), (-2.6, 1.9), (-0.6, 0.9), (-0.9, 3.0), (-2.6, 3.8), (-4.4, 2.8)]

# An incisor from the side: x labial, y from the edge (0) to the apex (1 = whole length).
_INCISOR = [
    [(0.0, 0.0), (0.9, 0.03), (2.3, 0.13), (3.4, 0.26), (3.7, 0.38), (3.3, 0.52), (2.4, 0.72),
     (1.1, 0.92), (0.0, 1.0)],
    [(0.0, 1.0), (-1.2, 0.9), (-2.6, 0.72), (-3.4, 0.54), (-3.7, 0.42), (-3.2, 0.30), (-1.6, 0.17),
     (-0.8, 0.06), (0.0, 0.0)],
]  # fmt: skip
_INCISOR_CROWN = 0.42


def _trace(stretches: list[list[tuple[float, float]]]) -> Points:
    curves = [smooth_curve(stretch, per_segment=3)[:-1] for stretch in stretches]
    return np.vstack(curves)


_SHAPES = {kind: _trace(stretches) for kind, stretches in _OUTLINE.items()}
_INCISOR_SHAPE = _trace(_INCISOR)


@dataclass(frozen=True)
class _Tooth:
    """One posterior tooth: its kind, cusp tip and (mesial, rootward) axes, sized in mm."""

    kind: str
    tip: Points
    axes: Points
    filled: bool
    crowned: bool = False

    def place(self, shape: Points | list[tuple[float, float]]) -> Points:
        points: Points = self.tip + np.asarray(shape) @ self.axes
        return points


def draw_posterior_teeth(canvas: Canvas, head: Head) -> None:
    """Canines, premolars and molars of one side, upper and lower; the canvas doubles them."""
    for upper in (True, False):
        teeth = _row(head, upper)
        bodies = [tooth.place(_SHAPES[tooth.kind]) for tooth in teeth]
        # Dark cleft of the periodontal ligament, dentine, brighter crowns, dark pulp, fillings.
        canvas.line([tooth.place(_root(tooth.kind)) for tooth in teeth], 1.2, -0.09, 0.2, "side")
        canvas.fill(bodies, 0.34, 0.0, "side")
        canvas.fill([tooth.place(_crown(tooth.kind)) for tooth in teeth], 0.30, 0.3, "side")
        canvas.line(
            [tooth.place(pulp) for tooth in teeth for pulp in _pulps(tooth.kind)],
            1.2, -0.14, 0.4, "side",
        )  # fmt: skip
        metal = [tooth.place(_FILLING) for tooth in teeth if tooth.filled]
        metal += [tooth.place(_crown(tooth.kind)) for tooth in teeth if tooth.crowned]
        if metal:
            canvas.fill(metal, 1.2, 0.15, "side")


def _row(head: Head, upper: bool) -> list[_Tooth]:
    """Set the teeth of one jaw along the occlusal plane."""
    row, rng = head.dentition, head.rng
    third_molar = rng.random() < 0.5
    filled = rng.random(len(_ROW)) < 0.15
    names = {0.0: "UMT" if upper else "LMT", 6.2: "UPM" if upper else "LPM"}
    teeth = []
    for index, (kind, along) in enumerate(_ROW):
        turn = float(rng.normal(0.0, 0.03))
        if index == 0 and not third_molar:
            continue
        across = 0.5 + 0.02 * along if upper else 0.016 * along - 0.5
        tip = row.at(along + (0.0 if upper else row.lower_shift), across)
        if along in names:
            tip = head.landmarks[names[along]]
        elif _chance(head, head.missing_teeth):
            continue
        # Roots lean back a little, more towards the front; the third molar leans forward.
        lean = turn + (0.02 + 0.011 * max(along, 0.0)) - (0.25 if index == 0 else 0.0)
        rootward = (-row.down if upper else row.down) - lean * row.forward
        rootward /= np.linalg.norm(rootward)
        mesial = row.forward - (row.forward @ rootward) * rootward
        axes = row.scale * np.stack([mesial / np.linalg.norm(mesial), rootward])
        crowned = _chance(head, head.metal)
        teeth.append(_Tooth(kind, tip, axes, bool(kind == "molar" and filled[index]), crowned))
    return teeth


def _chance(head: Head, share: float) -> bool:
    return head.teeth_rng is not None and bool(head.teeth_rng.random() < share)


def _crown(kind: str) -> Points:
    shape = _SHAPES[kind]
    return np.column_stack([shape[:, 0] * 0.97, np.minimum(shape[:, 1], _CROWN[kind])])


def _root(kind: str) -> Points:
    shape = _SHAPES[kind]
    return shape[shape[:, 1] > _CROWN[kind]]


def _pulps(kind: str) -> list[list[tuple[float, float]]]:
    """Lines of the pulp: one canal, or two in a molar."""
    crown = _CROWN[kind]
    if kind != "molar":
        return [[(0.0, 0.6 * crown), (0.0, 2.2 * crown)]]
    return [
        [(-2.6, 0.6 * crown), (-2.4, crown), (-0.7, 1.9 * crown)],
        [(-2.8, crown), (-5.0, 1.9 * crown)],
    ]


def draw_incisors(canvas: Canvas, head: Head) -> None:
    """Central incisors: edge at UIT and LIT, apex at UIA and LIA; faint neighbours behind."""
    for tip_name, apex_name, width, behind in (
        ("UIT", "UIA", 0.98, -2.4),
        ("LIT", "LIA", 0.84, -2.0),
    ):
        tip, apex = head.landmarks[tip_name], head.landmarks[apex_name]
        axis = apex - tip
        length = float(np.linalg.norm(axis))
        down = axis / length
        labial = np.array([-down[1], down[0]])
        if labial @ head.dentition.forward < 0:
            labial = -labial
        frame = np.stack([labial * width * head.scale, axis])
        shape = _INCISOR_SHAPE
        step = behind * labial + 0.6 * down
        canvas.fill(tip + step + shape @ frame, 0.20, 0.3, sheet="side")
        points = tip + shape @ frame
        canvas.line(points[shape[:, 1] > _INCISOR_CROWN + 0.06], 1.1, -0.10, 0.2)
        canvas.fill(points, 0.38)
        cap = np.column_stack([shape[:, 0], np.minimum(shape[:, 1], _INCISOR_CROWN)])
        canvas.fill(tip + cap @ frame, 0.30, 0.2)
        pulp = np.array([(0.0, 0.28), (0.0, 0.6), (0.0, 0.98)])
        canvas.line(tip + pulp @ frame, 1.0, -0.16, 0.25)
