"""The converter on real files with the mistakes real files have."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mmceph.converters import ConversionError, Problems, split_cases, write_splits
from mmceph.converters.labelme_folder import read_labelme_folder
from mmceph.converters.raw_data import ReadOptions
from mmceph.landmarks import get_landmark_set

ISBI = get_landmark_set("isbi19")


def convert(raw: Path, out: Path, problems: Problems, on_duplicate: str = "error") -> dict:
    options = ReadOptions(ISBI, spacing=(0.127, 0.127), on_duplicate=on_duplicate)
    result = read_labelme_folder(raw, out, options, problems)
    write_splits(out, split_cases(result.cases, (1, 0, 0)), ISBI)
    content: dict = json.loads((out / "annotations/train.json").read_text(encoding="utf-8"))
    return content


def observer_distances_mm(coco: dict) -> np.ndarray:
    distances = []
    for annotation in coco["annotations"]:
        a, b = (np.reshape(flat, (-1, 3)) for flat in annotation["observers"].values())
        both = (a[:, 2] > 0) & (b[:, 2] > 0)
        distances.append(np.linalg.norm(a[both, :2] - b[both, :2], axis=1) * 0.127)
    return np.concatenate(distances)


def test_strict_names_the_labels_given_twice(ceph100: Path, tmp_path: Path) -> None:
    with pytest.raises(ConversionError) as error:
        convert(ceph100, tmp_path, Problems())
    lines = str(error.value).splitlines()
    assert len(lines) == 8
    assert lines[1].startswith("labelme/observer_b/002.json, label l17 (PNS), points: given 2")
    assert "(missing in this file: ANS)" in lines[1]
    assert not (tmp_path / "annotations").exists()


def test_skip_bad_keeps_all_images_and_every_landmark(ceph100: Path, tmp_path: Path) -> None:
    problems = Problems(skip_bad=True)
    coco = convert(ceph100, tmp_path, problems)
    assert len(coco["images"]) == 100
    assert [a["num_keypoints"] for a in coco["annotations"]] == [19] * 100
    assert all((tmp_path / image["file_name"]).is_file() for image in coco["images"])
    assert {(i["width"], i["height"]) for i in coco["images"]} == {(1340, 1671)}
    assert len(problems.errors) == 8
    twins = [str(p) for p in problems.warnings if "same image" in p.message]
    assert [line.split(":")[0] for line in twins] == ["images/087.jpg", "images/134.jpg"]
    distances = observer_distances_mm(coco)
    # 8 doubtful points are left out, so this is a little below the published 1.487 mm.
    assert len(distances) == 1890
    assert distances.mean() == pytest.approx(1.470, abs=5e-4)
    assert (distances <= 2).mean() * 100 == pytest.approx(76.67, abs=0.01)


def test_the_first_of_two_reproduces_the_measured_figures(ceph100: Path, tmp_path: Path) -> None:
    coco = convert(ceph100, tmp_path, Problems(), on_duplicate="first")
    distances = observer_distances_mm(coco)
    assert len(coco["images"]) == 100
    assert distances.mean() == pytest.approx(1.487, abs=5e-4)
    assert (distances <= 2).mean() * 100 == pytest.approx(76.6, abs=0.05)
