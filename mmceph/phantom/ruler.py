"""The head-holder's ruler: a plate with millimetre ticks whose marks P1 and P2 are 10 mm apart.

P1 is the lowest 10 mm tick, P2 the next above. Millimetre ticks are short, those of 5 mm longer,
those of 10 mm longest. Some rulers are bent at a joint at P2, as real ones are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mmceph.phantom.canvas import Canvas, Image
from mmceph.phantom.curves import Points
from mmceph.phantom.options import PhantomOptions

__all__ = ["MARK_DISTANCE_MM", "RulerPose", "draw_ruler", "sample_ruler_style"]

#: Distance between P1 and P2, mm.
MARK_DISTANCE_MM = 10.0

_WIDTH, _RIGHT = 3.4, 1.2  # plate width and its right edge from the line P1-P2, mm
_FOOT = 2.6  # plate below P1, mm
_TICK_LENGTH = (1.35, 1.75, 2.4)  # 1, 5 and 10 mm ticks from the right edge, mm
_TICK_HALF = 0.2  # half a tick's thickness, mm


@dataclass(frozen=True)
class RulerPose:
    """Where a ruler lies and how it looks.

    Attributes:
        p1: Lower mark (x, y), mm relative to Sella.
        lower_deg: Direction from P1 to P2 from the vertical, degrees; positive leans forward.
        upper_deg: Direction of the part above P2; the same for a straight ruler.
        length_mm: Length above P1.
        bright_ticks: Bright marks on a faint plate instead of notches in a bright plate.
    """

    p1: tuple[float, float]
    lower_deg: float
    upper_deg: float
    length_mm: float = 60.0
    bright_ticks: bool = False

    @staticmethod
    def axes(degrees: float) -> tuple[Points, Points]:
        """Unit vectors up along the ruler and across it to its ticked edge (forwards)."""
        angle = math.radians(degrees)
        up = np.array([math.sin(angle), -math.cos(angle)])
        across = np.array([math.cos(angle), math.sin(angle)])
        return up, across

    @property
    def p2(self) -> tuple[float, float]:
        """Upper mark (x, y), mm: exactly 10 mm from P1."""
        up, _ = self.axes(self.lower_deg)
        x, y = np.asarray(self.p1) + MARK_DISTANCE_MM * up
        return float(x), float(y)


def sample_ruler_style(
    rng: np.random.Generator, options: PhantomOptions
) -> tuple[float, float, float, bool]:
    """Draw (lower_deg, upper_deg, length_mm, bright_ticks)."""
    upper = float(rng.uniform(*options.ruler_tilt_deg))
    bend = float(rng.uniform(9.0, 15.0))
    bent = rng.random() < options.ruler_bent_probability
    length = float(rng.uniform(35.0, 75.0))
    bright = bool(rng.random() < options.ruler_bright_ticks_probability)
    return upper + bend * bent, upper, length, bright


def draw_ruler(attenuation: Image, canvas: Canvas, pose: RulerPose) -> None:
    """Add the ruler to (H, W) attenuation, each pixel by the exact share of it that is covered."""
    reach = pose.length_mm + 8.0
    x, y = pose.p1
    corners = canvas.to_px(
        np.array([(x - 0.4 * reach, y - reach), (x + 0.4 * reach, y + 8.0)]),
    )
    width, height = canvas.size
    left, top = np.maximum(np.floor(corners[0]).astype(int), 0)
    right = min(width, int(np.ceil(corners[1, 0])) + 1)
    bottom = min(height, int(np.ceil(corners[1, 1])) + 1)
    if right <= left or bottom <= top:
        return
    columns = (np.arange(left, right, dtype=np.float32) - float(canvas.origin[0])) * canvas.spacing
    rows = (np.arange(top, bottom, dtype=np.float32) - float(canvas.origin[1])) * canvas.spacing
    lower = _part(columns, rows, pose.p1, pose.lower_deg, (-_FOOT, MARK_DISTANCE_MM), canvas, 0)
    upper = _part(
        columns, rows, pose.p2, pose.upper_deg, (0.0, pose.length_mm - MARK_DISTANCE_MM), canvas, 10
    )
    plate = np.maximum(lower[0], upper[0])
    ticks = np.maximum(lower[1], upper[1])
    region = attenuation[top:bottom, left:right]
    if pose.bright_ticks:
        region += 0.10 * plate + 0.75 * ticks
    else:
        region += plate * (1.05 - 0.85 * ticks)


def _part(
    columns: Image,
    rows: Image,
    start: tuple[float, float],
    degrees: float,
    extent: tuple[float, float],
    canvas: Canvas,
    first: int,
) -> tuple[Image, Image]:
    """Plate and tick coverage of one straight part; ``first`` is its start on the scale, mm."""
    up, side = RulerPose.axes(degrees)
    x, y = columns[None, :] - np.float32(start[0]), rows[:, None] - np.float32(start[1])
    along = x * np.float32(up[0]) + y * np.float32(up[1])
    across = x * np.float32(side[0]) + y * np.float32(side[1])
    pixel = canvas.spacing
    plate = _overlap(along, *extent, pixel) * _overlap(across, _RIGHT - _WIDTH, _RIGHT, pixel)
    nearest = np.rint(along)
    mark = nearest.astype(np.int32) + first
    length = np.where(
        mark % 10 == 0,
        np.float32(_TICK_LENGTH[2]),
        np.where(mark % 5 == 0, np.float32(_TICK_LENGTH[1]), np.float32(_TICK_LENGTH[0])),
    )
    ticks = _overlap(along - nearest, -_TICK_HALF, _TICK_HALF, pixel)
    ticks *= np.clip((across - (_RIGHT - length)) / np.float32(pixel) + 0.5, 0.0, 1.0)
    ticks *= (mark >= 0) & (plate > 0)
    return plate, ticks


def _overlap(values: Image, low: float, high: float, pixel: float) -> Image:
    """Share of a pixel of width ``pixel`` centred at ``values`` that lies between two bounds."""
    half = np.float32(0.5 * pixel)
    share = np.minimum(values + half, np.float32(high)) - np.maximum(values - half, np.float32(low))
    result: Image = np.maximum(share, np.float32(0.0)) * np.float32(1.0 / pixel)
    return result
