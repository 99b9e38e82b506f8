"""What a user can mend."""

from __future__ import annotations

from collections.abc import Sequence


class MmcephError(ValueError):
    """Something is wrong with a file, a config or a flag.

    The message is one line that names the file and the item and says what to do; the tools print
    it without a traceback.

    Attributes:
        keep_traceback: Whether the traceback may tell more, and goes to a log file.
    """

    keep_traceback = False


class AnnotationError(MmcephError):
    """An annotation file is not in the canonical form, or does not fit the landmark set."""


def some_names(names: Sequence[str], shown: int = 5) -> str:
    """The first names for a message, and how many more there are.

    Example:
        >>> some_names(["S", "N", "Or"], shown=2)
        'S, N and 1 more'
    """
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return f"{', '.join(names[:shown])}{more}"
