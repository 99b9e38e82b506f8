"""The raw formats by name, as the tools of ``tools/dataset_converters`` call them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .aariz import read_aariz
from .cldetection2023 import read_cldetection2023
from .coco_file import read_coco
from .isbi2015 import read_isbi2015
from .labelme_folder import read_labelme_folder
from .labelstudio_folder import read_labelstudio
from .raw_data import RawData


@dataclass(frozen=True)
class Format:
    """A raw format.

    Attributes:
        read: Reads it; called with raw, out, options, problems and progress.
        shares: Shares of the subjects for train, val and test, where neither the organisers nor
            the user decide.
    """

    read: Callable[..., RawData]
    shares: tuple[float, float, float] = (0.8, 0.2, 0.0)


FORMATS = {
    # Published work divides the 400 training images into 300, 50 and 50.
    "cldetection2023": Format(read_cldetection2023, (0.75, 0.125, 0.125)),
    "aariz": Format(read_aariz),
    "isbi2015": Format(read_isbi2015),
    "labelme": Format(read_labelme_folder),
    "labelstudio": Format(read_labelstudio),
    "coco": Format(read_coco),
}
