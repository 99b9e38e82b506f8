"""Pictures that lie inside labelme files and nowhere else."""

from __future__ import annotations

import base64
import binascii
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PureWindowsPath
from typing import Any

from mmceph.imaging.header import find_format
from mmceph.io import name_key

from .images import ImageInfo, read_image_info
from .json_file import read_json
from .own_pictures import OwnPictures
from .problems import ConversionError

_SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "BMP": ".bmp", "TIFF": ".tif", "WEBP": ".webp"}
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


@dataclass(frozen=True)
class EmbeddedPicture:
    """A picture inside a labelme file.

    Attributes:
        source: The labelme file.
        name: The file name it shall have.
        info: Its size and digest.
    """

    source: Path
    name: str
    info: ImageInfo


def read_embedded(path: Path, image_path: str) -> EmbeddedPicture:
    """Decode the picture inside a labelme file.

    It gets the name of ``imagePath`` (else the file's own), with the suffix of what it really is.

    Raises:
        ConversionError: It is no picture, is damaged or too large.
    """
    data = _picture_bytes(path)
    format = find_format(data)
    if format not in _SUFFIXES:
        raise ConversionError("is no picture that can be read")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"picture{_SUFFIXES[format]}")
        file.write_bytes(data)
        info = read_image_info(file)
    stem = PureWindowsPath(image_path).stem
    stem = re.sub(r'[<>:"|?*/\\]', "_", stem if stem.isprintable() else "").strip(" .")
    if not stem or _RESERVED.fullmatch(stem) or len(stem.encode()) > 200:
        stem = path.stem if path.stem.isprintable() else "picture"
    return EmbeddedPicture(path, f"{stem}{_SUFFIXES[format]}", info)


def distinct_pictures(
    pictures: Sequence[EmbeddedPicture], taken_names: Iterable[str] = ()
) -> list[EmbeddedPicture]:
    """Return the pictures with names no two alike; the same picture keeps one name.

    Args:
        pictures: The pictures.
        taken_names: Names that others have.
    """
    taken = dict.fromkeys(map(name_key, taken_names), "")
    named = []
    for picture in pictures:
        digest = picture.info.digest
        if taken.setdefault(name_key(picture.name), digest) != digest:
            stem, _, suffix = picture.name.rpartition(".")
            picture = replace(picture, name=f"{stem}-{digest[:12]}.{suffix}")
        named.append(picture)
    return named


def write_embedded(
    sources: Mapping[str, Path],
    pictures: OwnPictures,
    progress: Callable[[Sequence[Any], str], Iterable[Any]] = lambda items, _text: items,
) -> None:
    """Write the pictures inside labelme files under the data root, unless they are there already.

    Args:
        sources: Labelme file by where its picture shall lie, relative to the data root.
        pictures: Writes them; see :meth:`OwnPictures.put_bytes` for what it raises.
        progress: Shows progress.
    """
    for file_name, source in progress(list(sources.items()), "Unpacking images"):
        pictures.put_bytes(file_name, _picture_bytes(source))


def _picture_bytes(path: Path) -> bytes:
    content = read_json(path)
    written = content.get("imageData") if isinstance(content, dict) else None
    if not isinstance(written, str):
        raise ConversionError("is not there any more")
    try:
        return base64.b64decode(written.partition("base64,")[2] or written, validate=False)
    except (binascii.Error, ValueError) as error:
        raise ConversionError(f"is no base64 ({error})") from error
