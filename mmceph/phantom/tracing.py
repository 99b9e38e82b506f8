"""The average head as a tracing: the lines an orthodontist draws, for schematic pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from .anatomy import cranium, face, mandible, maxilla, soft_tissue, teeth
from .curves import Points, ThinPlate, smooth_curve
from .template import TEMPLATE, outline, polygon

__all__ = ["FEWEST_LANDMARKS", "tracing", "tracing_over"]

#: Fewer known landmarks than this do not tell where a face's outlines lie.
FEWEST_LANDMARKS = 6

# The incisors' edges lie 4 mm apart and move freely: they would fold the warp between them.
_NOT_WARPED = ("UIT", "LIT")
_UPPER_ROOT, _LOWER_ROOT = (60.0, 46.4), (54.2, 83.2)
_EAR_RADIUS_MM = 4.2
_NECK = 12  # controls of the chin's line before it runs far down the neck


def tracing() -> dict[str, Points]:
    """Lines of the average head by name.

    Returns:
        Per line (n, 2) points in mm relative to Sella, x forwards, y down. "skin" is the soft
        profile; the others are bones and teeth.
    """
    skin = (
        soft_tissue._FOREHEAD[3:],
        soft_tissue._NOSE,
        soft_tissue._LIPS,
        soft_tissue._CHIN[:_NECK],
    )
    turn = np.linspace(0.0, 2.0 * np.pi, 33)
    ear = np.stack([np.sin(turn), 1.0 - np.cos(turn)], axis=1) * _EAR_RADIUS_MM
    return {
        "skin": np.vstack([smooth_curve(part) for part in skin]),
        "skull": np.asarray(cranium._OUTER[:31]),
        "sella": np.asarray(cranium._SELLA_FLOOR),
        "cranial base": np.asarray(cranium._PLANUM),
        "skull base": np.asarray(cranium._BASE_UNDER),
        "orbit": np.asarray(face._ORBIT_RIM),
        "nasal bone": np.asarray(face._NASAL_LINE),
        "fissure": np.asarray(face._PTERYGOID),
        "palate": np.asarray(maxilla._PALATE),
        "upper front": np.asarray(outline("ANS", (67.4, 42.6), (65.7, 44.3), "A", (65.1, 48.2))),
        "jaw behind": np.asarray(mandible._BACK_BORDER),
        "jaw in front": np.asarray(mandible._FRONT_BORDER),
        "chin": smooth_curve(mandible._CHIN),
        "chin behind": smooth_curve(mandible._LINGUAL),
        "upper incisor": _incisor("UIT", _UPPER_ROOT, 0.98),
        "lower incisor": _incisor("LIT", _LOWER_ROOT, 0.84),
        "ear": np.array(TEMPLATE["Po"]) + ear,
    }


def tracing_over(landmarks: Mapping[str, Sequence[float]]) -> dict[str, Points]:
    """The average head's lines bent so that they run through given landmarks.

    Args:
        landmarks: Name to (x, y) in any unit, y down; names the average head lacks are passed
            over. The face looks to the right.

    Returns:
        As :func:`tracing`, in the landmarks' unit; empty for fewer than
        :data:`FEWEST_LANDMARKS` known ones.
    """
    known = [name for name in landmarks if name in TEMPLATE and name not in _NOT_WARPED]
    if len(known) < FEWEST_LANDMARKS:
        return {}
    plate = ThinPlate(np.array([TEMPLATE[name] for name in known]))
    weights = plate.weights(np.array([landmarks[name] for name in known], np.float64))
    lines = {name: plate.basis(line) @ weights for name, line in tracing().items()}
    for tip, line in (("UIT", "upper incisor"), ("LIT", "lower incisor")):
        if tip in landmarks:  # the tooth follows its own edge
            lines[line] = lines[line] + (np.asarray(landmarks[tip], float) - lines[line][0])
    return lines


def _incisor(tip: str, apex: tuple[float, float], width: float) -> Points:
    """Outline from the edge round the tooth, (n, 2) mm; the edge comes first."""
    edge, root = polygon(tip)[0], np.array(apex)
    axis = root - edge
    labial = np.array([-axis[1], axis[0]]) / np.linalg.norm(axis)
    if labial[0] < 0:
        labial = -labial
    shape = teeth._INCISOR_SHAPE
    return np.asarray(edge + shape @ np.stack([width * labial, axis]), np.float64)
