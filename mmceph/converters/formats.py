"""The raw formats by name, as the tools of ``tools/dataset_converters`` call them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .aariz import holds_aariz, read_aariz
from .cldetection2023 import holds_cldetection2023, read_cldetection2023
from .coco_file import read_coco
from .isbi2015 import holds_isbi2015, read_isbi2015
from .labelme_folder import read_labelme_folder
from .labelstudio_folder import read_labelstudio
from .points_folder import read_points_folder
from .raw_data import RawData


@dataclass(frozen=True)
class Format:
    """A raw format.

    Attributes:
        read: Reads it; called with raw, out, options, problems and progress.
        shares: Shares of the subjects for train, val and test, where neither the organisers nor
            the user decide.
        holds: Whether a folder holds the data set as it is published; None for formats without
            a layout of their own.
    """

    read: Callable[..., RawData]
    shares: tuple[float, float, float] = (0.8, 0.2, 0.0)
    holds: Callable[[Path], bool] | None = None


FORMATS = {
    # Published work divides the 400 training images into 300, 50 and 50.
    "cldetection2023": Format(
        read_cldetection2023, (0.75, 0.125, 0.125), holds=holds_cldetection2023
    ),
    "aariz": Format(read_aariz, holds=holds_aariz),
    "isbi2015": Format(read_isbi2015, holds=holds_isbi2015),
    "labelme": Format(read_labelme_folder),
    "labelstudio": Format(read_labelstudio),
    "coco": Format(read_coco),
    "points": Format(read_points_folder),
}


def published_format(folder: Path) -> str | None:
    """Give the name of the public data set a folder holds as published, or None."""
    for name, found in FORMATS.items():
        if found.holds is not None and found.holds(folder):
            return name
    return None
