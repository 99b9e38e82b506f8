from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest

from mmceph.converters import ConversionError
from mmceph.converters.metaimage import iterate_slices, read_metaimage
from mmceph.phantom.raw_stack import mha_header


@pytest.fixture
def stack() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (4, 6, 5, 3), dtype=np.uint8)


def save(path: Path, stack: np.ndarray, compressed: bool = True, extra: bytes = b"") -> Path:
    count, height, width, _ = stack.shape
    data = zlib.compress(stack.tobytes()) if compressed else stack.tobytes()
    header = mha_header((width, height, count), len(data) if compressed else None)
    path.write_bytes(header.encode() + data + extra)
    return path


def change(path: Path, old: str, new: str) -> None:
    path.write_bytes(path.read_bytes().replace(old.encode(), new.encode(), 1))


@pytest.mark.parametrize("compressed", [True, False])
def test_slices_come_back(tmp_path: Path, stack: np.ndarray, compressed: bool) -> None:
    image = read_metaimage(save(tmp_path / "a.mha", stack, compressed))
    assert (image.size, image.channels, image.compressed) == ((5, 6, 4), 3, compressed)
    np.testing.assert_array_equal(list(iterate_slices(image)), stack)


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("name", ["a.mha", "a.mhd"])
def test_files_of_simpleitk(tmp_path: Path, stack: np.ndarray, compressed: bool, name: str) -> None:
    sitk = pytest.importorskip("SimpleITK", reason="SimpleITK is not installed")
    sitk.WriteImage(sitk.GetImageFromArray(stack, isVector=True), str(tmp_path / name), compressed)
    image = read_metaimage(tmp_path / name)
    assert image.compressed == compressed
    np.testing.assert_array_equal(list(iterate_slices(image)), stack)


@pytest.mark.parametrize("compressed", [True, False])
def test_simpleitk_reads_what_the_phantom_writes(
    tmp_path: Path, stack: np.ndarray, compressed: bool
) -> None:
    sitk = pytest.importorskip("SimpleITK", reason="SimpleITK is not installed")
    path = save(tmp_path / "a.mha", stack, compressed)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(sitk.ReadImage(str(path))), stack)


def test_grey_stack(tmp_path: Path, stack: np.ndarray) -> None:
    grey = np.ascontiguousarray(stack[..., 0])
    header = mha_header((5, 6, 4), None).replace("ElementNumberOfChannels = 3\n", "")
    (tmp_path / "a.mha").write_bytes(header.encode() + grey.tobytes())
    slices = list(iterate_slices(read_metaimage(tmp_path / "a.mha")))
    np.testing.assert_array_equal(slices, grey)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("MET_UCHAR", "MET_SHORT", "ElementType is 'MET_SHORT'; only MET_UCHAR"),
        ("DimSize = 5 6 4", "DimSize = 5 6", "DimSize is '5 6', not 3 whole"),
        ("DimSize = 5 6 4", "DimSize = 5 -6 4", "DimSize is '5 -6 4'"),
        ("DimSize = 5 6 4", "DimSize = 0 6 4", "no such picture can be"),
        ("DimSize = 5 6 4", "DimSize = 90000 90000 4", "90000 x 90000 px is more than the 1"),
        ("DimSize = 5 6 4", "DimSize = 5 6 200000", "states 200000 slices"),
        ("Channels = 3", "Channels = 2", "neither 1 nor 3"),
        ("BinaryData = True", "BinaryData = False", "binary form"),
        ("LOCAL", "../../secret", "is no file name"),
        ("LOCAL", "C:\\\\secret", "is no file name"),
        ("LOCAL", "LIST", "cannot be read"),
        ("ElementDataFile", "Element", "is no MetaImage"),
    ],
)
def test_bad_headers(tmp_path: Path, stack: np.ndarray, old: str, new: str, message: str) -> None:
    path = save(tmp_path / "a.mha", stack)
    change(path, old, new)
    with pytest.raises(ConversionError, match=r"^a\.mha: ") as error:
        read_metaimage(path)
    assert message in str(error.value)


def test_an_uncompressed_stack_cut_short_is_told_before_reading(
    tmp_path: Path, stack: np.ndarray
) -> None:
    path = save(tmp_path / "a.mha", stack, compressed=False)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ConversionError, match=r"cut short: DimSize asks for 360 bytes, 359 are"):
        read_metaimage(path)


def test_a_compressed_stack_cut_short(tmp_path: Path, stack: np.ndarray) -> None:
    path = save(tmp_path / "a.mha", stack)
    path.write_bytes(path.read_bytes()[:-40])
    slices = iterate_slices(read_metaimage(path))
    np.testing.assert_array_equal(next(slices), stack[0])
    with pytest.raises(ConversionError, match=r"a\.mha: is cut short: it ends in slice 4 of 4"):
        list(slices)


def test_damaged_compression(tmp_path: Path, stack: np.ndarray) -> None:
    path = save(tmp_path / "a.mha", stack)
    data = bytearray(path.read_bytes())
    start = data.index(b"LOCAL\n") + 6
    data[start : start + 2] = b"\0\0"
    path.write_bytes(bytes(data))
    with pytest.raises(ConversionError, match="compressed data are damaged"):
        list(iterate_slices(read_metaimage(path)))


def test_a_bomb_is_unpacked_no_further_than_asked(tmp_path: Path) -> None:
    bomb = zlib.compress(bytes(50 * 2**20), 9)
    path = tmp_path / "a.mha"
    path.write_bytes(mha_header((5, 6, 4), len(bomb)).encode() + bomb)
    slices = list(iterate_slices(read_metaimage(path)))
    assert len(slices) == 4
    assert not np.any(slices)
