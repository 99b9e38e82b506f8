"""Checkpoints that a kill, at whatever moment, does not cost."""

from __future__ import annotations

import glob
import os
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mmengine.dist import is_main_process
from mmengine.hooks import CheckpointHook as MmengineCheckpointHook
from mmengine.hooks import Hook
from mmengine.runner import EpochBasedTrainLoop, IterBasedTrainLoop, Runner

from mmceph.checkpoints.for_mmengine import open_for_mmengine
from mmceph.engine.checkpoint import CheckpointError, load_checkpoint
from mmceph.engine.newest import POINTER, folders_of, newest_whole, pointed_at
from mmceph.engine.whole_files import WHOLE_FILES
from mmceph.io import write_text_atomic
from mmceph.registry import HOOKS


@HOOKS.register_module()
class CheckpointHook(MmengineCheckpointHook):
    """mmengine's hook, with the same arguments and files, in an order that loses nothing.

    A checkpoint is written aside and renamed; then ``last_checkpoint`` names it; then those that
    it replaces are removed. mmengine removes first, writes in place, and names the file last of
    all the old ones, so that a kill in between leaves a run with nothing to go on from.

    A resumed run is the run that it goes on with: the states of the hooks that have a
    ``state_dict`` are in the checkpoint, and a validation that the stop has cost is made up for.
    Checkpoints are saved before the epoch is validated and not written anew for a better score,
    which that validation finds again. A best checkpoint is removed only when a better one is
    there, and never from another folder than the run's own.
    """

    backend_args: dict[str, Any] | None
    keep_ckpt_ids: deque[int]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._catch_up = False

    def before_run(self, runner: Runner) -> None:
        """Choose the newest whole checkpoint where a run is resumed and none was named."""
        if runner._resume:
            open_for_mmengine()  # MMPose's own tools could not open it under torch 2.6
        if runner._resume and runner._load_from is None:
            found = newest_whole(runner.work_dir, self.out_dir, self.filename_tmpl)
            runner._load_from = None if found is None else str(found[0])

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Restore the hooks' states."""
        if not runner._resume:
            return
        for name, hook in _hooks_with_states(runner).items():
            state = (checkpoint.get("hooks") or {}).get(name)
            if state is not None:
                hook.load_state_dict(state)
        self._catch_up = not (checkpoint.get("meta") or {}).get("validated", True)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Add the hooks' states, and leave out functions, which only a trusted file may hold."""
        hooks = _hooks_with_states(runner)
        checkpoint["hooks"] = {name: hook.state_dict() for name, hook in hooks.items()}
        schedulers = checkpoint.get("param_schedulers") or []
        groups = schedulers.values() if isinstance(schedulers, dict) else [schedulers]
        for states in groups:  # OneCycleLR has one that its config gives it again
            states[:] = [{k: v for k, v in one.items() if not callable(v)} for one in states]

    def before_train(self, runner: Runner) -> None:
        """See what is in the folder, and make up for a validation."""
        on_disk = "://" not in str(self.out_dir or runner.work_dir)
        if self.backend_args is None and self.file_client_args is None and on_disk:
            self.backend_args = {"backend": WHOLE_FILES}
        _name_resumed(runner, self.out_dir)
        super().before_train(runner)
        if runner._resume and self.save_best and on_disk:
            for key, rule in zip(self.key_indicators, self.rules, strict=True):
                self._take_best_of_folder(runner, key, rule)
        if self._catch_up:
            self._catch_up = False
            _validate_if_due(runner)

    def _save_checkpoint_with_step(self, runner: Runner, step: int, meta: dict[str, Any]) -> None:
        name = self.filename_tmpl.format(step)
        kept = list(self.keep_ckpt_ids) if self.max_keep_ckpts > 0 else []
        if self.max_keep_ckpts > 0 and step not in kept[-1:]:
            kept.append(step)
            # With those that are removed below: should that not come to pass, the resumed run
            # finds them here and removes them.
            runner.message_hub.update_info("keep_ckpt_ids", list(kept))
        self.last_ckpt = self.file_backend.join_path(self.out_dir, name)
        runner.message_hub.update_info("last_ckpt", self.last_ckpt)
        with _room_for(self.last_ckpt):
            runner.save_checkpoint(
                self.out_dir,
                name,
                self.file_client_args,
                save_optimizer=self.save_optimizer,
                save_param_scheduler=self.save_param_scheduler,
                meta={**meta, "validated": False},
                by_epoch=self.by_epoch,
                backend_args=self.backend_args,
                **self.args,
            )
        if is_main_process():
            write_text_atomic(Path(runner.work_dir, POINTER), str(self.last_ckpt))
        if self.max_keep_ckpts > 0:
            for old in kept[: -self.max_keep_ckpts]:
                gone = self.filename_tmpl.format(old)
                self._remove(self.file_backend.join_path(self.out_dir, gone))
            self.keep_ckpt_ids = deque(kept[-self.max_keep_ckpts :], self.max_keep_ckpts)
            runner.message_hub.update_info("keep_ckpt_ids", list(self.keep_ckpt_ids))

    def _save_best_checkpoint(self, runner: Runner, metrics: Mapping[str, Any]) -> None:
        if not self.save_best:
            return
        if "auto" in self.key_indicators:
            self._init_rule(self.rules, [next(iter(metrics))])
        for key, rule in zip(self.key_indicators, self.rules, strict=True):
            if key not in metrics:
                raise CheckpointError(
                    f"save_best={key!r}: the validation has no such figure; it has "
                    f"{', '.join(metrics)}"
                )
            best = runner.message_hub.get_info(self._name_of("best_score", key))
            best = self.init_value_map[rule] if best is None else best
            if metrics[key] is not None and self.is_better_than[key](metrics[key], best):
                self._save_best(runner, key, metrics[key])

    def _save_best(self, runner: Runner, key: str, score: float) -> None:
        time = runner.epoch if self.by_epoch else runner.iter
        name = f"best_{key}_{self.filename_tmpl.format(time)}".replace("/", "_")
        path = self.file_backend.join_path(self.out_dir, name)
        old = self._best_path(key)
        self._note_best(runner, key, score, path)
        with _room_for(path):
            runner.save_checkpoint(
                self.out_dir,
                filename=name,
                file_client_args=self.file_client_args,
                save_optimizer=False,
                save_param_scheduler=False,
                meta={"epoch": runner.epoch, "iter": runner.iter, "score": {key: float(score)}},
                by_epoch=False,
                backend_args=self.backend_args,
            )
        unit = "epoch" if self.by_epoch else "iter"
        runner.logger.info(
            f"The best checkpoint with {score:0.4f} {key} at {time} {unit} is saved to {name}."
        )
        if old and str(old) != str(path):
            self._remove(old)

    def _take_best_of_folder(self, runner: Runner, key: str, rule: str) -> None:
        """Take the best checkpoint that this run left in its folder for the best so far.

        It may be better than what the resumed checkpoint knows of: it was saved after that.
        """
        if key == "auto":
            return
        pattern = glob.escape(f"best_{key}_".replace("/", "_")) + self.filename_tmpl.format("*")
        found = []
        for path in sorted(Path(self.out_dir).glob(pattern)):
            score = _score_of(runner, path, key)
            if score is not None:
                found.append((score, path))
        if not found:
            return
        found.sort(key=lambda item: item[0], reverse=rule == "greater")
        score, path = found[0]
        known = runner.message_hub.get_info(self._name_of("best_score", key))
        if known is None or not self.is_better_than[key](known, score):
            self._note_best(runner, key, score, str(path))
            for _, other in found[1:]:
                self._remove(str(other))

    def _name_of(self, what: str, key: str) -> str:
        return what if len(self.key_indicators) == 1 else f"{what}_{key}"

    def _best_path(self, key: str) -> str | None:
        one = len(self.key_indicators) == 1
        return self.best_ckpt_path if one else self.best_ckpt_path_dict.get(key)

    def _note_best(self, runner: Runner, key: str, score: float, path: str) -> None:
        if len(self.key_indicators) == 1:
            self.best_ckpt_path = path
        else:
            self.best_ckpt_path_dict[key] = path
        runner.message_hub.update_info(self._name_of("best_score", key), float(score))
        runner.message_hub.update_info(self._name_of("best_ckpt", key), path)

    def _remove(self, path: str) -> None:
        """Remove a checkpoint that a newer or better one replaces, if it is of this folder."""
        if not is_main_process():
            return
        here, there = (os.path.realpath(folder) for folder in (self.out_dir, os.path.dirname(path)))
        if here != there:
            return
        if self.file_backend.isfile(path):
            self.file_backend.remove(path)
        elif self.file_backend.isdir(path):  # DeepSpeed saves folders
            self.file_backend.rmtree(path)


@contextmanager
def _room_for(path: str) -> Iterator[None]:
    """Say what a full disk has not cost, and how to go on; the same command would start anew."""
    try:
        yield
    except OSError as error:
        raise CheckpointError(
            f"{path}: could not be saved ({error.strerror or error}); what was saved before is "
            "whole: make room there, then go on with --resume"
        ) from error


def _hooks_with_states(runner: Runner) -> dict[str, Any]:
    """The hooks that have a ``state_dict``, by class and place among those of their class."""
    found: dict[str, Hook] = {}
    for hook in runner.hooks:
        if hasattr(hook, "state_dict") and hasattr(hook, "load_state_dict"):
            kind = type(hook).__name__
            number = sum(name.split(".")[0] == kind for name in found)
            found[f"{kind}.{number}"] = hook
    return found


def _name_resumed(runner: Runner, out_dir: str | Path | None) -> None:
    """Have ``last_checkpoint`` name what a run goes on from, before anything older is removed.

    A kill may have come before it did, or the checkpoint that it named was damaged.
    """
    start, work_dir = runner._load_from, Path(runner.work_dir)
    if not runner._resume or not start or "://" in start or not is_main_process():
        return
    own = {os.path.realpath(folder) for folder in folders_of(work_dir, out_dir)}
    named = pointed_at(work_dir)
    same = named is not None and os.path.realpath(named) == os.path.realpath(start)
    if os.path.dirname(os.path.realpath(start)) in own and not same:
        write_text_atomic(work_dir / POINTER, str(start))


def _validate_if_due(runner: Runner) -> None:
    """Validate the epoch that the run was resumed after, if the config wants it validated."""
    loop = runner.train_loop
    if not isinstance(loop, (EpochBasedTrainLoop, IterBasedTrainLoop)):
        return
    loop._decide_current_val_interval()
    by_epoch = isinstance(loop, EpochBasedTrainLoop)
    done, last = (loop.epoch, loop.max_epochs) if by_epoch else (loop.iter, loop.max_iters)
    if runner.val_loop is None or done < loop.val_begin:
        return
    if done % loop.val_interval == 0 or done == last:
        what = "epoch" if by_epoch else "step"
        runner.logger.info(f"Validating {what} {done} first: its checkpoint was saved before that")
        runner.val_loop.run()


def _score_of(runner: Runner, path: Path, key: str) -> float | None:
    """The score a best checkpoint was saved with; None where it has none or is damaged."""
    try:
        meta = load_checkpoint(path).get("meta") or {}
    except CheckpointError as error:
        runner.logger.warning(f"Left as it is: {error}")
        return None
    score = (meta.get("score") or {}).get(key)
    return float(score) if isinstance(score, (int, float)) else None
