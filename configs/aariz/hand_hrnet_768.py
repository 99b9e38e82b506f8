# The hand-written HRNet behind checkpoint_best_768.pth: pictures squashed to 768x768, points read
# from the whole map (decoder radius=4: from the neighbourhood of its maximum instead).
#   python tools/test.py configs/aariz/hand_hrnet_768.py checkpoint_best_768.pth --data-root Aariz
_base_ = [
    "../_base_/default_runtime.py",
    "../_base_/datasets/ceph_squashed_768.py",
    "../_base_/models/plain_hrnet.py",
    "../_base_/schedules/adamw_cosine_30e.py",
]

data_root = "data/aariz"
model = dict(head=dict(out_channels=29, decoder=_base_.codec))
train_dataloader = dict(dataset=dict(data_root=data_root, landmark_set="aariz29"))
val_dataloader = dict(dataset=dict(data_root=data_root, landmark_set="aariz29"))
test_dataloader = dict(dataset=dict(data_root=data_root, landmark_set="aariz29"))

optim_wrapper = dict(optimizer=dict(lr=5e-4))
