_base_ = [
    "../_base_/default_runtime.py",
    "../_base_/datasets/ceph_grey_320x400.py",
    "../_base_/models/resnet18_pyramid.py",
    "../_base_/schedules/adamw_cosine_30e.py",
]

data_root = "data/cldetection2023"
model = dict(head=dict(out_channels=38, decoder=_base_.codec))
train_dataloader = dict(dataset=dict(data_root=data_root, landmark_set="cldetection38"))
val_dataloader = dict(dataset=dict(data_root=data_root, landmark_set="cldetection38"))
test_dataloader = dict(dataset=dict(data_root=data_root, landmark_set="cldetection38"))
