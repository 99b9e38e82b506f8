"""Hooks that mmengine does not have."""

from .channels_last import ChannelsLastHook
from .follow_schedule import FollowScheduleHook
from .partial_weights import PartialWeightsHook
from .progress_bar import ProgressBarHook
from .same_metainfo import SameMetainfoHook
from .stuck_validation import StuckValidationHook
from .unfreeze_backbone import UnfreezeBackboneHook

__all__ = [
    "ChannelsLastHook",
    "FollowScheduleHook",
    "PartialWeightsHook",
    "ProgressBarHook",
    "SameMetainfoHook",
    "StuckValidationHook",
    "UnfreezeBackboneHook",
]
