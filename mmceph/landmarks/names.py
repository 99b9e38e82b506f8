"""From whatever a file calls a landmark to its one canonical name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from .definitions import LANDMARKS
from .errors import LandmarkError

# Word processors and keyboards turn the soft-tissue mark into all of these.
_SOFT_MARKS = str.maketrans(dict.fromkeys("'\u2019\u2018\u02bc\u2032\u00b4\uff07", "`"))


def _tidy(name: str) -> str:
    return name.strip().translate(_SOFT_MARKS)


def _spoken(name: str) -> str:
    return re.sub(r"[\s_\-]+", " ", _tidy(name)).casefold()


def _symbol_table() -> dict[str, str]:
    table: dict[str, str] = {}
    for entry in LANDMARKS.values():
        for symbol in (entry.name, *entry.aliases):
            if table.setdefault(symbol, entry.name) != entry.name:
                raise RuntimeError(f"landmark alias {symbol!r} has two meanings")
    return table


def _spoken_table() -> dict[str, str]:
    table: dict[str, str] = {}
    for entry in LANDMARKS.values():
        for words in (entry.full_name, *entry.aliases):
            # Short symbols stay case-sensitive: "Li" is a lip, "LI" may be an incisor.
            if len(words) > 4 and table.setdefault(_spoken(words), entry.name) != entry.name:
                raise RuntimeError(f"landmark name {words!r} has two meanings")
    return table


_SYMBOLS = _symbol_table()
_SPOKEN = _spoken_table()


def find_canonical_name(name: str) -> str | None:
    """Return the canonical name of ``name``, or None where it is not known.

    Symbols are matched with their case (``l1`` is not ``L1``), spoken names without it, and every
    kind of apostrophe counts as the backtick.
    """
    return _SYMBOLS.get(_tidy(name)) or _SPOKEN.get(_spoken(name))


def canonical_name(name: str) -> str:
    """Return the canonical name of a landmark.

    Args:
        name: A symbol, an alias of another data set, or a spoken name.

    Raises:
        LandmarkError: No such landmark is known; the message suggests near misses.

    Example:
        >>> canonical_name("UL"), canonical_name("Pog'"), canonical_name("anterior nasal spine")
        ('Ls', 'Pog`', 'ANS')
    """
    found = find_canonical_name(name)
    if found is None:
        raise LandmarkError(f"unknown landmark {name!r}{suggestion(name)}")
    return found


def suggestion(name: str, choices: Iterable[str] | None = None) -> str:
    """Return ``"; did you mean 'X'?"`` for the nearest known names, or an empty string.

    Args:
        name: What was written.
        choices: What could have been meant; every known symbol and spoken name if left out.
    """
    known = list(choices) if choices is not None else [*_SYMBOLS, *_SPOKEN]
    wanted = _spoken(name)
    by_fold: dict[str, list[str]] = {}
    for choice in known:
        by_fold.setdefault(_spoken(choice), []).append(choice)
    folds = [wanted] if wanted in by_fold else difflib.get_close_matches(wanted, by_fold, 2, 0.7)
    hits = [choice for fold in folds for choice in by_fold[fold]]
    if not hits:
        return ""
    return "; did you mean " + " or ".join(repr(hit) for hit in hits[:3]) + "?"
