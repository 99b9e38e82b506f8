"""The images of a raw data set: which are there, how large, which of them are the same."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

from mmceph.imaging.ceph_image import ImageReadError, PixelSize
from mmceph.imaging.reader import read_image
from mmceph.imaging.suffixes import IMAGE_SUFFIXES, is_picture
from mmceph.io import leads_out, links_out, list_files, name_key

from .layout import shown_name
from .problems import ConversionError, Problems


@dataclass(frozen=True)
class ImageInfo:
    """What an image file says of itself.

    Attributes:
        width: In px, as training will see it.
        height: In px, as training will see it.
        digest: Of the file's bytes.
        pixel_size: mm per px where a DICOM file states it, with its source; never the nominal
            resolution of a scanner or an editor.
        notes: What of the file was not taken as it says, a line each.
    """

    width: int
    height: int
    digest: str
    pixel_size: PixelSize | None = None
    notes: tuple[str, ...] = ()


def read_image_info(path: Path) -> ImageInfo:
    """Decode a picture of any kind that training reads, and return its size.

    A header may be whole where the pixels are not, so the pixels are decoded, the way the data
    pipeline does (an EXIF orientation is applied).

    Raises:
        ConversionError: The file cannot be read, is too large or is no picture.
    """
    try:
        image = read_image(path, eight_bit=False)
        data = path.read_bytes()
    except ImageReadError as error:  # whoever reports it names the file
        raise ConversionError(str(error).removeprefix(f"{path}: ")) from error
    except OSError as error:
        raise ConversionError(f"cannot be read ({error.strerror})") from error
    width, height = image.size
    digest = hashlib.blake2b(data, digest_size=16).hexdigest()
    stated = next((size for size in image.pixel_sizes if size.kind != "nominal"), None)
    return ImageInfo(width, height, digest, stated, image.notes)


class ImageIndex:
    """Finds the image a label file speaks of among the images of a folder.

    Names are the same where only case or the form of letters with marks differs, see
    :func:`mmceph.io.name_key`. Links that lead out of the folder are no images of it.

    Args:
        folder: Folder with the images.
        recursive: Search its subfolders too (links to folders are not followed).
        leave_out: Subfolders not to look into.
    """

    def __init__(
        self, folder: Path, recursive: bool = False, leave_out: Sequence[Path] = ()
    ) -> None:
        self.folder = folder
        files = list_files(folder, recursive=recursive, leave_out=leave_out)
        self.links_out = links_out(folder, recursive=recursive)
        self.paths = [
            path
            for path in files
            if _may_be_picture(path) and not (path.is_symlink() and leads_out(path, folder))
        ]
        self._by_name: dict[str, list[Path]] = {}
        self._by_stem: dict[str, list[Path]] = {}
        for path in self.paths:
            self._by_name.setdefault(name_key(path.name), []).append(path)
            self._by_stem.setdefault(name_key(path.stem), []).append(path)

    def named(self, name: str) -> Path | None:
        """Return the image of that file name; case may differ where that leaves one only."""
        found = self.all_named(name)
        return _only([path for path in found if path.name == name]) or _only(found)

    def all_named(self, name: str) -> list[Path]:
        """Return the images of that file name (case may differ); several in several folders."""
        return self._by_name.get(name_key(name), [])

    def with_stem(self, stem: str) -> list[Path]:
        """Return the images whose name without suffix is ``stem`` (case may differ)."""
        return self._by_stem.get(name_key(stem), [])

    def at(self, path: Path) -> Path | None:
        """Return the image that lies at a path, if it is one of these."""
        wanted = path_keys(os.path.abspath(path)) if "\0" not in str(path) else []
        found = self.all_named(path.name)
        exact = [other for other in found if other == path]
        return _only(exact) or _only(
            [other for other in found if path_keys(os.path.abspath(other)) == wanted]
        )

    def like(self, *written: str, by_stem: bool = False) -> tuple[int, list[Path]]:
        """Return the images of a written path's name whose folders agree with it furthest.

        Args:
            written: Paths of any system, whole or relative, that end in one name; an image may
                agree with either.
            by_stem: The names need be the same without their suffixes only.

        Returns:
            In how many parts of the path these images agree, the name being one; and the images.
        """
        wanted = [keys for text in written if (keys := path_keys(text, by_stem))]
        name = PureWindowsPath(written[0])
        found = self.with_stem(name.stem) if by_stem else self.all_named(name.name)
        depths = [
            max(
                (_agreement(path_keys(path.as_posix(), by_stem), keys) for keys in wanted),
                default=0,
            )
            for path in found
        ]
        best = max(depths, default=0)
        return best, [path for path, depth in zip(found, depths, strict=True) if depth == best]

    def note_links(self, raw: Path, problems: Problems) -> None:
        """Note the links that lead out as errors; what they lead to is never opened."""
        for path in self.links_out:
            text = f"is a link that leads out of {self.folder}; put the file itself there"
            problems.error(shown_name(path, raw), "", "", text)


def _may_be_picture(path: Path) -> bool:
    # DICOM files are called IM0001 or 1.2.840.3; what ends in .json or .py need not be opened.
    suffix = path.suffix.lower()
    return suffix in IMAGE_SUFFIXES or (not suffix[1:].isalpha() and is_picture(path))


def path_keys(written: str, by_stem: bool = False) -> list[str]:
    """Return the parts of a path of any system, as :func:`mmceph.io.name_key` compares them.

    Args:
        written: The path.
        by_stem: Without the suffix of its last part.
    """
    # PureWindowsPath splits at both kinds of slash, whatever system wrote the path.
    path = PureWindowsPath(written)
    parts = [*path.parts[:-1], path.stem] if by_stem and path.parts else path.parts
    return [name_key(part) for part in parts if part not in (".", "..")]


def _agreement(one: Sequence[str], other: Sequence[str]) -> int:
    """Return in how many parts, from the end, two paths are the same."""
    count = 0
    for a, b in zip(reversed(one), reversed(other), strict=False):
        if a != b:
            break
        count += 1
    return count


def _only(paths: Iterable[Path]) -> Path | None:
    found = list(paths)
    return found[0] if len(found) == 1 else None


def relative_file_name(image: Path, root: Path) -> str:
    """Return ``image`` relative to the data root, with forward slashes.

    Only where no relative path exists (another drive on Windows) the path is absolute.
    """
    try:
        return Path(os.path.relpath(image.resolve(), root.resolve())).as_posix()
    except ValueError:
        return image.resolve().as_posix()
