"""Labels that count a set's landmarks: seen as a whole, from all labels of all files.

One label tells nothing: ``1`` is the first landmark for one person and the second for another, and
``L1`` is the lower incisor in half of the literature.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from mmceph.errors import some_names
from mmceph.landmarks import LandmarkSet, find_canonical_name

from .problems import ConversionError

_NUMBERED = re.compile(r"([^0-9]{0,20}?)([0-9]{1,3})")
_PLAIN = ("", "l")
_FEWEST = 3  # labels before an unusual prefix and its numbers are taken for a count


def split_number(label: str) -> tuple[str, int] | None:
    """Return what a label has before its number, and the number; None for any other label.

    Example:
        >>> split_number("l07"), split_number("point 3"), split_number("ANS")
        (('l', 7), ('point ', 3), None)
    """
    match = _NUMBERED.fullmatch(label)
    return (match[1], int(match[2])) if match else None


@dataclass(frozen=True)
class Numbering:
    """How labels count the landmarks of a set.

    Attributes:
        landmark_set: The set.
        first: By what stands before the number: the number of the first landmark, 0 or 1.
        seen: Labels were there to tell; otherwise it is what is usual.
    """

    landmark_set: LandmarkSet
    first: Mapping[str, int]
    seen: bool = True

    def landmark(self, label: str) -> str | None:
        """Return the landmark that a label counts, or None where it counts none."""
        parts = split_number(label)
        if parts is None or parts[0] not in self.first:
            return None
        place = parts[1] - self.first[parts[0]]
        names = self.landmark_set.names
        return names[place] if 0 <= place < len(names) else None

    def is_doubtful(self, label: str) -> bool:
        """Whether a label looks like one of the count with the other case, as L1 among l1, l2."""
        parts = split_number(label)
        if not self.seen or parts is None or parts[0] in self.first:
            return False
        return label not in self.landmark_set.names and parts[0].casefold() in {
            prefix.casefold() for prefix in self.first
        }

    def notes(self) -> list[str]:
        """Say how labels are read that do not simply start at 1."""
        names, last = self.landmark_set.names, len(self.landmark_set) - 1
        return [
            f"labels {prefix}{first}, {prefix}{first + 1}, ... count {self.landmark_set.name}: "
            f"{prefix}{first} is {names[0]}, {prefix}{first + last} is {names[-1]}"
            for prefix, first in self.first.items()
            if first == 0 or prefix not in _PLAIN
        ]


def find_numbering(
    labels: Iterable[str],
    landmark_set: LandmarkSet,
    mapped: Collection[str] = (),
    ignored: Collection[str] = (),
    numbered_from: int | None = None,
    one_file: bool = False,
) -> Numbering:
    """Decide from all labels of a data set how they count a set's landmarks.

    A count is clear where it runs from 0 and ends one short of the set's length, or ends with its
    length; landmarks at the end may have their names instead of numbers.

    Args:
        labels: All labels of all files, ignored ones too; where there are none, what comes later
            counts from 1.
        landmark_set: The set they may count.
        mapped: Labels that the user gave a landmark.
        ignored: Labels that the user passes over.
        numbered_from: The number of the first landmark, if the user says it.
        one_file: The labels are those of one tracing, where more than one landmark may be missing
            at the end.

    Raises:
        ConversionError: Labels count something, and it is not clear from where.
    """
    found = sorted(set(labels))
    if not found:
        return Numbering(landmark_set, dict.fromkeys(_PLAIN, 1), seen=False)
    named = {landmark_set.find(label) for label in found if split_number(label) is None}
    # What is left once the user's own labels are out decides, where that is clear. A 0 that is
    # ignored still tells that the rest counts from it.
    rest = [label for label in found if label not in ignored]
    choices = [[label for label in rest if label not in mapped], rest, found]
    first: dict[str, int] = {}
    for prefix, numbers in _families(choices[0], landmark_set).items():
        if numbered_from is not None and max(numbers) - numbered_from < len(landmark_set):
            first[prefix] = numbered_from
            continue
        start = None
        for choice in choices:
            there = _families(choice, landmark_set).get(prefix, numbers)
            if start is None:
                start = _start(there, landmark_set, named, one_file)
        if start is None or numbered_from not in (None, start):
            raise ConversionError(_unclear(prefix, numbers, landmark_set))
        first[prefix] = start
    return Numbering(landmark_set, first)


def _families(labels: Collection[str], landmark_set: LandmarkSet) -> dict[str, list[int]]:
    """The numbers by what stands before them, where that seems to be a count."""
    numbers: dict[str, list[int]] = {}
    strangers: dict[str, int] = {}
    for label in labels:
        parts = split_number(label)
        if parts is not None and label not in landmark_set.names:
            numbers.setdefault(parts[0], []).append(parts[1])
            if find_canonical_name(label) is None:
                strangers[parts[0]] = strangers.get(parts[0], 0) + 1
    return {
        prefix: sorted(there)
        for prefix, there in numbers.items()
        if _is_count(prefix, there, strangers.get(prefix, 0), len(landmark_set))
    }


def _is_count(prefix: str, numbers: list[int], strangers: int, total: int) -> bool:
    if prefix in _PLAIN:
        return strangers > 0
    if strangers < len(numbers):  # L1 and L6 are teeth, P1 and P2 a ruler's marks
        return strangers >= 2
    whole = set(numbers) in ({*range(total)}, {*range(1, total + 1)})
    return whole or (len(numbers) >= max(_FEWEST, total // 2) and min(numbers) <= 1)


def _start(
    numbers: list[int],
    landmark_set: LandmarkSet,
    named: Collection[str | None],
    one_file: bool,
) -> int | None:
    """The number of the first landmark, or None where that is not clear."""
    first = 0 if numbers[0] == 0 else 1
    rest = landmark_set.names[numbers[-1] - first + 1 :]
    fits = numbers[-1] - first < len(landmark_set)
    # 1 to N - 1 may be a count from 0 without its first, in one file too.
    whole = all(name in named for name in rest) or (one_file and (first == 0 or len(rest) > 1))
    return first if fits and whole else None


def _unclear(prefix: str, numbers: list[int], landmark_set: LandmarkSet) -> str:
    total, low, high = len(landmark_set), numbers[0], numbers[-1]
    shown = some_names([f"{prefix}{number}" for number in numbers], shown=4)
    text = f"labels {shown}: numbers {low} to {high}, but {landmark_set.name} has {total} landmarks"
    names = f"or say what they mean with --names {prefix}{low}=LANDMARK,..."
    if low == 0 and high == total:
        both = " or ".join(f"--ignore {prefix}{number}" for number in (low, high))
        return f"{text}, one too few; pass over the one that is none ({both}), {names}"
    first = min(low, 1)
    beyond = [f"{prefix}{number}" for number in numbers if number - first >= total]
    if beyond:
        return (
            f"{text}; give the --landmark-set that they count, pass over those beyond it "
            f"(--ignore {','.join(beyond)}), {names}"
        )
    choices = [
        f"--numbered-from {start} ({prefix}{low} is {landmark_set.names[low - start]}, "
        f"{prefix}{high} is {landmark_set.names[high - start]})"
        for start in (0, 1)
        if low >= start
    ]
    return f"{text}, so what they count is not clear; give {' or '.join(choices)}, {names}"
