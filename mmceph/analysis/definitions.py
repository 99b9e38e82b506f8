"""The one table of measurements.

Formulas, signs and norms are those of the analyses' authors as later textbooks and programs read
them with digital landmarks. Where a plane is measured against a plane the angle is signed (+ where
the second slopes down at the front), which differs from the unsigned angle only where planes
converge to the front.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mmceph.errors import MmcephError

from ..landmarks import LANDMARKS, get_landmark_set, suggestion
from . import isbi2015
from .formulas import (
    Along,
    Angle,
    Difference,
    Formula,
    Length,
    LineDistance,
    Quotient,
    SignedLength,
    Smaller,
    Sum,
    Turn,
)
from .norms import ClassRange, Norm

UNITS = ("deg", "mm", "%", "ratio")


@dataclass(frozen=True)
class Definition:
    """One measurement.

    Attributes:
        key: Its short name, as in ``"U1-NA"``.
        name: Its full name.
        formula: How it is computed.
        unit: ``"deg"``, ``"mm"``, ``"%"`` or ``"ratio"``.
        norms: Published norms; an analysis uses its own author's, else the first.
        sign: What a positive value means, where that is not plain.
        note: What to know before using it.
        classes: Its classes in the ISBI 2015 challenge; empty where it has none.
    """

    key: str
    name: str
    formula: Formula
    unit: str = "deg"
    norms: tuple[Norm, ...] = ()
    sign: str = ""
    note: str = ""
    classes: tuple[ClassRange, ...] = ()

    def __post_init__(self) -> None:
        strangers = [name for name in self.formula.landmarks if name not in LANDMARKS]
        if strangers or self.unit not in UNITS:
            raise ValueError(f"measurement {self.key}: bad landmarks {strangers} or unit")

    @property
    def landmarks(self) -> tuple[str, ...]:
        """The landmarks it needs."""
        return self.formula.landmarks

    def computable_on(self, landmark_set: str) -> bool:
        """Whether a landmark set holds every point needed."""
        return set(self.landmarks) <= set(get_landmark_set(landmark_set).names)


_FH, _SN, _PP = "Po>Or", "S>N", "PNS>ANS"
_OCCLUSAL = "UMT+LMT>UPM+LPM"
_BISECTED = "U6+L6>UIT+LIT"

_SNA, _SNB = Angle("N>S", "N>A"), Angle("N>S", "N>B")
_ANB = Difference((_SNA, _SNB))
_SN_GOGN = Turn(_SN, "Go>Gn", point="Gn")
_FACIAL = Angle("Or>Po", "N>Pog")
_AB_PLANE = Turn("N>Pog", "A>B", away=True)
_PP_FH = Turn(_FH, _PP, point="ANS")
_SADDLE, _ARTICULAR, _GONIAL = Angle("S>N", "S>Ar"), Angle("Ar>S", "Ar>Go"), Angle("Go>Ar", "Go>Me")

_PLANES = "second plane slopes down at the front"
_FRONT = "in front of the line"
_ENLARGED = (
    "The norm is of films about 8 % larger than life: no deviation is given. Published factors to "
    "natural size are 0.886 (Ann Arbor) and 0.943 (Bolton, Philadelphia)."
)
_VARIANT_OP = (
    "A variant for points without premolars: the occlusal plane bisects molars and incisors, so "
    "the norm of the functional plane does not hold."
)


def _mcnamara(female: tuple[float, float], male: tuple[float, float]) -> tuple[Norm, ...]:
    return tuple(
        Norm("McNamara 1984", mean, sd, sex=sex, enlarged=0.08)
        for sex, (mean, sd) in (("female", female), ("male", male))
    )


_TABLE = (
    Definition(
        "SNA", "Upper jaw to skull base", _SNA, norms=(Norm("Steiner 1953", 82, 2),)
    ),
    Definition(
        "SNB", "Lower jaw to skull base", _SNB, norms=(Norm("Steiner 1953", 80, 2),)
    ),
    Definition(
        "ANB", "Upper to lower jaw", _ANB, norms=(Norm("Steiner 1953", 2, 2),), sign="A ahead of B"
    ),
    Definition(
        "Wits", "Wits appraisal", Along("B>A", _OCCLUSAL), "mm",
        (
            Norm("Jacobson 1975", -0.10, 1.77, sex="female"),
            Norm("Jacobson 1975", -1.17, 1.9, sex="male"),
        ),
        "A ahead of B along the functional occlusal plane",
    ),
    Definition(
        "Wits-bisected", "Wits appraisal on the bisected occlusal plane",
        Along("B>A", _BISECTED), "mm", sign="A ahead of B", note=_VARIANT_OP,
    ),
    Definition(
        "FMA", "Mandibular plane to Frankfort plane", Turn(_FH, "Go>Me", point="Me"),
        norms=(Norm("Tweed 1954", 25, low=20, high=30), Norm("Downs 1948", 21.9, 3.2)),
        sign=_PLANES,
        note="Tweed drew the Frankfort plane 4.5 mm above the ear rod; Po-Or is a modern reading.",
    ),
    Definition(
        "IMPA", "Lower incisor to mandibular plane", Angle("Me>Go", "LIA>LIT"),
        norms=(Norm("Tweed 1954", 90, low=85, high=95), Norm("Downs 1948", 91.4, 3.8)),
    ),
    Definition(
        "FMIA", "Lower incisor to Frankfort plane", Angle(_FH, "LIA>LIT"),
        norms=(Norm("Tweed 1954", 65, low=60, high=70),),
    ),
    Definition(
        "SN-GoGn", "Mandibular plane to skull base", _SN_GOGN,
        norms=(Norm("Steiner 1953", 32, 5),), sign=_PLANES,
    ),
    Definition(
        "SN-GoMe", "Mandibular plane (Go-Me) to skull base", Turn(_SN, "Go>Me", point="Me"),
        sign=_PLANES,
    ),
    Definition(
        "Y-axis", "Growth axis to Frankfort plane", Angle(_FH, "S>Gn"),
        norms=(Norm("Downs 1948", 59.4, 3.8),),
    ),
    Definition("Facial", "Facial angle", _FACIAL, norms=(Norm("Downs 1948", 87.8, 3.6),)),
    Definition(
        "Convexity", "Angle of convexity", Turn("N>A", "A>Pog"),
        norms=(Norm("Downs 1948", 0, 5.1),), sign="A in front of N-Pog",
    ),
    Definition(
        "AB-plane", "A-B plane to facial plane", _AB_PLANE,
        norms=(Norm("Downs 1948", -4.6, 3.7),), sign="B ahead; - where A is ahead",
    ),
    Definition(
        "Occlusal-FH", "Cant of the occlusal plane", Turn(_FH, _OCCLUSAL, point="UPM+LPM"),
        norms=(Norm("Downs 1948", 9.3, 3.8),), sign=_PLANES,
        note="On the functional occlusal plane (molars and premolars).",
    ),
    Definition(
        "Occlusal-FH-bisected", "Cant of the bisected occlusal plane",
        Turn(_FH, _BISECTED, point="UIT+LIT"), sign=_PLANES, note=_VARIANT_OP,
    ),
    Definition(
        "U1-APog", "Upper incisor to A-Pog", LineDistance("UIT", "A>Pog"), "mm",
        (Norm("Downs 1948", 2.7, 1.8),), _FRONT,
    ),
    Definition(
        "U1-SN", "Upper incisor to skull base", Angle("N>S", "UIA>UIT"),
        norms=(
            Norm("circulated", 102, 5, traced=False), Norm("circulated", 103, 6, traced=False)
        ),
    ),
    Definition(
        "U1-PP", "Upper incisor to palatal plane", Angle("ANS>PNS", "UIA>UIT"),
        norms=(Norm("Eastman", 109, 6),),
    ),
    Definition(
        "U1-NA", "Upper incisor to N-A, angle", Turn("N>A", "UIA>UIT", away=True),
        norms=(Norm("Steiner 1953, sd circulated", 22, 5, traced=False),),
        sign="the crown leans forward of N-A",
    ),
    Definition(
        "U1-NA-mm", "Upper incisor to N-A, distance", LineDistance("UIT", "N>A"), "mm",
        (Norm("Steiner 1953", 4, 2),), _FRONT,
    ),
    Definition(
        "L1-NB", "Lower incisor to N-B, angle", Turn("N>B", "LIT>LIA"),
        norms=(Norm("Steiner 1953, sd circulated", 25, 5, traced=False),),
        sign="the crown leans forward of N-B",
    ),
    Definition(
        "L1-NB-mm", "Lower incisor to N-B, distance", LineDistance("LIT", "N>B"), "mm",
        (Norm("Steiner 1953", 4, 2),), _FRONT,
    ),
    Definition(
        "Interincisal", "Upper to lower incisor", Angle("UIT>UIA", "LIT>LIA"),
        norms=(Norm("Steiner 1953", 131, 10), Norm("Downs 1948", 135.4, 5.8)),
    ),
    Definition(
        "Co-A", "Midfacial length", Length("Co>A"), "mm",
        _mcnamara((91.0, 4.3), (99.8, 6.0)), note=_ENLARGED,
    ),
    Definition(
        "Co-Gn", "Mandibular length", Length("Co>Gn"), "mm",
        _mcnamara((120.2, 5.3), (134.3, 6.8)), note=_ENLARGED,
    ),
    Definition(
        "LAFH", "Lower anterior face height", Length("ANS>Me"), "mm",
        _mcnamara((66.7, 4.1), (74.6, 5.0)), note=_ENLARGED,
    ),
    Definition(
        "Jarabak", "Posterior to anterior face height", Quotient("S>Go", "N>Me", 100.0), "%",
        (Norm("Jarabak", low=62, high=65), Norm("Roth, neutral", low=59, high=63)),
    ),
    Definition("Saddle", "Saddle angle", _SADDLE, norms=(Norm("Björk 1947, Jarabak", 123, 5),)),
    Definition(
        "Articular", "Articular angle", _ARTICULAR, norms=(Norm("Björk 1947, Jarabak", 143, 6),)
    ),
    Definition("Gonial", "Gonial angle", _GONIAL, norms=(Norm("Björk 1947, Jarabak", 130, 7),)),
    Definition(
        "Bjork-sum", "Sum of saddle, articular and gonial angle",
        Sum((_SADDLE, _ARTICULAR, _GONIAL)), norms=(Norm("Björk 1947, Jarabak", 396, 6),),
    ),
    Definition(
        "Upper-gonial", "Upper gonial angle", Angle("Go>Ar", "Go>N"),
        norms=(Norm("Jarabak", low=52, high=55),),
    ),
    Definition(
        "Lower-gonial", "Lower gonial angle", Angle("Go>N", "Go>Me"),
        norms=(Norm("Jarabak", low=70, high=75),),
    ),
    Definition(
        "PP-MP", "Mandibular plane to palatal plane (MMPA)", Turn(_PP, "Go>Me", point="Me"),
        norms=(Norm("Eastman", 27, 4),), sign=_PLANES,
    ),
    Definition(
        "SN-PP", "Palatal plane to skull base", Turn(_SN, _PP, point="ANS"),
        norms=(Norm("circulated", 8, 3, traced=False),), sign=_PLANES,
    ),
    Definition(
        "Nasolabial", "Nasolabial angle", Angle("Sn>Cm", "Sn>Ls"),
        norms=(
            Norm("Legan and Burstone", 102, 8),
            Norm("circulated", low=90, high=110, traced=False),
        ),
        note="Fitzgerald 1992 found 114 ± 10 by a construction of his own.",
    ),
    Definition(
        "Nasolabial-Pn", "Nasolabial angle by the nose tip (proxy)", Angle("Sn>Pn", "Sn>Ls"),
        note="A proxy for points without columella: it is not the nasolabial angle, so the "
        "norm of that does not hold.",
    ),
    Definition(
        "E-line-upper", "Upper lip to E-line", LineDistance("Ls", "Pn>Pog`"), "mm",
        (Norm("Ricketts, adult", -4, 2),), _FRONT,
    ),
    Definition(
        "E-line-lower", "Lower lip to E-line", LineDistance("Li", "Pn>Pog`"), "mm",
        (Norm("Ricketts, adult", -2, 2),), _FRONT,
    ),
    Definition(
        "Z-angle", "Profile line to Frankfort plane",
        Smaller((Angle(_FH, "Pog`>Ls"), Angle(_FH, "Pog`>Li"))),
        norms=(Norm("Merrifield", 80, 9),), note="To the more protrusive lip.",
    ),
)  # fmt: skip

_ISBI = "ISBI 2015"


def _isbi_range(classes: tuple[ClassRange, ...]) -> tuple[Norm, ...]:
    return (Norm(_ISBI, low=classes[0].low, high=classes[0].high),)


_ISBI_TABLE = (
    Definition(
        "ISBI-ANB", "ANB with the challenge's classes", _ANB, norms=_isbi_range(isbi2015.ANB),
        sign="A ahead of B", classes=isbi2015.ANB,
    ),
    Definition(
        "ISBI-SNB", "SNB with the challenge's classes", _SNB, norms=_isbi_range(isbi2015.SNB),
        classes=isbi2015.SNB,
    ),
    Definition(
        "ISBI-SNA", "SNA with the challenge's classes", _SNA, norms=_isbi_range(isbi2015.SNA),
        classes=isbi2015.SNA,
    ),
    Definition(
        "ODI", "Overbite depth indicator", Sum((Angle("Me>Go", "B>A"), _PP_FH)),
        norms=(Norm(_ISBI, 74.5, 6.07),), classes=isbi2015.ODI,
    ),
    Definition(
        "APDI", "Anteroposterior dysplasia indicator", Sum((_FACIAL, _AB_PLANE, _PP_FH)),
        norms=(Norm(_ISBI, 81.4, 3.8),), classes=isbi2015.APDI,
    ),
    Definition(
        "FHI", "Facial height index", Quotient("S>Go", "N>Me"), "ratio",
        _isbi_range(isbi2015.FHI), classes=isbi2015.FHI,
    ),
    Definition(
        "ISBI-FMA", "Mandibular plane to skull base, called FMA by the challenge", _SN_GOGN,
        norms=_isbi_range(isbi2015.FMA), sign=_PLANES, classes=isbi2015.FMA,
        note="SN-GoGn by another name: not the Frankfort-mandibular angle.",
    ),
    Definition(
        "MW", "Modified Wits: lower to upper incisor tip", SignedLength("LIT>UIT", _FH), "mm",
        _isbi_range(isbi2015.MW), "upper incisor in front", classes=isbi2015.MW,
        note="The challenge's code takes the sign from the picture's x axis; here it is taken "
        "from the Frankfort plane, so that a turned picture gives the same.",
    ),
)  # fmt: skip

ISBI_KEYS = tuple(entry.key for entry in _ISBI_TABLE)
"""The eight measures of the ISBI 2015 challenge."""

MEASUREMENTS: Mapping[str, Definition] = MappingProxyType(
    {entry.key: entry for entry in (*_TABLE, *_ISBI_TABLE)}
)
"""Every measurement by its key."""


def definition(key: str) -> Definition:
    """Return a measurement's definition.

    Raises:
        MmcephError: There is none of that key; the message suggests near misses.

    Example:
        >>> definition("FMA").landmarks
        ('Po', 'Or', 'Go', 'Me')
    """
    found = MEASUREMENTS.get(key)
    if found is None:
        raise MmcephError(f"unknown measurement {key!r}{suggestion(key, MEASUREMENTS)}")
    return found
