"""From a tested mmengine runner to its report: what ``tools/test.py`` does after its flags."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.config import Config
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmengine.utils import ProgressBar

from ..engine.checkpoint import misfits
from ..errors import MmcephError
from ..guard import environment
from ..io import sha256_of
from .errors import EvaluationError
from .mean_shape import MeanShapeError, training_mean_shape
from .metrics import CephMetric
from .report import write_report


class CheckpointFitHook(Hook):
    """Refuse weights that leave a part of the model as it was initialised.

    mmengine only warns about missing and mis-shaped weights, and a report of a half random model
    looks like any other.
    """

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Compare the checkpoint's names and shapes with the model's."""
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        state = checkpoint.get("state_dict", checkpoint)
        state = {name.removeprefix("module."): value for name, value in state.items()}
        bad = misfits(state, dict(model.named_parameters()))
        if bad:
            total = sum(1 for _ in model.parameters())
            raise EvaluationError(
                f"the checkpoint does not fit the config: {len(bad)} of {total} weights are "
                f"missing or of another shape ({', '.join(bad[:3])}, ...); was it trained with "
                "this config, in the same mode (MMPose or fallback)?"
            )


class ProgressHook(Hook):
    """A bar for the test loop, where the error stream is a terminal."""

    def __init__(self) -> None:
        self._bar: ProgressBar | None = None

    def before_test_epoch(self, runner: Runner) -> None:
        """Start the bar."""
        if is_main_process() and sys.stderr.isatty():
            self._bar = ProgressBar(len(runner.test_dataloader), file=sys.stderr)

    def after_test_iter(self, runner: Runner, batch_idx: int, *args: Any, **kwargs: Any) -> None:
        """Move it on."""
        if self._bar is not None:
            self._bar.update()

    def after_test_epoch(self, runner: Runner, metrics: Any = None) -> None:
        """End its line."""
        if self._bar is not None:
            sys.stderr.write("\n")
            self._bar = None


def require_test_part(cfg: Config, source: str) -> None:
    """See that the config can be tested and is measured by a CephMetric.

    Args:
        cfg: The config; a CephMetric is added to its test_evaluator where it has none.
        source: The config's path, for the message.

    Raises:
        EvaluationError: The config has no test data.
    """
    if cfg.get("test_dataloader") is None:
        raise EvaluationError(f"{source}: has no test_dataloader, so there is nothing to test on")
    if cfg.get("test_cfg") is None:
        cfg.test_cfg = {}
    evaluators = cfg.get("test_evaluator") or []
    evaluators = list(evaluators) if isinstance(evaluators, (list, tuple)) else [evaluators]
    if not any(str(item.get("type")).split(".")[-1] == "CephMetric" for item in evaluators):
        evaluators.append({"type": "mmceph.CephMetric"})
    cfg.test_evaluator = evaluators


def find_checkpoint(given: str | None, cfg: Config) -> str:
    """The weights to test: those named, else the best of the work folder.

    Args:
        given: A path or URL, or None.
        cfg: The config with its work_dir.

    Returns:
        The path or URL.

    Raises:
        EvaluationError: The file is not there, or none was named and none is found.
    """
    if given is not None:
        if "://" not in given and not Path(given).is_file():
            raise EvaluationError(f"{given}: no such checkpoint")
        return given
    best = sorted(Path(cfg.work_dir).glob("best_*.pth"), key=lambda path: path.stat().st_mtime)
    if not best:
        raise EvaluationError(
            f"no checkpoint named and no best_*.pth in {cfg.work_dir}: "
            "train first, or give one as the second argument"
        )
    return str(best[-1])


def checksum_of(checkpoint: str) -> str | None:
    """SHA-256 of the weights' file, by which results are matched to it; None for a URL."""
    return None if "://" in checkpoint else sha256_of(checkpoint)


def report_on(
    runner: Runner,
    cfg: Config,
    *,
    out_dir: str | Path,
    config: str,
    checkpoint: str,
    checkpoint_sha256: str | None = None,
    compare: str | None = None,
    more_files: Mapping[str, bytes] | None = None,
) -> tuple[dict[str, Any], list[str]]:
    """Write the report of a runner whose ``test()`` is done; on the main process only.

    Args:
        runner: The tested runner.
        cfg: Its config.
        out_dir: Folder of the report.
        config: The config's path, for the reader.
        checkpoint: The weights' path, for the reader.
        checkpoint_sha256: Of the weights' file, see :func:`checksum_of`.
        compare: Another run's report.json, or None.
        more_files: Further files of the report, by name.

    Returns:
        The report, and sentences on what it has to do without.

    Raises:
        EvaluationError: There is nothing to report.
    """
    metrics = runner.test_loop.evaluator.metrics
    metric = next(item for item in metrics if isinstance(item, CephMetric))
    warnings = []
    fractions: np.ndarray | None = None
    try:
        if cfg.get("train_dataloader") is None:
            raise MeanShapeError("the config has no train_dataloader")
        fractions = training_mean_shape(cfg.train_dataloader.dataset, metric.names)
    except MeanShapeError as error:
        warnings.append(f"No mean-shape baseline: {error}")
    write = partial(
        write_report,
        metric.records,
        names=metric.names,
        out_dir=out_dir,
        dataset=describe_dataset(cfg.test_dataloader.dataset, metric.dataset_meta or {}),
        config=config,
        checkpoint=checkpoint,
        checkpoint_sha256=checkpoint_sha256,
        environment=environment(),
        difficult=metric.difficult,
        mean_shape_fractions=fractions,
        thresholds=metric.thresholds,
        config_text=cfg.pretty_text,
        more_files=more_files,
    )
    if compare is not None:
        try:
            return write(compare=compare), warnings
        # Whatever is wrong with the other run's files must not cost the test that is done.
        except (LookupError, TypeError, ValueError) as error:
            reason = str(error) if isinstance(error, MmcephError) else f"{compare}: {error!r}"
            warnings.append(f"Not compared: {reason}")
    return write(), warnings


def describe_dataset(dataset_cfg: Mapping[str, Any], meta: Mapping[str, Any]) -> str:
    """The test data in a few words: its name and its annotation file."""
    inner = dataset_cfg
    while inner.get("dataset"):
        inner = inner["dataset"]
    name = str(meta.get("dataset_name") or inner.get("type", "data set"))
    file = inner.get("ann_file")
    if not file:
        return name
    root = inner.get("data_root")
    return f"{name} ({Path(root, file).as_posix() if root else file})"
