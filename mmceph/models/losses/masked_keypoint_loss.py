"""Any key-point loss on some of the landmarks, or with some of them weighing more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from mmengine.logging import print_log
from torch import Tensor, nn

from mmceph.errors import MmcephError
from mmceph.landmarks import as_landmark_set
from mmceph.registry import MODELS

from .base_loss import BaseLoss
from .landmark_weights import channel_weights, chosen_landmarks


@MODELS.register_module()
class MaskedKeypointLoss(nn.Module):
    """A key-point loss that counts the chosen landmarks only, or more than the others.

    It divides by what is active: landmarks that are not chosen and points that are not visible
    leave the denominator too. In mode ``"only"`` it equals the base loss on the chosen channels
    alone; in mode ``"weighted"`` it is the mean of the base loss over all landmarks under their
    weights. Either way it keeps the size the base loss has (MMPose's ``WingLoss``, say, is a sum
    over landmarks and stays one).

    It does not keep the other landmarks as they are: they share the backbone. See docs/losses.md.

    Args:
        base: Config of the loss, MMPose's or ours.
        landmarks: Names (aliases understood), or ``"auto"``: those a report shows difficult.
        landmark_set: The landmarks of the channels: a set's name, or a list of names.
        mode: ``"only"`` or ``"weighted"``.
        weight: Weight of the chosen landmarks in mode ``"weighted"``, the others' being 1.
        report: Path of a report.json, for ``"auto"``; best one of the validation images.
        weights: Weights of single landmarks by name, over all the others; mode ``"weighted"``.
        auto: The rule of ``"auto"``, e.g. ``dict(worst=12)``; ``dict(above_mm=1.8)`` by default.

    Raises:
        MmcephError: A name is not in the set (near misses are suggested), a weight is negative,
            the report is missing or gives no landmark.
    """

    group_of: Tensor
    active: Tensor

    def __init__(
        self,
        base: dict[str, Any],
        landmarks: Sequence[str] | str,
        landmark_set: str | Sequence[str] = "aariz29",
        mode: str = "only",
        weight: float = 2.5,
        report: str | None = None,
        weights: Mapping[str, float] | None = None,
        auto: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        try:
            self.landmark_set = as_landmark_set(landmark_set)
        except ValueError as error:
            raise MmcephError(f"MaskedKeypointLoss: {error}") from error
        try:
            self.landmarks = chosen_landmarks(landmarks, self.landmark_set, report, auto)
            table = channel_weights(self.landmark_set, self.landmarks, mode, weight, weights)
        except MmcephError as error:
            raise MmcephError(f"MaskedKeypointLoss: {error}") from error
        if landmarks == "auto":
            print_log(f"MaskedKeypointLoss: {', '.join(self.landmarks)} from {report}", "current")
        self.mode = mode
        self.base = MODELS.build(base)
        self._call = BaseLoss(self.base)
        # Channels of equal weight go through the base loss together.
        self._values = tuple(sorted({value for value in table if value > 0}))
        if self._call.ranks_landmarks and len(self._values) > 1:
            raise MmcephError(
                f"MaskedKeypointLoss: {self._call.name} picks the worst landmarks of each image "
                'and cannot weigh them: use mode "only", or another base'
            )
        groups = [self._values.index(value) if value > 0 else -1 for value in table]
        active = [index for index, value in enumerate(table) if value > 0]
        # Not in the checkpoint: weights trained with another loss load as they are.
        self.register_buffer("group_of", torch.tensor(groups), persistent=False)
        self.register_buffer("active", torch.tensor(active), persistent=False)

    @property
    def expects_logits(self) -> bool:
        """Whether heads must read the maps as logits: as the base loss says."""
        return bool(getattr(self.base, "expects_logits", False))

    def extra_repr(self) -> str:
        """What ``print(model)`` shows."""
        return f"mode={self.mode!r}, landmarks={list(self.landmarks)}"

    def forward(
        self, output: Tensor, target: Tensor, target_weights: Tensor | None = None
    ) -> Tensor:
        """Compute the loss.

        Args:
            output: Heat-maps (B, K, H, W) or coordinates (B, K, D). Targets of several maps a
                landmark, as UDP's combined ones, have K times as many channels.
            target: What they should be, same shape.
            target_weights: Weights, 0 where a point is not visible, shape (B, K), or with more
                dimensions as the base loss takes them. None: all visible.

        Returns:
            A scalar; zero, with its graph kept, when nothing is active.

        Raises:
            MmcephError: The channels are not the landmark set's.
        """
        self._check(output, target, target_weights)
        count = len(self.landmark_set)
        if target_weights is None:
            target_weights = torch.ones(len(output), count, device=output.device)
        visible = target_weights != 0
        if visible.ndim > 2:
            visible = visible.flatten(2).any(dim=2)
        output, target = (t.unflatten(1, (count, -1)) for t in (output, target))
        if len(self._values) == 1:
            seen = visible.index_select(1, self.active)
            if bool(seen.all()) or (self._call.ranks_landmarks and bool(seen.any())):
                out, wanted, weights = (
                    t.index_select(1, self.active) for t in (output, target, target_weights)
                )
                return self._whole(out, wanted, weights, seen)
        return self._pooled(output, target, target_weights, visible)

    def _whole(self, output: Tensor, target: Tensor, weights: Tensor, seen: Tensor) -> Tensor:
        """The base loss on whole channels (B, K, parts, ...); what is not seen has no error."""
        if self._call.ranks_landmarks:
            keep = seen.reshape(seen.shape + (1,) * (output.ndim - 2))
            output = torch.where(keep, output, target.to(output.dtype))
        return self._call(output.flatten(1, 2), target.flatten(1, 2), weights)

    def _pooled(self, output: Tensor, target: Tensor, weights: Tensor, visible: Tensor) -> Tensor:
        """The mean over all visible points under their landmarks' weights, at the base's scale."""
        images, landmarks = len(output), len(self.active)
        total: Tensor | None = None
        mass = 0.0
        for group, value in enumerate(self._values):
            index = (visible & (self.group_of == group)).flatten().nonzero().squeeze(1)
            if len(index) == 0:
                continue
            out, wanted, weight = (
                t.flatten(0, 1).index_select(0, index) for t in (output, target, weights)
            )
            loss = self._call(out, wanted, weight.unsqueeze(1))
            loss = loss * (value * len(index) * self._call.scale(out, images, landmarks))
            total = loss if total is None else total + loss
            mass += value * len(index)
        # An empty sum is zero and has a graph, also where the output is not finite.
        return output.flatten()[:0].sum() if total is None else total / mass

    def _check(self, output: Tensor, target: Tensor, weights: Tensor | None) -> None:
        if not isinstance(output, Tensor) or not isinstance(target, Tensor):
            raise MmcephError(
                "MaskedKeypointLoss takes one tensor of heat-maps or coordinates, not a "
                f"{type(output).__name__}: losses on coordinate classification are not supported"
            )
        if output.shape != target.shape:
            raise MmcephError(
                f"MaskedKeypointLoss: output of shape {tuple(output.shape)} and target of shape "
                f"{tuple(target.shape)} differ"
            )
        count = len(self.landmark_set)
        per_landmark, rest = divmod(output.shape[1] if output.ndim > 2 else 0, count)
        if rest or per_landmark not in (1, 3) or (per_landmark == 3 and output.ndim != 4):
            raise MmcephError(
                f"MaskedKeypointLoss: the landmark set {self.landmark_set.name!r} has {count} "
                f"landmarks, the model's output has shape {tuple(output.shape)}: set "
                "landmark_set to the data set's"
            )
        if weights is not None and tuple(weights.shape[:2]) != (len(output), count):
            raise MmcephError(
                f"MaskedKeypointLoss: target_weights of shape {tuple(weights.shape)} do not fit "
                f"{len(output)} images of {count} landmarks"
            )
