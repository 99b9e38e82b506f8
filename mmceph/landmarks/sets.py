"""The landmark sets mmceph knows by name."""

from __future__ import annotations

from collections.abc import Sequence

from mmceph.errors import MmcephError

from .definitions import LANDMARKS
from .landmark_set import LandmarkSet
from .names import canonical_name, find_canonical_name, suggestion

# Order of the ISBI 2015 challenge (l1..l19); also channels 1 to 19 of CL-Detection2023.
_ISBI = (
    "S", "N", "Or", "Po", "A", "B", "Pog", "Me", "Gn", "Go",
    "LIT", "UIT", "Ls", "Li", "Sn", "Pog`", "PNS", "ANS", "Ar",
)  # fmt: skip

# Order of the entries in an Aariz annotation file.
_AARIZ = (
    "A", "ANS", "B", "Me", "N", "Or", "Pog", "PNS", "Pn", "R", "S", "Ar", "Co", "Gn", "Go", "Po",
    "LPM", "LIT", "LMT", "UPM", "UIA", "UIT", "UMT", "LIA", "Li", "Ls", "N`", "Pog`", "Sn",
)  # fmt: skip
_AARIZ_DIFFICULT = ("UMT", "UPM", "R", "Ar", "Go", "LMT", "LPM", "Or", "Co", "PNS", "Po", "ANS")

# Channels 20 to 38 of CL-Detection2023 in canonical names.
_CLDETECTION_MORE = (
    "D", "UIA", "LIA", "Cm", "Ptm", "Co", "Pn", "Ba", "Pt", "Bo",
    "UL`", "LL`", "Gn`", "Me`", "G", "N`", "C", "U6", "L6",
)  # fmt: skip

_RULER = ("P1", "P2")

_SETS = {
    entry.name: entry
    for entry in (
        LandmarkSet("isbi19", _ISBI),
        LandmarkSet("aariz29", _AARIZ, _AARIZ_DIFFICULT),
        LandmarkSet("cldetection38", _ISBI + _CLDETECTION_MORE),
        LandmarkSet("ruler2", _RULER),
        LandmarkSet("phantom31", _AARIZ + _RULER, _AARIZ_DIFFICULT),
    )
}


def landmark_set_names() -> tuple[str, ...]:
    """Return the names of the known sets."""
    return tuple(_SETS)


def get_landmark_set(name: str) -> LandmarkSet:
    """Return a known landmark set.

    Raises:
        MmcephError: There is no such set; the message lists those there are.

    Example:
        >>> get_landmark_set("isbi19").names[:4]
        ('S', 'N', 'Or', 'Po')
    """
    try:
        return _SETS[name]
    except KeyError:
        known = ", ".join(_SETS)
        raise MmcephError(
            f"unknown landmark set {name!r}{suggestion(name, _SETS)} (known: {known})"
        ) from None


def as_landmark_set(choice: str | LandmarkSet | Sequence[str]) -> LandmarkSet:
    """Return ``choice`` as a set: a known set's name, a set, or a list of landmark names.

    Names in a list become canonical where they are known.

    Example:
        >>> as_landmark_set(["UL", "Pog'", "my point"]).names
        ('Ls', 'Pog`', 'my point')
    """
    if isinstance(choice, LandmarkSet):
        return choice
    if isinstance(choice, str):
        return get_landmark_set(choice)
    names = tuple(find_canonical_name(name) or name for name in choice)
    return LandmarkSet(f"custom{len(names)}", names)


def smallest_set_with(names: Sequence[str]) -> LandmarkSet:
    """Return the smallest known set that holds all ``names``, else a set of just these.

    Raises:
        MmcephError: A name is not a known landmark.
    """
    wanted = {canonical_name(name) for name in names}
    for entry in sorted(_SETS.values(), key=len):
        if wanted <= set(entry.names):
            return entry
    ordered = tuple(name for name in LANDMARKS if name in wanted)
    return LandmarkSet(f"custom{len(ordered)}", ordered)
