import os

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer

from mmceph.engine.checkpoint import CheckpointError, explain_refusal, load_checkpoint


class Calls:
    """Pickles as a call of ``function(*args)``."""

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


@pytest.fixture
def mmengine_like() -> dict:
    history = HistoryBuffer()
    for value in (1.0, 2.0, 6.0):
        history.update(value)
    return {
        "state_dict": {"weight": torch.arange(3.0)},
        "message_hub": {"log_scalars": {"train/loss": history}},
        "meta": {"epoch": 3, "sigmas": np.ones(4, np.float32), "best": np.float64(1.5)},
    }


def test_what_mmengine_saves_is_loaded_with_tensors_only(tmp_path, mmengine_like):
    torch.save(mmengine_like, tmp_path / "epoch_3.pth")
    loaded = load_checkpoint(tmp_path / "epoch_3.pth")
    assert loaded["state_dict"]["weight"].tolist() == [0, 1, 2]
    history = loaded["message_hub"]["log_scalars"]["train/loss"]
    assert history.mean() == 3.0
    assert history.statistics("max", 3) == 6.0
    assert loaded["meta"]["best"] == 1.5


def test_an_array_without_elements_is_loaded(tmp_path):
    """A landmark list without a line to draw saves an empty array of line colours."""
    content = {"state_dict": {}, "meta": {"skeleton_link_colors": np.array([], np.uint8)}}
    torch.save(content, tmp_path / "no_lines.pth")
    assert load_checkpoint(tmp_path / "no_lines.pth")["meta"]["skeleton_link_colors"].size == 0


def test_bare_state_dict_is_wrapped(tmp_path):
    torch.save({"fc.weight": torch.ones(1)}, tmp_path / "bare.pth")
    assert list(load_checkpoint(tmp_path / "bare.pth")) == ["state_dict"]


@pytest.mark.parametrize(
    "payload",
    [
        Calls(os.system, "exit 1"),
        Calls(getattr, HistoryBuffer, "__init__"),
        Calls(getattr, np.ndarray, "tofile"),
        Calls(eval, "1 + 1"),
    ],
    ids=["system", "dunder", "foreign attribute", "eval"],
)
def test_anything_else_is_refused_with_a_reason_and_the_flag(tmp_path, payload):
    torch.save({"state_dict": {}, "extra": payload}, tmp_path / "crafted.pth")
    with pytest.raises(CheckpointError, match=r"crafted.pth: refused.*--trust-checkpoint"):
        load_checkpoint(tmp_path / "crafted.pth")


def test_trusted_file_is_loaded_whole(tmp_path):
    torch.save({"state_dict": {}, "extra": Calls(eval, "1 + 1")}, tmp_path / "own.pth")
    assert load_checkpoint(tmp_path / "own.pth", trust=True)["extra"] == 2


def test_missing_and_damaged_files_are_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"nothing.pth: no such checkpoint"):
        load_checkpoint(tmp_path / "nothing.pth")
    (tmp_path / "cut.pth").write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(CheckpointError, match=r"cut.pth"):
        load_checkpoint(tmp_path / "cut.pth")


def test_refusal_names_the_class():
    text = explain_refusal("a.pth", Exception("Unsupported global: GLOBAL foo.Bar was not"))
    assert "it holds foo.Bar" in text
