"""The public data sets by name: each only says which landmarks it has."""

from __future__ import annotations

from typing import Any

from mmceph.registry import DATASETS

from .ceph_dataset import CephDataset


@DATASETS.register_module()
class CLDetection2023Dataset(CephDataset):
    """CL-Detection2023: 38 landmarks; convert with ``cldetection2023.py``."""

    LANDMARK_SET = "cldetection38"


@DATASETS.register_module()
class AarizDataset(CephDataset):
    """Aariz: 29 landmarks by two observers on seven devices; convert with ``aariz.py``."""

    LANDMARK_SET = "aariz29"


@DATASETS.register_module()
class ISBI2015Dataset(CephDataset):
    """ISBI 2015: 19 landmarks by two observers; convert with ``isbi2015.py``."""

    LANDMARK_SET = "isbi19"


@DATASETS.register_module()
class RulerDataset(CephDataset):
    """The two ruler marks P1 (lower) and P2 (upper), 10 mm apart; from any converter.

    An annotation without marks (v = 0) is kept: it says that the image has no ruler.
    """

    LANDMARK_SET = "ruler2"

    @staticmethod
    def _is_valid_instance(data_info: dict[str, Any]) -> bool:
        """Whether a sample is an image with an area; other data sets also want a landmark."""
        box = data_info["bbox"][0]
        return not data_info.get("iscrowd") and bool((box[2:4] > box[:2]).all())
