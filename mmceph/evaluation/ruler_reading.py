"""Reading the rulers of a whole data set, as they are and painted out."""

from __future__ import annotations

import os.path as osp
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from mmceph.analysis.calibration import RulerReading
from mmceph.converters.progress import Progress, no_progress
from mmceph.datasets.canonical import read_canonical, reordered
from mmceph.functional.baselines import mean_shape_fractions
from mmceph.imaging import read_image
from mmceph.imaging.erasing import inpaint_strip, ruler_strip
from mmceph.landmarks import get_landmark_set

from .ruler import RulerFigures, RulerRecord, constant_records, ruler_figures

Reader = Callable[[np.ndarray], RulerReading]


def ruler_annotations(ann_file: str, images: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Picture path and annotation (P1, P2; with ``spacing``, ``file_name`` ...) of each image.

    Args:
        ann_file: A canonical annotation file with the landmarks P1 and P2.
        images: The folder its file names are relative to.

    Raises:
        AnnotationError: It is no such file.
    """
    file = read_canonical(ann_file)
    columns, _ = file.columns(get_landmark_set("ruler2"))
    for image in file.images:
        annotation = reordered(file, image, columns)
        if annotation is not None:
            yield osp.join(images, image["file_name"]), annotation


def read_rulers(
    reader: Reader,
    annotations: Iterable[tuple[str, dict[str, Any]]],
    *,
    painted_out: bool = False,
    progress: Progress = no_progress,
) -> list[RulerRecord]:
    """Read the ruler of every picture.

    Args:
        reader: Usually a :class:`mmceph.apis.RulerReader`.
        annotations: From :func:`ruler_annotations`.
        painted_out: Read the pictures with their rulers inpainted, in memory; pictures without one
            are left out.
        progress: Shows progress.
    """
    records = []
    for path, annotation in progress(list(annotations), "Reading rulers"):
        points = np.asarray(annotation["keypoints"], np.float64).reshape(2, 3)
        marks = points[:, :2] if (points[:, 2] > 0).all() else None
        if painted_out and marks is None:
            continue
        pixels = read_image(path).pixels
        size = (pixels.shape[1], pixels.shape[0])
        if painted_out and marks is not None:
            pixels = inpaint_strip(pixels, ruler_strip(marks, size))
            marks = None
        spacing = annotation["spacing"]
        records.append(
            RulerRecord(
                file=annotation["file_name"],
                image_size=size,
                marks=marks,
                reading=reader(pixels),
                spacing=None if spacing is None else (float(spacing[0]), float(spacing[1])),
            )
        )
    return records


def constant_figures(records: Sequence[RulerRecord], train_file: str) -> RulerFigures:
    """The figures of always answering with the training images' mean marks.

    Raises:
        AnnotationError: ``train_file`` is no canonical file with P1 and P2.
    """
    found = [annotation for _, annotation in ruler_annotations(train_file, "")]
    points = np.array([a["keypoints"] for a in found], np.float64).reshape(-1, 2, 3)
    sizes = np.array([(a["width"], a["height"]) for a in found], np.float64)
    mean = mean_shape_fractions(points[..., :2], points[..., 2] > 0, sizes)
    return ruler_figures(constant_records(records, mean))
