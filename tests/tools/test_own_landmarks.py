"""A list of one's own from training to a prediction, as users call it."""

from __future__ import annotations

import importlib.util
import json
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from mmceph.evaluation import testing

ROOT = Path(__file__).resolve().parents[2]
CONFIG = str(ROOT / "configs" / "phantom" / "resnet18_quickstart.py")
SMALL = ["--image-size", "96", "64", "--batch-size", "8", "--epochs", "1", "--workers", "0"]
OWN = {"S": "S", "ear": "Po", "chin": "Gn", "A": "A"}


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"own_{name}", ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return tool


@pytest.fixture(scope="module")
def data(phantoms: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The phantoms with four landmarks, two of which have names that mmceph does not know."""
    root = tmp_path_factory.mktemp("own")
    (root / "annotations").mkdir()
    for source in (phantoms / "annotations").glob("*.json"):
        content: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
        names = content["categories"][0]["keypoints"]
        columns = [names.index(known) for known in OWN.values()]
        content["categories"][0]["keypoints"] = list(OWN)
        content["info"] = {"landmark_set": "clinic", "difficult": ["ear"]}
        for image in content["images"]:
            image["file_name"] = str(phantoms / image["file_name"])
        for annotation in content["annotations"]:
            flat = annotation["keypoints"]
            annotation["keypoints"] = [v for i in columns for v in flat[3 * i : 3 * i + 3]]
            annotation.pop("observers", None)
        (root / "annotations" / source.name).write_text(json.dumps(content), encoding="utf-8")
    return root


def test_train_test_and_predict(
    data: Path,
    tmp_path: Path,
    phantoms: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(testing, "write_report", partial(testing.write_report, plots=False))
    work = ["--data-root", str(data), "--work-dir", str(tmp_path / "w")]
    assert load("train").main([CONFIG, *work, *SMALL]) == 1
    said = capsys.readouterr().err
    assert "lacks ANS, B, Me" in said
    assert "and has ear, chin besides" in said
    listed = ["--landmarks", str(data / "annotations" / "train.json")]
    assert said.rstrip().endswith(f"give {' '.join(listed)}")

    assert load("train").main([CONFIG, *work, *SMALL, *listed]) == 0
    saved = str(tmp_path / "w" / "epoch_1.pth")
    # The config is of 31 landmarks, and no flag says otherwise: the checkpoint does.
    size = [
        "--cfg-options",
        "test_dataloader.dataset.pipeline.2.input_size=64,96",
        "model.head.decoder.input_size=64,96",
        "model.head.decoder.heatmap_size=32,48",
    ]
    assert load("test").main([CONFIG, saved, *work, "--workers", "0", *size]) == 0
    report = json.loads((tmp_path / "w" / "report" / "report.json").read_text(encoding="utf-8"))
    assert list(report["landmarks"]) == list(OWN)
    assert report["landmarks"]["ear"]["group"] == "difficult"
    assert report["dataset"].startswith("clinic")
    assert load("test").main([CONFIG, saved, *work, "--landmarks", "A,S,ear,chin"]) == 1
    assert "a head keeps its landmarks and their order" in capsys.readouterr().err

    picture = str(next((phantoms / "images").iterdir()))
    out = ["--out", str(tmp_path / "p"), "--no-ruler", "--no-overlays"]
    model = ["--config", CONFIG, "--checkpoint", saved]
    assert load("predict").main([picture, *model, *out, "--device", "cpu", *size]) == 0
    table = (tmp_path / "p" / "predictions.csv").read_text(encoding="utf-8")
    assert "S_x,S_y,S_score,ear_x" in table.splitlines()[0]
    again = ["--from-labelme", str(tmp_path / "p" / "labelme"), "--out", str(tmp_path / "c")]
    assert load("predict").main([*again, "--no-overlays"]) == 0
    assert "ear_x" in (tmp_path / "c" / "predictions.csv").read_text(encoding="utf-8")
