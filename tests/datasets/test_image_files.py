"""What files are taken for; the data set's use of it is tested in test_ceph_dataset.py."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from mmceph.datasets.image_files import look_at_images, points_outside
from mmceph.errors import AnnotationError


def sample(path: Path | str, size: tuple[int, int]) -> dict:
    return {"img_path": str(path), "raw_ann_info": {"width": size[0], "height": size[1]}}


def test_missing_resized_deep_and_what_is_left_to_the_loader(tmp_path: Path) -> None:
    grey = np.zeros((30, 20), np.uint8)
    cv2.imwrite(str(tmp_path / "good.png"), grey)
    cv2.imwrite(str(tmp_path / "deep.png"), grey.astype(np.uint16))
    (tmp_path / "damaged.png").write_bytes(b"\x89PNG\r\n\x1a\n cut")
    found = look_at_images(
        [
            sample(tmp_path / "good.png", (20, 30)),
            sample(tmp_path / "good.png", (30, 20)),
            sample(tmp_path / "deep.png", (20, 30)),
            sample(tmp_path / "none.png", (20, 30)),
            sample(tmp_path / "damaged.png", (20, 30)),
            sample("s3://bucket/a.png", (20, 30)),
        ]
    )
    assert found.missing == [str(tmp_path / "none.png")]
    assert found.resized == [f"{tmp_path / 'good.png'} (20 x 30 px, annotated as 30 x 20)"]
    assert found.deep == [str(tmp_path / "deep.png")]
    with pytest.raises(FileNotFoundError, match=r"a\.json: image files not found: .*none\.png"):
        found.require("a.json")
    found.missing.clear()
    with pytest.raises(AnnotationError, match=r"a\.json: images of another size"):
        found.require("a.json")


def test_points_outside_by_name() -> None:
    flat = [0.0, 0.0, 2, 9.6, 5.0, 2, -0.6, 5.0, 0, 3.0, 19.6, 1]
    annotation = {"file_name": "a.png", "width": 10, "height": 20, "keypoints": flat}
    assert points_outside([annotation], ["S", "N", "Or", "A"]) == ["a.png (N, A)"]
