"""Stand-ins for the parts of MMPose that mmceph uses: same arguments, same numbers.

They need torch, torchvision, mmengine, numpy and OpenCV. Importing this package registers
nothing, so that the parity tests can hold each stand-in against MMPose's class in one process;
:func:`register_all` does it, and only :mod:`mmceph.pose` calls that.
"""

from __future__ import annotations

from mmceph.pose.standin.base_head import BaseHead
from mmceph.pose.standin.base_transform import BaseTransform
from mmceph.pose.standin.bbox_center_scale import GetBBoxCenterScale
from mmceph.pose.standin.codec import BaseKeypointCodec
from mmceph.pose.standin.data_preprocessor import PoseDataPreprocessor
from mmceph.pose.standin.data_sample import PoseDataSample
from mmceph.pose.standin.dataset import BaseCocoStyleDataset
from mmceph.pose.standin.estimator import BasePoseEstimator, TopdownPoseEstimator
from mmceph.pose.standin.flip_heatmaps import flip_heatmaps
from mmceph.pose.standin.generate_target import GenerateTarget
from mmceph.pose.standin.heatmap_head import HeatmapHead
from mmceph.pose.standin.heatmap_losses import (
    AdaptiveWingLoss,
    CombinedTargetMSELoss,
    KeypointMSELoss,
    KeypointOHKMMSELoss,
)
from mmceph.pose.standin.load_image import LoadImage
from mmceph.pose.standin.metainfo import parse_pose_metainfo
from mmceph.pose.standin.msra_heatmap import MSRAHeatmap
from mmceph.pose.standin.pack_inputs import PackPoseInputs
from mmceph.pose.standin.pck import pose_pck_accuracy
from mmceph.pose.standin.random_bbox import RandomBBoxTransform
from mmceph.pose.standin.random_flip import RandomFlip
from mmceph.pose.standin.regression_losses import L1Loss, MSELoss, SmoothL1Loss, WingLoss
from mmceph.pose.standin.topdown_affine import TopdownAffine
from mmceph.pose.standin.udp_heatmap import UDPHeatmap
from mmceph.pose.standin.warp import get_udp_warp_matrix, get_warp_matrix


def register_all() -> None:
    """Register every stand-in, under MMPose's name for it, in mmceph's registries."""
    from mmceph import registry

    table = {
        registry.DATASETS: (BaseCocoStyleDataset,),
        registry.TRANSFORMS: (
            LoadImage,
            GetBBoxCenterScale,
            RandomFlip,
            RandomBBoxTransform,
            TopdownAffine,
            GenerateTarget,
            PackPoseInputs,
        ),
        registry.KEYPOINT_CODECS: (MSRAHeatmap, UDPHeatmap),
        registry.MODELS: (
            PoseDataPreprocessor,
            TopdownPoseEstimator,
            HeatmapHead,
            KeypointMSELoss,
            KeypointOHKMMSELoss,
            CombinedTargetMSELoss,
            AdaptiveWingLoss,
            SmoothL1Loss,
            L1Loss,
            MSELoss,
            WingLoss,
        ),
    }
    for target, classes in table.items():
        for cls in classes:
            target.register_module(module=cls)


__all__ = [
    "AdaptiveWingLoss",
    "BaseCocoStyleDataset",
    "BaseHead",
    "BaseKeypointCodec",
    "BasePoseEstimator",
    "BaseTransform",
    "CombinedTargetMSELoss",
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
    "register_all",
]
