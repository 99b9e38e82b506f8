# As hrnet_768_difficult_masked.py, with the other landmarks held by a frozen copy of the base.
_base_ = ["./hrnet_768_difficult_stage.py"]

model = dict(strategy="distill")
