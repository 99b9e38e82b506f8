"""Picture files that the tests write byte by byte, or with OpenCV, Pillow and pydicom."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest


@pytest.fixture
def grey() -> np.ndarray:
    """(40, 60) uint8 with no two rows or columns alike."""
    return (np.arange(40)[:, None] * 3 + np.arange(60)[None] * 2).astype(np.uint8)


@pytest.fixture
def encoded(tmp_path: Path) -> Callable[..., Path]:
    """Write an array with OpenCV: ``encoded(array, "name.png")``, in a folder beyond ASCII."""

    def write(pixels: np.ndarray, name: str) -> Path:
        path = tmp_path / "Fälle 頭" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(cv2.imencode(path.suffix, pixels)[1].tobytes())
        return path

    return write


@pytest.fixture
def tiff(tmp_path: Path) -> Callable[[np.ndarray, int], Path]:
    """Write an uncompressed TIFF with a given photometric interpretation."""

    def write(pixels: np.ndarray, photometric: int) -> Path:
        height, width = pixels.shape
        data = pixels.tobytes()
        bits = 8 * pixels.itemsize
        tags = [(256, width), (257, height), (258, bits), (259, 1), (262, photometric)]
        tags += [(273, 8), (277, 1), (278, height), (279, len(data))]
        entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
        path = tmp_path / f"photometric{photometric}_{bits}.tif"
        directory = struct.pack("<H", len(tags)) + entries + bytes(4)
        path.write_bytes(b"II*\0" + struct.pack("<I", 8 + len(data)) + data + directory)
        return path

    return write


@pytest.fixture
def dicom(tmp_path: Path) -> Callable[..., Path]:
    """Write a DICOM file: ``dicom(stored, WindowCenter=..., ...)``."""
    pydicom = pytest.importorskip("pydicom", reason="pydicom is not installed")
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    def write(stored: np.ndarray, name: str = "ceph.dcm", **elements: Any) -> Path:
        meta = FileMetaDataset()
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
        meta.MediaStorageSOPInstanceUID = generate_uid()
        dataset = FileDataset(None, {}, file_meta=meta, preamble=bytes(128))
        dataset.Rows, dataset.Columns = stored.shape[-2:] if stored.ndim == 2 else stored.shape[:2]
        dataset.SamplesPerPixel = 1 if stored.ndim == 2 else 3
        if stored.ndim == 3:
            dataset.PlanarConfiguration = 0
        dataset.PhotometricInterpretation = "MONOCHROME2" if stored.ndim == 2 else "RGB"
        dataset.BitsAllocated = dataset.BitsStored = 8 * stored.itemsize
        dataset.HighBit = dataset.BitsStored - 1
        dataset.PixelRepresentation = int(stored.dtype.kind == "i")
        dataset.add_new("PixelData", "OW" if stored.itemsize > 1 else "OB", stored.tobytes())
        for element, value in elements.items():
            setattr(dataset, element, value)
        path = tmp_path / name
        if int(pydicom.__version__.split(".")[0]) >= 3:
            dataset.save_as(path, enforce_file_format=True)
        else:
            dataset.is_little_endian, dataset.is_implicit_VR = True, False
            dataset.save_as(path, write_like_original=False)
        return path

    return write
