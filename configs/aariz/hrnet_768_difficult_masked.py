# For comparison: the whole model trained on the difficult landmarks alone. The others change.
_base_ = ["./hrnet_768_difficult_stage.py"]

model = dict(strategy="masked")
