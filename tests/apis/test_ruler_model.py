import json
from pathlib import Path

import pytest
import torch

from mmceph.apis import ruler_model
from mmceph.apis.ruler_model import load_ruler_model, pack_ruler_model
from mmceph.engine.checkpoint import CheckpointError
from mmceph.engine.config import load_config
from mmceph.errors import MmcephError
from mmceph.registry import MODELS

CONFIG = Path(__file__).resolve().parents[2] / "configs" / "p1p2" / "compact_256x320.py"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Path:
    from mmengine.registry import DefaultScope

    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope("mmceph"):
        model = MODELS.build(load_config(CONFIG).model)
    path = tmp_path_factory.mktemp("ruler") / "model.pth"
    torch.save({"state_dict": model.state_dict(), "meta": {"epoch": 3}}, path)
    return path


def test_a_packed_model_is_small_and_gives_what_the_checkpoint_gives(checkpoint, tmp_path):
    packed = pack_ruler_model(CONFIG, checkpoint, tmp_path / "packed.pth", note="seed 0")
    assert packed.stat().st_size < 4e6
    content = torch.load(packed, weights_only=True)
    assert {v.dtype for v in content["state_dict"].values()} == {torch.float16, torch.int64}
    assert json.loads(content["ruler_model"])["note"] == "seed 0"
    whole = load_ruler_model(CONFIG, checkpoint)
    small = load_ruler_model(checkpoint=packed)
    assert (small.input_size, small.name) == ((256, 320), "packed.pth")
    assert small.mean.flatten().tolist() == [102.0]
    inputs = torch.randn(1, 1, 320, 256)
    for one, other in zip(whole.model(inputs), small.model(inputs), strict=True):
        torch.testing.assert_close(one, other, atol=0.02, rtol=0.02)


def test_without_a_shipped_model_a_checkpoint_is_asked_for(monkeypatch, tmp_path):
    monkeypatch.setattr(ruler_model, "SHIPPED", tmp_path / "none.pth")
    with pytest.raises(MmcephError, match=r"none\.pth.*name a checkpoint"):
        load_ruler_model()


def test_what_is_no_ruler_model_is_refused(checkpoint, tmp_path):
    with pytest.raises(MmcephError, match="which weights"):
        load_ruler_model(CONFIG)
    with pytest.raises(
        CheckpointError, match=r"model\.pth: no packed ruler model; give the config"
    ):
        load_ruler_model(checkpoint=checkpoint)
    other = CONFIG.parents[1] / "phantom" / "resnet18_quickstart.py"
    with pytest.raises(MmcephError, match=r"resnet18_quickstart.*not P1P2RegressionHead"):
        load_ruler_model(other, checkpoint)
    state = {"backbone.stem.0.weight": torch.zeros(8, 1, 3, 3)}
    torch.save({"state_dict": state}, tmp_path / "part.pth")
    with pytest.raises(CheckpointError, match=r"part\.pth: lacks \d+ weights"):
        load_ruler_model(CONFIG, tmp_path / "part.pth")
    torch.save({"state_dict": {"backbone.stem.0.weight": torch.zeros(9)}}, tmp_path / "odd.pth")
    with pytest.raises(CheckpointError, match=r"odd\.pth: weights of another network"):
        load_ruler_model(CONFIG, tmp_path / "odd.pth")


@pytest.mark.mmpose
def test_a_model_on_mmposes_backbone_cannot_ship(tmp_path):
    config = CONFIG.parent / "resnet18_512.py"
    with pytest.raises(MmcephError, match="only mmceph's own can be packed"):
        pack_ruler_model(config, tmp_path / "none.pth", tmp_path / "packed.pth")


def test_a_file_that_holds_code_is_refused(tmp_path):
    class Evil:
        def __reduce__(self):
            return (print, ("executed",))

    torch.save({"state_dict": {}, "ruler_model": Evil()}, tmp_path / "evil.pth")
    with pytest.raises(CheckpointError, match="refused"):
        load_ruler_model(checkpoint=tmp_path / "evil.pth")


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ({"backbone": {"type": "os.system", "command": "touch {}"}}, "asks for 'os.system'"),
        (
            {"backbone": {"type": "CompactResNet", "norm": {"type": "os.system"}}},
            "norm has type 'os.system'",
        ),
        ({"backbone": {"type": "TorchvisionResNet", "weights": "{}"}}, "has weights"),
        ({"backbone": {"type": "CompactResNet", "widths": [10**9]}}, "widths is 1000000000"),
        ({"backbone": {"type": "CompactResNet", "widths": [8192] * 4}}, "another network than"),
        ({"mean": [0.0, 0.0]}, "no packed ruler model"),
    ],
)
def test_a_packed_model_builds_nothing_but_a_ruler_model(checkpoint, tmp_path, part, message):
    """A registry imports and calls whatever a type names."""
    packed = pack_ruler_model(CONFIG, checkpoint, tmp_path / "packed.pth")
    content = torch.load(packed, weights_only=True)
    text = json.loads(content["ruler_model"])
    marker = tmp_path / "ran"
    for value in part.values():
        if isinstance(value, dict):
            value = {k: v.format(marker) if isinstance(v, str) else v for k, v in value.items()}
    text["settings"].update(part)
    content["ruler_model"] = json.dumps(text)
    torch.save(content, packed)
    with pytest.raises(CheckpointError, match=message):
        load_ruler_model(checkpoint=packed)
    assert not marker.exists()
