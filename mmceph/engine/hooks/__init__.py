"""Hooks that mmengine does not have."""

from .channels_last import ChannelsLastHook
from .checkpoint import CheckpointHook
from .early_stopping import EarlyStoppingHook
from .follow_schedule import FollowScheduleHook
from .partial_weights import PartialWeightsHook
from .progress_bar import ProgressBarHook
from .same_metainfo import SameMetainfoHook
from .share import ShareHook
from .step_seed import StepSeedHook
from .stuck_validation import StuckValidationHook
from .unfreeze_backbone import UnfreezeBackboneHook

__all__ = [
    "ChannelsLastHook",
    "CheckpointHook",
    "EarlyStoppingHook",
    "FollowScheduleHook",
    "PartialWeightsHook",
    "ProgressBarHook",
    "SameMetainfoHook",
    "ShareHook",
    "StepSeedHook",
    "StuckValidationHook",
    "UnfreezeBackboneHook",
]
