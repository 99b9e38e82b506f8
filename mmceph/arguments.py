"""What every command line refuses before any work: empty texts, NaN, numbers beyond any use.

Standard library only, and the syntax of Python 3.8, like :mod:`mmceph.cli`.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

MOST = 2**31 - 1
"""The largest whole number that is of any use, but for seeds."""


class ToolParser(argparse.ArgumentParser):
    """An argument parser whose texts are not blank and whose numbers are finite.

    It knows these as the types ``str`` left out, ``Path``, ``int`` and ``float``; a narrower range
    is asked for with :class:`Whole` and :class:`Number`. ``type=str`` takes any text.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind, check in ((None, text), (Path, place), (int, Whole()), (float, Number())):
            self.register("type", kind, check)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse the words; an option that is given ``--`` would become an empty list there."""
        words = sys.argv[1:] if args is None else list(args)
        for word in words:
            if isinstance(word, str) and re.fullmatch(r"--?[\w-]+=--", word):
                self.error(f"argument {word[:-3]}: expected a value, not --")
        return super().parse_known_args(words, namespace)


def text(word: str) -> str:
    """A text that is not blank."""
    if not word.strip():
        raise argparse.ArgumentTypeError("is empty")
    return word


def place(word: str) -> Path:
    """A path that is not blank."""
    return Path(text(word))


class Whole:
    """A whole number.

    Example:
        >>> Whole(1)("3")
        3
    """

    def __init__(self, least: int | None = None, most: int = MOST) -> None:
        self.least = -most if least is None else least
        self.most = most

    def __call__(self, word: str) -> int:
        """Read it.

        Raises:
            argparse.ArgumentTypeError: It is none, or out of range.
        """
        try:
            value = int(word)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{_shown(word)} is not a whole number") from None
        if value < self.least:
            raise argparse.ArgumentTypeError(f"{_shown(word)}: must be at least {self.least}")
        if value > self.most:
            raise argparse.ArgumentTypeError(f"{_shown(word)}: must be at most {self.most}")
        return value


class Number:
    """A finite number.

    Example:
        >>> Number(above=0)("0.5")
        0.5
    """

    def __init__(
        self,
        least: float = -math.inf,
        *,
        above: float = -math.inf,
        most: float = math.inf,
        below: float = math.inf,
    ) -> None:
        self.least, self.above, self.most, self.below = least, above, most, below

    def __call__(self, word: str) -> float:
        """Read it.

        Raises:
            argparse.ArgumentTypeError: It is none, not finite, or out of range.
        """
        try:
            value = float(word)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{_shown(word)} is not a number") from None
        for holds, limit in (
            (math.isfinite(value), "a finite number"),
            (value >= self.least, f"at least {self.least:g}"),
            (value > self.above, f"above {self.above:g}"),
            (value <= self.most, f"at most {self.most:g}"),
            (value < self.below, f"below {self.below:g}"),
        ):
            if not holds:
                raise argparse.ArgumentTypeError(f"{_shown(word)}: must be {limit}")
        return value


SEED = Whole(0, 2**32 - 1)
"""What numpy, torch and Python all take for a seed."""
COUNT = Whole(1)
"""How many of something there shall be."""
POSITIVE = Number(above=0)
"""A rate, a length or a spacing."""
SHARE = Number(0, most=1)
"""A part of a whole."""


def check_spacing(parser: argparse.ArgumentParser, given: Sequence[float] | None) -> None:
    """Refuse more than two numbers of mm per px."""
    if given is not None and len(given) > 2:
        parser.error("--spacing: give one or two numbers of mm per px, as in --spacing 0.1")


def check_split(parser: argparse.ArgumentParser, given: Sequence[float] | None) -> None:
    """Refuse shares of train, val and test that do not make a whole."""
    if given is not None and abs(sum(given) - 1) > 1e-6:
        shown = " ".join(f"{share:g}" for share in given)
        parser.error(f"--split {shown}: the three shares must add up to 1, as in 0.7 0.15 0.15")


def _shown(word: str) -> str:
    return (word if len(word) <= 40 else word[:37] + "...") if word.strip() else repr(word)
