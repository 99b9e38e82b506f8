# A narrow network on one grey channel that finds and reads rulers; a leaf config sets the
# head's decoder.
model = dict(
    type="TopdownPoseEstimator",
    data_preprocessor=dict(type="PoseDataPreprocessor", mean=[102.0], std=[64.0]),
    backbone=dict(type="CompactResNet", in_channels=1, widths=(16, 32, 64, 96)),
    head=dict(
        type="P1P2RegressionHead",
        in_channels=(16, 32, 64, 96),
        pooling="integral",
        feat_channels=24,
        loss=dict(type="LandmarkSmoothL1Loss", beta=0.1),
    ),
    test_cfg=dict(flip_test=False),
)
