"""A trained copy of the base's last stage, with a head for the difficult landmarks alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from mmceph.errors import MmcephError
from mmceph.registry import MODELS

from .branch_point import BranchPoint, Trunk
from .feature_cache import FeatureCache, make_feature_cache
from .landmark_subset import put_predictions, subset_samples


class StageBranch(nn.Module):
    """The trained part of ``strategy="exact"``, ``branch="stage"``.

    Args:
        base: The frozen estimator.
        head: The config of the base's head.
        index: The difficult landmarks among the base's.
        count: Number of the base's landmarks.
        branch_at: See :class:`BranchPoint`.
        feature_cache: ``None``, or what :func:`make_feature_cache` takes.
    """

    needs_fine_image = False

    def __init__(
        self,
        base: Any,
        head: Mapping[str, Any],
        index: Sequence[int],
        count: int,
        branch_at: str | None = None,
        feature_cache: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.index = tuple(index)
        self.count = count
        # Not as submodules: the base's weights must not appear twice in a checkpoint.
        self._base: tuple[Any, ...] = (base,)
        self.point = BranchPoint(base.backbone, branch_at)
        self.stage = deepcopy(self.point.stage).requires_grad_(True)
        self.head = MODELS.build({**head, "out_channels": len(self.index)})
        self._cache: FeatureCache | None = make_feature_cache(feature_cache)

    def loss(self, images: Tensor, samples: Sequence[Any]) -> dict[str, Tensor]:
        """The head's losses on the difficult landmarks; gradients reach the branch only."""
        base = self._base[0]
        if self._cache is None:
            trunk = self.point.trunk(images)
        else:
            if not self._cache.has_model:
                self._cache.set_model(base.state_dict())
            trunk = self._cache.fetch(images, samples, self.point.trunk)
        parts = subset_samples(samples, self.index, self.count)
        return self.head.loss(self._features(trunk), parts, train_cfg=base.train_cfg)

    def predict(self, images: Tensor, samples: Sequence[Any]) -> Sequence[Any]:
        """The base's predictions, those of the difficult landmarks replaced by the branch's."""
        base = self._base[0]
        parts = subset_samples(samples, self.index, self.count)
        with self.point.recorded() as trunks:
            samples = base.predict(images, samples)
        feats: Any = [self._features(trunk) for trunk in trunks]
        flip = base.test_cfg.get("flip_test", False)
        predicted = self.head.predict(feats if flip else feats[0], parts, test_cfg=base.test_cfg)
        instances, fields = predicted if isinstance(predicted, tuple) else (predicted, None)
        parts = base.add_pred_to_datasample(instances, fields, parts)
        for sample, part in zip(samples, parts, strict=True):
            found = part.pred_instances
            maps = part.pred_fields.heatmaps if "pred_fields" in part else None
            put_predictions(sample, self.index, found.keypoints[0], found.keypoint_scores[0], maps)
        return samples

    def _features(self, trunk: Trunk) -> Any:
        feats = self.point.finish(trunk, self.stage)
        base = self._base[0]
        return base.neck(feats) if base.with_neck else feats

    def forget(self) -> None:
        """Drop what was computed with the base's former weights."""
        if self._cache is not None:
            self._cache.forget()

    def start_state(self, base: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The weights this branch starts from, by name, taken from those of the base.

        Raises:
            MmcephError: A weight of the head has no counterpart in the base.
        """
        state = {
            f"stage.{name}": base[f"backbone.{self.point.path}.{name}"]
            for name in self.stage.state_dict()
        }
        for name, weight in self.head.state_dict().items():
            state[f"head.{name}"] = self._rows(f"head.{name}", base, weight.shape)
        return state

    def _rows(self, name: str, base: Mapping[str, Tensor], shape: torch.Size) -> Tensor:
        """A weight of the base; where it has rows for each landmark, the difficult ones' rows."""
        weight = base.get(name)
        if weight is not None and weight.shape == shape:
            return weight
        if weight is None or weight.shape[1:] != shape[1:] or weight.shape[0] % self.count:
            raise MmcephError(
                f"DifficultLandmarkEstimator: the base's {name} cannot be cut to the difficult "
                "landmarks; this head is not supported by branch='stage'"
            )
        parts = weight.shape[0] // self.count
        return weight[[i * parts + p for i in self.index for p in range(parts)]]
