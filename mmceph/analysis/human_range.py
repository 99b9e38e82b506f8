"""The one table of how large human faces and their measurements can be.

The bounds tell a human from a mistake, not a healthy face from an ill one: a scale that is wrong by
a factor of two, a landmark on the film's edge. A bound lies at least eight standard deviations away
from every published norm of :data:`mmceph.analysis.MEASUREMENTS`, and about eight standard
deviations of patients, whose faces differ two or three times as much as the selected ones of norms,
from the mean; an angle's own ends (0 and 180 degrees) cut it. Lengths hold for children and adults,
measured at the patient or on a film enlarged by up to 15 %.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["FACE_LENGTHS", "HUMAN_RANGES", "MEDIAN_SELLA_NASION_MM", "FaceLength", "HumanRange"]


@dataclass(frozen=True)
class HumanRange:
    """Between which values a measurement of a human lies.

    Attributes:
        low: The lowest, in the measurement's unit.
        high: The highest.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"a range from {self.low} to {self.high}")

    def holds(self, value: float) -> bool:
        """Whether ``value`` may be a human's; False for NaN.

        Example:
            >>> HumanRange(45, 95).holds(95.0), HumanRange(45, 95).holds(30.2)
            (True, False)
        """
        return self.low <= value <= self.high

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}"


@dataclass(frozen=True)
class FaceLength:
    """A length that tells whether a picture's millimetres can be right.

    Attributes:
        name: Its full name.
        ends: The two landmarks.
        range: mm.
        source: What the range is drawn about.
    """

    name: str
    ends: tuple[str, str]
    range: HumanRange
    source: str


_MCNAMARA = "McNamara 1984, women and men, 8 % enlarged: mean less and plus 8 sd"

#: Lengths that a scale is judged by: the first two where any of them can be measured, else the
#: others.
FACE_LENGTHS = (
    FaceLength(
        "Sella-Nasion", ("S", "N"), HumanRange(45, 95),
        "Jarabak 71 ± 3 (circulated), ± 8 sd; group means of adults 67 to 78",
    ),
    FaceLength(
        "Nasion-Menton", ("N", "Me"), HumanRange(70, 170),
        "Jarabak 105 to 120 (circulated), two thirds of the least to 1.4 times the most",
    ),
    FaceLength("ANS-Menton", ("ANS", "Me"), HumanRange(30, 115), _MCNAMARA),
    FaceLength("Condylion-Gnathion", ("Co", "Gn"), HumanRange(65, 190), _MCNAMARA),
)  # fmt: skip

#: Where the median Sella-Nasion distance of any group of people lies, film enlargement included:
#: adults average 67 to 78 mm depending on sex and magnification. Published pixel sizes of several
#: Aariz devices give 25 to 120 mm instead, so those pixel sizes do not belong to those images.
MEDIAN_SELLA_NASION_MM = HumanRange(60.0, 85.0)

_SN_GOGN = HumanRange(-20, 85)
_SNA, _SNB, _ANB = HumanRange(45, 120), HumanRange(35, 125), HumanRange(-35, 35)

#: Bounds of every measurement by its key, in its unit.
HUMAN_RANGES: Mapping[str, HumanRange] = MappingProxyType(
    {
        "SNA": _SNA,
        "SNB": _SNB,
        "ANB": _ANB,
        "Wits": HumanRange(-45, 45),
        "Wits-bisected": HumanRange(-45, 45),
        "FMA": HumanRange(-25, 80),
        "IMPA": HumanRange(25, 165),
        "FMIA": HumanRange(0, 130),
        "SN-GoGn": _SN_GOGN,
        "SN-GoMe": HumanRange(-20, 90),
        "Y-axis": HumanRange(20, 105),
        "Facial": HumanRange(45, 130),
        "Convexity": HumanRange(-80, 85),
        "AB-plane": HumanRange(-60, 55),
        "Occlusal-FH": HumanRange(-30, 50),
        "Occlusal-FH-bisected": HumanRange(-30, 50),
        "U1-APog": HumanRange(-25, 40),
        "U1-SN": HumanRange(30, 180),
        "U1-PP": HumanRange(35, 180),
        "U1-NA": HumanRange(-50, 95),
        "U1-NA-mm": HumanRange(-25, 35),
        "L1-NB": HumanRange(-35, 90),
        "L1-NB-mm": HumanRange(-20, 35),
        "Interincisal": HumanRange(20, 180),
        "Co-A": HumanRange(50, 150),
        "Co-Gn": HumanRange(65, 190),
        "LAFH": HumanRange(30, 115),
        "Jarabak": HumanRange(25, 110),
        "Saddle": HumanRange(70, 175),
        "Articular": HumanRange(75, 180),
        "Gonial": HumanRange(70, 180),
        "Bjork-sum": HumanRange(340, 450),
        "Upper-gonial": HumanRange(10, 95),
        "Lower-gonial": HumanRange(30, 125),
        "PP-MP": HumanRange(-25, 80),
        "SN-PP": HumanRange(-25, 40),
        "Nasolabial": HumanRange(20, 180),
        "Nasolabial-Pn": HumanRange(20, 180),
        "E-line-upper": HumanRange(-30, 25),
        "E-line-lower": HumanRange(-30, 30),
        "Z-angle": HumanRange(0, 165),
        "ISBI-ANB": _ANB,
        "ISBI-SNB": _SNB,
        "ISBI-SNA": _SNA,
        "ODI": HumanRange(-20, 160),
        "APDI": HumanRange(0, 175),
        "FHI": HumanRange(0.25, 1.1),
        "ISBI-FMA": _SN_GOGN,
        "MW": HumanRange(-40, 40),
    }
)
