# For a backbone that brings its weights (--load-from): ten epochs for the head alone, then both,
# the backbone at a tenth of the rate. Without weights: --unfreeze-after 0 and lr_mult 1.
train_cfg = dict(type="EpochBasedTrainLoop", max_epochs=60, val_interval=1)
val_cfg = dict()
test_cfg = dict()

optim_wrapper = dict(
    type="OptimWrapper",
    optimizer=dict(type="AdamW", lr=1e-3, weight_decay=1e-4),
    paramwise_cfg=dict(custom_keys=dict(backbone=dict(lr_mult=0.1))),
)
param_scheduler = [
    dict(type="LinearLR", start_factor=0.04, begin=0, end=3, convert_to_iter_based=True),
    dict(
        type="CosineAnnealingLR",
        eta_min=1e-6,
        begin=3,
        end=60,
        convert_to_iter_based=True,
    ),
]
fine_tuning_hooks = [
    dict(type="PartialWeightsHook"),
    dict(type="UnfreezeBackboneHook", epochs=10),
    dict(
        type="EarlyStoppingHook", monitor="ceph/MRE", rule="less", min_delta=1e-6, patience=30
    ),
]
find_unused_parameters = True  # a frozen backbone gives no gradients
