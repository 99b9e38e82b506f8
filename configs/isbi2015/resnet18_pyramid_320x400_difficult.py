# A second look at the difficult landmarks of a model of resnet18_pyramid_320x400.py:
# python tools/train.py THIS --load-from BASE.pth --epochs 60. See docs/difficult.md.
_base_ = ["./resnet18_pyramid_320x400.py"]

difficult = ["Or", "A", "B", "Go", "Pog`", "PNS", "ANS", "Ar"]
model = dict(
    _delete_=True,
    type="DifficultLandmarkEstimator",
    base=_base_.model,
    landmarks=difficult,
    landmark_set="isbi19",
)
fallback = dict(_delete_=True, base=_base_.fallback)

pipeline = [
    dict(type="LoadCephImage", color_type="grayscale"),
    dict(type="GetBBoxCenterScale", padding=1.0),
    dict(type="KeepFineImage", input_size=_base_.codec.input_size, zoom=2.3),
    dict(type="CephTopdownAffine", input_size=_base_.codec.input_size),
    dict(type="PackFineInputs"),
]
train_dataloader = dict(dataset=dict(pipeline=pipeline))
val_dataloader = dict(dataset=dict(pipeline=pipeline))
test_dataloader = dict(dataset=dict(pipeline=pipeline))
val_evaluator = dict(difficult=difficult)
test_evaluator = dict(difficult=difficult)
train_cfg = dict(val_interval=5)
