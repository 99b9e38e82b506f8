"""Starting a run from the command line, with one clear line where something is wrong."""

from __future__ import annotations

from mmengine.config import Config
from mmengine.runner import Runner as MmengineRunner

from mmceph.checkpoints.for_mmengine import open_for_mmengine
from mmceph.engine.checkpoint_landmarks import follow_checkpoint
from mmceph.engine.config_errors import clear_missing_parts
from mmceph.engine.landmark_list import check_landmarks
from mmceph.engine.own_hooks import use_own_hooks
from mmceph.engine.parallel import wrap_for_processes
from mmceph.engine.process_group import connected
from mmceph.engine.runner import Runner
from mmceph.engine.schedule import leave_out_short_warmups
from mmceph.engine.start import check_start, clear_way, require_loadable, require_same_model


def build_runner(
    cfg: Config, *, trust: bool = False, landmarks_given: bool = False
) -> MmengineRunner:
    """Build mmengine's Runner for a test, about the landmarks of the checkpoint.

    Args:
        cfg: The config.
        trust: Whether checkpoints may hold more than tensors.
        landmarks_given: Whether the user named the landmarks.

    Raises:
        CheckpointError: The checkpoint to be tested is damaged or not one.
        ConfigError: The config names a part that neither mmceph nor, where it can be imported,
            MMPose has.
    """
    open_for_mmengine(trust=trust)
    content = require_loadable(cfg.get("load_from"), trust=trust)
    follow_checkpoint(cfg, content, "test_dataloader", given=landmarks_given)
    check_landmarks(cfg, ("test_dataloader",))
    wrap_for_processes(cfg)
    with clear_missing_parts():
        return Runner.from_cfg(cfg)


def train(cfg: Config, *, trust: bool = False) -> None:
    """Look at the start, build the runner and train, without warm-ups of less than two steps.

    The processes that the config's launcher started are connected meanwhile.

    Args:
        cfg: The config with its work_dir.
        trust: Whether checkpoints may hold more than tensors.
    """
    with connected(cfg):
        _train(cfg, trust)


def _train(cfg: Config, trust: bool) -> None:
    open_for_mmengine(trust=trust)
    start = check_start(cfg, trust=trust)
    use_own_hooks(cfg)
    wrap_for_processes(cfg)
    with clear_missing_parts():
        runner = Runner.from_cfg(cfg)
        leave_out_short_warmups(runner)
        # Built now, so that a wrong argument of a loader is named before the first step.
        loops = (runner.train_loop, runner._val_loop is None or runner.val_loop)
    del loops
    require_same_model(runner.model, start.content)
    # As late as can be: a run that fails before has replaced nothing.
    runner._load_from, runner._resume = clear_way(cfg, start), start.resumes
    runner.train()
