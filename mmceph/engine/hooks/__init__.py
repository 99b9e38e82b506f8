"""Hooks that mmengine does not have."""

from .channels_last import ChannelsLastHook
from .partial_weights import PartialWeightsHook
from .progress_bar import ProgressBarHook
from .stuck_validation import StuckValidationHook
from .unfreeze_backbone import UnfreezeBackboneHook

__all__ = [
    "ChannelsLastHook",
    "PartialWeightsHook",
    "ProgressBarHook",
    "StuckValidationHook",
    "UnfreezeBackboneHook",
]
