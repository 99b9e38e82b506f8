# Whole pictures as three channels, padded (never squashed) to 1024x1024; some lose their ruler.
_base_ = ["./ceph.py"]

codec = dict(
    type="SoftArgmaxHeatmap", input_size=(1024, 1024), heatmap_size=(256, 256), sigma=1.5, radius=4
)
train_pipeline = [
    dict(type="LoadCephImage"),
    dict(type="RandomRulerErase", prob=0.15),
    dict(type="GetBBoxCenterScale", padding=1.0),
    dict(type="RulerView", input_size=codec["input_size"], zoom_prob=0.3),
    dict(
        type="RandomBBoxTransform",
        shift_factor=0.05,
        shift_prob=1.0,
        scale_factor=(0.85, 1.18),
        rotate_factor=8.0,
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
    dict(type="RulerView", input_size=codec["input_size"], zoom_prob=0.0),
    dict(type="CephTopdownAffine", input_size=codec["input_size"]),
    dict(type="PackPoseInputs"),
]
train_dataloader = dict(batch_size=4, dataset=dict(type="RulerDataset", pipeline=train_pipeline))
val_dataloader = dict(batch_size=4, dataset=dict(type="RulerDataset", pipeline=val_pipeline))
test_dataloader = dict(batch_size=4, dataset=dict(type="RulerDataset", pipeline=val_pipeline))
val_evaluator = [dict(type="CephMetric"), dict(type="RulerMetric")]
test_evaluator = [dict(type="CephMetric"), dict(type="RulerMetric")]
