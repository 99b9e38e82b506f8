import json
import logging
from pathlib import Path

import pytest
from mmengine.runner import Runner

from mmceph.engine.hooks import StuckValidationHook


@pytest.fixture
def logged(monkeypatch):
    """What a run logs, as (level, text); mmengine's logger keeps its lines from caplog."""
    lines = []
    for level in ("info", "warning"):
        original = getattr(logging.Logger, level)

        def keep(self, text, *args, _level=level, _original=original, **kwargs):
            lines.append((_level, str(text)))
            return _original(self, text, *args, **kwargs)

        monkeypatch.setattr(logging.Logger, level, keep)
    return lines


def warnings(lines):
    return [text for level, text in lines if level == "warning" and "mean shape" in text]


def with_hook(toy_config, epochs, **more):
    return toy_config(4, custom_hooks=[{"type": "StuckValidationHook", "epochs": epochs}], **more)


def test_it_warns_until_the_mean_shape_is_beaten(toy_config, run, logged):
    runner = run(with_hook(toy_config, 1))
    assert runner.seen == [10.0, 5.0, 2.5, 1.25]  # the mean shape has 5.0
    said = warnings(logged)
    assert [text.split(":")[0] for text in said] == ["Epoch 1", "Epoch 2"]
    assert "the best validation MRE so far, 10.00 mm, is no better than" in said[0]
    assert "mean shape (5.00 mm)" in said[0]
    infos = [text for level, text in logged if level == "info"]
    assert sum("To beat: " in text and "5.00 mm" in text for text in infos) == 1
    assert infos.count("The validation now beats the mean shape") == 1


def test_a_model_is_given_its_epochs(toy_config, run, logged):
    run(with_hook(toy_config, 3))
    assert warnings(logged) == []


def test_a_model_that_never_learns_is_called_out_every_time(toy_config, run, logged):
    run(with_hook(toy_config, 2, optim_wrapper={"optimizer": {"type": "SGD", "lr": 0.0}}))
    assert [text.split(":")[0] for text in warnings(logged)] == ["Epoch 2", "Epoch 3", "Epoch 4"]


def test_without_spacing_it_goes_by_px(toy_config, run, logged):
    cfg = with_hook(toy_config, 1)
    path = Path(cfg.val_dataloader.dataset.ann_file)
    content = json.loads(path.read_text(encoding="utf-8"))
    for image in content["images"]:
        image["spacing"] = None
    path.write_text(json.dumps(content), encoding="utf-8")
    cfg.default_hooks.checkpoint.save_best = "ceph/MRE_px"
    run(cfg)
    assert "20.00 px, is no better" in warnings(logged)[0]


def test_a_training_set_that_gives_no_mean_shape_does_not_end_the_run(toy_config, logged):
    runner = Runner.from_cfg(toy_config(1))
    runner.cfg.train_dataloader = None
    runner.register_hook(StuckValidationHook(0))
    runner.train()
    infos = [text for level, text in logged if level == "info"]
    assert sum("Mean shape not compared with the validation" in text for text in infos) == 1
    assert warnings(logged) == []


def test_other_metrics_are_left_alone(logged):
    hook = StuckValidationHook(0)
    runner = type("R", (), {"val_loop": None, "epoch": 9})()
    hook.before_train(runner)
    hook.after_val_epoch(runner, {"ruler/scale_error_pct": 3.0})
    hook.after_val_epoch(runner, None)
    assert logged == []


def test_negative_epochs_are_refused():
    with pytest.raises(ValueError, match="must not be negative"):
        StuckValidationHook(-1)
