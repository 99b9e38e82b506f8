# Pictures as three channels, squashed to 768x768; heat-maps of the same size.
_base_ = ["./ceph.py"]

codec = dict(type="CentroidHeatmap", input_size=(768, 768), heatmap_size=(768, 768), sigma=6.0)
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
    dict(type="SquashAffine", input_size=codec["input_size"]),
    dict(type="RandomExposure"),
    dict(type="GenerateTarget", encoder=codec),
    dict(type="PackPoseInputs"),
]
val_pipeline = [
    dict(type="LoadCephImage"),
    dict(type="GetBBoxCenterScale", padding=1.0),
    dict(type="SquashAffine", input_size=codec["input_size"]),
    dict(type="PackPoseInputs"),
]
train_dataloader = dict(batch_size=2, dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(batch_size=2, dataset=dict(pipeline=val_pipeline))
test_dataloader = dict(batch_size=2, dataset=dict(pipeline=val_pipeline))
