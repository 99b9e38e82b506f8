"""From the labels people gave their points to landmarks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mmceph.landmarks import LandmarkSet, find_canonical_name, smallest_set_with, suggestion

from .problems import ConversionError

# Lower case on purpose: "L1" is the lower incisor in half of the literature.
_NUMBERED = re.compile(r"l?([1-9][0-9]{0,2})")


def label_number(label: str) -> int | None:
    """Return 7 for ``l7`` or ``7``, None for any other label."""
    match = _NUMBERED.fullmatch(label)
    return int(match.group(1)) if match else None


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
        source, text = str(path), path.read_text(encoding="utf-8-sig")
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


def _pairs(text: str, source: str) -> Iterable[tuple[str, str]]:
    if text.lstrip().startswith("{"):
        try:
            content = json.loads(text)
        except ValueError as error:
            raise ConversionError(f"{source}: no valid JSON ({error})") from error
        for label, landmark in content.items():
            if not isinstance(landmark, str):
                raise ConversionError(f"{source}: {label!r} must name a landmark, not {landmark!r}")
            yield label.strip(), landmark.strip()
        return
    for part in re.split(r"[,\n]", text):
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
        numbered: Whether ``l1``, ``l2`` ... (or ``1``, ``2`` ...) count the set's landmarks.
        ignore: Labels to pass over.
    """

    landmark_set: LandmarkSet
    names: Mapping[str, str] = field(default_factory=dict)
    numbered: bool = False
    ignore: frozenset[str] = frozenset()

    def landmark(self, label: str) -> str | None:
        """Return the set's landmark for a label, or None."""
        if label in self.names:
            return self.landmark_set.find(self.names[label])
        found = self.landmark_set.find(label)
        if found is None and self.numbered:
            number = label_number(label)
            if number is not None and number <= len(self.landmark_set):
                return self.landmark_set.names[number - 1]
        return found

    def is_other_landmark(self, label: str) -> bool:
        """Whether a label means a landmark that is known but not wanted here."""
        return find_canonical_name(label) is not None or label in self.names

    def unknown_message(self, label: str) -> str:
        """Say what is wrong with a label nothing fits, and what to do."""
        number = label_number(label)
        if number is not None and self.numbered:
            hint = f" ({self.landmark_set.name} has {len(self.landmark_set)} landmarks)"
        else:
            choices = [*self.names, *self.landmark_set.names]
            hint = suggestion(label, choices) or suggestion(label)
        return (
            f"label {label!r} is no landmark of {self.landmark_set.name}{hint}; rename it, "
            f"map it with --names {label}=LANDMARK, or pass it over with --ignore {label}"
        )


def make_label_map(
    labels: Iterable[str],
    landmark_set: LandmarkSet | None = None,
    names: Mapping[str, str] | None = None,
    ignore: Iterable[str] = (),
) -> LabelMap:
    """Choose the label map for the labels found in a data set.

    With neither ``landmark_set`` nor ``names`` the labels themselves must be landmark names; the
    smallest known set that holds them all is taken.

    Raises:
        ConversionError: ``names`` holds a landmark outside ``landmark_set``, or no set was given
            and the labels are no landmark names.
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
        return LabelMap(landmark_set, names, True, ignored)
    if names:
        chosen = LandmarkSet(f"custom{len(names)}", tuple(names.values()))
        return LabelMap(chosen, names, False, ignored)
    found = sorted(set(labels) - ignored)
    known = [label for label in found if find_canonical_name(label) is not None]
    unknown = [label for label in found if label not in known]
    if not known or any(label_number(label) is not None for label in unknown):
        shown = ", ".join((unknown or found)[:5]) or "none"
        raise ConversionError(
            f"the labels ({shown}) do not say which landmarks they are; give --landmark-set NAME "
            "(l1, l2, ... in that set's order) or --names l1=S,l2=N,..."
        )
    return LabelMap(smallest_set_with(known), {}, False, ignored)
