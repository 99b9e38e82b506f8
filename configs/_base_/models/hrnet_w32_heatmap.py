# HRNet-W32 with one 1x1 convolution on its finest branch, as in MMPose's own configs.
# Source: Sun et al., Deep High-Resolution Representation Learning, CVPR 2019.
# A leaf config sets the head's out_channels and decoder.
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
                num_modules=1, num_branches=2, block="BASIC", num_blocks=(4, 4), num_channels=(32, 64)
            ),
            stage3=dict(
                num_modules=4,
                num_branches=3,
                block="BASIC",
                num_blocks=(4, 4, 4),
                num_channels=(32, 64, 128),
            ),
            stage4=dict(
                num_modules=3,
                num_branches=4,
                block="BASIC",
                num_blocks=(4, 4, 4, 4),
                num_channels=(32, 64, 128, 256),
            ),
        ),
    ),
    head=dict(
        type="HeatmapHead",
        in_channels=32,
        deconv_out_channels=None,
        loss=dict(type="LandmarkAdaptiveWingLoss"),
    ),
    test_cfg=dict(flip_test=False),
)
# ResNet-18 ends at a 32nd of the input: three deconvolutions bring it to HRNet's quarter.
fallback = dict(
    backbone=dict(_delete_=True, type="TorchvisionResNet", depth=18, out_indices=(3,)),
    head=dict(
        in_channels=512, deconv_out_channels=(256, 256, 256), deconv_kernel_sizes=(4, 4, 4)
    ),
)
