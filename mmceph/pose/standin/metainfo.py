"""The dataset's description of its key points, in the form pipelines and models use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from mmengine.config import Config

_REQUIRED = ("dataset_name", "keypoint_info", "skeleton_info", "joint_weights", "sigmas")
_POINT_COLOR = [255, 128, 0]
_LINK_COLOR = [96, 96, 255]


def parse_pose_metainfo(metainfo: dict[str, Any]) -> dict[str, Any]:
    """Turn a raw description (names) into the parsed one (indices and arrays).

    Args:
        metainfo: ``dataset_name``, ``keypoint_info`` {id: {name, type, swap, color}},
            ``skeleton_info`` {id: {link: (name, name), color}}, ``joint_weights`` and ``sigmas``
            (one per key point), perhaps ``stats_info``; or ``from_file``, a config file whose
            ``dataset_info`` holds them.

    Returns:
        ``dataset_name``, ``num_keypoints``, ``keypoint_id2name``, ``keypoint_name2id``,
        ``upper_body_ids``, ``lower_body_ids``, ``flip_indices``, ``flip_pairs``,
        ``keypoint_colors`` (K, 3), ``num_skeleton_links``, ``skeleton_links``,
        ``skeleton_link_colors`` (L, 3), ``dataset_keypoint_weights`` (K,), ``sigmas`` (K,).

    Raises:
        FileNotFoundError: If ``from_file`` names no file.
        ValueError: If something is missing or names an unknown key point.
    """
    if "from_file" in metainfo:
        path = Path(metainfo["from_file"])
        if not path.is_file():
            raise FileNotFoundError(f"{path}: no such metainfo file; check metainfo.from_file")
        metainfo = Config.fromfile(path).dataset_info
    missing = [key for key in _REQUIRED if key not in metainfo]
    if missing:
        raise ValueError(f"metainfo lacks {', '.join(missing)}")

    points = metainfo["keypoint_info"]
    id_of = {point["name"]: number for number, point in points.items()}

    def lookup(name: str, where: str) -> int:
        if name not in id_of:
            raise ValueError(f"metainfo {where} names {name!r}, which is no key point")
        return id_of[name]

    swaps = [(point.get("swap") or point["name"], point["name"]) for point in points.values()]
    swap_ids = [(lookup(a, "swap"), id_of[b]) for a, b in swaps]
    links = metainfo["skeleton_info"].values()
    parsed: dict[str, Any] = {
        "dataset_name": metainfo["dataset_name"],
        "num_keypoints": len(points),
        "keypoint_id2name": {number: point["name"] for number, point in points.items()},
        "keypoint_name2id": id_of,
        "upper_body_ids": [n for n, point in points.items() if point.get("type") == "upper"],
        "lower_body_ids": [n for n, point in points.items() if point.get("type") == "lower"],
        "flip_indices": [a for a, _ in swap_ids],
        "flip_pairs": list(dict.fromkeys(pair for pair in swap_ids if pair[0] != pair[1])),
        "keypoint_colors": _colors(points.values(), _POINT_COLOR),
        "num_skeleton_links": len(links),
        "skeleton_links": [
            type(link["link"])(lookup(name, "link") for name in link["link"]) for link in links
        ],
        "skeleton_link_colors": _colors(links, _LINK_COLOR),
        "dataset_keypoint_weights": np.array(metainfo["joint_weights"], dtype=np.float32),
        "sigmas": np.array(metainfo["sigmas"], dtype=np.float32),
    }
    if "stats_info" in metainfo:
        parsed["stats_info"] = {
            name: np.array(value, dtype=np.float32)
            for name, value in metainfo["stats_info"].items()
        }
    return parsed


def _colors(items: Any, default: list[int]) -> np.ndarray:
    """The colours of key points or links, shape (n, 3)."""
    return np.array([item.get("color", default) for item in items], dtype=np.uint8)
