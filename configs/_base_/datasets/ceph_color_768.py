# Canonical annotations under data_root/annotations, pictures as three channels, padded (never
# squashed) to 768x768. A leaf config sets landmark_set.
codec = dict(
    type="MSRAHeatmap",
    input_size=(768, 768),
    heatmap_size=(192, 192),
    sigma=2.0,
    unbiased=True,
)
train_pipeline = [
    dict(type="LoadImage"),
    dict(type="GetBBoxCenterScale", padding=1.0),
    dict(
        type="RandomBBoxTransform",
        shift_factor=0.05,
        shift_prob=1.0,
        scale_factor=(0.83, 1.2),
        rotate_factor=15.0,
        rotate_prob=1.0,
    ),
    dict(type="TopdownAffine", input_size=codec["input_size"]),
    dict(type="RandomExposure"),
    dict(type="RandomNoise"),
    dict(type="GenerateTarget", encoder=codec),
    dict(type="PackPoseInputs"),
]
val_pipeline = [
    dict(type="LoadImage"),
    dict(type="GetBBoxCenterScale", padding=1.0),
    dict(type="TopdownAffine", input_size=codec["input_size"]),
    dict(type="PackPoseInputs"),
]

train_dataloader = dict(
    batch_size=4,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type="DefaultSampler", shuffle=True),
    dataset=dict(
        type="CephDataset",
        data_root="data/",
        ann_file="annotations/train.json",
        data_prefix=dict(img=""),
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    batch_size=4,
    num_workers=2,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type="DefaultSampler", shuffle=False, round_up=False),
    dataset=dict(
        type="CephDataset",
        data_root="data/",
        ann_file="annotations/val.json",
        data_prefix=dict(img=""),
        pipeline=val_pipeline,
        test_mode=True,
    ),
)
test_dataloader = dict(
    batch_size=4,
    num_workers=2,
    persistent_workers=False,
    drop_last=False,
    sampler=dict(type="DefaultSampler", shuffle=False, round_up=False),
    dataset=dict(
        type="CephDataset",
        data_root="data/",
        ann_file="annotations/test.json",
        data_prefix=dict(img=""),
        pipeline=val_pipeline,
        test_mode=True,
    ),
)
val_evaluator = dict(type="CephMetric")
test_evaluator = dict(type="CephMetric")
