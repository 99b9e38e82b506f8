# As configs/hrnet_768_difficult.py, with a copy of HRNet's stage 4 in place of the crops.
_base_ = ["../hrnet_768_difficult.py"]

model = dict(branch="stage", refine=None)
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.val_pipeline))
test_dataloader = dict(dataset=dict(pipeline=_base_.val_pipeline))
