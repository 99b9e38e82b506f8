"""Backbones of our own; MMPose's are found in the parent registry."""

from .compact_resnet import CompactResNet
from .plain_hrnet import PlainHRNet
from .torchvision_resnet import TorchvisionResNet

__all__ = ["CompactResNet", "PlainHRNet", "TorchvisionResNet"]
