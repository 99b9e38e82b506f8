"""Train some landmarks while a teacher holds the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from mmceph.errors import MmcephError
from mmceph.functional.heatmap import spatial_softmax
from mmceph.registry import MODELS

from .masked_keypoint_loss import MaskedKeypointLoss


@MODELS.register_module()
class TeacherHeldLoss(MaskedKeypointLoss):
    """A masked loss on the chosen landmarks plus the same loss towards a teacher on the others.

    ``DifficultLandmarkEstimator`` with ``strategy="distill"`` puts it in the head and hands it
    the teacher's maps before every step. Source of the idea: Li and Hoiem, Learning without
    Forgetting, ECCV 2016.

    Args:
        base: Config of the loss on heat-maps.
        landmarks: As for :class:`MaskedKeypointLoss`.
        landmark_set: As there.
        held_weight: Factor on the part of the other landmarks.
        report: As there.
        auto: As there.
    """

    healthy: Tensor

    def __init__(
        self,
        base: dict[str, Any],
        landmarks: Sequence[str] | str,
        landmark_set: str | Sequence[str] = "aariz29",
        held_weight: float = 1.0,
        report: str | None = None,
        auto: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(base, landmarks, landmark_set, report=report, auto=auto)
        if held_weight < 0:
            raise MmcephError(f"TeacherHeldLoss: held_weight {held_weight} must not be negative")
        self.held_weight = held_weight
        active = set(self.active.tolist())
        healthy = [i for i in range(len(self.landmark_set)) if i not in active]
        self.register_buffer("healthy", torch.tensor(healthy, dtype=torch.long), persistent=False)
        self._teacher: Tensor | None = None

    def hold(self, maps: Tensor | None) -> None:
        """Take the teacher's raw maps (B, K, H, W) for the next call, or None to drop them."""
        self._teacher = maps

    def forward(
        self, output: Tensor, target: Tensor, target_weights: Tensor | None = None
    ) -> Tensor:
        """Compute the loss; shapes as for the masked loss.

        Raises:
            MmcephError: No teacher's maps were handed over.
        """
        loss = super().forward(output, target, target_weights)
        if self._teacher is None:
            raise MmcephError(
                "TeacherHeldLoss: there is no teacher; it is for DifficultLandmarkEstimator with "
                "strategy='distill'"
            )
        if not len(self.healthy):
            return loss
        held = spatial_softmax(self._teacher) if self.expects_logits else self._teacher
        count = len(self.landmark_set)
        mine, theirs = (
            maps.unflatten(1, (count, -1)).index_select(1, self.healthy).flatten(1, 2)
            for maps in (output, held.to(output.dtype))
        )
        weights = torch.ones(len(output), len(self.healthy), device=output.device)
        return loss + self.held_weight * self._call(mine, theirs, weights)
