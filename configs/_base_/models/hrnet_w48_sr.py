# HRNet-W48 with all four levels and the super-resolution head: the network of the team SUTD-VLG,
# whose published checkpoint fits. Every channel of the input is normalised alike.
_base_ = ["./hrnet_w32_heatmap.py"]

model = dict(
    data_preprocessor=dict(mean=[121.25] * 3, std=[76.5] * 3),
    backbone=dict(
        extra=dict(
            stage2=dict(num_channels=(48, 96)),
            stage3=dict(num_channels=(48, 96, 192)),
            stage4=dict(num_channels=(48, 96, 192, 384), multiscale_output=True),
        )
    ),
    head=dict(
        _delete_=True,
        type="SuperResolutionHead",
        in_channels=(48, 96, 192, 384),
        loss=dict(type="KeypointMSELoss", use_target_weight=True),
    ),
    test_cfg=dict(flip_test=True, flip_mode="heatmap", shift_heatmap=False),
)
fallback = dict(
    backbone=dict(out_indices=(0, 1, 2, 3)),
    head=dict(_delete_=True, in_channels=(64, 128, 256, 512)),
)
