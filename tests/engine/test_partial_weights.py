import torch

from mmceph.engine.partial_weights import fit_weights

MODEL = {
    "backbone.conv1.weight": torch.zeros(4, 1, 3, 3),
    "backbone.layer1.0.bn1.num_batches_tracked": torch.tensor(0),
    "backbone.layer1.0.conv1.weight": torch.zeros(4, 4, 3, 3),
    "head.regressor.0.weight": torch.zeros(2, 4),
    "head.presence.weight": torch.zeros(2, 2),
}


def test_what_fits_is_kept_and_the_rest_is_told():
    fit = fit_weights(
        MODEL,
        {
            "module.backbone.conv1.weight": torch.ones(4, 1, 3, 3),
            "backbone.layer1.0.conv1.weight": torch.ones(4, 4, 3, 3),
            "head.regressor.0.weight": torch.ones(3, 4),
            "keypoint_head.final_layer.weight": torch.ones(19, 4, 1, 1),
            "keypoint_head.final_layer.bias": torch.ones(19),
        },
    )
    assert set(fit.state) == {"backbone.conv1.weight", "backbone.layer1.0.conv1.weight"}
    assert fit.loaded == {"backbone": 2}
    assert fit.other_shape == ["head.regressor.0.weight"]
    lines = fit.table().splitlines()
    assert lines[1].split() == ["backbone", "2", "2", "-"]
    assert lines[2].split(maxsplit=3) == [
        "head", "0", "2", "1 of another shape, 1 not in the checkpoint",
    ]  # fmt: skip
    assert lines[3] == "only in the checkpoint: keypoint_head (2)"


def test_older_ruler_models_and_bare_backbones_find_their_names():
    old = {
        "backbone_wrapper.backbone.0.weight": torch.ones(4, 1, 3, 3),
        "backbone_wrapper.backbone.4.0.conv1.weight": torch.ones(4, 4, 3, 3),
        "regressor.0.weight": torch.ones(2, 4),
    }
    assert set(fit_weights(MODEL, old).state) == {
        "backbone.conv1.weight",
        "backbone.layer1.0.conv1.weight",
        "head.regressor.0.weight",
    }
    bare = {"conv1.weight": torch.ones(4, 1, 3, 3), "fc.weight": torch.ones(10, 4)}
    fit = fit_weights(MODEL, bare)
    assert set(fit.state) == {"backbone.conv1.weight"}
    assert fit.unknown == ["fc.weight"]
