"""Key-point data sets in COCO's form, one annotated object per sample."""

from __future__ import annotations

import os.path as osp
from collections import defaultdict
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

import numpy as np
from mmengine.dataset import BaseDataset, force_full_init
from mmengine.logging import MessageHub

from mmceph.io.text import ALL_IMAGES, TextError, read_json
from mmceph.pose.standin.metainfo import parse_pose_metainfo

_SHARED_METAINFO = (
    "dataset_name",
    "upper_body_ids",
    "lower_body_ids",
    "flip_pairs",
    "dataset_keypoint_weights",
    "flip_indices",
    "skeleton_links",
)


class BaseCocoStyleDataset(BaseDataset):
    """Read a COCO key-points file; every sample carries its annotation and the metainfo.

    Args:
        ann_file: The annotation file.
        bbox_file: Only None: detected boxes need MMPose.
        data_mode: Only ``"topdown"``.
        metainfo: Description of the key points (see :func:`parse_pose_metainfo`); otherwise the
            class's ``METAINFO``.
        data_root: Folder that ``ann_file`` and ``data_prefix`` are relative to.
        data_prefix: ``img`` is the folder of the images.
        filter_cfg: ``bbox_score_thr`` leaves out boxes with a lower score.
        indices: Take the first n samples, or those listed.
        serialize_data: Keep the samples pickled, so workers share the memory.
        pipeline: The transforms.
        test_mode: Give the path of the annotation file to metrics, and no second draws.
        lazy_init: Do not load the file yet.
        max_refetch: Draws to find a readable sample in training.
        sample_interval: Take the images whose id is a multiple of this.

    Raises:
        ValueError: For an argument value the stand-in does not support, or a malformed file.
        FileNotFoundError: If the annotation file does not exist.
    """

    METAINFO: dict = {}

    def __init__(
        self,
        ann_file: str = "",
        bbox_file: str | None = None,
        data_mode: str = "topdown",
        metainfo: dict | None = None,
        data_root: str | None = None,
        data_prefix: dict | None = None,
        filter_cfg: dict | None = None,
        indices: int | Sequence[int] | None = None,
        serialize_data: bool = True,
        pipeline: Sequence[dict | Callable] = (),
        test_mode: bool = False,
        lazy_init: bool = False,
        max_refetch: int = 1000,
        sample_interval: int = 1,
    ) -> None:
        name = type(self).__name__
        if data_mode != "topdown":
            raise ValueError(f"{name} without MMPose: data_mode must be 'topdown', not {data_mode}")
        if bbox_file:
            raise ValueError(f"{name} without MMPose: bbox_file must be None, not {bbox_file!r}")
        unknown = sorted(set(filter_cfg or {}) - {"bbox_score_thr"})
        if unknown:
            raise ValueError(f"{name} without MMPose: filter_cfg knows no {unknown[0]!r}")
        self.bbox_file = bbox_file
        self.data_mode = data_mode
        self.sample_interval = sample_interval
        super().__init__(
            ann_file=ann_file,
            metainfo=metainfo,
            data_root=data_root,
            data_prefix={"img": ""} if data_prefix is None else data_prefix,
            filter_cfg=filter_cfg,
            indices=indices,
            serialize_data=serialize_data,
            pipeline=list(pipeline),
            test_mode=test_mode,
            lazy_init=lazy_init,
            max_refetch=max_refetch,
        )
        if self.test_mode:
            key = f"{self.metainfo['dataset_name']}_ann_file"
            MessageHub.get_current_instance().update_info_dict({key: self.ann_file})

    @classmethod
    def _load_metainfo(cls, metainfo: dict | None = None) -> dict:
        """Parse the description given, or the class's own."""
        if metainfo is None:
            metainfo = deepcopy(cls.METAINFO)
        if not isinstance(metainfo, dict):
            raise TypeError(f"{cls.__name__}: metainfo must be a dict, not {type(metainfo)}")
        return parse_pose_metainfo(metainfo) if metainfo else metainfo

    @force_full_init
    def prepare_data(self, idx: int) -> Any:
        """Run the pipeline on sample ``idx``, which also carries the data set itself."""
        data_info = self.get_data_info(idx)
        data_info["dataset"] = self
        return self.pipeline(data_info)

    def get_data_info(self, idx: int) -> dict[str, Any]:
        """Sample ``idx`` as loaded, with the parts of the metainfo a pipeline needs."""
        data_info = super().get_data_info(idx)
        for key in _SHARED_METAINFO:
            if key in data_info:
                raise ValueError(f"{self.ann_file}: sample {idx} may not have a field {key!r}")
            data_info[key] = deepcopy(self._metainfo[key])
        return data_info

    def load_data_list(self) -> list[dict[str, Any]]:
        """The usable annotated objects, in the order of the images in the file."""
        instances, _ = self._load_annotations()
        return self._get_topdown_data_infos(instances)

    def _load_annotations(self) -> tuple[list[dict], list[dict]]:
        """Parse the file into annotated objects and images."""
        content = _read_coco(self.ann_file)
        if "categories" in content:
            self._metainfo["CLASSES"] = content["categories"]
        by_image: dict[Any, list[dict]] = defaultdict(list)
        for annotation in content.get("annotations", ()):
            by_image[annotation["image_id"]].append(annotation)
        instances, images = [], []
        for image in content["images"]:
            if image["id"] % self.sample_interval != 0:
                continue
            path = osp.join(self.data_prefix["img"], image["file_name"])
            image.update(img_id=image["id"], img_path=path)
            images.append(image)
            for annotation in by_image[image["id"]]:
                info = self.parse_data_info({"raw_ann_info": annotation, "raw_img_info": image})
                if info:
                    instances.append(info)
        return instances, images

    def parse_data_info(self, raw_data_info: dict) -> dict[str, Any] | None:
        """One annotation -> one sample; None for an annotation without box or key points.

        Args:
            raw_data_info: ``raw_ann_info`` and ``raw_img_info`` as in the file; the latter with
                ``img_id`` and ``img_path`` added.

        Returns:
            Boxes (1, 4) as x1 y1 x2 y2 cut to the image, keypoints (1, K, 2) px and
            keypoints_visible (1, K), scalars, and a copy of the raw annotation.
        """
        ann, image = raw_data_info["raw_ann_info"], raw_data_info["raw_img_info"]
        if "bbox" not in ann or "keypoints" not in ann:
            return None
        last = np.array([image["width"], image["height"]]) - 1
        corner, size = np.array(ann["bbox"][:2]), np.array(ann["bbox"][2:4])
        low, high = np.clip(corner, 0, last), np.clip(corner + size, 0, last)
        points = np.array(ann["keypoints"], dtype=np.float32).reshape(1, -1, 3)
        keypoints = points[..., :2]
        # without an annotated area, MMPose's usual share of the box
        area = ann.get("area", max(float(np.prod(high - low)) * 0.53, 1.0))
        info = {
            "img_id": ann["image_id"],
            "img_path": image["img_path"],
            "bbox": np.concatenate([low, high]).astype(np.float32)[None],
            "bbox_score": np.ones(1, dtype=np.float32),
            "num_keypoints": ann.get("num_keypoints", np.count_nonzero(keypoints.max(axis=2))),
            "keypoints": keypoints,
            "keypoints_visible": np.minimum(1, points[..., 2]),
            "area": np.array(area, dtype=np.float32),
            "iscrowd": ann.get("iscrowd", 0),
            "segmentation": ann.get("segmentation"),
            "id": ann["id"],
            "category_id": np.array(ann["category_id"]),
            "raw_ann_info": deepcopy(ann),
        }
        if "crowdIndex" in image:
            info["crowd_index"] = image["crowdIndex"]
        return info

    @staticmethod
    def _is_valid_instance(data_info: dict) -> bool:
        """Whether a sample is one object with a box and at least one point in the image."""
        if data_info.get("iscrowd") or data_info.get("num_keypoints") == 0:
            return False
        if "bbox" in data_info:
            box = data_info["bbox"][0]
            if (box[2:4] <= box[:2]).any():
                return False
        return "keypoints" not in data_info or bool(np.max(data_info["keypoints"]) > 0)

    def _get_topdown_data_infos(self, instance_list: list[dict]) -> list[dict]:
        """The usable ones of ``instance_list``."""
        return [info for info in instance_list if self._is_valid_instance(info)]

    def filter_data(self) -> list[dict]:
        """Leave out boxes whose score is below ``filter_cfg["bbox_score_thr"]``."""
        if not self.filter_cfg or "bbox_score_thr" not in self.filter_cfg:
            return self.data_list
        least = self.filter_cfg["bbox_score_thr"]
        return [info for info in self.data_list if info["bbox_score"] >= least]


def _read_coco(path: str) -> dict[str, Any]:
    """Read a COCO file and check that its ids can be joined."""
    if not osp.isfile(path):
        raise FileNotFoundError(f"{path}: no such annotation file; check data_root and ann_file")
    try:
        content = read_json(path, ALL_IMAGES)
    except TextError as error:
        raise ValueError(f"{path}: {error}; convert the data again") from None
    if not isinstance(content, dict) or "images" not in content:
        raise ValueError(f"{path}: no COCO file, it has no 'images'; convert the data again")
    needed = {"images": ("id", "file_name", "width", "height"), "annotations": ("id", "image_id")}
    for group, fields in needed.items():
        seen = set()
        for number, item in enumerate(content.get(group, ())):
            for field in fields:
                if field not in item:
                    raise ValueError(f"{path}: {group}[{number}] has no {field!r}")
            if item["id"] in seen:
                raise ValueError(f"{path}: {group}[{number}] repeats id {item['id']}")
            seen.add(item["id"])
    return content
