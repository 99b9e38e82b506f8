# HRNet-W48 as in MMPose's own configs, whose weights fit (--load-from); a leaf config sets the
# head's decoder. Source: Sun et al., Deep High-Resolution Representation Learning, CVPR 2019.
_base_ = ["./hrnet_w32_heatmap.py"]

model = dict(
    backbone=dict(
        extra=dict(
            stage2=dict(num_channels=(48, 96)),
            stage3=dict(num_channels=(48, 96, 192)),
            stage4=dict(num_channels=(48, 96, 192, 384)),
        )
    ),
    head=dict(
        _delete_=True,
        type="P1P2RegressionHead",
        in_channels=48,
        pooling="integral",
        upsample=1,
        loss=dict(type="LandmarkSmoothL1Loss", beta=0.1),
    ),
)
# The fallback's finest level has HRNet's stride too, so the heat-map keeps its size.
fallback = dict(
    backbone=dict(out_indices=(0, 1, 2, 3)),
    head=dict(_delete_=True, in_channels=(64, 128, 256, 512)),
)
