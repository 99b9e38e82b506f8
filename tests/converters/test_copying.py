from __future__ import annotations

from pathlib import Path

import pytest

from mmceph.converters import ConversionError
from mmceph.converters.copying import copy_images
from mmceph.converters.own_pictures import OwnPictures
from mmceph.formats.annotation_set import data_root


def test_copies_are_made_once(tmp_path: Path) -> None:
    source = tmp_path / "raw" / "1.png"
    source.parent.mkdir()
    source.write_bytes(b"pixels")
    pictures = OwnPictures(data_root(tmp_path / "out"))
    for _ in range(2):
        assert copy_images({"../raw/1.png": source}, pictures) == {"../raw/1.png": "images/1.png"}
    assert (tmp_path / "out/images/1.png").read_bytes() == b"pixels"


def test_two_images_of_one_name_keep_the_folders_that_differ(tmp_path: Path) -> None:
    sources = {}
    for name in ("a/x/1.png", "b/1.PNG", "2.png"):
        path = tmp_path / "raw" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
        sources[name] = path
    renamed = copy_images(sources, OwnPictures(data_root(tmp_path / "out")))
    assert renamed == {name: f"images/{name}" for name in sources}
    for name in sources:
        assert (tmp_path / "out" / "images" / name).read_text(encoding="utf-8") == name


def test_two_images_that_are_one_name_on_windows(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="same name"):
        copy_images({"a": tmp_path / "a/1.png", "b": tmp_path / "a/1.PNG"}, None)
