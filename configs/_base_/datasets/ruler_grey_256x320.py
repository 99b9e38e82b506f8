# One grey channel; half of the training views are close-ups of the ruler at full resolution, and
# some have it erased. Validation shows the whole picture.
_base_ = ["./ceph.py"]

codec = dict(
    type="SoftArgmaxHeatmap", input_size=(256, 320), heatmap_size=(128, 160), sigma=1.5, radius=4
)
train_pipeline = [
    dict(type="LoadCephImage", color_type="grayscale", cache="ram"),
    dict(type="RandomRulerErase"),
    dict(type="GetBBoxCenterScale", padding=1.0),
    dict(type="RulerView", input_size=codec["input_size"]),
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
    dict(type="RandomBlur", sigma=(0.3, 1.2), prob=0.3),
    dict(type="GenerateTarget", encoder=codec),
    dict(type="PackPoseInputs"),
]
val_pipeline = [
    dict(type="LoadCephImage", color_type="grayscale"),
    dict(type="GetBBoxCenterScale", padding=1.0),
    dict(type="RulerView", input_size=codec["input_size"], zoom_prob=0.0),
    dict(type="CephTopdownAffine", input_size=codec["input_size"]),
    dict(type="PackPoseInputs"),
]
train_dataloader = dict(dataset=dict(type="RulerDataset", pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(type="RulerDataset", pipeline=val_pipeline))
test_dataloader = dict(dataset=dict(type="RulerDataset", pipeline=val_pipeline))
val_evaluator = [dict(type="CephMetric"), dict(type="RulerMetric")]
test_evaluator = [dict(type="CephMetric"), dict(type="RulerMetric")]
