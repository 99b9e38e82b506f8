# The loaders of every cephalometric data set in canonical form: annotations under
# data_root/annotations. A config on top gives them a codec and pipelines, a leaf config
# data_root and landmark_set.
train_dataloader = dict(
    batch_size=8,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type="DefaultSampler", shuffle=True),
    dataset=dict(
        type="CephDataset",
        data_root="data/",
        ann_file="annotations/train.json",
        data_prefix=dict(img=""),
    ),
)
val_dataloader = dict(
    batch_size=8,
    num_workers=2,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type="DefaultSampler", shuffle=False, round_up=False),
    dataset=dict(
        type="CephDataset",
        data_root="data/",
        ann_file="annotations/val.json",
        data_prefix=dict(img=""),
        test_mode=True,
    ),
)
test_dataloader = dict(
    batch_size=8,
    num_workers=2,
    persistent_workers=False,
    drop_last=False,
    sampler=dict(type="DefaultSampler", shuffle=False, round_up=False),
    dataset=dict(
        type="CephDataset",
        data_root="data/",
        ann_file="annotations/test.json",
        data_prefix=dict(img=""),
        test_mode=True,
    ),
)
val_evaluator = dict(type="CephMetric")
test_evaluator = dict(type="CephMetric")
