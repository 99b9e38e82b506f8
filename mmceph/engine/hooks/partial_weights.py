"""Start from the weights of another model, and say what was taken from it."""

from __future__ import annotations

from typing import Any

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import BaseLoop, Runner

from mmceph.engine.backbone_guess import guess_backbone, known_network
from mmceph.engine.checkpoint_landmarks import landmarks_of_checkpoint
from mmceph.engine.partial_weights import PartialWeights, fit_weights
from mmceph.errors import MmcephError
from mmceph.registry import HOOKS

from .unfreeze_backbone import UnfreezeBackboneHook

_STATE_KEYS = ("state_dict", "model_state_dict", "model")


@HOOKS.register_module()
class PartialWeightsHook(Hook):
    """Take from a checkpoint what fits the model: usually the backbone, and not the head.

    mmengine loads what fits as well, but buries the rest under a page of names and says nothing
    when it was all of it. Here a short table tells what was and was not loaded, and a checkpoint
    of another backbone is refused. A resumed run and a test are left alone, but for the names of
    older ruler models, which are brought to today's.
    """

    priority = "VERY_HIGH"  # before hooks that compare names

    def __init__(self) -> None:
        self._loaded = False

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Keep the weights that fit.

        Raises:
            MmcephError: They are of another backbone.
        """
        state = next((checkpoint[key] for key in _STATE_KEYS if key in checkpoint), checkpoint)
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        fit = fit_weights(model.state_dict(), state)
        if runner._resume or not isinstance(runner._train_loop, BaseLoop):
            if fit.loaded == fit.wanted:  # all there, perhaps under older names
                checkpoint["state_dict"] = fit.state
            return
        own = known_network(model.state_dict())
        theirs = known_network(state)
        if not fit.is_of_this("backbone") or (own and theirs and own != theirs):
            loaded, wanted = fit.loaded["backbone"], fit.wanted["backbone"]
            raise MmcephError(
                f"{runner._load_from}: is of another backbone, {guess_backbone(state)} as it "
                f"seems: {loaded} of the {wanted} weights of this config's "
                f"{own or type(model.backbone).__name__} fit ({100 * fit.shares['backbone']:.0f} % "
                "of its numbers); --load-from needs a checkpoint of the same backbone (in the "
                "fallback that is torchvision's ResNet)"
            )
        if is_main_process():
            runner.logger.info(f"Weights of {runner._load_from}:\n{fit.table()}")
            self._say_if_other_landmarks(runner, checkpoint, fit)
        checkpoint["state_dict"] = fit.state
        self._loaded = True

    def _say_if_other_landmarks(
        self, runner: Runner, checkpoint: dict[str, Any], fit: PartialWeights
    ) -> None:
        theirs = landmarks_of_checkpoint(checkpoint)
        metainfo = getattr(runner.train_dataloader.dataset, "metainfo", None) or {}
        own = tuple(metainfo.get("landmark_names") or ())
        if theirs is not None and own and theirs.names != own and fit.loaded["head"]:
            runner.logger.warning(
                f"{runner._load_from}: its head finds {', '.join(theirs.names)}; here its channels "
                f"start to learn {', '.join(own)} from there"
            )

    def before_train(self, runner: Runner) -> None:
        """Warn of a backbone that is frozen as it was drawn at random."""
        freezes = any(
            isinstance(hook, UnfreezeBackboneHook) and (hook.epochs is None or hook.epochs > 0)
            for hook in runner.hooks
        )
        if freezes and not self._loaded and not runner._resume and runner.epoch == 0:
            runner.logger.warning(
                "The backbone is frozen at first, but no weights were loaded: its features are "
                "random. Give --load-from CHECKPOINT, or --unfreeze-after 0."
            )
