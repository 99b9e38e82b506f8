# The network and the recipe of the team SUTD-VLG, whose checkpoint is tested and trained on with it:
#   python tools/test.py configs/cldetection2023/hrnet_w48_sr_1024.py CHECKPOINT --data-root RAW
_base_ = [
    "../_base_/default_runtime.py",
    "../_base_/datasets/ceph_color_sr_1024.py",
    "../_base_/models/hrnet_w48_sr.py",
]

data_root = "data/cldetection2023"
model = dict(head=dict(out_channels=38, decoder=_base_.codec))
train_dataloader = dict(dataset=dict(data_root=data_root, landmark_set="cldetection38"))
val_dataloader = dict(dataset=dict(data_root=data_root, landmark_set="cldetection38"))
test_dataloader = dict(dataset=dict(data_root=data_root, landmark_set="cldetection38"))

train_cfg = dict(type="EpochBasedTrainLoop", max_epochs=100, val_interval=1)
val_cfg = dict()
test_cfg = dict()
optim_wrapper = dict(type="OptimWrapper", optimizer=dict(type="Adam", lr=5e-4))
param_scheduler = [dict(type="LinearLR", start_factor=0.001, begin=0, end=500, by_epoch=False)]
default_hooks = dict(checkpoint=dict(save_best="ceph/SDR_2.0mm", rule="greater"))
amp = True
