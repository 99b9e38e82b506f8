"""The one switch: MMPose's own classes where MMPose works, mmceph's stand-ins where it does not.

Everything else in mmceph takes its pose primitives from here and never asks which they are.
The stand-ins take the arguments mmceph's configs use, under the same names; an argument or value
they do not know is an error. In fallback mode they are registered under MMPose's names in
mmceph's registries, so that one config serves both modes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmengine.dataset import Compose

from mmceph.registry import BROKEN_IMPORT, USING_MMPOSE, stale_verdict

if TYPE_CHECKING or not USING_MMPOSE:
    from mmceph.pose.standin import (
        AdaptiveWingLoss,
        BaseCocoStyleDataset,
        BaseHead,
        BaseKeypointCodec,
        BasePoseEstimator,
        BaseTransform,
        CombinedTargetMSELoss,
        GenerateTarget,
        GetBBoxCenterScale,
        HeatmapHead,
        KeypointMSELoss,
        KeypointOHKMMSELoss,
        L1Loss,
        LoadImage,
        MSELoss,
        MSRAHeatmap,
        PackPoseInputs,
        PoseDataPreprocessor,
        PoseDataSample,
        RandomBBoxTransform,
        RandomFlip,
        SmoothL1Loss,
        TopdownAffine,
        TopdownPoseEstimator,
        UDPHeatmap,
        WingLoss,
        flip_heatmaps,
        get_udp_warp_matrix,
        get_warp_matrix,
        parse_pose_metainfo,
        pose_pck_accuracy,
        register_all,
    )

    register_all()
else:
    try:
        from mmcv.transforms import BaseTransform
        from mmpose.codecs import MSRAHeatmap, UDPHeatmap
        from mmpose.codecs.base import BaseKeypointCodec
        from mmpose.datasets.datasets import BaseCocoStyleDataset
        from mmpose.datasets.datasets.utils import parse_pose_metainfo
        from mmpose.datasets.transforms import (
            GenerateTarget,
            GetBBoxCenterScale,
            LoadImage,
            PackPoseInputs,
            RandomBBoxTransform,
            RandomFlip,
            TopdownAffine,
        )
        from mmpose.evaluation.functional import pose_pck_accuracy
        from mmpose.models import PoseDataPreprocessor, TopdownPoseEstimator
        from mmpose.models.heads import BaseHead, HeatmapHead
        from mmpose.models.losses import (
            AdaptiveWingLoss,
            KeypointMSELoss,
            KeypointOHKMMSELoss,
            L1Loss,
            MSELoss,
            SmoothL1Loss,
            WingLoss,
        )
        from mmpose.models.losses.heatmap_loss import CombinedTargetMSELoss
        from mmpose.models.pose_estimators.base import BasePoseEstimator
        from mmpose.models.utils.tta import flip_heatmaps
        from mmpose.structures import PoseDataSample
        from mmpose.structures.bbox import get_udp_warp_matrix, get_warp_matrix
    except BROKEN_IMPORT as error:
        raise stale_verdict(error) from error

__all__ = [
    "USING_MMPOSE",
    "AdaptiveWingLoss",
    "BaseCocoStyleDataset",
    "BaseHead",
    "BaseKeypointCodec",
    "BasePoseEstimator",
    "BaseTransform",
    "CombinedTargetMSELoss",
    "Compose",
    "GenerateTarget",
    "GetBBoxCenterScale",
    "HeatmapHead",
    "KeypointMSELoss",
    "KeypointOHKMMSELoss",
    "L1Loss",
    "LoadImage",
    "MSELoss",
    "MSRAHeatmap",
    "PackPoseInputs",
    "PoseDataPreprocessor",
    "PoseDataSample",
    "RandomBBoxTransform",
    "RandomFlip",
    "SmoothL1Loss",
    "TopdownAffine",
    "TopdownPoseEstimator",
    "UDPHeatmap",
    "WingLoss",
    "flip_heatmaps",
    "get_udp_warp_matrix",
    "get_warp_matrix",
    "parse_pose_metainfo",
    "pose_pck_accuracy",
]
