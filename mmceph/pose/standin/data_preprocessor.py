"""A batch of images -> one normalised tensor on the device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.model import ImgDataPreprocessor


class PoseDataPreprocessor(ImgDataPreprocessor):
    """mmengine's image preprocessor, which also notes in each sample the shape it was padded to.

    Args:
        mean: Mean per channel in pixel values, after any channel swap.
        std: Standard deviation per channel.
        pad_size_divisor: Pad right and bottom to a multiple of this many px.
        pad_value: Value of the padding.
        bgr_to_rgb: Swap the channels of images read as BGR.
        rgb_to_bgr: Swap the channels of images read as RGB.
        non_blocking: Copy to the device without waiting.
        batch_augments: Only None: augmentation of batches needs MMPose.

    Raises:
        ValueError: If ``batch_augments`` is given.
    """

    def __init__(
        self,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
        pad_size_divisor: int = 1,
        pad_value: float = 0,
        bgr_to_rgb: bool = False,
        rgb_to_bgr: bool = False,
        non_blocking: bool | None = False,
        batch_augments: None = None,
    ) -> None:
        if batch_augments is not None:
            raise ValueError("PoseDataPreprocessor without MMPose: batch_augments must be None")
        super().__init__(
            mean=mean,
            std=std,
            pad_size_divisor=pad_size_divisor,
            pad_value=pad_value,
            bgr_to_rgb=bgr_to_rgb,
            rgb_to_bgr=rgb_to_bgr,
            non_blocking=non_blocking,
        )

    def forward(self, data: dict[str, Any], training: bool = False) -> dict[str, Any]:
        """Give ``inputs`` (B, C, H, W) and the samples with ``pad_shape``, ``batch_input_shape``.

        Args:
            data: ``inputs``, a list of (C, h, w) tensors or one of shape (B, C, h, w), and
                ``data_samples``.
            training: Makes no difference here.
        """
        pad_shapes = [self._padded(image) for image in data["inputs"]]
        packed = super().forward(data=data, training=training)
        inputs, samples = packed["inputs"], packed["data_samples"]
        for sample, pad_shape in zip(samples or (), pad_shapes, strict=False):
            sample.set_metainfo(
                {"batch_input_shape": tuple(inputs.shape[-2:]), "pad_shape": pad_shape}
            )
        return {"inputs": inputs, "data_samples": samples}

    def _padded(self, image: torch.Tensor) -> tuple[int, int]:
        """Height and width of one image after its own padding."""
        step = self.pad_size_divisor
        height, width = (-(-int(n) // step) * step for n in image.shape[-2:])
        return height, width
