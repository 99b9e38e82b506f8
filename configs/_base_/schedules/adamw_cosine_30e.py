train_cfg = dict(type="EpochBasedTrainLoop", max_epochs=30, val_interval=2)
val_cfg = dict()
test_cfg = dict()

optim_wrapper = dict(
    type="OptimWrapper",
    optimizer=dict(type="AdamW", lr=2e-3, weight_decay=1e-4),
)
param_scheduler = [
    dict(type="LinearLR", start_factor=0.04, begin=0, end=4, convert_to_iter_based=True),
    dict(
        type="CosineAnnealingLR",
        eta_min=1e-6,
        begin=4,
        end=30,
        convert_to_iter_based=True,
    ),
]
