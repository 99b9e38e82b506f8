from __future__ import annotations

from pathlib import Path

import pytest

from mmceph.converters import ConversionError
from mmceph.converters.copying import copy_images


def test_copies_are_made_once_and_nothing_else_is_overwritten(tmp_path: Path) -> None:
    source = tmp_path / "raw" / "1.png"
    source.parent.mkdir()
    source.write_bytes(b"pixels")
    out = tmp_path / "out"
    sources = {"../raw/1.png": source}
    assert copy_images(sources, out) == {"../raw/1.png": "images/1.png"}
    assert copy_images(sources, out) == {"../raw/1.png": "images/1.png"}
    (out / "images/1.png").write_bytes(b"other")
    with pytest.raises(ConversionError, match="another file is there already"):
        copy_images(sources, out)
    copy_images(sources, out, force=True)
    assert (out / "images/1.png").read_bytes() == b"pixels"


def test_two_images_of_one_name(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="same name"):
        copy_images({"a": tmp_path / "a/1.png", "b": tmp_path / "b/1.PNG"}, tmp_path)
