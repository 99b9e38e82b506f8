from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from mmceph.engine import newest, start
from mmceph.engine.checkpoint import CheckpointError
from mmceph.engine.start import check_start, clear_way, require_same_model


@pytest.fixture
def said(monkeypatch) -> list[str]:
    messages: list[str] = []
    for module in (start, newest):
        monkeypatch.setattr(module, "print_log", lambda text, *_: messages.append(text))
    return messages


def save(path: Path, epoch: int = 4, **parts) -> Path:
    """A checkpoint of a run, as far as it is looked at."""
    path.parent.mkdir(parents=True, exist_ok=True)
    run = {"meta": {"epoch": epoch, "seed": 7}, "state_dict": {"a": torch.ones(1)}}
    torch.save({**run, "message_hub": {}, "optimizer": {}, **parts}, path)
    return path


def config(work_dir: Path, **changes) -> Config:
    return Config({"work_dir": str(work_dir), "train_cfg": {"max_epochs": 4}, **changes})


def start_of(cfg: Config) -> str | None:
    """Where a run starts, after what lies in its way has been moved."""
    return clear_way(cfg, check_start(cfg))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_weights_of_an_earlier_run_are_moved_and_kept(tmp_path, said):
    contents = {}
    for name in ("epoch_4.pth", "best_ceph_MRE_epoch_3.pth"):
        contents[name] = save(tmp_path / name).read_bytes()
    (tmp_path / "last_checkpoint").write_text(str(tmp_path / "epoch_4.pth"))
    (tmp_path / "config.py").touch()
    start_of(config(tmp_path))
    assert names(tmp_path) == ["config.py", "earlier_1"]
    moved = tmp_path / "earlier_1"
    assert names(moved) == ["best_ceph_MRE_epoch_3.pth", "epoch_4.pth", "last_checkpoint"]
    assert {path.name: path.read_bytes() for path in moved.glob("*.pth")} == contents
    assert said == [f"{tmp_path}: weights of an earlier run were moved to {moved}"]
    save(tmp_path / "epoch_4.pth")
    start_of(config(tmp_path))
    assert (tmp_path / "earlier_2" / "epoch_4.pth").is_file()
    start_of(config(tmp_path))
    assert not (tmp_path / "earlier_3").exists()


def test_the_weights_it_starts_from_may_be_among_them(tmp_path, said):
    path = save(tmp_path / "best_a.pth")
    (tmp_path / "mine.pth").touch()
    moved = start_of(config(tmp_path, load_from=str(path)))
    assert Path(moved) == tmp_path / "earlier_1" / "best_a.pth"
    assert Path(moved).is_file()
    assert (tmp_path / "mine.pth").is_file()  # no file that training writes


def test_nothing_is_moved_when_a_run_goes_on(tmp_path, said):
    path = save(tmp_path / "epoch_2.pth", epoch=2)
    save(tmp_path / "best_a_epoch_1.pth")
    (tmp_path / "last_checkpoint").write_text(str(path))
    assert start_of(config(tmp_path, resume=True)) == str(path)
    assert start_of(config(tmp_path, resume=True, load_from=str(path))) == str(path)
    assert names(tmp_path) == ["best_a_epoch_1.pth", "epoch_2.pth", "last_checkpoint"]
    assert said == []


def test_a_run_that_goes_back_leaves_what_came_after_behind(tmp_path, said):
    for number in (1, 2, 10):
        save(tmp_path / f"epoch_{number}.pth", epoch=number)
        save(tmp_path / f"best_a_epoch_{number}.pth")
    (tmp_path / "last_checkpoint").write_text(str(tmp_path / "epoch_10.pth"))
    path = tmp_path / "epoch_2.pth"
    assert start_of(config(tmp_path, resume=True, load_from=str(path))) == str(path)
    away = ["best_a_epoch_10.pth", "epoch_10.pth", "last_checkpoint"]
    assert names(tmp_path / "earlier_1") == away
    assert start_of(config(tmp_path, resume=True)) == str(path)


def test_a_run_that_goes_on_elsewhere_leaves_nobodys_weights_in_its_way(tmp_path, said):
    path = save(tmp_path / "there" / "epoch_2.pth", epoch=2)
    save(tmp_path / "here" / "epoch_3.pth", epoch=3)
    assert start_of(config(tmp_path / "here", resume=True, load_from=str(path))) == str(path)
    assert names(tmp_path / "here") == ["earlier_1"]


def test_the_newest_whole_checkpoint_is_gone_on_from(tmp_path, said):
    save(tmp_path / "epoch_9.pth", epoch=9)
    newest = save(tmp_path / "epoch_10.pth", epoch=10)
    # As after a kill between its writing and its being named.
    (tmp_path / "last_checkpoint").write_text(str(tmp_path / "epoch_9.pth"))
    cfg = config(tmp_path, resume=True)
    assert start_of(cfg) == str(newest)
    whole = newest.read_bytes()
    flipped = bytearray(whole)
    place = whole.index(torch.ones(1).numpy().tobytes())
    flipped[place] ^= 1  # torch itself loads this without a word
    for content, reason in ((whole[:-100], "damaged"), (b"", "damaged"), (flipped, "not what was")):
        newest.write_bytes(content)
        said.clear()
        assert start_of(cfg) == str(tmp_path / "epoch_9.pth")
        assert f"passed over: {newest}" in said[0]
        assert reason in said[0]
    (tmp_path / "epoch_9.pth").write_bytes(b"")
    with pytest.raises(CheckpointError, match=r"epoch_10.*epoch_9.*--load-from CKPT"):
        start_of(cfg)


def test_a_folder_that_was_moved_is_resumed_as_well(tmp_path, said):
    path = save(tmp_path / "epoch_2.pth", epoch=2)
    (tmp_path / "last_checkpoint").write_text("/somewhere/else/epoch_2.pth")
    assert start_of(config(tmp_path, resume=True)) == str(path)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_the_checkpoint_named_is_read_in_any_code_page(tmp_path, said, monkeypatch, encoding):
    path = save(tmp_path / "caf\u00e9" / "kept.pth", epoch=2)
    (tmp_path / "last_checkpoint").write_bytes(str(path).encode(encoding))
    monkeypatch.setattr("locale.getpreferredencoding", lambda *_: "latin-1")
    assert start_of(config(tmp_path, resume=True)) == str(path)


def test_weights_alone_are_no_run_to_go_on_with(tmp_path, said):
    content = {"meta": {"epoch": 2}, "message_hub": {}, "state_dict": {}}
    best, bare = tmp_path / "best_a.pth", tmp_path / "bare.pth"
    torch.save(content, best)
    torch.save({"a": torch.ones(1)}, bare)
    for path in (best, bare):
        with pytest.raises(CheckpointError, match=f"--load-from {path}"):
            check_start(config(tmp_path / "work", resume=True, load_from=str(path)))
    hooks = {"checkpoint": {"type": "CheckpointHook", "save_optimizer": False}}
    cfg = config(tmp_path / "work", resume=True, load_from=str(best), default_hooks=hooks)
    assert check_start(cfg).path == str(best)
    assert "the optimizer starts anew" in said[0]


def test_a_run_keeps_its_seed(tmp_path, said):
    save(tmp_path / "epoch_2.pth", epoch=2)
    cfg = config(tmp_path, resume=True)
    check_start(cfg)
    assert cfg.randomness == {"seed": 7}
    assert said == []
    cfg.randomness = {"seed": 3, "deterministic": True}
    check_start(cfg)
    assert cfg.randomness == {"seed": 7, "deterministic": True}
    assert "goes on with its seed, 7" in said[0]


def test_a_finished_run_says_how_to_go_on(tmp_path, said):
    path = save(tmp_path / "epoch_4.pth")
    check_start(config(tmp_path, resume=True, load_from=str(path)))
    assert "is at epoch 4 of 4" in said[0]
    assert "--epochs" in said[0]


def test_resuming_nothing_is_said_and_a_lost_checkpoint_is_an_error(tmp_path, said):
    check_start(config(tmp_path, resume=True))
    assert "holds nothing to resume" in said[0]
    (tmp_path / "last_checkpoint").write_text(str(tmp_path / "gone.pth"))
    with pytest.raises(CheckpointError, match=r"gone\.pth, which is not there"):
        check_start(config(tmp_path, resume=True))


@pytest.mark.parametrize("resume", [True, False])
def test_a_damaged_checkpoint_is_named_before_the_run(tmp_path, said, resume):
    whole = save(tmp_path / "whole.pth").read_bytes()
    for name, content in (("cut.pth", whole[: len(whole) // 2]), ("text.pth", b"e is a text")):
        (tmp_path / name).write_bytes(content)
        cfg = config(tmp_path / "work", resume=resume, load_from=str(tmp_path / name))
        with pytest.raises(CheckpointError, match=name):
            check_start(cfg)


def test_going_on_with_another_model_is_refused():
    model = torch.nn.Linear(3, 2)
    require_same_model(model, {})
    require_same_model(model, {"state_dict": model.state_dict()})
    other = {"state_dict": torch.nn.Linear(3, 4).state_dict()}
    with pytest.raises(CheckpointError, match="2 of 2 weights do not fit, weight for one"):
        require_same_model(model, other)
