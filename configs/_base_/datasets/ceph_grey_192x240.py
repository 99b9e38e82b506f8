# As ceph_grey_320x400.py, small enough to train in minutes on a CPU.
_base_ = ["./ceph.py"]

codec = dict(
    type="SoftArgmaxHeatmap",
    input_size=(192, 240),
    heatmap_size=(96, 120),
    sigma=1.5,
    radius=3,
)
train_pipeline = [
    dict(type="LoadCephImage", color_type="grayscale"),
    dict(type="GetBBoxCenterScale", padding=1.0),
    dict(
        type="RandomBBoxTransform",
        shift_factor=0.05,
        shift_prob=1.0,
        scale_factor=(0.83, 1.2),
        rotate_factor=15.0,
        rotate_prob=1.0,
    ),
    dict(type="CephTopdownAffine", input_size=codec["input_size"]),
    dict(type="RandomExposure"),
    dict(type="RandomNoise"),
    dict(type="GenerateTarget", encoder=codec),
    dict(type="PackPoseInputs"),
]
val_pipeline = [
    dict(type="LoadCephImage", color_type="grayscale"),
    dict(type="GetBBoxCenterScale", padding=1.0),
    dict(type="CephTopdownAffine", input_size=codec["input_size"]),
    dict(type="PackPoseInputs"),
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = dict(dataset=dict(pipeline=val_pipeline))
