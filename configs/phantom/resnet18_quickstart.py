_base_ = [
    "../_base_/default_runtime.py",
    "../_base_/datasets/ceph_grey_192x240.py",
    "../_base_/models/resnet18_pyramid.py",
    "../_base_/schedules/adamw_cosine_30e.py",
]

data_root = "work_dirs/quickstart/phantom"
model = dict(head=dict(out_channels=31, decoder=_base_.codec))
train_dataloader = dict(dataset=dict(data_root=data_root, landmark_set="phantom31"))
val_dataloader = dict(dataset=dict(data_root=data_root, landmark_set="phantom31"))
test_dataloader = dict(dataset=dict(data_root=data_root, landmark_set="phantom31"))

train_cfg = dict(max_epochs=16, val_interval=4)
param_scheduler = [
    dict(type="LinearLR", start_factor=0.04, begin=0, end=2, convert_to_iter_based=True),
    dict(type="CosineAnnealingLR", eta_min=1e-6, begin=2, end=16, convert_to_iter_based=True),
]
