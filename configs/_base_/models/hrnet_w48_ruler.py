# HRNet-W48 as in MMPose's own configs, whose weights fit (--load-from); a leaf config sets the
# head's decoder. Source: Sun et al., Deep High-Resolution Representation Learning, CVPR 2019.
model = dict(
    type="TopdownPoseEstimator",
    data_preprocessor=dict(
        type="PoseDataPreprocessor",
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
    ),
    backbone=dict(
        type="HRNet",
        in_channels=3,
        extra=dict(
            stage1=dict(
                num_modules=1, num_branches=1, block="BOTTLENECK", num_blocks=(4,), num_channels=(64,)
            ),
            stage2=dict(
                num_modules=1, num_branches=2, block="BASIC", num_blocks=(4, 4), num_channels=(48, 96)
            ),
            stage3=dict(
                num_modules=4,
                num_branches=3,
                block="BASIC",
                num_blocks=(4, 4, 4),
                num_channels=(48, 96, 192),
            ),
            stage4=dict(
                num_modules=3,
                num_branches=4,
                block="BASIC",
                num_blocks=(4, 4, 4, 4),
                num_channels=(48, 96, 192, 384),
            ),
        ),
    ),
    head=dict(
        type="P1P2RegressionHead",
        in_channels=48,
        pooling="integral",
        upsample=1,
        loss=dict(type="LandmarkSmoothL1Loss", beta=0.1),
    ),
    test_cfg=dict(flip_test=False),
)
# The fallback's finest level has HRNet's stride too, so the heat-map keeps its size.
fallback = dict(
    backbone=dict(_delete_=True, type="TorchvisionResNet", depth=18, out_indices=(0, 1, 2, 3)),
    head=dict(in_channels=(64, 128, 256, 512)),
)
