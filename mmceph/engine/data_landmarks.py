"""Which landmarks a config's data sets have, as the config says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmceph.datasets import CephDataset
from mmceph.landmarks import LandmarkSet, as_landmark_set
from mmceph.pose import parse_pose_metainfo
from mmceph.registry import DATASETS


def class_of(node: Mapping[str, Any]) -> Any:
    """The data set's class; None where no registry has it."""
    kind = node.get("type")
    return DATASETS.get(kind) if isinstance(kind, str) else kind


def is_ceph_dataset(node: Mapping[str, Any]) -> bool:
    """Whether a config is of a data set of ours, which takes ``landmark_set``."""
    cls = class_of(node)
    return isinstance(cls, type) and issubclass(cls, CephDataset)


def landmark_set_of(node: Mapping[str, Any]) -> LandmarkSet | None:
    """The landmark set of a data set's config, where it is one of ours without other metainfo."""
    if not is_ceph_dataset(node) or node.get("metainfo"):
        return None
    return as_landmark_set(node.get("landmark_set") or class_of(node).LANDMARK_SET)


def landmark_names_of(node: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The key points of any data set's config, MMPose's included; None where it does not say."""
    own = landmark_set_of(node)
    if own is not None:
        return own.names
    metainfo = node.get("metainfo") or getattr(class_of(node), "METAINFO", None)
    if not metainfo:
        return None
    try:
        names = parse_pose_metainfo(dict(metainfo))["keypoint_id2name"]
    except (OSError, LookupError, TypeError, ValueError):
        return None  # the data set itself says what is wrong with it
    return tuple(names[i] for i in sorted(names))
