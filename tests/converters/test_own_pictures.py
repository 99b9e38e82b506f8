from __future__ import annotations

from pathlib import Path

import pytest

from mmceph.converters import ConversionError
from mmceph.converters.own_pictures import OwnPictures
from mmceph.formats.annotation_set import data_root
from mmceph.io import OwnershipError


def test_only_pictures_of_an_earlier_conversion_are_replaced(tmp_path: Path) -> None:
    OwnPictures(data_root(tmp_path)).put_bytes("images/1.png", b"first")
    (tmp_path / "images/2.png").write_bytes(b"a user's own")
    with pytest.raises(ConversionError, match="another picture is there already; give --force"):
        OwnPictures(data_root(tmp_path)).put_bytes("images/1.png", b"second")
    replaced: list[str] = []
    pictures = OwnPictures(data_root(tmp_path), True, lambda: replaced.append("now"))
    pictures.put_bytes("images/2.png", b"a user's own")
    assert replaced == []
    pictures.put_bytes("images/1.png", b"second")
    assert replaced == ["now"]
    for force in (False, True):
        with pytest.raises(OwnershipError, match="mmceph did not write it"):
            OwnPictures(data_root(tmp_path), force).put_bytes("images/2.png", b"second")
    assert (tmp_path / "images/1.png").read_bytes() == b"second"
    assert (tmp_path / "images/2.png").read_bytes() == b"a user's own"


def test_a_picture_that_was_edited_is_kept_beside(tmp_path: Path) -> None:
    OwnPictures(data_root(tmp_path)).put_bytes("images/1.png", b"first")
    (tmp_path / "images/1.png").write_bytes(b"edited")
    OwnPictures(data_root(tmp_path), force=True).put_bytes("images/1.png", b"second")
    assert (tmp_path / "images/1.png.kept-1").read_bytes() == b"edited"
