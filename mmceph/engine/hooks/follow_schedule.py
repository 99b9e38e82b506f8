"""Let a resumed run follow the schedule of its config."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from mmengine.hooks import Hook
from mmengine.optim import _ParamScheduler
from mmengine.runner import BaseLoop, IterBasedTrainLoop, Runner

from mmceph.registry import HOOKS

# How far a scheduler is; everything else in its state comes from the config.
_PROGRESS = {
    "last_step", "_global_step", "_last_value", "base_values", "verbose",
    "best", "num_bad_epochs", "cooldown_counter",
}  # fmt: skip


@HOOKS.register_module()
class FollowScheduleHook(Hook):
    """Keep to the config's schedule in a resumed run, also where the config was changed.

    mmengine restores the schedulers as they were saved, with their old ends: a run resumed for
    more epochs would spend them at the last and smallest rate. Where the checkpoint's schedulers
    are not those of the config, the config's are taken to where the run is, as if they had been
    followed from its start; every parameter group keeps its own base rate. Where they are the
    same, nothing is touched.

    ``tools/train.py`` adds this hook to every run that is resumed. Schedulers that go by the
    validation (``ReduceOnPlateauLR``) and those of several optimizers are left to mmengine.
    """

    def __init__(self) -> None:
        self._follow = False

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Keep the checkpoint's schedulers from being restored where the config has others."""
        saved, stated = checkpoint.get("param_schedulers"), runner.param_schedulers
        training = runner._resume and isinstance(runner._train_loop, BaseLoop)
        if not training or not isinstance(saved, list) or not isinstance(stated, list):
            return
        if [_settings(s) for s in saved] == [_settings(s.state_dict()) for s in stated]:
            return
        if any(getattr(scheduler, "need_val_args", False) for scheduler in stated):
            runner.logger.warning(
                "The checkpoint has another schedule than the config; it goes by the validation "
                "and cannot be followed anew, so the checkpoint's settings stay"
            )
            return
        del checkpoint["param_schedulers"]
        self._follow = True

    def before_train(self, runner: Runner) -> None:
        """Take the config's schedulers, which are at their start, to where the run is."""
        if not self._follow:
            return
        self._follow = False
        groups = runner.optim_wrapper.param_groups
        before = max(group["lr"] for group in groups)
        length = len(runner.train_dataloader)
        if isinstance(runner.train_loop, IterBasedTrainLoop):
            fast_forward(runner.param_schedulers, groups, runner.iter)
        else:
            # In epochs, should an epoch have another number of steps than before.
            fast_forward(runner.param_schedulers, groups, runner.epoch * length, length)
        runner.logger.info(
            f"Resumed after {runner.epoch} of {runner.max_epochs} epochs: the schedule is not the "
            "checkpoint's but the config's, as if followed from the start (learning rate "
            f"{max(group['lr'] for group in groups):.3g}, in the checkpoint {before:.3g})"
        )


def fast_forward(
    schedulers: Sequence[_ParamScheduler],
    groups: Sequence[dict[str, Any]],
    steps: int,
    epoch_length: int | None = None,
) -> None:
    """Take schedulers and parameter groups to where ``steps`` steps from the start lead.

    The schedulers are stepped, not computed: their forms are recursive and build on each other,
    and so the result is that of a whole run to the last bit.

    Args:
        schedulers: Schedulers of these groups, in the run's order; changed in place.
        groups: The optimizer's parameter groups; their scheduled values are changed in place.
        steps: Steps of the optimizer since the run's start.
        epoch_length: Steps of an epoch; None where epochs do not count.
    """
    scheduled = sorted({scheduler.param_name for scheduler in schedulers})
    for group in groups:
        for name in scheduled:
            group[name] = group.setdefault(f"initial_{name}", group[name])
    # With paramwise_cfg there is a group a parameter, most of them alike: one of a kind will do.
    kinds: dict[str, dict[str, Any]] = {}
    for group in groups:
        kinds.setdefault(_kind(group), {k: v for k, v in group.items() if k != "params"})
    indices = [list(kinds).index(_kind(group)) for group in groups]
    # Schedulers ask their optimizer for its groups, and whether it has made a step.
    made_a_step = SimpleNamespace(_with_counter=True)
    optimizer = SimpleNamespace(param_groups=list(kinds.values()), step=made_a_step, _global_step=0)
    runs = [_at_start(scheduler, optimizer) for scheduler in schedulers]
    for step in range(steps + 1):  # the first is that of their making
        for run in runs:
            if step == 0 or not run.by_epoch or (epoch_length and step % epoch_length == 0):
                run.step()
    for group, index in zip(groups, indices, strict=True):
        group.update(optimizer.param_groups[index])
    for scheduler, run in zip(schedulers, runs, strict=True):
        state = {key: value for key, value in run.state_dict().items() if key != "verbose"}
        for key in ("base_values", "_last_value"):
            state[key] = [state[key][index] for index in indices]
        scheduler.load_state_dict(state)


def _kind(group: dict[str, Any]) -> str:
    return repr(sorted((name, value) for name, value in group.items() if name != "params"))


def _at_start(scheduler: _ParamScheduler, optimizer: Any) -> _ParamScheduler:
    """A copy before its first step, for the groups of ``optimizer``."""
    run = copy.copy(scheduler)
    run.optimizer = optimizer
    run.verbose = False
    run.base_values = [group[f"initial_{run.param_name}"] for group in optimizer.param_groups]
    run.last_step = run._global_step = -1
    return run


def _settings(state: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in state.items() if name not in _PROGRESS}
