"""Where a branch leaves a frozen backbone, and how it joins the rest again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from mmceph.errors import MmcephError

_STAGES = ("stage4", "layer4", "layer3", "layer2")


@dataclass
class Trunk:
    """What a backbone has computed up to the branch point.

    Attributes:
        inner: What goes into the branch: a tensor, or HRNet's list of one tensor a resolution.
        outputs: What the backbone gives when the branch point lets everything through.
    """

    inner: Tensor | list[Tensor]
    outputs: tuple[Tensor, ...]


class BranchPoint:
    """The part of a backbone after which nothing but a head follows.

    Works on the backbone's own ``forward``: while the trunk runs, the part is replaced by one
    that keeps its input and passes it on, so no network's layout is repeated here.

    Args:
        backbone: MMPose's HRNet or ResNet, TorchvisionResNet, or another that ends likewise.
        path: Dotted name of the part, e.g. ``"stage4"``, ``"stage4.2"`` (its last module) or
            ``"layer4"``; None looks for the last stage.

    Raises:
        MmcephError: The backbone has no such part.
    """

    def __init__(self, backbone: nn.Module, path: str | None = None) -> None:
        self.path = path or _last_stage(backbone)
        try:
            self.stage = backbone.get_submodule(self.path)
        except AttributeError as error:
            raise MmcephError(
                f"DifficultLandmarkEstimator: {type(backbone).__name__} has no part {self.path!r} "
                "to branch at; set branch_at to one it has, e.g. 'stage4' or 'layer4'"
            ) from error
        self._backbone = backbone

    def trunk(self, images: Tensor) -> Trunk:
        """Run the backbone (B, C, h, w) up to the branch point, without gradients."""
        tap = _Tap()
        with torch.no_grad(), self._replaced(tap):
            try:
                outputs = self._backbone(images)
            except RuntimeError as error:
                # What came through has another shape than what a following part expects.
                if tap.inner is None or isinstance(error, torch.OutOfMemoryError):
                    raise
                raise self._not_the_end() from error
        if tap.inner is None:
            raise MmcephError(
                f"DifficultLandmarkEstimator: {type(self._backbone).__name__} does not use its "
                f"{self.path}; choose a part in reach of its out_indices as branch_at"
            )
        return Trunk(tap.inner, tuple(outputs))

    @contextmanager
    def recorded(self) -> Iterator[list[Trunk]]:
        """Within it, every run of the backbone adds a Trunk to the list that is given."""
        trunks: list[Trunk] = []
        entered: list[Tensor | list[Tensor]] = []

        def enter(module: nn.Module, args: tuple[Any, ...]) -> None:
            # HRNet's modules write their results into the list they are given.
            entered.append(args[0] if isinstance(args[0], Tensor) else list(args[0]))

        def leave(module: nn.Module, args: tuple[Any, ...], outputs: tuple[Tensor, ...]) -> None:
            inner = entered.pop()
            through = (*outputs[:-1], inner) if isinstance(inner, Tensor) else tuple(inner)
            trunks.append(Trunk(inner, through))

        handles = [
            self.stage.register_forward_pre_hook(enter),
            self._backbone.register_forward_hook(leave),
        ]
        try:
            yield trunks
        finally:
            for handle in handles:
                handle.remove()

    def finish(self, trunk: Trunk, stage: nn.Module) -> tuple[Tensor, ...]:
        """The backbone's features with ``stage`` in the part's place."""
        if isinstance(trunk.inner, Tensor):
            if trunk.outputs[-1] is not trunk.inner:
                raise self._not_the_end()
            return (*trunk.outputs[:-1], stage(trunk.inner))
        if len(trunk.outputs) != len(trunk.inner):
            raise self._not_the_end()
        # HRNet's modules write their results into the list they are given.
        return tuple(stage(list(trunk.inner)))

    def _not_the_end(self) -> MmcephError:
        return MmcephError(
            f"DifficultLandmarkEstimator: something follows {self.path} in "
            f"{type(self._backbone).__name__}; branch at its last part"
        )

    @contextmanager
    def _replaced(self, stand_in: nn.Module) -> Iterator[None]:
        parent_path, _, name = self.path.rpartition(".")
        parent = self._backbone.get_submodule(parent_path)
        parent._modules[name] = stand_in
        try:
            yield
        finally:
            parent._modules[name] = self.stage


class _Tap(nn.Module):
    """Keep what comes in and pass it on."""

    def __init__(self) -> None:
        super().__init__()
        self.inner: Any = None

    def forward(self, x: Any) -> Any:
        self.inner = x
        return x


def _last_stage(backbone: nn.Module) -> str:
    for name in _STAGES:
        if hasattr(backbone, name):
            return name
    raise MmcephError(
        f"DifficultLandmarkEstimator: {type(backbone).__name__} has none of {', '.join(_STAGES)}: "
        "name the part to branch at as branch_at"
    )
