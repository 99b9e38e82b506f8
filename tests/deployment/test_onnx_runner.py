from __future__ import annotations

import json
import subprocess
import sys

import cv2
import numpy as np
import pytest

from mmceph.deployment.onnx_runner import OnnxRunner, RunnerError
from mmceph.deployment.self_contained import NotSelfContainedError
from mmceph.imaging import ImageReadError
from mmceph.io import sha256_of
from mmceph.phantom import generate_phantom


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> list[str]:
    """Three phantoms of different shapes."""
    folder = tmp_path_factory.mktemp("pictures")
    paths = []
    for index, size in enumerate([(200, 250), (260, 180), (300, 300)]):
        path = folder / f"{index}.png"
        cv2.imwrite(str(path), generate_phantom(seed=3, index=index, size=size).image)
        paths.append(str(path))
    return paths


def test_points_are_those_of_the_torch_path(exported, small, pictures):
    from mmceph.apis import CephInferencer

    runner = OnnxRunner(exported, threads=1)
    found = runner(pictures, batch_size=2)
    wanted = list(CephInferencer(*small, device="cpu")(pictures))
    assert [one.file for one in found] == pictures
    assert found[1].image_size == (260, 180)
    for one, other in zip(found, wanted, strict=True):
        assert one.names == other.names
        np.testing.assert_allclose(one.points, other.keypoints, atol=0.02)  # px of the picture
        np.testing.assert_allclose(one.scores, other.keypoint_scores, atol=1e-4)


def test_arrays_and_files_give_the_same(exported, pictures):
    runner = OnnxRunner(exported, threads=1)
    grey = cv2.imread(pictures[0], cv2.IMREAD_GRAYSCALE)
    by_file, by_array = runner(pictures[0])[0], runner(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR))[0]
    np.testing.assert_array_equal(by_file.points, by_array.points)
    assert by_array.file is None
    entry = by_array.as_dict()
    assert entry["width"] == 200
    assert entry["landmarks"]["P1"]["point"] == by_array.points[0].tolist()


def test_a_generator_is_read_batch_by_batch(exported, pictures):
    taken = []

    def feed():
        for path in pictures:
            taken.append(path)
            yield path

    found = OnnxRunner(exported, threads=1).predict(feed(), batch_size=2)
    assert taken == []
    assert next(found).file == pictures[0]
    assert taken == pictures[:2]


def test_what_is_no_picture_is_named(exported, tmp_path):
    runner = OnnxRunner(exported, threads=1)
    with pytest.raises(RunnerError, match=r"shape \(4, 4\) and type float64 is no picture"):
        runner(np.zeros((4, 4)))
    with pytest.raises(RunnerError, match="is no picture"):
        runner(np.zeros((4, 4, 2), np.uint8))
    with pytest.raises(ImageReadError, match=r"none\.png"):
        runner(tmp_path / "none.png")
    with pytest.raises(RunnerError, match="at least 1"):
        runner([], batch_size=0)


def test_it_imports_neither_torch_nor_mmengine():
    code = (
        "import sys, mmceph.deployment.onnx_runner as r\n"
        "print(sorted({'torch', 'mmengine', 'mmpose', 'onnxruntime'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_weights_in_another_file_are_refused_before_they_are_opened(exported, tmp_path):
    import onnx

    path = tmp_path / "model.onnx"
    made = onnx.load(exported)
    onnx.save_model(
        made, path, save_as_external_data=True, location="weights.bin", size_threshold=0
    )
    about = json.loads(exported.with_suffix(".json").read_text(encoding="utf-8"))
    about["sha256"] = sha256_of(path)  # the checksum fits
    path.with_suffix(".json").write_text(json.dumps(about), encoding="utf-8")
    (tmp_path / "weights.bin").unlink()  # never looked for
    with pytest.raises(NotSelfContainedError, match=r"model\.onnx: keeps weights in another file"):
        OnnxRunner(path)
