"""From a config's test pipeline to what the runner has to do, or why it cannot."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmceph.deployment.decoders import ExportError
from mmceph.imaging.grey import WINDOW
from mmceph.pose import Compose

_LOADERS = ("LoadImage", "LoadCephImage")
_AFFINES = ("TopdownAffine", "CephTopdownAffine")
_IGNORED = ("PackPoseInputs",)
RULE = (
    "read as grey (Rec. 601 luminance), 8 bits; box from (0, 0) to (w - 1, h - 1) px, times "
    "padding, grown on both sides to the input's aspect ratio; bilinear warp of the box to the "
    "input, black outside; channels all equal; (grey - mean) / std. Points back: point / "
    "input_size * box_size + box_middle - box_size / 2"
)


def input_settings(pipeline: Compose) -> dict[str, Any]:
    """Read ``input_size``, ``padding``, ``reduce_to``, ``window`` and ``rule`` off a pipeline.

    Args:
        pipeline: The config's own, built, so that defaults are the transforms' own.

    Raises:
        ExportError: It has a step that the runner does not know, or lacks one.
    """
    loader: Any = None
    padding: float | None = None
    affine: Any = None
    for step in pipeline.transforms:
        name = type(step).__name__
        if name in _LOADERS:
            loader = step
        elif name == "GetBBoxCenterScale":
            padding = float(step.padding)
        elif name in _AFFINES:
            affine = step
        elif name not in _IGNORED:
            raise ExportError(
                f"the test pipeline has the step {name}, which the runner without torch does not "
                f"know (it knows {', '.join((*_LOADERS, 'GetBBoxCenterScale', *_AFFINES))})"
            )
    if loader is None or padding is None or affine is None:
        raise ExportError(
            "the test pipeline must load a picture, take its box (GetBBoxCenterScale) and warp it "
            "(TopdownAffine)"
        )
    if affine.use_udp:
        raise ExportError("TopdownAffine(use_udp=True) cannot be exported: use the plain affine")
    reduce_to = getattr(loader, "reduce_to", None)
    return {
        "input_size": (int(affine.input_size[0]), int(affine.input_size[1])),
        "padding": padding,
        "reduce_to": reduce_to,
        "window": tuple(getattr(loader, "window", WINDOW)),
        "rule": RULE,
    }


def pixel_settings(preprocessor: Any) -> dict[str, Any]:
    """Read ``mean`` and ``std`` off a data preprocessor.

    Args:
        preprocessor: The model's, built.

    Raises:
        ExportError: It pads.
    """
    if int(getattr(preprocessor, "pad_size_divisor", 1)) != 1:
        raise ExportError("data_preprocessor.pad_size_divisor cannot be exported; leave it out")
    if not getattr(preprocessor, "_enable_normalize", False):
        return {"mean": None, "std": None}
    mean, std = (
        tuple(float(v) for v in np.asarray(values.cpu()).ravel())
        for values in (preprocessor.mean, preprocessor.std)
    )
    return {"mean": mean, "std": std}
