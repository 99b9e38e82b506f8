"""What differs from one X-ray machine, film and patient to the next.

Every option is off by default, so that the phantoms of one machine stay what they are;
:meth:`Variety.many_machines` turns on what was seen on films and detectors of several makers.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from mmceph.errors import MmcephError

Range = tuple[float, float]

__all__ = ["Range", "Variety", "chance"]

_NONE: Range = (0.0, 0.0)
_ONE: Range = (1.0, 1.0)


@dataclass(frozen=True)
class Variety:
    """Shares of pictures that show something, and limits of what is drawn evenly.

    Attributes:
        whole_head_probability: Share of pictures with the whole skull and neck in the field.
        whole_field_mm: Width of that field.
        place_mm: How far Sella lies from its usual place in the field, standard deviation (x, y).
        aspect: Height of the picture as a multiple of its width; (0, 0) keeps the size asked for.
        tilt_deg: Turn of the head about Sella; positive raises the chin.
        jaw_mm: How far the chin is ahead of or behind its place (skeletal class III or II).
        jaw_turn_deg: Turn of the lower jaw about the condyle; positive opens (high angle).
        face_height: Factor on the height of the face below the nose.
        size: Factor on the whole head; below 1 a child.
        loose_mm: How far what lies between the landmarks strays from the template, standard
            deviation; the landmarks stay where they are.
        lips_mm: How much thicker or thinner the lips and the chin's skin are.
        nose: Factor on the nose's length, beside its own small spread.
        open_bite_mm: How far the lower incisor lies below the upper, where the bite is open.
        open_bite_probability: Share of open bites.
        lips_apart_probability: Share of pictures with the lips apart.
        missing_teeth_probability: Of every posterior tooth.
        metal_probability: Of every posterior tooth: a crown or a large filling.
        brackets_probability: Share of pictures with brackets and an arch wire.
        mixed_probability: Share of pictures with permanent teeth still in the bone.
        ear_ring_mm: Radius of the ear rod's ring; (0, 0) keeps the usual one.
        clips_probability: Share with the film holder's clips at the upper and lower edges.
        letters_probability: Share with letters burnt in; half of them are mirrored.
        apron_probability: Share with the edge of a lead apron at the bottom.
        rest_probability: Share with a head rest's shadow behind the skull.
        film_edge_probability: Share with a bright rim and rounded corners of the film.
        structure: Standard deviation of the logarithm of a factor on the density of each drawn
            structure alone.
        thickness: Standard deviation of slow changes of the density over the head, as a share.
        skull: Factor on the density of what lies above the cranial base.
        film_gamma: Exponent of the film's curve, beside the detector's own.
        window: Share of the darkest and of the brightest pixels that lose their detail.
        equalised_probability: Share of pictures with local contrast equalised, as software does.
        inverted_probability: Share of negatives (bone dark).
        jpeg_probability: Share of pictures that went through JPEG.
        jpeg_quality: Its quality.
        stains_probability: Share with dust, scratches and spots of scanning.
        stripes_probability: Share with stripes of the detector or the scanner.
        extra_blur_mm: Further blur, standard deviation.
        extra_noise: Further noise as a share of full scale.
    """

    whole_head_probability: float = 0.0
    whole_field_mm: Range = (195.0, 250.0)
    place_mm: Range = _NONE
    aspect: Range = _NONE
    tilt_deg: Range = _NONE
    jaw_mm: Range = _NONE
    jaw_turn_deg: Range = _NONE
    face_height: Range = _ONE
    size: Range = _ONE
    loose_mm: Range = _NONE
    lips_mm: Range = _NONE
    nose: Range = _ONE
    open_bite_mm: Range = (1.0, 7.0)
    open_bite_probability: float = 0.0
    lips_apart_probability: float = 0.0
    missing_teeth_probability: float = 0.0
    metal_probability: float = 0.0
    brackets_probability: float = 0.0
    mixed_probability: float = 0.0
    ear_ring_mm: Range = _NONE
    clips_probability: float = 0.0
    letters_probability: float = 0.0
    apron_probability: float = 0.0
    rest_probability: float = 0.0
    film_edge_probability: float = 0.0
    structure: Range = _NONE
    thickness: Range = _NONE
    skull: Range = _ONE
    film_gamma: Range = _ONE
    window: Range = _NONE
    equalised_probability: float = 0.0
    inverted_probability: float = 0.0
    jpeg_probability: float = 0.0
    jpeg_quality: Range = (30.0, 92.0)
    stains_probability: float = 0.0
    stripes_probability: float = 0.0
    extra_blur_mm: Range = _NONE
    extra_noise: Range = _NONE

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if name.endswith("_probability"):
                if not 0.0 <= value <= 1.0:
                    raise MmcephError(f"Variety.{name} is {value}; it must lie in 0..1")
            elif name != "place_mm" and not (len(value) == 2 and value[0] <= value[1]):
                raise MmcephError(f"Variety.{name} is {value}; give (lowest, highest)")
        if min(self.size[0], self.face_height[0], self.film_gamma[0], self.nose[0]) <= 0:
            raise MmcephError("Variety: size, face_height, film_gamma and nose must be above 0")

    @classmethod
    def many_machines(cls, **changes: Any) -> Variety:
        """What was seen on films and detectors of several makers, all of it together.

        Args:
            **changes: Single options to set otherwise.
        """
        chosen: dict[str, Any] = {
            "whole_head_probability": 0.55,
            "place_mm": (11.0, 10.0),
            "aspect": (1.0, 1.35),
            "tilt_deg": (-13.0, 13.0),
            "jaw_mm": (-8.0, 8.0),
            "jaw_turn_deg": (-5.0, 7.0),
            "face_height": (0.92, 1.08),
            "size": (0.86, 1.08),
            "loose_mm": (0.5, 3.0),
            "lips_mm": (-2.5, 4.0),
            "nose": (0.8, 1.15),
            "open_bite_probability": 0.15,
            "lips_apart_probability": 0.2,
            "missing_teeth_probability": 0.06,
            "metal_probability": 0.12,
            "brackets_probability": 0.15,
            "mixed_probability": 0.12,
            "ear_ring_mm": (2.5, 8.0),
            "clips_probability": 0.25,
            "letters_probability": 0.35,
            "apron_probability": 0.2,
            "rest_probability": 0.1,
            "film_edge_probability": 0.2,
            "structure": (0.0, 0.6),
            "thickness": (0.0, 0.3),
            "skull": (0.8, 1.9),
            "film_gamma": (0.6, 1.7),
            "window": (0.0, 0.12),
            "equalised_probability": 0.2,
            "inverted_probability": 0.02,
            "jpeg_probability": 0.4,
            "stains_probability": 0.2,
            "stripes_probability": 0.1,
            "extra_blur_mm": (0.0, 0.45),
            "extra_noise": (0.0, 0.035),
        }
        return cls(**{**chosen, **changes})


def chance(rng: np.random.Generator, variety: Variety) -> dict[str, Any]:
    """Draw every option for one picture, in a fixed order.

    Returns:
        By option's name without ``_probability``: True or False, or the value drawn; ``place_mm``
        is (x, y) mm.
    """
    drawn: dict[str, Any] = {}
    for option in fields(variety):
        value = getattr(variety, option.name)
        if option.name.endswith("_probability"):
            drawn[option.name.removesuffix("_probability")] = bool(rng.random() < value)
        elif option.name == "place_mm":
            drawn["place_mm"] = tuple(float(v) for v in rng.normal(0.0, value))
        else:
            drawn[option.name] = float(rng.uniform(*value))
    # Per tooth, not per picture: the share itself is what the drawing needs.
    drawn["missing_teeth"] = variety.missing_teeth_probability
    drawn["metal"] = variety.metal_probability
    return drawn
