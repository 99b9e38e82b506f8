"""What has to be known of a key-point loss before landmarks can be taken out of it."""

from __future__ import annotations

import inspect
import math

import torch
from torch import Tensor, nn

from mmceph.errors import MmcephError


class BaseLoss:
    """A key-point loss of whatever make, called the same way.

    MMPose's losses differ in whether they take weights, in the weights' shape, and in what they
    divide by: most by batch and landmarks, :class:`WingLoss` by the batch alone, some by nothing.

    Args:
        module: ``forward(output, target)`` or ``forward(output, target, target_weights)``.
    """

    def __init__(self, module: nn.Module) -> None:
        self._forward = module
        self.name = type(module).__name__
        self._takes_weights = len(inspect.signature(module.forward).parameters) >= 3
        # Online hard key-point mining compares the landmarks of one image with each other.
        self.ranks_landmarks = hasattr(module, "topk")
        self._growth: dict[tuple[int, ...], tuple[int, int]] = {}

    def __call__(self, output: Tensor, target: Tensor, weights: Tensor) -> Tensor:
        """The loss of maps or coordinates under weights (B, K) or with more dimensions."""
        if not self._takes_weights:
            value = self._forward(output, target)
        else:
            if output.ndim == 3 and weights.ndim == 2:
                weights = weights.unsqueeze(-1)  # not all of MMPose's do this themselves
            value = self._forward(output, target, weights)
        if not isinstance(value, Tensor) or value.ndim:
            raise MmcephError(f"{self.name} must give one number: set its reduction to mean or sum")
        return value

    def scale(self, points: Tensor, images: int, landmarks: int) -> float:
        """From the loss of single points, as images of one landmark, to a full batch of the kind.

        Args:
            points: The points' maps or coordinates, shape (points, parts, ...).
            images: Images of the batch.
            landmarks: Landmarks of each.

        Returns:
            The factor; 1 for a loss that is a mean.
        """
        shape = tuple(points.shape[1:]) if points.ndim == 3 else (points.shape[1], 2, 2)
        if shape not in self._growth:
            self._growth[shape] = self._measure_growth(shape, points.device)
        by_image, by_landmark = self._growth[shape]
        return float((images / len(points)) ** by_image * landmarks**by_landmark)

    @torch.no_grad()
    def _measure_growth(self, shape: tuple[int, ...], device: torch.device) -> tuple[int, int]:
        """How the loss grows with the images and with the landmarks: 0 not at all, 1 as they do.

        Found by trying, on the same small error everywhere, as no attribute tells it.
        """

        def value(images: int, landmarks: int) -> float:
            size = (images, landmarks * shape[0], *shape[1:])
            output, target = (torch.zeros(size, device=device) for _ in range(2))
            output += 0.4
            target.flatten(2)[..., 0] = 1.0
            weights = torch.ones(images, landmarks, device=device)
            return float(self(output, target, weights))

        one = value(1, 1)
        growth = []
        for size in ((2, 1), (1, 2)):
            power = math.log2(value(*size) / one) if one > 0 else math.nan
            if math.isnan(power) or abs(power - round(power)) > 0.01:
                raise MmcephError(
                    f"{self.name} is no sum or mean over landmarks, so none can be taken out of it"
                )
            growth.append(round(power))
        return growth[0], growth[1]
