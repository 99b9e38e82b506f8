from __future__ import annotations

import os
import struct
import unicodedata
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmceph.converters import ConversionError, Problems
from mmceph.converters.images import ImageIndex, read_image_info, relative_file_name


def test_size_and_digest(tmp_path: Path, make_image: Callable[..., Path]) -> None:
    first = read_image_info(make_image(tmp_path / "Röntgen ä.png", 7, 5))
    assert (first.width, first.height) == (7, 5)
    assert read_image_info(make_image(tmp_path / "b.png", 7, 5)).digest == first.digest
    assert read_image_info(make_image(tmp_path / "c.png", 7, 5, seed=1)).digest != first.digest


@pytest.mark.parametrize(
    ("data", "message"), [(b"", "is empty"), (b"no image", "is no PNG, JPEG,")]
)
def test_what_is_no_image(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(ConversionError, match=message):
        read_image_info(tmp_path / "a.png")
    with pytest.raises(ConversionError, match="cannot be read"):
        read_image_info(tmp_path / "none.png")


def test_index_forgives_case_where_one_fits(tmp_path: Path) -> None:
    for name in ("1.JPG", "2.png", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    index = ImageIndex(tmp_path)
    assert [path.name for path in index.paths] == ["1.JPG", "2.png"]
    assert index.named("1.jpg") == tmp_path / "1.JPG"
    assert index.named("notes.txt") is None
    assert index.with_stem("2") == [tmp_path / "2.png"]


def test_names_are_compared_in_one_form_of_unicode(tmp_path: Path) -> None:
    name = "Jos\u00e9 1.png"
    path = tmp_path / unicodedata.normalize("NFD", name)
    path.write_bytes(b"x")
    index = ImageIndex(tmp_path)
    assert index.named(name) == path
    assert index.with_stem("JOS\u00c9 1") == [path]
    assert index.named("Jose 1.png") is None


def test_the_folders_of_a_written_path_tell_images_of_one_name_apart(tmp_path: Path) -> None:
    for name in ("siteA/x/1.png", "siteB/x/1.png", "._1.png", "__MACOSX/1.png"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    index = ImageIndex(tmp_path, recursive=True, leave_out=[tmp_path / "out"])
    a, b = tmp_path / "siteA/x/1.png", tmp_path / "siteB/x/1.png"
    assert index.paths == [a, b]
    assert index.like("D:\\old\\SITEB\\x\\1.png") == (3, [b])
    assert index.like("../x/1.png") == (2, [a, b])
    assert index.like("1.png") == (1, [a, b])
    assert index.like("1.png", str(tmp_path / "siteA/x/1.png"))[1] == [a]
    assert index.like("siteB/x/1.tif", by_stem=True) == (3, [b])
    assert index.like("2.png") == index.like("") == (0, [])
    assert index.at(tmp_path / "siteA/X/1.PNG") == a
    assert index.at(tmp_path / "siteC/x/1.png") is None


def test_links_that_lead_out_are_refused_by_name(tmp_path: Path, make_image: Callable) -> None:
    make_image(tmp_path / "secret/1.png")
    make_image(tmp_path / "images/2.png")
    try:
        (tmp_path / "images/1.png").symlink_to(tmp_path / "secret/1.png")
        (tmp_path / "images/3.png").symlink_to("2.png")
    except OSError:
        pytest.skip("links cannot be made here")
    index = ImageIndex(tmp_path / "images")
    problems = Problems()
    index.note_links(tmp_path, problems)
    assert [path.name for path in index.paths] == ["2.png", "3.png"]
    assert [p.file for p in problems.errors] == ["images/1.png"]


def test_dicom_files_are_images_with_the_size_they_state(
    tmp_path: Path, make_dicom: Callable[..., Path]
) -> None:
    path = make_dicom(tmp_path / "IM0001", 7, 5, PixelSpacing=[0.2, 0.1])
    assert ImageIndex(tmp_path).paths == [path]  # by its content: such files often have no suffix
    info = read_image_info(path)
    assert (info.width, info.height) == (7, 5)
    assert info.pixel_size is not None
    assert (info.pixel_size.spacing, info.pixel_size.kind) == ((0.1, 0.2), "stated")


def test_files_of_other_kinds_are_not_opened(tmp_path: Path, make_image: Callable) -> None:
    data = make_image(tmp_path / "1.png").read_bytes()
    for name in ("1.2.840.3", "IM0001", "notes.json"):
        (tmp_path / name).write_bytes(data)
    names = [path.name for path in ImageIndex(tmp_path).paths]
    assert names == ["1.2.840.3", "1.png", "IM0001"]


def test_file_names_are_relative_with_forward_slashes(tmp_path: Path) -> None:
    image = tmp_path / "raw" / "images" / "1.png"
    assert relative_file_name(image, tmp_path / "out" / "x") == "../../raw/images/1.png"
    assert relative_file_name(image, tmp_path / "raw") == "images/1.png"


def test_another_drive_gives_an_absolute_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other_drive(*_: object) -> str:
        raise ValueError("path is on mount 'C:', start on mount 'D:'")

    monkeypatch.setattr(os.path, "relpath", other_drive)
    assert relative_file_name(tmp_path / "1.png", tmp_path) == (tmp_path / "1.png").as_posix()


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".tif", ".webp"])
def test_a_file_cut_short_is_refused_or_read_in_full(tmp_path: Path, suffix: str) -> None:
    data = cv2.imencode(suffix, np.zeros((37, 53), np.uint8))[1].tobytes()
    path = tmp_path / f"a{suffix}"
    messages = []
    for length in range(0, len(data), 1 + len(data) // 500):
        path.write_bytes(data[:length])
        try:
            info = read_image_info(path)
        except ConversionError as error:
            messages.append(str(error))
        else:
            assert (info.width, info.height) == (53, 37)
    assert len(messages) > 20
    assert not any(str(path) in message for message in messages)  # whoever reports it names it


@pytest.mark.parametrize("side", [60_000, 2**31 - 1])
def test_a_picture_that_claims_too_much_is_not_decoded(tmp_path: Path, side: int) -> None:
    header = struct.pack("<IiiHHIIiiII", 40, side, -side, 1, 24, 0, 0, 0, 0, 0, 0)
    path = tmp_path / "a.bmp"
    path.write_bytes(b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + header)
    with pytest.raises(ConversionError, match="is more than the 100000000 px"):
        read_image_info(path)
