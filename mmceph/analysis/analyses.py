"""Which measurements make up an analysis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mmceph.errors import MmcephError

from ..landmarks import suggestion
from .definitions import ISBI_KEYS


@dataclass(frozen=True)
class Analysis:
    """Measurements that are read together.

    Attributes:
        name: What to ask for, as in ``"steiner"``.
        title: Its full name.
        keys: Its measurements.
        author: Whose norms it uses where a measurement has several.
    """

    name: str
    title: str
    keys: tuple[str, ...]
    author: str


_ANALYSES = (
    Analysis(
        "steiner", "Steiner",
        ("SNA", "SNB", "ANB", "SN-GoGn", "U1-NA", "U1-NA-mm", "L1-NB", "L1-NB-mm", "Interincisal"),
        "Steiner",
    ),
    Analysis(
        "downs", "Downs",
        ("Facial", "Convexity", "AB-plane", "FMA", "Y-axis", "Occlusal-FH", "Occlusal-FH-bisected",
         "Interincisal", "IMPA", "U1-APog"),
        "Downs",
    ),
    Analysis("tweed", "Tweed", ("FMA", "IMPA", "FMIA"), "Tweed"),
    Analysis("mcnamara", "McNamara", ("Co-A", "Co-Gn", "LAFH"), "McNamara"),
    Analysis(
        "jarabak", "Jarabak and Björk",
        ("Saddle", "Articular", "Gonial", "Bjork-sum", "Upper-gonial", "Lower-gonial", "Jarabak",
         "SN-GoMe", "U1-SN"),
        "Jarabak",
    ),
    Analysis("wits", "Wits", ("Wits", "Wits-bisected"), "Jacobson"),
    Analysis("eastman", "Eastman", ("U1-PP", "PP-MP", "SN-PP"), "Eastman"),
    Analysis(
        "soft_tissue", "Soft tissue",
        ("E-line-upper", "E-line-lower", "Z-angle", "Nasolabial", "Nasolabial-Pn"), "Ricketts",
    ),
    Analysis("isbi8", "ISBI 2015, eight classes", ISBI_KEYS, "ISBI 2015"),
)  # fmt: skip

ANALYSES: Mapping[str, Analysis] = MappingProxyType({entry.name: entry for entry in _ANALYSES})
"""Every analysis by its name."""
_OTHER_NAMES = {
    "jarabak_bjork": "jarabak", "bjork": "jarabak", "björk": "jarabak", "isbi": "isbi8"
}  # fmt: skip


def analysis_names() -> tuple[str, ...]:
    """Return the names of the analyses."""
    return tuple(ANALYSES)


def find_analysis(name: str) -> Analysis:
    """Return an analysis by its name; case, blanks and hyphens do not count.

    Raises:
        MmcephError: There is none of that name; the message lists those there are.

    Example:
        >>> find_analysis("Tweed").keys
        ('FMA', 'IMPA', 'FMIA')
    """
    plain = "_".join(name.casefold().replace("-", " ").replace("/", " ").split())
    found = ANALYSES.get(_OTHER_NAMES.get(plain, plain))
    if found is None:
        hint = suggestion(name, ANALYSES)
        raise MmcephError(f"unknown analysis {name!r}{hint} (known: {', '.join(ANALYSES)})")
    return found
