"""tools/test.py from the command line to the report, with a model of two numbers."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

ROOT = Path(__file__).resolve().parents[2]
NAMES = ["S", "N"]

CONFIG = """
default_scope = "mmceph"
custom_imports = dict(imports=["fixed_points_model"], allow_failed_imports=False)
model = dict(type="FixedPoints", count=2)
pipeline = [
    dict(type="LoadImage"),
    dict(type="GetBBoxCenterScale"),
    dict(type="TopdownAffine", input_size=(16, 16)),
    dict(type="PackPoseInputs"),
]
dataset = dict(type="CephDataset", data_root="{root}", landmark_set=["S", "N"],
               data_prefix=dict(img="images"), pipeline=pipeline, test_mode=True)
train_dataloader = dict(batch_size=1, num_workers=0,
                        sampler=dict(type="DefaultSampler", shuffle=True),
                        dataset=dict(dataset, ann_file="train.json"))
train_cfg = dict(by_epoch=True, max_epochs=1)
optim_wrapper = dict(optimizer=dict(type="SGD", lr=0.1))
test_dataloader = dict(batch_size=2, num_workers=0,
                       sampler=dict(type="DefaultSampler", shuffle=False),
                       dataset=dict(dataset, ann_file="test.json"))
test_evaluator = dict(type="CephMetric", difficult=["N"])
test_cfg = dict()
"""


def annotations(points, spacing=(0.5, 0.5)):
    """A canonical file: one 40x60 image per pair of points."""
    images, marks = [], []
    for number, pair in enumerate(points):
        images.append({"id": number, "file_name": f"{number}.png", "width": 40, "height": 60})
        images[-1] |= {"spacing": None if spacing is None else list(spacing), "device": None}
        images[-1] |= {"spacing_source": "made up", "subject": None}
        flat = [value for x, y in pair for value in (x, y, 2)]
        marks.append({"id": number, "image_id": number, "category_id": 1, "keypoints": flat})
        marks[-1] |= {"num_keypoints": 2, "bbox": [0, 0, 40, 60], "area": 2400, "iscrowd": 0}
    category = {"id": 1, "name": "cephalogram", "keypoints": NAMES, "skeleton": []}
    return json.dumps({"images": images, "annotations": marks, "categories": [category]})


@pytest.fixture
def project(tmp_path, fixed_points_model):
    """A folder with data, config, model and weights; the model's points are (10, 20), (30, 40)."""
    (tmp_path / "images").mkdir()
    for number in range(3):
        cv2.imwrite(str(tmp_path / "images" / f"{number}.png"), np.full((60, 40), 80, np.uint8))
    # Errors: 5 and 0 px; 0 and 10 px; 0 and 0 px.
    tested = [((13, 24), (30, 40)), ((10, 20), (30, 50)), ((10, 20), (30, 40))]
    (tmp_path / "test.json").write_text(annotations(tested), encoding="utf-8")
    trained = [((10, 20), (20, 40)), ((10, 20), (40, 40))]
    (tmp_path / "train.json").write_text(annotations(trained), encoding="utf-8")
    config = CONFIG.replace("{root}", tmp_path.as_posix())
    (tmp_path / "two.py").write_text(config, encoding="utf-8")
    weights = {"state_dict": {"points": torch.tensor([[[10.0, 20.0], [30.0, 40.0]]])}}
    torch.save(weights, tmp_path / "best_two.pth")
    return tmp_path


@pytest.fixture(scope="module")
def tool():
    """tools/test.py as a module."""
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location("mmceph_tools_test", ROOT / "tools" / "test.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def arguments(project, *more):
    return [str(project / "two.py"), "--work-dir", str(project / "work"), *map(str, more)]


def test_from_checkpoint_to_report(tool, project, capsys):
    tool.main(arguments(project, project / "best_two.pth"))
    report = json.loads((project / "work" / "report" / "report.json").read_text(encoding="utf-8"))
    assert report["overall"]["mre_px"] == 2.5
    assert report["overall"]["mre_mm"] == 1.25
    assert report["landmarks"]["N"]["mre_mm"] == pytest.approx(5 / 3, abs=1e-6)
    assert report["groups"]["difficult"] == {
        key: value for key, value in report["landmarks"]["N"].items() if key != "group"
    }
    # The mean shape of the training set is the model's own constant here.
    assert report["baselines"]["mean_shape"]["mre_mm"] == 1.25
    assert report["baselines"]["inter_observer"] is None
    assert report["environment"]["mode"] in ("mmpose", "fallback")
    assert report["checkpoint"].endswith("best_two.pth")
    checksum = hashlib.sha256((project / "best_two.pth").read_bytes()).hexdigest()
    assert report["checkpoint_sha256"] == checksum
    predictions = project / "work" / "report" / "predictions.json"
    assert json.loads(predictions.read_text(encoding="utf-8"))["checkpoint_sha256"] == checksum
    assert "test.json" in report["dataset"]
    printed = capsys.readouterr().out
    assert "MRE 1.25 mm (95 % CI" in printed
    assert "index.html" in printed


def test_best_checkpoint_out_folder_and_comparison(tool, project, capsys):
    work = project / "work"
    tool.main(arguments(project, "--checkpoint", project / "best_two.pth", "--batch-size", 1))
    better = {"state_dict": {"points": torch.tensor([[[10.0, 20.0], [30.0, 43.0]]])}}
    torch.save(better, work / "best_ceph.pth")
    out = project / "second"
    # No checkpoint named: the best of the work folder.
    tool.main(arguments(project, "--out", out, "--compare", work / "report" / "report.json"))
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    compared = report["compare"]["landmarks"]
    assert compared["S"]["max_shift_px"] == 0.0
    assert compared["N"]["max_shift_px"] == 3.0
    assert compared["N"]["difference"] == pytest.approx(1.5 * (1 - 1 + 1) / 3, abs=1e-6)
    assert "best_ceph.pth" in capsys.readouterr().out


def test_unknown_spacing_and_missing_training_set(tool, project, capsys):
    (project / "train.json").unlink()
    px = project / "px.json"
    px.write_text(annotations([((13, 24), (30, 40))], spacing=None), encoding="utf-8")
    tool.main(arguments(project, project / "best_two.pth", "--annotations", px))
    report = json.loads((project / "work" / "report" / "report.json").read_text(encoding="utf-8"))
    assert report["overall"]["mre_mm"] is None
    assert report["baselines"]["mean_shape"] is None
    printed = capsys.readouterr().out
    assert "MRE 2.50 px" in printed
    assert "No mean-shape baseline: CephDataset" in printed


def test_a_config_without_our_metric_gets_it(tool, project):
    text = (project / "two.py").read_text(encoding="utf-8")
    text = text.replace('dict(type="CephMetric", difficult=["N"])', "[]")
    (project / "two.py").write_text(text, encoding="utf-8")
    tool.main(arguments(project, project / "best_two.pth"))
    assert (project / "work" / "report" / "report.json").is_file()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["missing.pth"], "missing.pth: no such checkpoint"),
        ([], "no checkpoint named and no best_*.pth"),
        (["best_two.pth", "--annotations", "gone.json"], "gone.json"),
        (["best_two.pth", "--data-root", "gone"], "gone"),
        (["best_two.pth", "--compare", "gone.json"], "gone.json: cannot be read"),
        (["best_two.pth", "--cfg-options", "test_dataloader=None"], "no test_dataloader"),
        (["odd.pth"], "the checkpoint does not fit the config: 1 of 1 weights"),
    ],
)
def test_errors_are_one_line(tool, project, capsys, monkeypatch, change, message):
    monkeypatch.chdir(project)
    torch.save({"state_dict": {"points": torch.zeros(1, 3, 2)}}, project / "odd.pth")
    assert tool.main(arguments(project, *change)) == 1
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith("error: ")
    assert message in last


@pytest.fixture
def untestable(monkeypatch):
    """A test that must not begin."""
    from mmengine.runner import Runner

    def begin(self):
        raise AssertionError("the test began")

    monkeypatch.setattr(Runner, "test", begin)


def stopped(tool, project, capsys, *more):
    """The one line that a run with more flags ends with."""
    assert tool.main(arguments(project, project / "best_two.pth", *more)) == 1
    return capsys.readouterr().err.strip().splitlines()[-1]


@pytest.mark.parametrize("out", ["index.html", "index.html/report"])
def test_a_folder_that_cannot_be_written_is_told_before_the_test(
    tool, project, capsys, untestable, out
):
    (project / "index.html").write_text("x", encoding="utf-8")
    last = stopped(tool, project, capsys, "--out", project / out)
    assert last.startswith(f"error: {project / out}: the report cannot be written there (")
    assert last.endswith("name another --out folder")


def test_a_disk_that_fills_up_is_one_line(tool, project, capsys, monkeypatch):
    from mmceph.evaluation import testing

    def write(*args, **kwargs):
        raise OSError(28, "No space left on device", "report.json")

    monkeypatch.setattr(testing, "write_report", write)
    last = stopped(tool, project, capsys)
    assert last == (
        "error: report.json: No space left on device; make room there, then run the command again"
    )


def other_report(project, names, file):
    row = {"file": file, "mre_mm": 1.0, "worst": names[0]}
    content = {"schema": 1, "landmarks": {name: {"n": 1} for name in names}, "images": [row]}
    path = project / "other" / "report.json"
    path.parent.mkdir()
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("names", "file", "message"),
    [
        (NAMES, "other.png", "no tested image in common"),
        (["P1", "P2"], "0.png", "no landmark in common"),
    ],
)
def test_nothing_to_compare_is_told_before_the_test(
    tool, project, capsys, untestable, names, file, message
):
    other = other_report(project, names, file)
    last = stopped(tool, project, capsys, "--compare", other)
    assert last.startswith(f"error: {other}: {message}")


def test_a_damaged_run_to_compare_with_is_told_before_the_test(tool, project, capsys, untestable):
    other = other_report(project, NAMES, "0.png")
    damaged = {"schema": 1, "landmark_names": NAMES, "images": [{"file": "0.png"}]}
    other.with_name("predictions.json").write_text(json.dumps(damaged), encoding="utf-8")
    last = stopped(tool, project, capsys, "--compare", other)
    assert "predictions.json: images[0].width is missing" in last


def test_a_comparison_that_fails_does_not_cost_the_finished_test(
    tool, project, capsys, monkeypatch
):
    from mmceph.evaluation import report as package

    def fail(*args, **kwargs):
        raise KeyError("keypoints")

    other = other_report(project, NAMES, "0.png")
    monkeypatch.setattr(package, "compare_runs", fail)
    tool.main(arguments(project, project / "best_two.pth", "--compare", other))
    report = json.loads((project / "work" / "report" / "report.json").read_text(encoding="utf-8"))
    assert report["overall"]["mre_px"] == 2.5
    assert "compare" not in report
    assert f"Note: Not compared: {other}: KeyError('keypoints')" in capsys.readouterr().out


def test_a_missing_config_is_named(tool, capsys):
    assert tool.main(["gone.py", "x.pth"]) == 1
    assert "error: gone.py" in capsys.readouterr().err


def test_two_different_checkpoints_are_refused(tool, capsys):
    with pytest.raises(SystemExit) as stop:
        tool.main(["a.py", "one.pth", "--checkpoint", "two.pth"])
    assert stop.value.code == 2
    assert "two checkpoints" in capsys.readouterr().err


def test_help_is_quick():
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "test.py"), "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    seconds = time.perf_counter() - start
    assert "--compare" in done.stdout
    assert seconds < 1.0, f"--help took {seconds:.2f} s: what is imported before argparse?"
