"""Losses on heat-maps and coordinates."""

from .landmark_losses import LandmarkAdaptiveWingLoss, LandmarkSmoothL1Loss, LandmarkWingLoss
from .masked_keypoint_loss import MaskedKeypointLoss
from .spatial_cross_entropy import SpatialCrossEntropyLoss
from .teacher_held_loss import TeacherHeldLoss

__all__ = [
    "LandmarkAdaptiveWingLoss",
    "LandmarkSmoothL1Loss",
    "LandmarkWingLoss",
    "MaskedKeypointLoss",
    "SpatialCrossEntropyLoss",
    "TeacherHeldLoss",
]
