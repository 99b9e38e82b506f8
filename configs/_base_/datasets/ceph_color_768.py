# Pictures as three channels, padded (never squashed) to 768x768.
_base_ = ["./ceph.py"]

codec = dict(
    type="MSRAHeatmap",
    input_size=(768, 768),
    heatmap_size=(192, 192),
    sigma=2.0,
    unbiased=True,
)
train_pipeline = [
    dict(type="LoadCephImage"),
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
    dict(type="LoadCephImage"),
    dict(type="GetBBoxCenterScale", padding=1.0),
    dict(type="CephTopdownAffine", input_size=codec["input_size"]),
    dict(type="PackPoseInputs"),
]
train_dataloader = dict(batch_size=4, dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(batch_size=4, dataset=dict(pipeline=val_pipeline))
test_dataloader = dict(batch_size=4, dataset=dict(pipeline=val_pipeline))
