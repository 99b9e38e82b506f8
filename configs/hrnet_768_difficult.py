# Aariz' difficult landmarks alone; the others stay those of the base model, bit for bit:
#   python tools/train.py configs/hrnet_768_difficult.py --data-root Aariz --load-from BASE.pth
# BASE.pth: a model of all 29, trained with configs/aariz/hrnet_768.py. See docs/difficult.md.
_base_ = ["./aariz/hrnet_768.py"]

difficult = ["UMT", "UPM", "R", "Ar", "Go", "LMT", "LPM", "Or", "Co", "PNS", "Po", "ANS"]
model = dict(
    _delete_=True,
    type="DifficultLandmarkEstimator",
    base=_base_.model,
    landmarks=difficult,
    landmark_set="aariz29",
    strategy="exact",
    branch="refine",
    refine=dict(network=dict(crop_size=128)),
)
fallback = dict(_delete_=True, base=_base_.fallback)

crop_pipeline = [
    dict(type="LoadCephImage"),
    dict(type="GetBBoxCenterScale", padding=1.0),
    dict(type="KeepFineImage", input_size=_base_.codec.input_size, zoom=1.7),
    dict(type="CephTopdownAffine", input_size=_base_.codec.input_size),
    dict(type="PackFineInputs"),
]
train_dataloader = dict(dataset=dict(pipeline=crop_pipeline))
val_dataloader = dict(dataset=dict(pipeline=crop_pipeline))
test_dataloader = dict(dataset=dict(pipeline=crop_pipeline))
val_evaluator = dict(difficult=difficult)
test_evaluator = dict(difficult=difficult)

train_cfg = dict(max_epochs=20, val_interval=1)
# 1e-6 is a rate for trained weights. The network on the crops starts from random ones: 1e-3.
optim_wrapper = dict(
    optimizer=dict(lr=1e-6), paramwise_cfg=dict(custom_keys={"branch.network": dict(lr_mult=1000)})
)
param_scheduler = [
    dict(type="LinearLR", start_factor=0.04, begin=0, end=2, convert_to_iter_based=True),
    dict(
        type="CosineAnnealingLR", eta_min_ratio=0.01, begin=2, end=20, convert_to_iter_based=True
    ),
]
