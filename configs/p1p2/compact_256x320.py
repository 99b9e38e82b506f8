_base_ = [
    "../_base_/default_runtime.py",
    "../_base_/datasets/ruler_grey_256x320.py",
    "../_base_/models/compact_ruler.py",
    "../_base_/schedules/adamw_cosine_30e.py",
]

data_root = "data/ruler"
model = dict(head=dict(decoder=_base_.codec))
train_dataloader = dict(dataset=dict(data_root=data_root))
val_dataloader = dict(dataset=dict(data_root=data_root))
test_dataloader = dict(dataset=dict(data_root=data_root))

train_cfg = dict(max_epochs=40, val_interval=5)
param_scheduler = [
    dict(type="LinearLR", start_factor=0.04, begin=0, end=4, convert_to_iter_based=True),
    dict(type="CosineAnnealingLR", eta_min=1e-6, begin=4, end=40, convert_to_iter_based=True),
]
