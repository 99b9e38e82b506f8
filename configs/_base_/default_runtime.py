default_scope = "mmceph"

default_hooks = dict(
    timer=dict(type="IterTimerHook"),
    logger=dict(type="LoggerHook", interval=50),
    param_scheduler=dict(type="ParamSchedulerHook"),
    checkpoint=dict(
        type="CheckpointHook",
        interval=1,
        max_keep_ckpts=1,
        save_best="ceph/MRE",
        rule="less",
    ),
    sampler_seed=dict(type="DistSamplerSeedHook"),
)
custom_hooks = [
    dict(type="SyncBuffersHook"),
    dict(type="ProgressBarHook"),
    dict(type="ChannelsLastHook"),
    dict(type="StepSeedHook"),
    dict(type="StuckValidationHook", epochs=5),
]

env_cfg = dict(
    cudnn_benchmark=True,
    mp_cfg=dict(mp_start_method="fork", opencv_num_threads=0),  # ignored on Windows
    dist_cfg=dict(backend="nccl"),
)

visualizer = dict(type="Visualizer", vis_backends=[dict(type="LocalVisBackend")])
log_processor = dict(type="LogProcessor", window_size=50, by_epoch=True, num_digits=6)
log_level = "INFO"
load_from = None
resume = False
randomness = dict(seed=0)
