"""Hand the model a finer copy of the image beside its input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import torch

from mmceph.imaging.reduce import ReducedImage
from mmceph.pose import BaseTransform, PackPoseInputs
from mmceph.registry import TRANSFORMS


@TRANSFORMS.register_module()
class KeepFineImage(BaseTransform):
    """Keep the whole image, grey, at ``zoom`` times the scale the network's input has.

    For ``DifficultLandmarkEstimator`` with ``branch="refine"``, which cuts crops out of it.
    Belongs after ``GetBBoxCenterScale`` and ``RandomFlip`` and before whatever changes the box
    or warps the image. Adds ``fine_image`` (h, w), uint8, and ``fine_scale``, its px per px of
    the original in x and y. :class:`PackFineInputs` hands them on.

    Args:
        input_size: The network's input (w, h) in px.
        zoom: Scale against the input's; what exceeds the original is interpolated.

    Raises:
        ValueError: ``zoom`` is not above 0.
    """

    def __init__(self, input_size: Sequence[int], zoom: float = 2.3) -> None:
        super().__init__()
        if not zoom > 0:
            raise ValueError(f"KeepFineImage: zoom must be above 0, got {zoom}")
        self.input_size = (int(input_size[0]), int(input_size[1]))
        self.zoom = zoom

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Add the copy.

        Raises:
            ValueError: The image was warped already, or has no box yet.
        """
        if "input_size" in results or "bbox_scale" not in results:
            raise ValueError(
                "KeepFineImage belongs after GetBBoxCenterScale and before TopdownAffine"
            )
        image = results["img"]
        if isinstance(image, ReducedImage):
            pixels, (width, height) = image.pixels, image.original_size
        else:
            pixels, (height, width) = np.asarray(image), image.shape[:2]
        if pixels.ndim == 3:
            pixels = (
                pixels[..., 0] if pixels.shape[2] == 1 else cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
            )
        box = np.asarray(results["bbox_scale"], np.float64).reshape(-1, 2)[0]
        scale = self.zoom * min(self.input_size[0] / box[0], self.input_size[1] / box[1])
        size = (max(round(width * scale), 1), max(round(height * scale), 1))
        shrinks = size[0] < pixels.shape[1]
        results["fine_image"] = cv2.resize(
            pixels, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        )
        results["fine_scale"] = (size[0] / width, size[1] / height)
        return results

    def __repr__(self) -> str:
        return f"{type(self).__name__}(input_size={self.input_size}, zoom={self.zoom})"


@TRANSFORMS.register_module()
class PackFineInputs(PackPoseInputs):
    """``PackPoseInputs`` that also packs what :class:`KeepFineImage` kept.

    The sample gains ``fine_image``, a tensor (1, h, w), and the meta key ``fine_scale``.
    """

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Pack; see ``PackPoseInputs``.

        Raises:
            ValueError: The pipeline has no KeepFineImage.
        """
        if "fine_image" not in results:
            raise ValueError("PackFineInputs needs a KeepFineImage earlier in the pipeline")
        packed = super().transform(results)
        sample = packed["data_samples"]
        fine = torch.from_numpy(np.ascontiguousarray(results["fine_image"]))
        sample.set_field(fine.unsqueeze(0), "fine_image")
        sample.set_metainfo({"fine_scale": results["fine_scale"]})
        return packed
