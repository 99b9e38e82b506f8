# ResNet-18 on three channels, so that ordinary weights fit (--load-from); a leaf config sets the
# head's decoder.
model = dict(
    type="TopdownPoseEstimator",
    data_preprocessor=dict(
        type="PoseDataPreprocessor",
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
    ),
    backbone=dict(type="ResNet", depth=18, out_indices=(0, 1, 2, 3)),
    head=dict(
        type="P1P2RegressionHead",
        in_channels=(64, 128, 256, 512),
        pooling="integral",
        loss=dict(type="LandmarkSmoothL1Loss", beta=0.1),
    ),
    test_cfg=dict(flip_test=False),
)
fallback = dict(
    backbone=dict(_delete_=True, type="TorchvisionResNet", depth=18, out_indices=(0, 1, 2, 3)),
)
