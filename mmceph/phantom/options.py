"""What may vary from one phantom to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mmceph.errors import MmcephError
from mmceph.phantom.variety import Range, Variety

__all__ = ["PhantomOptions", "Range"]

_KINDS = {"notches": 0.72, "printed": 0.1, "scale": 0.05, "balls": 0.08, "bars": 0.05}


@dataclass(frozen=True)
class PhantomOptions:
    """Limits of the random variation; each pair is (lowest, highest) of an even distribution.

    Attributes:
        field_width_mm: Width of the part of the head that the image shows, for an image 4:5 wide
            to high. Image size and field together give the spacing in mm per px.
        spacing_range: mm per px directly; overrides ``field_width_mm`` (the head must fit).
        ruler_probability: Share of images with a ruler. Without one, P1 and P2 are not there.
        ruler_tilt_deg: Tilt of the ruler from the vertical, positive leans the top forward.
        ruler_bent_probability: Share of rulers bent at a joint at or near the upper mark.
        ruler_rod_probability: Share of rulers that hang on the nasion rod of the head-holder;
            the others lie anywhere in the upper front corner.
        ruler_kinds: Share of each kind of ruler: ``notches`` in a metal plate, ``printed`` bright
            marks on a faint plate, a bare ``scale``, ``balls`` or ``bars`` 5 mm apart on a rod.
        ruler_behind_probability: Share of rulers with their ticks on the edge towards the face.
        ruler_cropped_probability: Share of rulers that the picture's upper edge cuts between P1
            and P2, which is then missing.
        ruler_exposed_probability: Share of pictures in which the bright unexposed border reaches
            down over the ruler, where its ticks fade.
        ear_rod_probability: Share of images with the ring of the ear rod around the meatus.
        shape_limit_sd: Modes of the shape are cut at this many standard deviations.
        exposure: Factor on the attenuation; above 1 the picture is brighter.
        gamma: Exponent of the display curve; below 1 the dark parts are lifted.
        contrast: Factor on the contrast around the middle grey.
        gradient: Strength of a slow brightness gradient across the picture.
        wedge_probability: Share of images with the soft-tissue filter before the face.
        band_probability: Share with bright unexposed bands at the borders (collimation).
        blur_mm: Standard deviation of the system's blur.
        noise: Standard deviation of the noise as a share of full scale, 0 for none.
        sharpening: Strength of the unsharp mask that scanners and detectors apply.
        variety: What differs from one machine, film and patient to the next; None: one machine.
    """

    field_width_mm: Range = (168.0, 198.0)
    spacing_range: Range | None = None
    ruler_probability: float = 1.0
    ruler_tilt_deg: Range = (-7.0, 7.0)
    ruler_bent_probability: float = 0.3
    ruler_rod_probability: float = 0.75
    ruler_kinds: Mapping[str, float] = field(default_factory=lambda: dict(_KINDS))
    ruler_behind_probability: float = 0.2
    ruler_cropped_probability: float = 0.0
    ruler_exposed_probability: float = 0.3
    ear_rod_probability: float = 0.85
    shape_limit_sd: float = 2.0
    exposure: Range = (0.85, 1.2)
    gamma: Range = (0.85, 1.2)
    contrast: Range = (0.9, 1.1)
    gradient: Range = (0.0, 0.08)
    wedge_probability: float = 0.75
    band_probability: float = 0.55
    blur_mm: Range = (0.08, 0.22)
    noise: Range = (0.004, 0.016)
    sharpening: Range = (0.0, 0.7)
    variety: Variety | None = None

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if name.endswith("_probability"):
                if not 0.0 <= value <= 1.0:
                    raise MmcephError(f"PhantomOptions.{name} is {value}; it must lie in 0..1")
            elif isinstance(value, tuple) and not (len(value) == 2 and value[0] <= value[1]):
                raise MmcephError(f"PhantomOptions.{name} is {value}; give (lowest, highest)")
        shares = self.ruler_kinds
        if (
            set(shares) - set(_KINDS)
            or min(shares.values(), default=0) < 0
            or not sum(shares.values())
        ):
            raise MmcephError(
                f"PhantomOptions.ruler_kinds is {shares}; give shares of {', '.join(_KINDS)}"
            )
        for name in ("field_width_mm", "spacing_range", "exposure", "gamma", "contrast"):
            value = getattr(self, name)
            if value is not None and value[0] <= 0:
                raise MmcephError(f"PhantomOptions.{name} is {value}; it must be above 0")
        for name in ("blur_mm", "noise", "sharpening", "gradient"):
            if getattr(self, name)[0] < 0:
                raise MmcephError(f"PhantomOptions.{name} is {getattr(self, name)}; below 0")
        if self.shape_limit_sd < 0:
            raise MmcephError(f"PhantomOptions.shape_limit_sd is {self.shape_limit_sd}; below 0")
