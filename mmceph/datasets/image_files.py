"""Whether the image files of a data set are there and what its annotations take them for."""

from __future__ import annotations

import os.path as osp
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mmceph.errors import AnnotationError, some_names
from mmceph.imaging import ImageReadError
from mmceph.imaging.reader import image_facts


@dataclass
class ImageFiles:
    """What was found, by the images' paths.

    Attributes:
        missing: No such file.
        resized: Sizes in px that differ from the annotation's, as a text each.
        deep: More than 8 bits of grey, or DICOM.
    """

    missing: list[str] = field(default_factory=list)
    resized: list[str] = field(default_factory=list)
    deep: list[str] = field(default_factory=list)

    def require(self, ann_file: str) -> None:
        """Refuse what would train or test on the wrong pixels.

        Raises:
            FileNotFoundError: An image is not there.
            AnnotationError: An image has another size than its points were drawn on.
        """
        if self.missing:
            raise FileNotFoundError(
                f"{ann_file}: image files not found: {some_names(self.missing)}; check data_root "
                "and data_prefix, or convert again where the images were moved"
            )
        if self.resized:
            raise AnnotationError(
                f"{ann_file}: images of another size than their annotations: "
                f"{some_names(self.resized)}; the points lie elsewhere on them: restore the "
                "images, or convert again from labels drawn on these"
            )


def look_at_images(samples: Sequence[dict[str, Any]]) -> ImageFiles:
    """Read the header of every sample's image.

    Addresses of other file backends are left to the loader, since asking may cost a round trip;
    so is what is no picture.

    Args:
        samples: With ``img_path`` and ``raw_ann_info`` (``width`` and ``height`` in px).
    """
    found = ImageFiles()
    for sample in samples:
        path = sample["img_path"]
        if "://" in path:
            continue
        if not osp.isfile(path):
            found.missing.append(path)
            continue
        try:
            facts = image_facts(path)
        except ImageReadError:
            continue
        stated = (sample["raw_ann_info"]["width"], sample["raw_ann_info"]["height"])
        if facts.size != stated:
            is_, was = (f"{width} x {height}" for width, height in (facts.size, stated))
            found.resized.append(f"{path} ({is_} px, annotated as {was})")
        if facts.deep:
            found.deep.append(path)
    return found


def points_outside(annotations: Sequence[dict[str, Any]], names: Sequence[str]) -> list[str]:
    """Images with landmarks that lie outside, and which these are.

    Args:
        annotations: With ``file_name``, ``width``, ``height`` and ``keypoints`` (flat x y v, px).
        names: The landmarks, in the order of the points.
    """
    found = []
    for annotation in annotations:
        x, y, visible = np.reshape(annotation["keypoints"], (-1, 3)).T
        inside = (x >= -0.5) & (x <= annotation["width"] - 0.5)
        inside &= (y >= -0.5) & (y <= annotation["height"] - 0.5)
        beyond = [names[index] for index in np.flatnonzero((visible > 0) & ~inside)]
        if beyond:
            found.append(f"{annotation['file_name']} ({', '.join(beyond)})")
    return found
