"""What is to be said about a loaded model beside its graph."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import nn

from mmceph.apis.model import LoadedModel
from mmceph.deployment.decoders import ExportError
from mmceph.deployment.description import Description
from mmceph.deployment.onnx_runner import prepare_picture
from mmceph.deployment.pipeline import input_settings, pixel_settings
from mmceph.guard import environment

_OUTPUTS = {
    "points": "(batch, landmarks, 2): x and y in px of the input",
    "scores": "(batch, landmarks): the model's confidence",
}


def describe(loaded: LoadedModel) -> Description:
    """Say everything about a model that its graph does not; opset and checksum are still empty.

    Raises:
        ExportError: Its pipeline or its preprocessor do what the runner cannot.
    """
    geometry = input_settings(loaded.pipeline)
    pixels = pixel_settings(loaded.model.data_preprocessor)
    channels = first_channels(loaded.model)
    mean, std = pixels["mean"] or (0.0,) * channels, pixels["std"] or (1.0,) * channels
    if len(mean) == 1:
        mean, std = mean * channels, std * channels
    known = loaded.metainfo
    return Description(
        landmark_names=loaded.names,
        landmark_set=str(known.get("landmark_set") or known.get("dataset_name") or ""),
        channels=channels,
        mean=mean,
        std=std,
        outputs=_OUTPUTS,
        opset=0,
        sha256="",
        versions={key: value for key, value in environment().items() if key != "platform"},
        config=loaded.made_with["config"],
        checkpoint=loaded.made_with["checkpoint"],
        checkpoint_sha256=loaded.made_with["checkpoint_sha256"],
        **geometry,
    )


def first_channels(model: nn.Module) -> int:
    """Channels of the image a model takes: those of its first convolution.

    Raises:
        ExportError: It has no convolution.
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            return int(module.in_channels)
    raise ExportError(f"{type(model).__name__}: has no convolution to take the channels from")


def prepared_images(files: Sequence[str], about: Description) -> np.ndarray:
    """Pictures as normalised inputs (B, C, h, w), by the runner's own code.

    Raises:
        ExportError: Fewer than two files.
        ImageReadError: A file cannot be read.
    """
    if len(files) < 2:
        raise ExportError("--images: give at least two, to see that the batch can grow")
    return np.stack([prepare_picture(file, about)[0] for file in files])
