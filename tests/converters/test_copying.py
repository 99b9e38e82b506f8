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


def test_two_images_of_one_name_keep_the_folders_that_differ(tmp_path: Path) -> None:
    sources = {}
    for name in ("a/x/1.png", "b/1.PNG", "2.png"):
        path = tmp_path / "raw" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
        sources[name] = path
    renamed = copy_images(sources, tmp_path / "out")
    assert renamed == {name: f"images/{name}" for name in sources}
    for name in sources:
        assert (tmp_path / "out" / "images" / name).read_text(encoding="utf-8") == name


def test_two_images_that_are_one_name_on_windows(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="same name"):
        copy_images({"a": tmp_path / "a/1.png", "b": tmp_path / "a/1.PNG"}, tmp_path)
