_base_ = [
    "../_base_/default_runtime.py",
    "../_base_/datasets/ruler_color_512.py",
    "../_base_/models/resnet18_ruler.py",
    "../_base_/schedules/adamw_cosine_60e_unfreeze.py",
]

data_root = "data/ruler"
model = dict(head=dict(decoder=_base_.codec))
train_dataloader = dict(dataset=dict(data_root=data_root))
val_dataloader = dict(dataset=dict(data_root=data_root))
test_dataloader = dict(dataset=dict(data_root=data_root))

optim_wrapper = dict(optimizer=dict(lr=1e-3))
custom_hooks = [*_base_.custom_hooks, *_base_.fine_tuning_hooks]
