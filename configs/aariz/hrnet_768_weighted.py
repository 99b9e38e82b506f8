# All landmarks trained on, the difficult ones counting 2.5 times: the "before" of
# configs/hrnet_768_difficult.py, at its rate and schedule.
_base_ = ["./hrnet_768.py"]

difficult = ["UMT", "UPM", "R", "Ar", "Go", "LMT", "LPM", "Or", "Co", "PNS", "Po", "ANS"]
loss = dict(
    _delete_=True,
    type="MaskedKeypointLoss",
    base=_base_.model.head.loss,
    landmarks=difficult,
    landmark_set="aariz29",
    mode="weighted",
    weight=2.5,
)
model = dict(head=dict(loss=loss))
val_evaluator = dict(difficult=difficult)
test_evaluator = dict(difficult=difficult)

train_cfg = dict(max_epochs=20, val_interval=1)
optim_wrapper = dict(optimizer=dict(lr=1e-6))
param_scheduler = [
    dict(type="LinearLR", start_factor=0.04, begin=0, end=2, convert_to_iter_based=True),
    dict(
        type="CosineAnnealingLR", eta_min_ratio=0.01, begin=2, end=20, convert_to_iter_based=True
    ),
]
