"""From the labels people gave their points to landmarks."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mmceph.io.text import TextError, parse_json
from mmceph.landmarks import LandmarkSet, find_canonical_name, smallest_set_with, suggestion

from .json_file import read_text
from .numbering import Numbering, find_numbering, split_number
from .problems import ConversionError


def parse_names(text: str) -> dict[str, str]:
    """Read ``--names``: ``l1=S,l2=N``, or a file of such lines, or a JSON object.

    Returns:
        Landmark by label; landmarks mmceph knows under their canonical name, others as written.

    Raises:
        ConversionError: The text cannot be understood, or a label or landmark stands twice.
    """
    path = Path(text)
    source = "--names"
    if "=" not in text:
        if not path.is_file():
            raise ConversionError(f"--names {text}: neither LABEL=LANDMARK,... nor a file")
        source, text = str(path), _text_of(path)
    names: dict[str, str] = {}
    for label, landmark in _pairs(text, source):
        if not label or not landmark:
            raise ConversionError(f"{source}: {label!r}={landmark!r} lacks one side")
        if label in names:
            raise ConversionError(f"{source}: label {label!r} stands twice")
        canonical = find_canonical_name(landmark) or landmark
        if canonical in names.values():
            raise ConversionError(f"{source}: landmark {canonical!r} is given to two labels")
        names[label] = canonical
    if not names:
        raise ConversionError(f"{source}: no LABEL=LANDMARK in it")
    return names


def _text_of(path: Path) -> str:
    try:
        return read_text(path)
    except ConversionError as error:
        raise ConversionError(f"--names {path}: {error}") from error


def _pairs(text: str, source: str) -> Iterable[tuple[str, str]]:
    if text.lstrip().startswith("{"):
        try:
            content = parse_json(text)
        except TextError as error:
            raise ConversionError(f"{source}: {error}") from error
        for label, landmark in content.items():
            if not isinstance(landmark, str):
                raise ConversionError(f"{source}: {label!r} must name a landmark, not {landmark!r}")
            yield label.strip(), landmark.strip()
        return
    for part in re.split(r"[,\r\n]", text):
        entry = part.split("#", 1)[0].strip()
        if not entry:
            continue
        label, equals, landmark = entry.partition("=")
        if not equals:
            raise ConversionError(f"{source}: {entry!r} is not LABEL=LANDMARK")
        yield label.strip(), landmark.strip()


@dataclass(frozen=True)
class LabelMap:
    """Decides which landmark a label stands for.

    Attributes:
        landmark_set: The landmarks wanted.
        names: Landmark by label, as the user gave it; goes before everything else.
        numbering: How labels such as ``l1``, ``l2`` ... count the set's landmarks.
        ignore: Labels to pass over.
    """

    landmark_set: LandmarkSet
    names: Mapping[str, str] = field(default_factory=dict)
    numbering: Numbering | None = None
    ignore: frozenset[str] = frozenset()

    def landmark(self, label: str) -> str | None:
        """Return the set's landmark for a label, or None."""
        if label in self.names:
            return self.landmark_set.find(self.names[label])
        if self.numbering is not None:
            counted = self.numbering.landmark(label)
            if counted is not None or self.numbering.is_doubtful(label):
                return counted
        return self.landmark_set.find(label)

    def is_other_landmark(self, label: str) -> bool:
        """Whether a label means a landmark that is known but not wanted here."""
        if self.numbering is not None and self.numbering.is_doubtful(label):
            return False
        return find_canonical_name(label) is not None or label in self.names

    def unknown_message(self, label: str) -> str:
        """Say what is wrong with a label nothing fits, and what to do."""
        if self.numbering is not None and self.numbering.is_doubtful(label):
            hint = f" for certain: the others count {self.landmark_set.name}"
        else:
            choices = [*self.names, *self.landmark_set.names]
            hint = suggestion(label, choices) or suggestion(label)
        text = f"label {label!r} is no landmark of {self.landmark_set.name}{hint}; rename it"
        if set(label) & set(",=#\n"):  # which the options read as more than a label
            return text
        names, ignore = (
            f"{option}{'=' if value.startswith('-') else ' '}{shlex.quote(value)}"
            for option, value in (("--names", f"{label}=LANDMARK"), ("--ignore", label))
        )
        return (
            f"{text}, map it with {names}, pass it over with {ignore}, or give a list of your own "
            "that has it with --landmarks"
        )


def make_label_map(
    labels: Iterable[str],
    landmark_set: LandmarkSet | None = None,
    names: Mapping[str, str] | None = None,
    ignore: Iterable[str] = (),
    numbered_from: int | None = None,
    one_file: bool = False,
) -> LabelMap:
    """Choose the label map for the labels found in a data set.

    With neither ``landmark_set`` nor ``names`` the labels themselves must be landmark names; the
    smallest known set that holds them all is taken.

    Args:
        labels: All labels of the data set, of all its files together.
        landmark_set: The landmarks wanted.
        names: Landmark by label, as the user gave it.
        ignore: Labels to pass over.
        numbered_from: The number of the set's first landmark, where labels count it.
        one_file: The labels are those of one tracing, in which several may be missing.

    Raises:
        ConversionError: ``names`` holds a landmark outside ``landmark_set``, labels are numbers
            that do not fit the set, or no set was given and the labels are no landmark names.
    """
    ignored = frozenset(ignore)
    names = dict(names or {})
    if landmark_set is not None:
        strangers = [n for n in names.values() if landmark_set.find(n) is None]
        if strangers:
            raise ConversionError(
                f"--names: {strangers[0]!r} is not in the set {landmark_set.name}"
                f"{suggestion(strangers[0], landmark_set.names)}"
            )
        numbering = find_numbering(labels, landmark_set, names, ignored, numbered_from, one_file)
        return LabelMap(landmark_set, names, numbering, ignored)
    if names:
        chosen = LandmarkSet(f"custom{len(names)}", tuple(names.values()))
        return LabelMap(chosen, names, None, ignored)
    found = sorted(set(labels) - ignored)
    known = [label for label in found if find_canonical_name(label) is not None]
    unknown = [label for label in found if label not in known]
    if not known or any(split_number(label) is not None for label in unknown):
        shown = ", ".join((unknown or found)[:5]) or "none"
        raise ConversionError(
            f"the labels ({shown}) do not say which landmarks they are; give --landmark-set NAME "
            "(l1, l2, ... in that set's order) or --names l1=S,l2=N,..., or list landmarks of your "
            "own with --landmarks"
        )
    return LabelMap(smallest_set_with(known), {}, None, ignored)
