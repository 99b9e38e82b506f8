"""The head-holder's ruler, whose marks P1 and P2 are 10 mm apart along it.

P1 is the lowest 10 mm mark, P2 the next above. Some rulers are bent at a joint at or near P2, as
real ones are: the upper part turns about a hinge, which may lie on either edge, and the gap that
opens between the parts is no part of the ruler's scale. P2 on the gap is its middle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mmceph.phantom.canvas import Canvas, Image
from mmceph.phantom.curves import Points
from mmceph.phantom.options import PhantomOptions
from mmceph.phantom.ruler_style import RulerStyle, sample_style

__all__ = ["MARK_DISTANCE_MM", "RulerPose", "draw_ruler", "sample_ruler"]

#: Distance between P1 and P2 along the ruler, mm.
MARK_DISTANCE_MM = 10.0


@dataclass(frozen=True)
class RulerPose:
    """Where a ruler lies and how it looks.

    Attributes:
        p1: Lower mark (x, y), mm relative to Sella.
        lower_deg: Direction from P1 upwards from the vertical, degrees; positive leans forward.
        upper_deg: Direction of the part above the joint; the same for a straight ruler.
        length_mm: Length above P1.
        joint_mm: Where the joint is on the scale (P2 is at 10).
        hinge_mm: Where across the ruler the hinge is, from the marks' line, positive forward.
        style: How it looks.
    """

    p1: tuple[float, float]
    lower_deg: float
    upper_deg: float
    length_mm: float = 60.0
    joint_mm: float = MARK_DISTANCE_MM
    hinge_mm: float = 0.0
    style: RulerStyle = field(default_factory=RulerStyle)

    @staticmethod
    def axes(degrees: float) -> tuple[Points, Points]:
        """Unit vectors up along the ruler and across it, forwards."""
        angle = math.radians(degrees)
        up = np.array([math.sin(angle), -math.cos(angle)])
        across = np.array([math.cos(angle), math.sin(angle)])
        return up, across

    @property
    def upper_start(self) -> Points:
        """Where the upper part's line of marks begins (2,), mm."""
        up, across = self.axes(self.lower_deg)
        hinge = np.asarray(self.p1) + self.joint_mm * up + self.hinge_mm * across
        start: Points = hinge - self.hinge_mm * self.axes(self.upper_deg)[1]
        return start

    @property
    def p2(self) -> tuple[float, float]:
        """Upper mark (x, y), mm: exactly 10 mm from P1 along the ruler."""
        on_lower = np.asarray(self.p1) + MARK_DISTANCE_MM * self.axes(self.lower_deg)[0]
        beyond = MARK_DISTANCE_MM - self.joint_mm
        on_upper = self.upper_start + beyond * self.axes(self.upper_deg)[0]
        x, y = on_lower if beyond < 0 else on_upper if beyond > 0 else 0.5 * (on_lower + on_upper)
        return float(x), float(y)

    def record(self) -> dict[str, Any]:
        """What was drawn, ready for JSON, so that results can be grouped by it."""
        return {
            "kind": self.style.kind,
            "front": self.style.front > 0,
            "bend_deg": round(self.lower_deg - self.upper_deg, 2),
            "tilt_deg": round(self.upper_deg, 2),
            "joint_mm": round(self.joint_mm, 2),
            "hinge_mm": round(self.hinge_mm, 2),
            "length_mm": round(self.length_mm, 1),
            "width_mm": round(self.style.width, 2),
            "tick_thickness_mm": round(2.0 * self.style.half, 3),
            "tick_lengths_mm": [round(length, 2) for length in self.style.lengths],
            "body": round(self.style.body, 3),
            "tick": round(self.style.tick, 3),
        }


def sample_ruler(
    rng: np.random.Generator, options: PhantomOptions, p1: tuple[float, float] = (0.0, 0.0)
) -> RulerPose:
    """Draw how a ruler lies and looks; P1 in mm relative to Sella."""
    upper = float(rng.uniform(*options.ruler_tilt_deg))
    bend = float(rng.uniform(6.0, 16.0)) * (1.0 if rng.random() < 0.85 else -1.0)
    bent = rng.random() < options.ruler_bent_probability
    length = float(rng.uniform(22.0, 75.0))
    at_mark, joint = rng.random() < 0.75, float(rng.uniform(7.0, 15.0))
    across = float(rng.choice((-1.0, 0.0, 1.0), p=(0.65, 0.2, 0.15)))
    style = sample_style(rng, options)
    # The hinge is on the edge without ticks, in the middle of the plate, or on the ticks' edge.
    hinge = style.front * (style.edge - 0.5 * style.width * (1.0 - across))
    if not bent:
        bend, at_mark, hinge = 0.0, True, 0.0
    joint = MARK_DISTANCE_MM if at_mark else joint
    return RulerPose(p1, upper + bend, upper, length, joint, hinge, style)


def draw_ruler(attenuation: Image, canvas: Canvas, pose: RulerPose) -> None:
    """Add the ruler to (H, W) attenuation, each pixel by the exact share of it that is covered."""
    reach = pose.length_mm + pose.style.foot + 4.0
    x, y = pose.p1
    corners = canvas.to_px(
        np.array([(x - 0.4 * reach - 6.0, y - reach), (x + 0.4 * reach + 6.0, y + 8.0)]),
    )
    width, height = canvas.size
    left, top = np.maximum(np.floor(corners[0]).astype(int), 0)
    right = min(width, int(np.ceil(corners[1, 0])) + 1)
    bottom = min(height, int(np.ceil(corners[1, 1])) + 1)
    if right <= left or bottom <= top:
        return
    columns = (np.arange(left, right, dtype=np.float32) - float(canvas.origin[0])) * canvas.spacing
    rows = (np.arange(top, bottom, dtype=np.float32) - float(canvas.origin[1])) * canvas.spacing
    start = pose.upper_start
    parts = (
        (pose.p1, pose.lower_deg, 0.0, (-pose.style.foot, pose.joint_mm)),
        ((float(start[0]), float(start[1])), pose.upper_deg, pose.joint_mm, (0.0, pose.length_mm)),
    )
    body, ticks = np.zeros((2, len(rows), len(columns)), np.float32)
    for origin, degrees, first, (low, high) in parts:
        extent = (low, high - first)
        drawn = _part(columns, rows, origin, degrees, extent, canvas.spacing, first, pose.style)
        body, ticks = np.maximum(body, drawn[0]), np.maximum(ticks, drawn[1])
    region = attenuation[top:bottom, left:right]
    style = pose.style
    if style.kind == "notches":
        region += np.float32(style.body) * body * (1.0 + np.float32(style.tick) * ticks)
    else:
        region += np.float32(style.body) * body + np.float32(style.tick) * ticks


def _part(
    columns: Image,
    rows: Image,
    start: tuple[float, float],
    degrees: float,
    extent: tuple[float, float],
    pixel: float,
    first: float,
    style: RulerStyle,
) -> tuple[Image, Image]:
    """Body and tick coverage of one straight part; ``first`` is its start on the scale, mm."""
    up, forward = RulerPose.axes(degrees)
    x, y = columns[None, :] - np.float32(start[0]), rows[:, None] - np.float32(start[1])
    along = x * np.float32(up[0]) + y * np.float32(up[1])
    side = forward * style.front
    across = x * np.float32(side[0]) + y * np.float32(side[1])
    inside = _overlap(along, *extent, pixel)
    body = inside * _overlap(across, style.edge - style.width, style.edge, pixel)
    scale = along + np.float32(first)
    every = np.float32(1.0 if style.fine else 5.0)
    nearest = np.rint(scale / every) * every
    mark = nearest.astype(np.int32)
    length = np.where(
        mark % 10 == 0,
        np.float32(style.lengths[2]),
        np.where(mark % 5 == 0, np.float32(style.lengths[1]), np.float32(style.lengths[0])),
    )
    away = scale - nearest
    if style.kind == "balls":
        distance = np.sqrt(away * away + across * across)
        ticks = np.clip((0.5 * length - distance) / np.float32(pixel) + 0.5, 0.0, 1.0)
    else:
        ticks = _overlap(away, -style.half, style.half, pixel)
        # Notches and prints reach in from the edge, bars stand out to both sides.
        to_end = 0.5 * length - np.abs(across) if style.kind == "bars" else across - style.edge
        if style.kind != "bars":
            to_end = np.minimum(to_end + length, -to_end)
        ticks *= np.clip(to_end / np.float32(pixel) + 0.5, 0.0, 1.0)
    ticks *= ((mark >= -style.below) & (mark != -10)) * np.clip(inside * 1e3, 0.0, 1.0)
    return body, ticks.astype(np.float32)


def _overlap(values: Image, low: float, high: float, pixel: float) -> Image:
    """Share of a pixel of width ``pixel`` centred at ``values`` that lies between two bounds."""
    half = np.float32(0.5 * pixel)
    share = np.minimum(values + half, np.float32(high)) - np.maximum(values - half, np.float32(low))
    result: Image = np.maximum(share, np.float32(0.0)) * np.float32(1.0 / pixel)
    return result
