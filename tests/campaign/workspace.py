"""A folder with a little of everything that tools take, and of what nobody should give them."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pickle
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .doors import ROOT, load_tool

RAW_FORMATS = ("labelme", "labelstudio", "points", "isbi2015", "aariz", "cldetection2023")
CONVERTERS = MappingProxyType(
    {name: f"tools/dataset_converters/{name}.py" for name in (*RAW_FORMATS, "coco")}
)
_CONFIG = f"""
_base_ = [{str(ROOT / "configs" / "phantom" / "resnet18_quickstart.py")!r}]
model = dict(
    backbone=dict(_delete_=True, type="CompactResNet", widths=(4, 4, 8, 8), blocks=(1, 1, 1, 1)),
    head=dict(in_channels=[4, 4, 8, 8]),
)
fallback = dict(_delete_=True)
data_root = "data"
train_dataloader = dict(batch_size=4, num_workers=0, persistent_workers=False,
                        dataset=dict(data_root=data_root))
val_dataloader = dict(num_workers=0, persistent_workers=False, dataset=dict(data_root=data_root))
test_dataloader = dict(num_workers=0, persistent_workers=False, dataset=dict(data_root=data_root))
"""


@cache
def phantoms() -> list[Any]:
    """Three small phantoms to write raw data sets of."""
    from mmceph.phantom.raw import make_raw_phantoms

    return make_raw_phantoms(3, size=(80, 100))


def write_raw_set(folder: Path, name: str) -> Path:
    """Write a small raw data set; gives what its converter takes."""
    from mmceph.phantom.raw import write_raw

    if name != "coco":
        return write_raw(folder, name, phantoms())
    raw = folder.with_name(f"{folder.name}_raw")
    write_raw(raw, "aariz", phantoms())
    call(CONVERTERS["aariz"], raw, "--out", folder, "--copy-images")
    return folder


def call(path: str, *arguments: object) -> None:
    """Run a tool here, silently; it must succeed."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = load_tool(path).main([str(argument) for argument in arguments])
    assert not status, said.getvalue()


def write_data(folder: Path) -> None:
    """Write a data set, raw data sets, and files of points to measure."""
    from mmceph.phantom.dataset import write_dataset

    write_dataset(folder / "data", 12, seed=5, size=(96, 120), split=(0.5, 0.3, 0.2))
    for name in RAW_FORMATS:
        write_raw_set(folder / "raw" / name, name)
    labelme = sorted((folder / "raw" / "labelme").rglob("*.json"))[0]
    (folder / "tracing.json").write_bytes(labelme.read_bytes())
    shapes = json.loads(labelme.read_text(encoding="utf-8"))["shapes"]
    points = {shape["label"]: shape["points"][0] for shape in shapes}
    (folder / "points.json").write_text(json.dumps(points), encoding="utf-8")
    lines = ["name,x,y", *(f"{name},{x},{y}" for name, (x, y) in points.items())]
    (folder / "points.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_results(folder: Path) -> None:
    """Write predictions in two forms, reports on them, and results as prediction stores them."""
    from mmceph.datasets.canonical import read_canonical

    test = folder / "data" / "annotations" / "train.json"
    found = read_canonical(str(test))
    lines = ["image,landmark,x,y,score"]
    for image in found.images:
        flat = found.annotations[image["id"]]["keypoints"]
        for index, name in enumerate(found.names):
            x, y, seen = flat[3 * index : 3 * index + 3]
            if seen:
                lines.append(f"{image['file_name']},{name},{x + 1.5},{y - 0.5},0.8")
    (folder / "theirs.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    tool = "tools/analysis_tools/eval_metric.py"
    for name in ("before", "after"):
        out = folder / name
        call(tool, folder / "theirs.csv", test, "--out", out, "--no-plots", "--difficult", "Po")
    traced = sorted((folder / "raw" / "labelme").rglob("*.json"))[0].parent
    call("tools/predict.py", "--from-labelme", traced, "--out", folder / "measured")


def write_model(folder: Path) -> None:
    """Write a config, weights that fit it, and what is learnt and exported of them."""
    import torch
    from mmengine.registry import DefaultScope

    from mmceph.engine.config import load_config
    from mmceph.registry import MODELS

    (folder / "config.py").write_text(_CONFIG, encoding="utf-8")
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope("mmceph"):
        model = MODELS.build(load_config(folder / "config.py").model)
    torch.save({"state_dict": model.state_dict(), "meta": {}}, folder / "best.pth")
    model_flags = ("--config", folder / "config.py", "--checkpoint", folder / "best.pth")
    pictures = sorted((folder / "data" / "images").iterdir())[:3]
    call("tools/predict.py", *pictures, "--out", folder / "results", *model_flags,
         "--device", "cpu", "--no-overlays")  # fmt: skip


def write_oddities(folder: Path) -> None:
    """Write files that are something else than they are called."""
    import torch

    odd = folder / "odd"
    odd.mkdir()
    (odd / "folder").mkdir()
    (odd / "empty").write_bytes(b"")
    (odd / "empty.json").write_bytes(b"")
    (odd / "empty.csv").write_bytes(b"")
    (odd / "binary.json").write_bytes(bytes(range(256)) * 4)
    (odd / "deep.json").write_bytes(b"[" * 100_000)
    (odd / "deep_object.json").write_bytes(b'{"a":' * 100_000)
    (odd / "list.json").write_bytes(b"[]")
    (odd / "null.json").write_bytes(b"null")
    (odd / "number.json").write_bytes(b"9" * 6000)
    (odd / "long.csv").write_bytes(b"name,x,y\n" + b"S" * 300_000 + b",1,2\n")
    (odd / "long_title.csv").write_bytes(b"image,landmark,x,y\n" + b"1" * 300_000 + b",S,1,2\n")
    (odd / "quote.csv").write_bytes(b'name,x,y\n"S,1,2\n')
    (odd / "nul.csv").write_bytes(b"name,x,y\n\0,1,2\n")
    (odd / "latin-1.csv").write_bytes("name,x,y\nPogé,1,2\n".encode("latin-1"))
    (odd / "syntax.py").write_text("model = dict(\n", encoding="utf-8")
    (odd / "no_model.py").write_text("x = 1\n", encoding="utf-8")
    (odd / "raises.py").write_text("1 / 0\n", encoding="utf-8")
    (odd / "missing.py").write_text("import no_such_module\nmodel = dict()\n", encoding="utf-8")
    (odd / "base.py").write_text("_base_ = ['gone.py']\nmodel = dict()\n", encoding="utf-8")
    (odd / "imports.py").write_text(
        "custom_imports = dict(imports=['no_such_module'])\nmodel = dict(type='X')\n", "utf-8"
    )
    (odd / "list_model.py").write_text("model = []\n", encoding="utf-8")
    (odd / "bytes.py").write_bytes(b"model = dict(type='\xff\xfe')\n")
    torch.save([torch.zeros(2)], odd / "list.pth")
    torch.save({"state_dict": [1, 2]}, odd / "list_state.pth")
    torch.save({"state_dict": {"a": [1]}}, odd / "no_tensors.pth")
    torch.save({"state_dict": {}, "meta": [1], "optimizer": 3}, odd / "empty_state.pth")
    torch.save(torch.zeros(3), odd / "tensor.pth")
    (odd / "pickle.pth").write_bytes(pickle.dumps({"state_dict": {}}))
    (odd / "text.pth").write_text("no weights", encoding="utf-8")
    (odd / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    (odd / "text.onnx").write_text("no graph", encoding="utf-8")
    picture = sorted((folder / "data" / "images").iterdir())[0].read_bytes()
    for name in (b"caf\xe9.png", "علی.png".encode(), b"a b\nc.png", b"=1+1.png", b"-x.png"):
        with contextlib.suppress(OSError):  # a system that has no such names
            Path(os.fsdecode(os.fsencode(odd) + b"/" + name)).write_bytes(picture)
    with contextlib.suppress(OSError):
        (odd / "nowhere").symlink_to("gone")
        (odd / "loop").symlink_to("loop")


@cache
def preload() -> None:
    """Import what tools import late, so that forks need not."""
    import matplotlib.pyplot
    import mmengine.runner  # noqa: F401

    import mmceph.apis
    import mmceph.deployment.export
    import mmceph.engine.launch
    import mmceph.evaluation.offline
    import mmceph.evaluation.testing  # noqa: F401

    matplotlib.use("Agg")


def write_workspace(folder: Path) -> Path:
    """Write all of it."""
    preload()
    write_data(folder)
    write_results(folder)
    write_model(folder)
    write_oddities(folder)
    return folder
