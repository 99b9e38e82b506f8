"""Comparing version numbers with the standard library alone.

The guard must work where nothing is installed, so it cannot lean on ``packaging``. Only what
the packages of the bounds table use is understood: release numbers, ``a``/``b``/``rc`` marks,
``.post`` and ``.dev`` parts and local parts such as ``+cpu``, which are ignored.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable

_VERSION = re.compile(
    r"v?(?P<release>\d+(?:\.\d+)*)"
    r"(?:[._-]?(?P<pre>a|b|c|rc|alpha|beta|pre|preview)[._-]?(?P<pre_number>\d*))?"
    r"(?:[._-]?(?P<post>post|rev|r)[._-]?(?P<post_number>\d*))?"
    r"(?:[._-]?(?P<dev>dev)[._-]?(?P<dev_number>\d*))?",
    re.IGNORECASE,
)
_PRE_RANK = {"a": 0, "alpha": 0, "b": 1, "beta": 1, "c": 2, "rc": 2, "pre": 2, "preview": 2}
_FINAL = 3
_LENGTH = 6

VersionKey = tuple[int, ...]

_OPERATORS: dict[str, Callable[[VersionKey, VersionKey], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}


def version_key(version: str) -> VersionKey:
    """Turn a version into a tuple that sorts as the versions do.

    Args:
        version: A version such as ``"2.0.0rc4"`` or ``"2.14.1+cpu"``.

    Returns:
        A tuple of integers of fixed length.

    Raises:
        ValueError: The text does not begin with a number.

    >>> version_key("2.0.0rc4") < version_key("2.0.0") < version_key("2.0.0.post1")
    True
    >>> version_key("2.1") == version_key("2.1.0") == version_key("2.1.0+cu121")
    True
    """
    match = _VERSION.match(version.strip())
    if match is None:
        raise ValueError(f"version {version!r} does not begin with a number")
    release = [int(part) for part in match["release"].split(".")][:_LENGTH]
    release += [0] * (_LENGTH - len(release))
    if match["pre"]:
        pre = (_PRE_RANK[match["pre"].lower()], int(match["pre_number"] or 0))
    elif match["dev"] and not match["post"]:
        pre = (-1, 0)  # 2.0.dev1 comes before 2.0a1
    else:
        pre = (_FINAL, 0)
    post = int(match["post_number"] or 0) + 1 if match["post"] else 0
    # A development version comes before the version it leads to.
    development = int(match["dev_number"] or 0) if match["dev"] else 1 << 60
    return (*release, *pre, post, development)


def satisfies(version: str, bound: str) -> bool:
    """Say whether ``version`` lies inside ``bound``.

    Args:
        version: The installed version.
        bound: Comma-separated conditions as in a requirement, e.g. ``">=2.0.0rc4,<=2.1.0"``;
            an empty bound takes every version.

    Returns:
        True when every condition holds.

    Raises:
        ValueError: A condition or the version cannot be read.

    >>> satisfies("2.2.0", ">=2.0.0rc4,<=2.1.0")
    False
    >>> satisfies("2.0.0rc4", ">=2.0.0rc4,<=2.1.0")
    True
    >>> satisfies("2.0.0rc1", "<2")
    False
    """
    key = version_key(version)
    for condition in filter(None, (part.strip() for part in bound.split(","))):
        sign = next((sign for sign in _OPERATORS if condition.startswith(sign)), None)
        if sign is None:
            raise ValueError(f"bound {bound!r}: {condition!r} does not begin with a comparison")
        limit = condition[len(sign) :].strip()
        if not _OPERATORS[sign](key, version_key(limit)):
            return False
        # As in PEP 440, "<2" does not let 2.0rc1 in.
        same_release = key[:_LENGTH] == version_key(limit)[:_LENGTH]
        if sign == "<" and same_release and version_key(limit)[_LENGTH] == _FINAL:
            return False
    return True
