"""The parts of a CL-Detection2023 training set: a MetaImage stack and its 38 points."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mmceph.io import write_bytes_atomic
from mmceph.landmarks import get_landmark_set

__all__ = ["challenge_points", "mha_header", "write_mha"]

Points = Mapping[str, tuple[float, float]]

# Landmarks of CL-Detection2023 that the phantom does not draw, as mixtures of those it draws. They
# make the files complete; nothing in the picture shows them.
_MIXTURES: dict[str, dict[str, float]] = {
    "D": {"B": 0.4, "Me": 0.4, "Pog": 0.2},
    "Cm": {"Pn": 0.5, "Sn": 0.5},
    "Ptm": {"S": 0.3, "PNS": 0.7},
    "Ba": {"Ar": 1.2, "Or": -0.2},
    "Pt": {"S": 0.6, "PNS": 0.4},
    "Bo": {"Ar": 1.3, "Or": -0.3},
    "UL`": {"Ls": 0.7, "UIT": 0.3},
    "LL`": {"Li": 0.7, "LIT": 0.3},
    "Gn`": {"Pog`": 0.5, "Gn": 0.5},
    "Me`": {"Pog`": 0.3, "Me": 0.7},
    "G": {"N`": 1.2, "Sn": -0.2},
    "C": {"Me": 0.7, "Go": 0.3},
    "U6": {"UMT": 0.8, "UPM": 0.2},
    "L6": {"LMT": 0.8, "LPM": 0.2},
}


def challenge_points(points: Points) -> dict[str, tuple[float, float]]:
    """Return the 38 points of CL-Detection2023, those not drawn as mixtures of the others."""
    names = get_landmark_set("cldetection38").names
    found: dict[str, tuple[float, float]] = {}
    for name in names:
        weights = _MIXTURES.get(name, {name: 1.0})
        x, y = (sum(w * points[n][axis] for n, w in weights.items()) for axis in (0, 1))
        found[name] = (float(x), float(y))
    return found


def write_mha(path: Path, stack: Sequence[NDArray[np.uint8]], compressed: bool = True) -> None:
    """Write pictures as a MetaImage stack of RGB slices, padded with zeros to the largest.

    Args:
        path: Where to.
        stack: Pictures of shape (H, W).
        compressed: Whether the pixels become one zlib stream.
    """
    height = max(image.shape[0] for image in stack)
    width = max(image.shape[1] for image in stack)
    pixels = np.zeros((len(stack), height, width, 3), np.uint8)
    for slice_, image in zip(pixels, stack, strict=True):
        slice_[: image.shape[0], : image.shape[1]] = image[..., None]
    data = pixels.tobytes()
    if compressed:
        data = zlib.compress(data, 1)
    header = mha_header((width, height, len(stack)), len(data) if compressed else None)
    write_bytes_atomic(path, header.encode("ascii") + data)


def mha_header(size: tuple[int, int, int], compressed_bytes: int | None) -> str:
    """Return the header of a MetaImage of 8-bit RGB slices (width, height, number of slices)."""
    packed = [] if compressed_bytes is None else [f"CompressedDataSize = {compressed_bytes}"]
    lines = [
        "ObjectType = Image",
        "NDims = 3",
        "BinaryData = True",
        "BinaryDataByteOrderMSB = False",
        f"CompressedData = {compressed_bytes is not None}",
        *packed,
        "TransformMatrix = 1 0 0 0 1 0 0 0 1",
        "Offset = 0 0 0",
        "CenterOfRotation = 0 0 0",
        "ElementSpacing = 1 1 1",
        f"DimSize = {size[0]} {size[1]} {size[2]}",
        "AnatomicalOrientation = ???",
        "ElementNumberOfChannels = 3",
        "ElementType = MET_UCHAR",
        "ElementDataFile = LOCAL",
    ]
    return "\n".join(lines) + "\n"
