"""Say so when a model is no better than the mean shape."""

from __future__ import annotations

import math
from typing import Any

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmceph.evaluation.mean_shape import (
    MeanShapeError,
    mean_shape_errors,
    training_mean_shape,
)
from mmceph.evaluation.metrics import CephMetric
from mmceph.functional.summary import summarise
from mmceph.registry import HOOKS


@HOOKS.register_module()
class StuckValidationHook(Hook):
    """Call a validation error out that has never beaten a constant answer.

    The constant is the mean shape of the training annotations laid over every validation image,
    scored by the same figure as the model (MRE in mm, or in px where no spacing is known). A
    falling loss does not tell: a model can earn it by learning where landmarks are on average.
    Only annotations are read, once. Where the validation has no ``CephMetric`` the hook is
    silent.

    Args:
        epochs: Epochs a model is given to beat it.
    """

    def __init__(self, epochs: int = 5) -> None:
        if epochs < 0:
            raise ValueError(f"epochs must not be negative, got {epochs}")
        self.epochs = epochs
        self.baseline = math.nan
        self._key = ""
        self._unit = ""
        self._best = math.inf
        self._warned = False

    def before_train(self, runner: Runner) -> None:
        """Score the mean shape on the validation images."""
        metric = _ceph_metric(runner)
        if metric is None or not is_main_process():
            return
        try:
            trained_on, validated_on = (
                (runner.cfg.get(loader) or {}).get("dataset")
                for loader in ("train_dataloader", "val_dataloader")
            )
            if trained_on is None or validated_on is None:
                raise MeanShapeError("the data sets are not in the config")
            fractions = training_mean_shape(trained_on, metric.names)
            errors = mean_shape_errors(validated_on, fractions, metric.names)
        except MeanShapeError as error:
            runner.logger.info(f"Mean shape not compared with the validation: {error}")
            return
        in_mm, in_px = summarise(errors.mm).mean, summarise(errors.px).mean
        self._unit = "px" if math.isnan(in_mm) else "mm"
        self.baseline = in_px if math.isnan(in_mm) else in_mm
        self._key = f"{metric.prefix}/{'MRE_px' if math.isnan(in_mm) else 'MRE'}"
        if not math.isnan(self.baseline):
            runner.logger.info(
                f"To beat: always answering with the training images' mean shape has an MRE of "
                f"{self.baseline:.2f} {self._unit} on the validation images"
            )

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run needs."""
        return {"best": self._best, "warned": self._warned}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from :meth:`state_dict`."""
        self._best, self._warned = state["best"], state["warned"]

    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Compare the best validation so far with the mean shape."""
        value = (metrics or {}).get(self._key)
        if value is None or math.isnan(self.baseline):
            return
        self._best = min(self._best, float(value))
        if self._best < self.baseline:
            if self._warned:
                runner.logger.info("The validation now beats the mean shape")
                self._warned = False
        elif runner.epoch >= self.epochs:
            self._warned = True
            runner.logger.warning(
                f"Epoch {runner.epoch}: the best validation MRE so far, {self._best:.2f} "
                f"{self._unit}, is no better than always answering with the training images' "
                f"mean shape ({self.baseline:.2f} {self._unit}). The model has not learnt to look "
                "at the image: check learning rate, labels and the target's size."
            )


def _ceph_metric(runner: Runner) -> CephMetric | None:
    evaluator = getattr(runner.val_loop, "evaluator", None)
    metrics = getattr(evaluator, "metrics", [])
    return next((metric for metric in metrics if isinstance(metric, CephMetric)), None)
