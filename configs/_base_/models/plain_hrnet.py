# The high-resolution network of plain convolutions that hand-written scripts train; it needs no
# MMPose. A leaf config sets the head's out_channels and decoder.
model = dict(
    type="TopdownPoseEstimator",
    data_preprocessor=dict(
        type="PoseDataPreprocessor", mean=[127.5] * 3, std=[127.5] * 3, bgr_to_rgb=True
    ),
    backbone=dict(type="PlainHRNet"),
    head=dict(type="PlainHRNetHead", loss=dict(type="LandmarkAdaptiveWingLoss")),
    test_cfg=dict(flip_test=False),
)
