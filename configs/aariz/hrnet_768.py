# All 29 landmarks of Aariz: HRNet-W32 at 768x768, pictures padded, never squashed.
_base_ = [
    "../_base_/default_runtime.py",
    "../_base_/datasets/ceph_color_768.py",
    "../_base_/models/hrnet_w32_heatmap.py",
    "../_base_/schedules/adamw_cosine_30e.py",
]

data_root = "data/aariz"
model = dict(head=dict(out_channels=29, decoder=_base_.codec))
train_dataloader = dict(dataset=dict(data_root=data_root, landmark_set="aariz29"))
val_dataloader = dict(dataset=dict(data_root=data_root, landmark_set="aariz29"))
test_dataloader = dict(dataset=dict(data_root=data_root, landmark_set="aariz29"))

optim_wrapper = dict(optimizer=dict(lr=5e-4))
amp = True
