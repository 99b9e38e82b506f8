"""The landmark sets mmceph knows by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .definitions import LANDMARKS
from .errors import LandmarkError
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
        LandmarkError: There is no such set; the message lists those there are.

    Example:
        >>> get_landmark_set("isbi19").names[:4]
        ('S', 'N', 'Or', 'Po')
    """
    try:
        return _SETS[name]
    except KeyError:
        known = ", ".join(_SETS)
        raise LandmarkError(
            f"unknown landmark set {name!r}{suggestion(name, _SETS)} (known: {known}; "
            "--landmarks takes a list of your own)"
        ) from None


def as_landmark_set(choice: str | LandmarkSet | Sequence[str] | Mapping[str, Any]) -> LandmarkSet:
    """Return ``choice`` as a set.

    Args:
        choice: A known set's name, a set, a list of landmark names, or what a config holds for a
            list of one's own (:func:`as_config`): ``names``, and where there are any ``name``,
            ``difficult`` and ``mirror_pairs``. Names become canonical where they are known.

    Raises:
        LandmarkError: There is no such set, or the list is not in order.

    Example:
        >>> as_landmark_set(["UL", "Pog'", "my point"]).names
        ('Ls', 'Pog`', 'my point')
    """
    if isinstance(choice, LandmarkSet):
        return choice
    if isinstance(choice, str):
        return get_landmark_set(choice)
    if isinstance(choice, Mapping):
        return _from_mapping(choice)
    names = _canonical(choice, "landmarks")
    return LandmarkSet(f"custom{len(names)}", names)


def as_config(chosen: LandmarkSet) -> str | dict[str, Any]:
    """Return a set as plain values for a config or a JSON file; see :func:`as_landmark_set`.

    Example:
        >>> as_config(LandmarkSet("mine", ("S", "ear")))
        {'name': 'mine', 'names': ['S', 'ear']}
        >>> as_config(get_landmark_set("isbi19"))
        'isbi19'
    """
    if _SETS.get(chosen.name) == chosen:
        return chosen.name
    plain: dict[str, Any] = {"name": chosen.name, "names": list(chosen.names)}
    if chosen.difficult:
        plain["difficult"] = list(chosen.difficult)
    if chosen.mirror_pairs:
        plain["mirror_pairs"] = [list(pair) for pair in chosen.mirror_pairs]
    return plain


def known_set_of(names: Sequence[str]) -> LandmarkSet | None:
    """Return the known set that holds exactly these names in this order, or None."""
    return next((entry for entry in _SETS.values() if entry.names == tuple(names)), None)


_FIELDS = ("name", "names", "difficult", "mirror_pairs")


def _from_mapping(given: Mapping[str, Any]) -> LandmarkSet:
    strange = [key for key in given if key not in _FIELDS]
    if strange or "names" not in given:
        what = f"{strange[0]!r} is unknown" if strange else "'names' is missing"
        raise LandmarkError(f"landmark set: {what}; it has {', '.join(_FIELDS)}")
    names = _canonical(given["names"], "names")
    difficult = _canonical(given.get("difficult") or (), "difficult")
    pairs = given.get("mirror_pairs") or ()
    if not isinstance(pairs, (list, tuple)):
        raise LandmarkError("mirror_pairs must be a list of pairs of names")
    twins = [_canonical(pair, "mirror_pairs") for pair in pairs]
    if any(len(pair) != 2 for pair in twins):
        raise LandmarkError("mirror_pairs must be a list of pairs of names")
    name = given.get("name", f"custom{len(names)}")
    if not isinstance(name, str) or not name:
        raise LandmarkError(f"landmark set: name {name!r} is no text")
    chosen = LandmarkSet(name, names, difficult, tuple((pair[0], pair[1]) for pair in twins))
    if name in _SETS and chosen != _SETS[name]:
        raise LandmarkError(f"landmark set: {name!r} is the name of another set; choose a new one")
    return chosen


def _canonical(names: Any, what: str) -> tuple[str, ...]:
    if isinstance(names, str) or not isinstance(names, (list, tuple)):
        raise LandmarkError(f"{what} must be a list of names, not {names!r:.60}")
    for name in names:
        if not isinstance(name, str) or not name.strip():
            raise LandmarkError(f"{what}: {name!r:.60} is no landmark's name")
    return tuple(find_canonical_name(name) or name.strip() for name in names)


def smallest_set_with(names: Sequence[str]) -> LandmarkSet:
    """Return the smallest known set that holds all ``names``, else a set of just these.

    Raises:
        LandmarkError: A name is not a known landmark.
    """
    wanted = {canonical_name(name) for name in names}
    for entry in sorted(_SETS.values(), key=len):
        if wanted <= set(entry.names):
            return entry
    ordered = tuple(name for name in LANDMARKS if name in wanted)
    return LandmarkSet(f"custom{len(ordered)}", ordered)
