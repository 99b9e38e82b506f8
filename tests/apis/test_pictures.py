from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from mmceph.apis.pictures import Picture, distinct_names, pictures_in, pictures_of
from mmceph.errors import MmcephError
from mmceph.imaging import ImageReadError

GREY = np.full((4, 6), 90, np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    for name in ("b.png", "a.PNG", "sub/c.png", ".hidden.png"):
        (tmp_path / name).write_bytes(cv2.imencode(".png", GREY)[1].tobytes())
    (tmp_path / "scan").write_bytes(b"\0" * 128 + b"DICM")  # a DICOM file often has no suffix
    (tmp_path / "DICOMDIR").write_bytes(b"\0" * 128 + b"DICM")  # lists those of a disc
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("x", encoding="utf-8")
    return tmp_path


def test_a_folder_gives_pictures_by_content_or_suffix(folder):
    found, others = pictures_in(folder)
    assert [path.name for path in found] == ["a.PNG", "b.png", "broken.jpg", "scan"]
    assert [path.name for path in others] == ["DICOMDIR", "notes.txt"]


def test_subfolders_only_when_asked_and_never_the_results(folder):
    found, _ = pictures_in(folder, recursive=True)
    assert folder / "sub" / "c.png" in found
    found, _ = pictures_in(folder, recursive=True, leave_out=folder / "sub")
    assert folder / "sub" / "c.png" not in found


def test_all_kinds_of_input(folder):
    path = folder / "b.png"
    assert [p.name for p in pictures_of(str(path))] == [path.as_posix()]
    assert len(list(pictures_of(folder))) == 4
    mixed = list(pictures_of([path, GREY, GREY]))
    assert [p.name for p in mixed] == [path.as_posix(), "array_0001", "array_0002"]
    lazy = pictures_of(item for item in (path, GREY))
    assert not isinstance(lazy, list)
    assert [p.name for p in lazy] == [path.as_posix(), "array_0001"]


def link(path: Path, target: str) -> None:
    try:
        path.symlink_to(target)
    except OSError:
        pytest.skip("links cannot be made here")


def test_links_to_nowhere_are_pictures_that_cannot_be_read(folder):
    link(folder / "c.png", "nowhere.png")
    link(folder / "d.png", "d.png")
    found = {Path(p.name).name: p for p in pictures_of(folder)}
    for name in ("c.png", "d.png"):
        with pytest.raises(ImageReadError, match=f"{name}: cannot be read"):
            found[name].read()
    with pytest.raises(MmcephError, match=r"c\.png: no such file or folder"):
        pictures_of(folder / "c.png")


def test_links_out_of_a_folder_are_not_opened(folder, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "x.png").write_bytes((folder / "b.png").read_bytes())
    link(folder / "c.png", str(outside / "x.png"))
    link(folder / "d.png", "b.png")  # within: as good as a file
    link(folder / "e", str(outside))
    found = {Path(p.name).name: p for p in pictures_of(folder)}
    with pytest.raises(ImageReadError, match=r"c\.png: is a link that leads out of .*name it"):
        found["c.png"].read()
    assert found["d.png"].read().size == (6, 4)
    # Who names it means it.
    assert next(iter(pictures_of(folder / "c.png"))).read().size == (6, 4)
    _, others = pictures_in(folder, recursive=True)
    assert folder / "e" in others


def test_pictures_are_taken_as_they_are(tmp_path):
    given = Picture("gone.png", tmp_path / "gone.png")
    assert next(iter(pictures_of([given, GREY]))) is given


@pytest.mark.parametrize(
    ("inputs", "message"),
    [("gone.png", "gone.png: no such file or folder"), (3, "int: give a path")],
)
def test_what_is_no_input_is_named(inputs, message):
    with pytest.raises(MmcephError, match=message):
        list(pictures_of(inputs))


def test_a_folder_without_pictures_is_an_error(tmp_path):
    with pytest.raises(MmcephError, match="holds no picture"):
        pictures_of(tmp_path)


def test_arrays_become_one_grey_channel_of_8_bits():
    colour = np.zeros((2, 2, 3), np.uint8)
    colour[..., 2] = 100  # BGR: red weighs 0.299
    assert Picture("a", None, colour).read().pixels.tolist() == [[30, 30], [30, 30]]
    assert Picture("a", None, GREY[..., None]).read().size == (6, 4)
    ramp = np.linspace(0, 65535, 600).astype(np.uint16).reshape(20, 30)
    read = Picture("a", None, ramp).read()
    assert (read.bits, read.pixels.dtype) == (16, np.uint8)
    assert (read.pixels.min(), read.pixels.max()) == (0, 255)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((2, 2)), "array_1: is float64; give uint8 or uint16"),
        ([1, 2], "array_1: is list"),
        (np.zeros((2, 2, 4), np.uint8), "shape"),
        (np.zeros((0, 2), np.uint8), "shape"),
    ],
)
def test_other_arrays_are_refused(array, message):
    with pytest.raises(ImageReadError, match=message):
        Picture("array_1", None, array).read()


def test_names_of_results_never_collide():
    files = ["a/1.png", "b/1.png", "c/2.png", "c/2.jpg", "d/A_1.png", "x/3.png"]
    names = distinct_names(files)
    assert len({name.casefold() for name in names.values()}) == len(files)
    assert names["x/3.png"] == "3"
    assert (names["c/2.png"], names["c/2.jpg"]) == ("2_png", "2_jpg")
    assert (names["a/1.png"], names["b/1.png"]) == ("a_1_png", "b_1")  # a_1 is taken
    assert names["d/A_1.png"] == "A_1"  # its own stem goes before a name made up for another


def test_names_that_are_taken_are_not_given_again():
    assert distinct_names(["b/1.png"], ["1"]) == {"b/1.png": "1_png"}
    assert distinct_names(["array_0001"], ["Array_0001"]) == {"array_0001": "array_0001_2"}
    assert list(distinct_names(["1.png"], ["1", "1_png"]).values()) == ["1_png_2"]
