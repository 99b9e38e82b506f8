"""What rulers look like: which kinds there are and how much each varies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmceph.phantom.options import PhantomOptions

__all__ = ["RulerStyle", "sample_style"]

#: By kind: (ticks of 1 mm are there, attenuation of the body, of a tick).
_KINDS: dict[str, tuple[bool, tuple[float, float], tuple[float, float]]] = {
    "notches": (True, (0.6, 1.5), (-0.95, -0.35)),  # a metal plate; a share of the plate is gone
    "printed": (True, (0.04, 0.2), (0.45, 1.0)),
    "scale": (True, (0.0, 0.0), (0.5, 1.2)),  # ticks alone
    "balls": (False, (0.05, 0.35), (0.7, 1.5)),  # 5 mm apart on a rod
    "bars": (False, (0.1, 0.5), (0.6, 1.3)),
}


@dataclass(frozen=True)
class RulerStyle:
    """How a ruler looks; lengths in mm, attenuations with air as 0.

    Attributes:
        kind: ``notches`` (cut into a plate), ``printed`` (bright marks on a faint plate), ``scale``
            (bright marks alone), ``balls`` or ``bars`` (on a rod, 5 mm apart).
        front: 1 with the ticked edge in front, -1 behind.
        width: Of the plate or rod.
        edge: From the marks' line to the ticked edge.
        foot: Body below P1.
        below: Ticks below P1 end here (all shorter than 10 mm ticks).
        lengths: Of 1, 5 and 10 mm ticks, from the edge; diameters of balls.
        half: Half a tick's thickness.
        body: Attenuation of plate or rod.
        tick: Attenuation of a tick; for notches the (negative) share of the plate.
    """

    kind: str = "notches"
    front: int = 1
    width: float = 3.4
    edge: float = 1.2
    foot: float = 2.6
    below: float = 0.0
    lengths: tuple[float, float, float] = (1.35, 1.75, 2.4)
    half: float = 0.2
    body: float = 1.05
    tick: float = -0.81

    @property
    def fine(self) -> bool:
        """Whether there are 1 mm ticks."""
        return _KINDS[self.kind][0]


def sample_style(rng: np.random.Generator, options: PhantomOptions) -> RulerStyle:
    """Draw a style; all that can vary is drawn for any kind, so that kinds do not shift draws."""
    kinds = list(options.ruler_kinds)
    shares = np.array([options.ruler_kinds[kind] for kind in kinds])
    kind = kinds[int(rng.choice(len(kinds), p=shares / shares.sum()))]
    front = -1 if rng.random() < options.ruler_behind_probability else 1
    size, thin = float(rng.uniform(0.8, 1.5)), float(rng.uniform(0.0, 1.0))
    step, long = rng.uniform(1.1, 1.5), rng.uniform(1.15, 1.6)
    foot, ticks_below = float(rng.uniform(1.2, 5.0)), float(rng.uniform(1.0, 4.5))
    has_below = rng.random() < 0.2
    body, tick = (float(rng.uniform(*limits)) for limits in _KINDS[kind][1:])
    fine, middle = 1.35 * size, 1.35 * size * float(step)
    lengths = (fine, middle, middle * float(long))
    width = lengths[2] + float(rng.uniform(0.3, 2.2))
    half = 0.12 + 0.12 * thin
    edge = 0.65 * fine
    if kind == "scale":
        lengths = (fine, middle, middle * float(long))
    elif kind in ("balls", "bars"):
        width = 0.6 + 1.2 * thin
        edge, half = 0.5 * width, 0.2 + 0.25 * thin
        bead = 1.0 + 0.7 * (size - 0.8) / 0.7
        lengths = (bead, bead, bead * (1.0 if long < 1.3 else 1.3))
        if kind == "bars":
            lengths = (2.6 * size, 2.6 * size, 2.6 * size * float(long))
    below = ticks_below if has_below and kind != "balls" else 0.0
    return RulerStyle(
        kind, front, width, edge, max(foot, below + 0.8), below, lengths, half, body, tick
    )
