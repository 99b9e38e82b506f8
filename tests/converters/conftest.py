from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest


@pytest.fixture
def make_image() -> Callable[..., Path]:
    """Write a small grey image; ``seed`` makes its bytes differ from others."""

    def make(path: Path, width: int = 80, height: int = 60, seed: int = 0) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(seed).integers(0, 255, (height, width), dtype=np.uint8)
        path.write_bytes(cv2.imencode(path.suffix, pixels)[1].tobytes())
        return path

    return make


@pytest.fixture
def make_dicom() -> Callable[..., Path]:
    """Write a small grey DICOM file; ``elements`` are DICOM elements by keyword."""
    pydicom = pytest.importorskip("pydicom", reason="pydicom is not installed")

    def make(path: Path, width: int = 80, height: int = 60, seed: int = 0, **elements: Any) -> Path:
        pixels = np.random.default_rng(seed).integers(0, 4095, (height, width), dtype=np.uint16)
        meta = pydicom.dataset.FileMetaDataset()
        meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
        meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
        meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
        dataset = pydicom.dataset.FileDataset(None, {}, file_meta=meta, preamble=bytes(128))
        dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = height, width, 1
        dataset.PhotometricInterpretation, dataset.PixelRepresentation = "MONOCHROME2", 0
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
        dataset.add_new("PixelData", "OW", pixels.tobytes())
        for element, value in elements.items():
            setattr(dataset, element, value)
        path.parent.mkdir(parents=True, exist_ok=True)
        if int(pydicom.__version__.split(".")[0]) >= 3:
            dataset.save_as(path, enforce_file_format=True)
        else:
            dataset.is_little_endian, dataset.is_implicit_VR = True, False
            dataset.save_as(path, write_like_original=False)
        return path

    return make


@pytest.fixture
def make_labelme() -> Callable[..., Path]:
    """Write a labelme file with the points given as label -> (x, y)."""

    def make(path: Path, points: dict[str, tuple[float, float]], **changes: Any) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {
            "version": "5.0.1",
            "shapes": [
                {"label": label, "points": [list(place)], "shape_type": "point"}
                for label, place in points.items()
            ],
            "imagePath": f"{path.stem}.png",
            "imageWidth": 80,
            "imageHeight": 60,
            **changes,
        }
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    return make
