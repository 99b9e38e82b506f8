"""Fine-tune the difficult landmarks of a model and leave the healthy ones as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import torch
from mmengine.model import BaseModel
from torch import Tensor, nn

from mmceph.errors import MmcephError
from mmceph.landmarks import as_landmark_set
from mmceph.models.losses.landmark_weights import chosen_landmarks
from mmceph.models.losses.teacher_held_loss import TeacherHeldLoss
from mmceph.registry import MODELS

from .base_checkpoint import check_fit, check_own
from .refine_branch import RefineBranch
from .stage_branch import StageBranch

STRATEGIES = ("masked", "distill", "exact")
BRANCHES = ("stage", "refine")


@MODELS.register_module()
class DifficultLandmarkEstimator(BaseModel):
    """A trained top-down model, and what makes it better at its difficult landmarks.

    Strategies:

    - ``"masked"`` trains the whole base on the difficult landmarks alone. The healthy ones
      change, since they share the backbone.
    - ``"distill"`` does so too, and a frozen copy of the base holds the healthy heat-maps.
    - ``"exact"`` freezes the base, batch-norm statistics too, and trains a branch beside it. The
      healthy predictions are the base's, bit for bit.

    Branches of ``"exact"``: ``"stage"`` is a copy of the backbone's last stage with a head for
    the difficult landmarks, started from the base's weights; ``"refine"`` looks at crops of a
    finer image around the base's points (:class:`RefineBranch`).

    ``load_from`` takes an ordinary checkpoint of the base. What this model saves holds the base
    too and is all that testing and prediction need.

    Args:
        base: Config of the ordinary estimator, as in its own config.
        landmarks: Names of the difficult landmarks (aliases understood), or ``"auto"``: those a
            report shows.
        landmark_set: The base's landmarks: a set's name, or a list of names.
        strategy: See above.
        branch: Of ``"exact"``; see above.
        branch_at: Of ``"stage"``: the part of the backbone to copy, e.g. ``"stage4"`` or
            ``"stage4.2"``, its last module; the last stage by default.
        feature_cache: Of ``"stage"``: keeps the trunk's features by image, e.g.
            ``dict(kind="memory")``; see :class:`FeatureCache`.
        refine: Of ``"refine"``: arguments of :class:`RefineBranch`.
        held_weight: Of ``"distill"``: weight of the healthy heat-maps.
        report: Path of a report.json, for ``landmarks="auto"``.
        auto: The rule of ``"auto"``, e.g. ``dict(worst=12)``.
        init_cfg: mmengine's initialisation.

    Raises:
        MmcephError: An argument has an impossible value, or the base cannot be branched.
    """

    difficult_index: Tensor

    def __init__(
        self,
        base: Mapping[str, Any],
        landmarks: Sequence[str] | str,
        landmark_set: str | Sequence[str] = "aariz29",
        strategy: str = "exact",
        branch: str = "refine",
        branch_at: str | None = None,
        feature_cache: Mapping[str, Any] | None = None,
        refine: Mapping[str, Any] | None = None,
        held_weight: float = 1.0,
        report: str | None = None,
        auto: Mapping[str, Any] | None = None,
        init_cfg: dict[str, Any] | None = None,
    ) -> None:
        _check_choices(strategy, branch, branch_at, feature_cache, refine)
        try:
            names = as_landmark_set(landmark_set)
            chosen = chosen_landmarks(landmarks, names, report, auto)
        except (ValueError, MmcephError) as error:
            raise MmcephError(f"DifficultLandmarkEstimator: {error}") from error
        config = deepcopy(dict(base))
        head = dict(config.get("head") or {})
        _check_head(config, head, len(names), names.name)
        if strategy != "exact":
            held = {"held_weight": held_weight} if strategy == "distill" else {}
            config["head"] = {
                **head,
                "loss": {
                    "type": "MaskedKeypointLoss" if strategy == "masked" else "TeacherHeldLoss",
                    "base": head["loss"],
                    "landmarks": list(chosen),
                    "landmark_set": list(names.names),
                    **held,
                },
            }
        model = MODELS.build(config)
        super().__init__(data_preprocessor=model.data_preprocessor, init_cfg=init_cfg)
        self.base = model
        self.strategy = strategy
        self.landmark_set = names
        # In the set's order: how the list is written must not decide which weights are whose.
        index = sorted(names.index(name) for name in chosen)
        self.landmarks = tuple(names.names[i] for i in index)
        self.register_buffer("difficult_index", torch.tensor(index))
        self.teacher: Any = None
        self.branch: StageBranch | RefineBranch | None = None
        if strategy == "distill":
            self.teacher = deepcopy(model).requires_grad_(False)
        elif strategy == "exact":
            model.requires_grad_(False)
            if branch == "stage":
                self.branch = StageBranch(model, head, index, len(names), branch_at, feature_cache)
            else:
                self.branch = RefineBranch(model, index, **(refine or {}))
        self._has_base = False
        self._register_load_state_dict_pre_hook(_adopt, with_module=True)
        self.train(self.training)

    @property
    def backbone(self) -> nn.Module:
        """The base's backbone, where hooks look for one."""
        return self.base.backbone

    def train(self, mode: bool = True) -> DifficultLandmarkEstimator:
        """Set the mode; what is frozen stays in evaluation mode."""
        super().train(mode)
        if self.strategy == "exact":
            self.base.eval()
        if self.teacher is not None:
            self.teacher.eval()
        return self

    def forward(
        self, inputs: Any, data_samples: Sequence[Any] | None = None, mode: str = "tensor"
    ) -> Any:
        """Run the model.

        Args:
            inputs: Images (B, C, h, w), or a list of (C, h, w).
            data_samples: One sample per image.
            mode: ``"loss"`` gives losses by name, ``"predict"`` the samples with predictions in
                px of the originals, ``"tensor"`` the base's raw output.

        Raises:
            MmcephError: Training starts without a base.
            RuntimeError: For another mode.
        """
        if isinstance(inputs, list):
            inputs = torch.stack(inputs)
        if mode == "loss":
            return self.loss(inputs, data_samples or ())
        if mode == "predict":
            with torch.no_grad():
                return (self.branch or self.base).predict(inputs, data_samples or ())
        if mode == "tensor":
            return self.base(inputs, data_samples, mode="tensor")
        raise RuntimeError(f"mode must be loss, predict or tensor, not {mode!r}")

    def loss(self, inputs: Tensor, data_samples: Sequence[Any]) -> dict[str, Tensor]:
        """Losses by name of images (B, C, h, w).

        Raises:
            MmcephError: No checkpoint was loaded.
        """
        if not self._has_base:
            raise MmcephError(
                "DifficultLandmarkEstimator: there is no trained base to start from: give its "
                "checkpoint with --load-from (load_from in the config)"
            )
        if self.branch is not None:
            return self.branch.loss(inputs, data_samples)
        if self.teacher is None:
            return self.base.loss(inputs, data_samples)
        with torch.no_grad():
            maps = self.teacher.head.forward(self.teacher.extract_feat(inputs))
        module = self.base.head.loss_module
        assert isinstance(module, TeacherHeldLoss)
        module.hold(maps)
        try:
            return self.base.loss(inputs, data_samples)
        finally:
            module.hold(None)

    def export_module(self) -> nn.Module:
        """What ``tools/deployment/export_onnx.py`` exports: the base, where it was trained.

        Raises:
            ExportError: With strategy ``"exact"``, whose branch does not end in the base's maps.
        """
        from mmceph.deployment.decoders import ExportError
        from mmceph.deployment.exportable import HeatmapModule

        if self.branch is not None:
            raise ExportError(
                "DifficultLandmarkEstimator with strategy='exact' cannot be exported: its branch "
                "works beside the base; export the base from its own config and checkpoint"
            )
        return HeatmapModule(self.base)


def _adopt(
    model: DifficultLandmarkEstimator, state: dict[str, Any], prefix: str, *args: Any
) -> None:
    """Before loading: spread an ordinary checkpoint over base, teacher and branch."""
    mine = {name[len(prefix) :]: w for name, w in state.items() if name.startswith(prefix)}
    wanted = model.state_dict()
    if any(name.startswith("base.") for name in mine):
        check_own(mine, wanted)
        theirs = [model.landmark_set.names[i] for i in mine["difficult_index"].tolist()]
        if theirs != list(model.landmarks):
            raise MmcephError(
                "DifficultLandmarkEstimator: the checkpoint is for the difficult landmarks "
                f"{', '.join(theirs)}, the config for {', '.join(model.landmarks)}: let them agree"
            )
    else:
        base = model.base.state_dict()
        check_fit(mine, base, len(model.landmark_set))
        kept = {name: mine[name] for name in base}
        for name in mine:
            del state[prefix + name]
        state[f"{prefix}difficult_index"] = model.difficult_index.clone()
        parts = {"base": kept}
        if model.teacher is not None:
            parts["teacher"] = kept
        if model.branch is not None:
            parts["branch"] = model.branch.start_state(kept)
        for part, weights in parts.items():
            state.update({f"{prefix}{part}.{name}": w for name, w in weights.items()})
    if model.branch is not None:
        model.branch.forget()
    model._has_base = True


def _check_choices(
    strategy: str, branch: str, branch_at: Any, feature_cache: Any, refine: Any
) -> None:
    for name, value, known in (("strategy", strategy, STRATEGIES), ("branch", branch, BRANCHES)):
        if value not in known:
            raise MmcephError(
                f"DifficultLandmarkEstimator: {name} {value!r} is none of {', '.join(known)}"
            )
    kind = branch if strategy == "exact" else strategy
    for name, value, of in (
        ("branch_at", branch_at, "stage"),
        ("feature_cache", feature_cache, "stage"),
        ("refine", refine, "refine"),
    ):
        if value is not None and kind != of:
            raise MmcephError(
                f"DifficultLandmarkEstimator: {name} belongs to branch={of!r} of "
                f"strategy='exact', not to {kind!r}: take it out"
            )


def _check_head(config: Mapping[str, Any], head: Mapping[str, Any], count: int, name: str) -> None:
    if head.get("out_channels") != count or "loss" not in head:
        raise MmcephError(
            f"DifficultLandmarkEstimator: base.head must be a heat-map head with a loss and one "
            f"channel for each of the {count} landmarks of {name!r}, got out_channels="
            f"{head.get('out_channels')}: set landmark_set to the base's"
        )
    if (config.get("test_cfg") or {}).get("output_keypoint_indices") is not None:
        raise MmcephError(
            "DifficultLandmarkEstimator: base.test_cfg.output_keypoint_indices is not supported; "
            "take it out"
        )
