# Three channels at 1024x1024, heat-maps of the same size; flips, strong zooms and turns.
_base_ = ["./ceph.py"]

codec = dict(
    type="MSRAHeatmap",
    input_size=(1024, 1024),
    heatmap_size=(1024, 1024),
    sigma=6.0,
    unbiased=True,
)
train_pipeline = [
    dict(type="LoadCephImage"),
    dict(type="GetBBoxCenterScale", padding=1.0),
    dict(type="RandomFlip", direction="horizontal"),
    dict(type="RandomBBoxTransform"),
    dict(type="CephTopdownAffine", input_size=codec["input_size"]),
    dict(type="GenerateTarget", encoder=codec),
    dict(type="PackPoseInputs"),
]
# In testing the picture fills four fifths of the input.
val_pipeline = [
    dict(type="LoadCephImage"),
    dict(type="GetBBoxCenterScale", padding=1.25),
    dict(type="CephTopdownAffine", input_size=codec["input_size"]),
    dict(type="PackPoseInputs"),
]
train_dataloader = dict(batch_size=4, dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(batch_size=1, dataset=dict(pipeline=val_pipeline))
test_dataloader = dict(batch_size=1, dataset=dict(pipeline=val_pipeline))
