"""Backbones of our own; MMPose's are found in the parent registry."""

from .torchvision_resnet import TorchvisionResNet

__all__ = ["TorchvisionResNet"]
