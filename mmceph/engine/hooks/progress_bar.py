"""A progress bar for people who watch a training run."""

from __future__ import annotations

import sys
import time
from typing import Any

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmceph.registry import HOOKS


@HOOKS.register_module()
class ProgressBarHook(Hook):
    """Show epoch, step, loss and time left on one line of a terminal.

    The line is wiped before other hooks log, so logs stay readable. Where the output is no
    terminal (a file, CI) a plain line is printed at every tenth of the training instead.

    Args:
        width: Length of the bar in characters.
    """

    priority = "VERY_HIGH"

    def __init__(self, width: int = 28) -> None:
        self.width = width
        self._start = 0.0
        self._first_iter = 0
        self._last_tenth = 0
        self._outputs: dict[str, Any] = {}

    def before_train(self, runner: Runner) -> None:
        """Start the clock; steps done before a resume do not count towards the speed."""
        self._start = time.monotonic()
        self._first_iter = runner.iter
        self._last_tenth = 10 * runner.iter // max(runner.max_iters, 1)

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Draw the bar while the step runs."""
        if is_main_process() and sys.stderr.isatty():
            sys.stderr.write("\r" + self._line(runner, runner.iter) + "\x1b[K")
            sys.stderr.flush()

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: dict[str, Any] | None = None,
    ) -> None:
        """Wipe the bar, or print a line at every tenth of the way."""
        self._outputs = outputs or {}
        if not is_main_process():
            return
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            return
        done = runner.iter + 1
        tenth = 10 * done // max(runner.max_iters, 1)
        if tenth > self._last_tenth:
            self._last_tenth = tenth
            print(self._line(runner, done), file=sys.stderr, flush=True)

    def _line(self, runner: Runner, done: int) -> str:
        total = max(runner.max_iters, 1)
        filled = self.width * done // total
        bar = "#" * filled + "-" * (self.width - filled)
        here = done - self._first_iter
        seconds = int((time.monotonic() - self._start) / here * (total - done)) if here else 0
        parts = [f"[{bar}]", f"{100 * done // total:3d} %"]
        parts.append(f"epoch {runner.epoch + 1}/{runner.max_epochs}")
        if "loss" in self._outputs:
            parts.append(f"loss {float(self._outputs['loss'].detach()):.4g}")
        if here:
            parts.append(f"{seconds // 60}:{seconds % 60:02d} left")
        return "  ".join(parts)
