"""Which image a labelme file belongs to."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path, PureWindowsPath

from mmceph.imaging.suffixes import is_picture
from mmceph.io import leads_out, name_key

from .images import ImageIndex
from .labelme import LabelmeFile
from .layout import shown_name
from .problems import Problems

PAIR_BY = ("both", "path", "name")
"""By ``imagePath`` where the file's own name says nothing else, by ``imagePath``, by the name."""


@dataclass(frozen=True)
class Match:
    """What was found for a labelme file.

    Attributes:
        path: The image; None where none can be taken.
        text: What is to be noted: with an image a remark, without one what is wrong.
        absent: There is no such image at all, so that one inside the file may be taken.
    """

    path: Path | None
    text: str = ""
    absent: bool = False


def find_image(
    content: LabelmeFile,
    index: ImageIndex,
    raw: Path,
    shown: str,
    problems: Problems,
    pair_by: str = "both",
    apart: bool | None = None,
) -> Path | None:
    """Return the image a labelme file speaks of, or None (noted as an error).

    See :func:`match_image` for the rules and the other arguments.

    Args:
        shown: How to call the file in messages.
        problems: Where problems are noted.
    """
    found = match_image(content, index, raw, pair_by, apart)
    if found.text:
        note = problems.error if found.path is None else problems.warning
        note(shown, "", "imagePath", found.text)
    return found.path


def match_image(
    content: LabelmeFile,
    index: ImageIndex,
    raw: Path,
    pair_by: str = "both",
    apart: bool | None = None,
) -> Match:
    """Find the image a labelme file speaks of.

    ``imagePath`` decides, seen from the file. Folders get moved after labelling, so where nothing
    lies there, an image of that name is taken whose folders agree with ``imagePath`` too; one that
    agrees in its name alone only where nothing speaks against it: it is the only one, and the
    folder that was meant is not there without it. Nothing outside the raw folder is ever opened.

    Args:
        content: The labelme file.
        index: The raw folder's images.
        raw: The raw folder.
        pair_by: One of :data:`PAIR_BY`; ``both`` refuses where the file has the name of another
            image than ``imagePath``.
        apart: Label files and images lie in folders of their own; otherwise a file's image lies
            beside or below it.
    """
    search = _Search(content, index, raw, apart)
    own = search.own()
    if pair_by == "name" or not content.image_path:
        return search.by_own_name(own, missing=pair_by != "name")
    stated = search.stated(trusted=pair_by == "path")
    if stated.path is None:
        return search.instead(own) if stated.absent and pair_by == "both" else stated
    if pair_by == "both" and own and stated.path not in own:
        names = [path.name for path in (stated.path, own[0])]
        if name_key(names[0]) == name_key(names[1]):
            names = [shown_name(path, raw) for path in (stated.path, own[0])]
        return Match(
            None,
            f"names {names[0]}, but {names[1]} is there too, with this file's own name; "
            "correct imagePath or rename the file, or say which is right for all files with "
            "--pair-by path or --pair-by name",
        )
    return stated


class _Search:
    """One file's search; see :func:`match_image`."""

    def __init__(
        self, content: LabelmeFile, index: ImageIndex, raw: Path, apart: bool | None
    ) -> None:
        self.content, self.index, self.raw = content, index, raw
        self.folder = content.path.parent
        self.apart = not self.folder.is_relative_to(index.folder) if apart is None else apart
        written = PureWindowsPath(content.image_path)  # it splits at both kinds of slash
        self.name, self.stem = written.name, written.stem
        self.anchored = bool(written.anchor)
        self.bare = not self.anchored and len(written.parts) == 1
        # Lexically: a link is judged by the index, which knows what leads out.
        place = os.path.normpath(self.folder / written.as_posix())
        self.place = Path(place) if "\0" not in place else self.folder

    def own(self) -> list[Path]:
        """The images with the file's own name."""
        found = self.index.with_stem(self.content.path.stem)
        beside = [path for path in found if path.parent == self.folder]
        if beside or not self.apart:
            return beside
        depth, agreeing = self.index.like(str(self.content.path), by_stem=True)
        return agreeing if depth > 1 else found

    def by_own_name(self, own: Sequence[Path], missing: bool) -> Match:
        """Pair by the file's own name alone."""
        if len(own) == 1:
            return Match(own[0])
        lead = "is missing and " if missing else ""
        if own:
            return Match(None, f"{lead}{self._shown(own)} have this file's name; keep one of them")
        text = f"{lead}{self._looked()} has no image named {self.content.path.stem}"
        return Match(None, text, absent=True)

    def stated(self, trusted: bool) -> Match:
        """The image that ``imagePath`` names; ``trusted``: whatever the file's own name says."""
        exact = self._exact()
        if exact is not None:
            return Match(exact)
        for by_stem in (False, True):
            depth, found = self.index.like(
                self.content.image_path, "" if self.anchored else str(self.place), by_stem=by_stem
            )
            if depth == 1:
                found = self._near(found)
            if len(found) > 1:
                text = f"{self.content.image_path!r} is not there and fits {self._shown(found)}"
                return Match(None, f"{text}; correct imagePath, or keep one of them")
            if found:
                return self._weighed(found[0], depth, by_stem, trusted)
        return self._absent()

    def instead(self, own: Sequence[Path]) -> Match:
        """The image with the file's own name, where ``imagePath`` names none that is there."""
        if len(own) > 1:
            text = f"{self.content.image_path!r} fits neither of {self._shown(own)}"
            return Match(None, f"{text}; correct imagePath")
        if not own:
            return self._absent()
        number = _number(self.stem)
        same = [path for path in self.index.paths if number and _number(path.stem) == number]
        if same and own[0] not in same:
            text = f"{self.name} is not there, but {same[0].name} and {own[0].name} are"
            return Match(None, f"{text}; give --pair-by name if the files' own names are right")
        if self._contradicts(own[0]):
            return self._elsewhere(own[0])
        return Match(own[0], f"{self.name} is not there; {own[0].name} taken")

    def _exact(self) -> Path | None:
        there = self.index.at(Path(self.content.image_path) if self.anchored else self.place)
        if there is not None or self.anchored or leads_out(self.place, self.raw):
            return there
        return self.place if self.place.is_file() and is_picture(self.place) else None

    def _near(self, found: Sequence[Path]) -> list[Path]:
        """Of images of one name, those that share the most folders with the file, as a patient's.

        Where files lie beside their images, one that shares none is another's.
        """
        start = len(self.raw.parts)
        shared = {path: len(_common(path.parts, self.folder.parts)) - start for path in found}
        most = max(shared.values(), default=0)
        if not self.apart and most <= 0:
            return [path for path in found if path.is_relative_to(self.folder)]
        return [path for path in found if shared[path] == most]

    def _weighed(self, path: Path, depth: int, by_stem: bool, trusted: bool) -> Match:
        """Take an image that lies elsewhere, unless something speaks against it."""
        same_stem = name_key(path.stem) == name_key(self.content.path.stem)
        # Of an image in a folder that is not there any more, the name alone may be another's.
        alone = not (same_stem or trusted or self.bare or self._leads_outside())
        if depth == 1 and (self._contradicts(path) or alone):
            return self._elsewhere(path)
        told = by_stem or not (same_stem or self.bare)
        where = path.name if by_stem and depth == 1 else shown_name(path, self.raw)
        written = self.name if by_stem else self.content.image_path
        return Match(path, f"{written} is not there; {where} taken" if told else "")

    def _contradicts(self, path: Path) -> bool:
        """Whether the folder that was meant is there, and the image lies in another."""
        if self.bare or self._leads_outside():
            return False
        return self.place.parent.is_dir() and path.parent != self.place.parent

    def _leads_outside(self) -> bool:
        if self.anchored:
            return True
        return not self.place.is_relative_to(os.path.normpath(self.raw))

    def _elsewhere(self, path: Path) -> Match:
        text = (
            f"{self.content.image_path!r} is not there, and {shown_name(path, self.raw)} lies in "
            "another folder; correct imagePath or put the image there"
        )
        if path in self.own():
            text += ", or give --pair-by name if the files' own names are right"
        elif not self._contradicts(path):
            text += ", or give --pair-by path if it is the right one"
        return Match(None, text)

    def _absent(self) -> Match:
        if self._leads_outside():
            text = f"points outside the raw folder and {self._looked()} has no such image"
            text = f"{self.content.image_path!r} {text}; copy the image there"
            return Match(None, text, absent=True)
        text = f"{self.content.image_path!r}: no such image in {self._looked()}"
        return Match(None, f"{text}; put it there or remove the file", absent=True)

    def _looked(self) -> str:
        if self.index.folder == self.raw:
            return "the raw folder"
        return f"{shown_name(self.index.folder, self.raw)}/"

    def _shown(self, paths: Sequence[Path]) -> str:
        return " and ".join(shown_name(path, self.raw) for path in paths[:3])


def _common(one: Sequence[str], other: Sequence[str]) -> list[str]:
    """The parts in which two paths start alike."""
    return [a for a, _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))]


def _number(stem: str) -> int:
    """The number an image is called by, or 0."""
    return int(stem) if stem.isascii() and stem.isdigit() and len(stem) < 10 else 0
