# ruff: noqa: C408 - written as configs are
"""Everything that has a state: augmentation, drop-out, a mean of the weights, early stopping."""

_base_ = ["../../configs/phantom/resnet18_quickstart.py"]
custom_imports = dict(imports=["tests.campaign.tiny_model"])

model = dict(
    backbone=dict(_delete_=True, type="TinyDropoutNet"),
    head=dict(in_channels=(8, 8), feat_channels=8),
)
fallback = dict(backbone=dict(_delete_=True, type="TinyDropoutNet"))
train_dataloader = dict(batch_size=2, num_workers=0, persistent_workers=False)
val_dataloader = dict(batch_size=2, num_workers=0, persistent_workers=False)
train_cfg = dict(max_epochs=4, val_interval=1)
custom_hooks = [
    dict(type="ChannelsLastHook"),
    dict(type="StuckValidationHook", epochs=2),
    dict(type="EMAHook", ema_type="ExponentialMovingAverage", momentum=0.2),
    dict(type="EarlyStoppingHook", monitor="ceph/MRE", rule="less", min_delta=1e-6, patience=3),
]
