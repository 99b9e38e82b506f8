from types import SimpleNamespace

import torch

from mmceph.engine.hooks import ProgressBarHook


def run(hook: ProgressBarHook, steps: int, start: int = 0) -> None:
    runner = SimpleNamespace(iter=start, max_iters=steps, epoch=0, max_epochs=1)
    hook.before_train(runner)
    for step in range(start, steps):
        runner.iter = step
        hook.before_train_iter(runner, step)
        hook.after_train_iter(runner, step, outputs={"loss": torch.tensor(0.5)})


def test_without_a_terminal_every_tenth_is_one_line(capsys):
    run(ProgressBarHook(width=10), 40)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 10
    assert lines[4].startswith("[#####-----]   50 %  epoch 1/1  loss 0.5  0:00 left")


def test_after_a_resume_it_goes_on_from_there(capsys):
    run(ProgressBarHook(), 10, start=8)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split("]")[1].split("%")[0].strip() for line in lines] == ["90", "100"]


def test_on_a_terminal_the_line_is_wiped_before_others_log(capsys, monkeypatch):
    import sys

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    run(ProgressBarHook(), 3)
    text = capsys.readouterr().err
    assert text.endswith("\r\x1b[K")
    assert "\n" not in text
