"""The data set of cephalograms in canonical COCO form."""

from __future__ import annotations

import logging
import os.path as osp
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
from mmengine.logging import print_log

from mmceph.analysis.plausibility import check_scale, describe_scale, scales_by_device
from mmceph.errors import AnnotationError, some_names
from mmceph.landmarks import LandmarkSet, as_landmark_set, flag_for_annotations
from mmceph.pose import BaseCocoStyleDataset, LoadImage
from mmceph.registry import DATASETS

from .canonical import CONVERT, other_boxes, read_canonical, reordered
from .image_files import look_at_images, points_outside

_OWN_METAINFO = ("landmark_set", "landmark_names", "difficult")


@DATASETS.register_module()
class CephDataset(BaseCocoStyleDataset):
    """Lateral cephalograms whose landmarks are joined to the file by name.

    One image is one sample with the whole image as its box. The annotation file is what a converter
    of ``tools/dataset_converters`` writes. Each sample's ``raw_ann_info``, which ``PackPoseInputs``
    carries to the metric, also holds ``file_name``, ``width``, ``height``, ``spacing`` (mm per px
    along x and y, or None), ``spacing_source``, ``device``, ``subject`` and ``observers`` (by name
    a list of (x, y, v) in this data set's landmark order). The metainfo also holds
    ``landmark_set``, ``landmark_names`` and ``difficult``.

    Args:
        ann_file: The annotation file, relative to ``data_root``.
        landmark_set: Name of a known set, a list of landmark names, or a dict of ``name``,
            ``names``, ``difficult`` and ``mirror_pairs``; the file may hold more and in another
            order, but not fewer. The class's own set if left out.
        metainfo: MMPose metainfo to use instead of the set's own; its names decide then.
        check_images: Make sure on loading that every image file is there and as large as its
            annotation says.
        **kwargs: As for ``BaseCocoStyleDataset``; ``bbox_file`` and bottom-up are not supported.

    Raises:
        FileNotFoundError: The annotation file or an image is not there.
        AnnotationError: The annotation file is not in the canonical form, lacks a landmark, or was
            drawn on images of another size.
    """

    LANDMARK_SET = "isbi19"

    def __init__(
        self,
        ann_file: str = "",
        *,
        landmark_set: str | LandmarkSet | Sequence[str] | Mapping[str, Any] | None = None,
        metainfo: dict[str, Any] | None = None,
        check_images: bool = True,
        **kwargs: Any,
    ) -> None:
        if kwargs.get("bbox_file") or kwargs.get("data_mode", "topdown") != "topdown":
            raise ValueError(
                "CephDataset: the whole image is the box; leave out bbox_file and data_mode"
            )
        self.check_images = check_images
        if metainfo is None:
            chosen = as_landmark_set(self.LANDMARK_SET if landmark_set is None else landmark_set)
            metainfo = {
                **chosen.metainfo(),
                "landmark_set": chosen.name,
                "landmark_names": chosen.names,
                "difficult": chosen.difficult,
            }
        super().__init__(ann_file=ann_file, metainfo=metainfo, **kwargs)

    @classmethod
    def _load_metainfo(cls, metainfo: dict[str, Any] | None = None) -> dict[str, Any]:
        """Parse the metainfo and keep what is ours, which MMPose's parser would drop."""
        parsed: dict[str, Any] = super()._load_metainfo(metainfo)
        own = {key: metainfo[key] for key in _OWN_METAINFO if metainfo and key in metainfo}
        if "keypoint_id2name" in parsed:
            names = parsed["keypoint_id2name"]
            own.setdefault("landmark_names", tuple(names[i] for i in sorted(names)))
            own.setdefault("landmark_set", parsed["dataset_name"])
            own.setdefault("difficult", ())
        return {**parsed, **own}

    def _load_annotations(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Read the canonical file and reorder its points by name.

        Returns:
            Samples and images.
        """
        file = read_canonical(self.ann_file)
        for note in file.notes:
            self._warn(note)
        if boxes := other_boxes(file):
            self._warn(
                f"boxes other than the whole image are not used, as in prediction: {len(boxes)} "
                f"images ({some_names(boxes, shown=3)})"
            )
        wanted = LandmarkSet(self._metainfo["landmark_set"], self._metainfo["landmark_names"])
        columns, extra = file.columns(wanted)
        if extra:
            flag = flag_for_annotations(file.path, file.names)
            self._warn(
                f"landmarks not in {wanted.name} are left out: {', '.join(extra)} ({flag} would "
                "take all)"
            )
        self._metainfo["CLASSES"] = file.categories
        samples, images, unlabelled = [], [], []
        for image in file.images:
            if image["id"] % self.sample_interval != 0:
                continue
            path = osp.join(self.data_prefix["img"], image["file_name"])
            image = {**image, "img_id": image["id"], "img_path": path}
            images.append(image)
            annotation = reordered(file, image, columns)
            if annotation is None:
                unlabelled.append(image["file_name"])
            else:
                sample = {"raw_ann_info": annotation, "raw_img_info": image}
                samples.append(cast("dict[str, Any]", self.parse_data_info(sample)))
        annotations = [sample["raw_ann_info"] for sample in samples]
        self._check_scales(annotations, wanted)
        if outside := points_outside(annotations, wanted.names):
            self._warn(f"points outside their image: {some_names(outside)}")
        if unlabelled:
            self._warn(f"images without annotation are left out: {some_names(unlabelled)}")
        return samples, images

    def _get_topdown_data_infos(self, instance_list: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Keep the samples with a visible landmark, say which have none, and find the images."""
        kept = super()._get_topdown_data_infos(instance_list)
        ids = {info["img_id"] for info in kept}
        dropped = [i["raw_ann_info"]["file_name"] for i in instance_list if i["img_id"] not in ids]
        if dropped:
            self._warn(f"samples without a visible landmark are left out: {some_names(dropped)}")
        if not kept:
            raise AnnotationError(f"{self.ann_file}: no sample with a visible landmark; {CONVERT}")
        if self.check_images:
            self._check_images(kept)
        return kept

    def _check_scales(self, annotations: Sequence[dict[str, Any]], wanted: LandmarkSet) -> None:
        """Warn of pictures and devices whose millimetres cannot be right."""
        samples, impossible = [], []
        for annotation in annotations:
            marks = np.reshape(annotation["keypoints"], (-1, 3)).tolist()
            points = {
                name: (x, y) for name, (x, y, seen) in zip(wanted.names, marks, strict=True) if seen
            }
            spacing = annotation["spacing"]
            samples.append((annotation["device"], spacing, points.get("S"), points.get("N")))
            if spacing is not None and (doubts := check_scale(points, spacing).doubts):
                impossible.append(f"{annotation['file_name']} ({', '.join(doubts)})")
        for scale in scales_by_device(samples):
            if not scale.plausible:
                self._warn(f"device {scale.device}: {describe_scale(scale)}")
        if impossible:
            self._warn(f"a spacing that fits no human: {some_names(impossible)}")

    def _check_images(self, samples: Sequence[dict[str, Any]]) -> None:
        files = look_at_images(samples)
        files.require(self.ann_file)
        stock = any(isinstance(step, LoadImage) for step in self.pipeline.transforms)
        if stock and files.deep:
            self._warn(
                "images of more than 8 bits, of which LoadImage takes the upper 8: "
                f"{some_names(files.deep)}; LoadCephImage and CephTopdownAffine show them as "
                "bright as prediction does"
            )

    def _warn(self, text: str) -> None:
        print_log(f"{self.ann_file}: {text}", logger="current", level=logging.WARNING)
