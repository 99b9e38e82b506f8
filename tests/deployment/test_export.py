from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import torch

from mmceph.apis.model import load_model
from mmceph.deployment import export
from mmceph.deployment.decoders import ExportError
from mmceph.deployment.describe import describe
from mmceph.deployment.description import DescriptionError, read_description
from mmceph.deployment.exportable import as_module
from mmceph.errors import MmcephError
from mmceph.io import sha256_of
from mmceph.io.ours import RECORD


def test_the_json_says_what_the_graph_needs(exported):
    found = json.loads(exported.with_suffix(".json").read_text(encoding="utf-8"))
    assert found["landmark_names"] == ["P1", "P2"]
    assert found["input_size"] == [64, 96]
    assert (found["mean"], found["std"], found["channels"]) == ([102.0], [64.0], 1)
    assert found["sha256"] == sha256_of(exported)
    assert found["opset"] == export.OPSET
    assert found["checked"]["max_px"] <= export.TOLERANCE_PX
    assert {"torch", "onnx", "onnxruntime", "mmceph"} <= set(found["versions"])
    assert [p.name for p in exported.parent.iterdir() if "small" not in p.name] == [RECORD]


def test_one_file_of_any_batch_size(exported):
    import onnx

    graph = onnx.load(exported, load_external_data=False).graph
    assert not any(tensor.external_data for tensor in graph.initializer)
    first = graph.input[0].type.tensor_type.shape.dim
    assert first[0].dim_param
    assert [dim.dim_value for dim in first[1:]] == [1, 96, 64]
    assert [out.name for out in graph.output] == ["points", "scores"]


def test_a_file_and_a_json_of_two_exports_are_told_apart(exported, tmp_path):
    for path in (exported, exported.with_suffix(".json")):
        shutil.copy(path, tmp_path)
    copy = tmp_path / exported.name
    assert read_description(copy).landmark_names == ("P1", "P2")
    with copy.open("ab") as stream:
        stream.write(b"\0")
    with pytest.raises(DescriptionError, match="checksums differ"):
        read_description(copy)
    copy.with_suffix(".json").write_text('{"schema": 9}', encoding="utf-8")
    with pytest.raises(DescriptionError, match=r"is of schema 9, not 1: .*; export again"):
        read_description(copy)
    copy.with_suffix(".json").unlink()
    with pytest.raises(DescriptionError, match="no such file"):
        read_description(copy)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"landmark_names": ["P1", 2]}, r"landmark_names\[1\] is 2, not a text"),
        ({"input_size": [64, 1e400]}, r"input_size\[1\] is inf, not a whole number"),
        ({"channels": "1"}, "channels is '1'"),
        ({"std": [0.0]}, r"std\[0\] is 0\.0, not a number of more than 0"),
        ({"mean": [1, 2, 3, 4]}, "mean has 4 numbers for 1 channels"),
        ({"window": [99, 1]}, r"window is \[99, 1\], not two rising"),
        ({"versions": 3}, "versions is 3, not an object"),
        ({"padding": None}, "padding is null"),
    ],
)
def test_a_damaged_json_is_named(exported, tmp_path, change, what):
    copy = tmp_path / exported.name
    shutil.copy(exported, copy)
    about = json.loads(exported.with_suffix(".json").read_text(encoding="utf-8"))
    copy.with_suffix(".json").write_text(json.dumps({**about, **change}), encoding="utf-8")
    with pytest.raises(DescriptionError, match=rf"{copy.stem}\.json: ({what}).*; export again"):
        read_description(copy)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"input_size": [64, 64]}, r"takes .*, not images of \[1, 64, 64\] \(c, h, w\)"),
        ({"landmark_names": ["P1", "P2", "S"]}, "not points and scores of the 3 landmarks"),
    ],
)
def test_a_json_of_another_graph_is_refused(exported, tmp_path, change, what):
    from mmceph.deployment.onnx_runner import OnnxRunner, RunnerError

    copy = tmp_path / exported.name
    shutil.copy(exported, copy)
    about = json.loads(exported.with_suffix(".json").read_text(encoding="utf-8"))
    copy.with_suffix(".json").write_text(json.dumps({**about, **change}), encoding="utf-8")
    with pytest.raises(RunnerError, match=what):
        OnnxRunner(copy)


def test_files_of_others_are_not_written_over(small, tmp_path):
    loaded = load_model(*small, device="cpu")
    for name in ("model.json", "model.onnx"):
        file = tmp_path / name
        file.write_text('{"labels": []}', encoding="utf-8")
        with pytest.raises(MmcephError, match=f"{name}: is there already, and mmceph did not"):
            export.export_model(loaded.model, describe(loaded), tmp_path / "model.onnx", say=str)
        assert file.read_text(encoding="utf-8") == '{"labels": []}'
        file.unlink()


def test_an_earlier_export_is_replaced(exported, tmp_path):
    for path in (exported, exported.with_suffix(".json")):
        shutil.copy(path, tmp_path)  # without the record, as earlier versions left it
    export.require_own_files(tmp_path / exported.name)
    with (tmp_path / exported.name).open("ab") as stream:
        stream.write(b"\0")
    with pytest.raises(MmcephError, match="is there already"):
        export.require_own_files(tmp_path / exported.name)


def test_a_file_that_differs_from_torch_is_not_kept(exported, small, tmp_path, monkeypatch):
    loaded = load_model(*small, device="cpu")
    wrong = as_module(loaded.model)
    wrong.decoder.scale += 0.01
    monkeypatch.setattr(export, "as_module", lambda model: wrong)
    with pytest.raises(ExportError, match=r"input px from torch's .* nothing was written"):
        export.export_model(loaded.model, describe(loaded), tmp_path / "a.onnx", say=str)
    assert list(tmp_path.iterdir()) == []


def test_an_estimator_may_say_itself_what_is_exported(small):
    class Own(torch.nn.Module):
        def export_module(self):
            return torch.nn.Dropout()

    assert isinstance(as_module(Own()), torch.nn.Dropout)
    assert not as_module(Own()).training


def test_what_cannot_be_exported_is_named(small, tmp_path):
    model = load_model(*small, device="cpu").model
    about = describe(load_model(*small, device="cpu"))
    model.test_cfg = {"flip_test": True}
    with pytest.raises(ExportError, match=r"model\.test_cfg\.flip_test=False"):
        as_module(model)
    model.test_cfg = {"output_keypoint_indices": [0]}
    with pytest.raises(ExportError, match="output_keypoint_indices"):
        as_module(model)
    with pytest.raises(ExportError, match="Linear with no head of its own cannot be exported"):
        as_module(torch.nn.Linear(1, 1))
    with pytest.raises(ExportError, match=r"must end in .onnx"):
        export.export_model(model, about, tmp_path / "model.bin")


def test_missing_packages_and_an_old_torch_are_named(monkeypatch):
    monkeypatch.setattr(export, "find_spec", lambda name: None)
    with pytest.raises(ExportError, match="not installed: onnx, onnxscript, onnxruntime"):
        export.require_packages()
    monkeypatch.setattr(torch, "__version__", "2.1.2+cpu")
    with pytest.raises(ExportError, match=r"2\.1\.2\+cpu is here; the export needs 2\.7"):
        export.require_packages()


def test_phantom_inputs_are_normalised(small):
    about = describe(load_model(*small, device="cpu"))
    images = export.phantom_inputs(about)
    assert images.shape == (3, 1, 96, 64)
    assert images.dtype == np.float32
    grey = images * 64 + 102
    assert grey.min() >= -1e-3
    assert grey.max() <= 255.001
