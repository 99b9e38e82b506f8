# A ResNet-18 on one grey channel with the light pyramid decoder. A leaf config sets the head's
# out_channels and decoder.
model = dict(
    type="TopdownPoseEstimator",
    data_preprocessor=dict(type="PoseDataPreprocessor", mean=[102.0], std=[64.0]),
    backbone=dict(type="ResNet", depth=18, in_channels=1, out_indices=(0, 1, 2, 3)),
    head=dict(
        type="PyramidHeatmapHead",
        in_channels=(64, 128, 256, 512),
        feat_channels=64,
        loss=dict(type="SpatialCrossEntropyLoss"),
    ),
    test_cfg=dict(flip_test=False),
)
fallback = dict(
    backbone=dict(
        _delete_=True,
        type="TorchvisionResNet",
        depth=18,
        in_channels=1,
        out_indices=(0, 1, 2, 3),
    ),
)
