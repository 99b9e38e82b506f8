"""The one table of landmarks: a name means the same point in every set.

Names are the symbols of the Aariz data set, with the further points of CL-Detection2023 and the two
ruler marks. Soft-tissue points carry a backtick. Sources: the README and figure ``lm38.png`` of
CL-Detection2023, the annotation files of Aariz, the ISBI 2015 challenge; the sentences are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Landmark:
    """One anatomical point (or ruler mark) of the lateral cephalogram.

    Attributes:
        name: The canonical symbol, as in ``LIT`` or ``Pog```.
        full_name: The spoken name.
        group: ``cranial base``, ``maxilla``, ``mandible``, ``teeth``, ``soft tissue`` or ``ruler``.
        definition: Where the point lies, in one sentence.
        aliases: Other symbols (case counts) and other spoken names (case does not).
    """

    name: str
    full_name: str
    group: str
    definition: str
    aliases: tuple[str, ...] = ()


_CRANIAL = "cranial base"
_MAXILLA = "maxilla"
_MANDIBLE = "mandible"
_TEETH = "teeth"
_SOFT = "soft tissue"
_RULER = "ruler"

# Deliberately no aliases: U6/L6 are contact points of the first molars and not the cusp tips
# UMT/LMT; Co (top of the condyle) is not Ar (crossing of two outlines).
_TABLE = (
    Landmark("S", "Sella", _CRANIAL, "Middle of the pituitary fossa."),
    Landmark("N", "Nasion", _CRANIAL, "Front end of the suture between frontal and nasal bone."),
    Landmark("Or", "Orbitale", _CRANIAL, "Lowest point on the lower rim of the orbit."),
    Landmark("Po", "Porion", _CRANIAL, "Highest point of the bony ear canal."),
    Landmark(
        "Ar",
        "Articulare",
        _CRANIAL,
        "Where the rear outline of the condylar neck crosses the underside of the skull base.",
    ),
    Landmark("Ba", "Basion", _CRANIAL, "Middle of the front edge of the foramen magnum."),
    Landmark(
        "Bo", "Bolton point", _CRANIAL, "Deepest point of the notch behind the occipital condyle.",
        ("Bolton",),
    ),
    Landmark(
        "Pt",
        "Pterygoid point",
        _CRANIAL,
        "Upper rear border of the pterygopalatine fossa, at the foramen rotundum.",
        ("PT point",),
    ),
    Landmark(
        "Ptm",
        "Pterygomaxillary fissure",
        _MAXILLA,
        "Lowest point of the drop-shaped outline of the pterygomaxillary fissure.",
    ),
    Landmark("ANS", "Anterior nasal spine", _MAXILLA, "Tip of the bony spine under the nose."),
    Landmark("PNS", "Posterior nasal spine", _MAXILLA, "Rear end of the hard palate."),
    Landmark(
        "A",
        "Subspinale",
        _MAXILLA,
        "Deepest point of the upper jaw's front contour between ANS and the incisor's socket.",
        ("A-point", "Point A"),
    ),
    Landmark(
        "B",
        "Supramentale",
        _MANDIBLE,
        "Deepest point of the lower jaw's front contour between the incisor's socket and the chin.",
        ("B-point", "Point B"),
    ),
    Landmark("Pog", "Pogonion", _MANDIBLE, "Foremost point of the bony chin.", ("Pg",)),
    Landmark(
        "Gn", "Gnathion", _MANDIBLE, "Point of the bony chin's outline midway between Pog and Me."
    ),
    Landmark("Me", "Menton", _MANDIBLE, "Lowest point of the bony chin."),
    Landmark("D", "D point", _MANDIBLE, "Centre of the cross-section of the symphysis."),
    Landmark("Go", "Gonion", _MANDIBLE, "Middle of the curve at the angle of the lower jaw."),
    Landmark(
        "R", "Ramus", _MANDIBLE, "Most bulging point on the rear border of the ramus.",
        ("Ramus point",),
    ),
    Landmark("Co", "Condylion", _MANDIBLE, "Highest point of the head of the condyle."),
    Landmark(
        "UIT",
        "Upper incisor tip",
        _TEETH,
        "Cutting edge of the foremost upper central incisor.",
        ("U1", "Incision superius"),
    ),
    Landmark(
        "UIA", "Upper incisor apex", _TEETH, "Root end of the foremost upper central incisor.",
        ("U1A",),
    ),
    Landmark(
        "LIT",
        "Lower incisor tip",
        _TEETH,
        "Cutting edge of the foremost lower central incisor.",
        ("L1", "Incision inferius"),
    ),
    Landmark(
        "LIA", "Lower incisor apex", _TEETH, "Root end of the foremost lower central incisor.",
        ("L1A",),
    ),
    Landmark(
        "UPM",
        "Upper second premolar cusp tip",
        _TEETH,
        "Tip of the cheek-side cusp of the upper second premolar.",
        ("Upper 2nd PM Cusp Tip",),
    ),
    Landmark(
        "LPM",
        "Lower second premolar cusp tip",
        _TEETH,
        "Tip of the cheek-side cusp of the lower second premolar.",
        ("Lower 2nd PM Cusp Tip",),
    ),
    Landmark(
        "UMT",
        "Upper molar cusp tip",
        _TEETH,
        "Tip of the front cheek-side cusp of the upper first molar.",
    ),
    Landmark(
        "LMT",
        "Lower molar cusp tip",
        _TEETH,
        "Tip of the front cheek-side cusp of the lower first molar.",
    ),
    Landmark(
        "U6",
        "Upper first molar contact point",
        _TEETH,
        "Front contact point of the upper first molar, midway where its image is double.",
    ),
    Landmark(
        "L6",
        "Lower first molar contact point",
        _TEETH,
        "Front contact point of the lower first molar, midway where its image is double.",
    ),
    Landmark("G", "Glabella", _SOFT, "Foremost point of the forehead between the brows."),
    Landmark(
        "N`", "Soft tissue nasion", _SOFT, "Deepest point of the skin at the root of the nose.",
        ("Soft nasion",),
    ),
    Landmark("Pn", "Pronasale", _SOFT, "Tip of the nose.", ("Prn", "Nose tip")),
    Landmark("Cm", "Columella", _SOFT, "Foremost point of the columella of the nose."),
    Landmark("Sn", "Subnasale", _SOFT, "Where the columella meets the upper lip."),
    Landmark(
        "Ls", "Labrale superius", _SOFT, "Most prominent point of the upper lip.",
        ("UL", "Upper lip"),
    ),
    Landmark(
        "Li", "Labrale inferius", _SOFT, "Most prominent point of the lower lip.",
        ("LL", "Lower lip"),
    ),
    Landmark(
        "UL`", "Upper lip border", _SOFT, "Edge between the red of the upper lip and the skin."
    ),
    Landmark(
        "LL`", "Lower lip border", _SOFT, "Edge between the red of the lower lip and the skin."
    ),
    Landmark(
        "Pog`", "Soft tissue pogonion", _SOFT, "Foremost point of the chin's skin.",
        ("Pg`", "Soft pogonion"),
    ),
    Landmark(
        "Gn`",
        "Soft tissue gnathion",
        _SOFT,
        "Point of the chin's skin midway between Pog` and Me`.",
        ("Soft gnathion",),
    ),
    Landmark(
        "Me`", "Soft tissue menton", _SOFT, "Lowest point of the chin's skin.", ("Soft menton",)
    ),
    Landmark("C", "Cervical point", _SOFT, "Deepest point between the chin's underside and neck."),
    Landmark(
        "P1", "Lower ruler mark", _RULER, "Ruler tick 10 mm below P2.", ("p1", "Ruler lower mark")
    ),
    Landmark(
        "P2", "Upper ruler mark", _RULER, "Ruler tick 10 mm above P1.", ("p2", "Ruler upper mark")
    ),
)  # fmt: skip

LANDMARKS: Mapping[str, Landmark] = MappingProxyType({entry.name: entry for entry in _TABLE})
"""Every known landmark by its canonical name."""
