import math

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData

from mmceph.engine.config import load_config
from mmceph.engine.overrides import LOSSES
from mmceph.errors import MmcephError
from mmceph.models.heads import P1P2RegressionHead
from mmceph.pose import PoseDataSample
from mmceph.registry import MODELS

CODEC = {
    "type": "SoftArgmaxHeatmap",
    "input_size": (64, 96),
    "heatmap_size": (32, 48),
    "sigma": 1.5,
}


def make_head(**kwargs) -> P1P2RegressionHead:
    settings = {"in_channels": (4, 8), "feat_channels": 8, "decoder": CODEC}
    return MODELS.build({"type": "P1P2RegressionHead", **settings, **kwargs})


def make_feats(batch: int = 2) -> tuple[torch.Tensor, ...]:
    return torch.randn(batch, 4, 24, 16), torch.randn(batch, 8, 12, 8)


def make_samples(points, weights) -> list[PoseDataSample]:
    samples = []
    for labels, weight in zip(points, weights, strict=True):
        sample = PoseDataSample(metainfo={"flip_indices": [0, 1]})
        sample.gt_instance_labels = InstanceData(
            keypoint_labels=torch.tensor([labels], dtype=torch.float32),
            keypoint_weights=torch.tensor([weight], dtype=torch.float32),
        )
        samples.append(sample)
    return samples


LABELS = [[[8, 40], [10, 20]], [[20, 30], [22, 9]]]


@pytest.mark.parametrize("pooling", ["integral", "gap"])
def test_forward_gives_fractions_and_presence(pooling):
    points, presence = make_head(pooling=pooling).eval()(make_feats())
    assert points.shape == (2, 2, 2)
    assert presence.shape == (2, 2)
    beyond = 0.5 / 32  # half a px of the heat-map: a point on the picture's very border
    assert -beyond <= points.min() <= points.max() <= 1 + beyond
    assert 0 < presence.min() <= presence.max() < 1


def test_integral_training_places_both_marks_and_learns_who_has_none():
    torch.manual_seed(0)
    head, feats = make_head(), make_feats(3)
    # The third image has no ruler: zeros in the place of marks, as annotation files have them.
    samples = make_samples([*LABELS, [[0, 0], [0, 0]]], [[1, 1], [1, 1], [0, 0]])
    optimizer = torch.optim.Adam(head.parameters(), lr=0.02)
    for _ in range(80):
        loss = sum(head.loss(feats, samples).values())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    found = head.predict(feats, samples)
    places = [instance.keypoints[0] for instance in found[:2]]
    np.testing.assert_allclose(places, np.array(LABELS) * 2, atol=1.0)  # input px = 2 heat-map px
    scores = np.stack([instance.keypoint_scores[0] for instance in found])
    assert scores[:2].min() > 0.9
    assert scores[2].max() < 0.1


@pytest.mark.parametrize("name", ["mse", "smooth_l1", "wing"])
@pytest.mark.parametrize("pooling", ["integral", "gap"])
def test_missing_marks_carry_no_loss_of_place_but_train_presence(pooling, name):
    torch.manual_seed(0)
    head = make_head(pooling=pooling, loss=LOSSES[name]).eval()
    feats = make_feats(2)
    alone = head.loss([level[:1] for level in feats], make_samples(LABELS[:1], [[1, 1]]))
    one_more = head.loss(feats, make_samples([LABELS[0], [[0, 0], [0, 0]]], [[1, 1], [0, 0]]))
    for key in alone.keys() - {"loss_presence"}:
        torch.testing.assert_close(one_more[key], alone[key])
    none = head.loss(feats, make_samples(LABELS, [[0, 0], [0, 0]]))
    assert all(value.item() == 0 for key, value in none.items() if key != "loss_presence")
    none["loss_presence"].backward()
    assert head.presence is not None
    assert all(p.grad is not None and p.grad.any() for p in head.presence.parameters())
    sum(head.loss(feats, make_samples(LABELS, [[0, 1], [1, 0]])).values()).backward()


def test_losses_have_the_values_computed_by_hand():
    head = make_head(distance_weight=1.0, presence_weight=2.0, pooling="gap")
    for layer in (head.regressor[6], head.presence):
        torch.nn.init.zeros_(layer.weight)
        torch.nn.init.zeros_(layer.bias)  # so every coordinate is 0.5 and every presence 0.5
    labels = [[[16, 24], [16, 12]]]  # fractions (0.5, 0.5) and (0.5, 0.25); 24 input px apart
    losses = head.eval().loss([level[:1] for level in make_feats()], make_samples(labels, [[1, 1]]))
    # Smooth L1, beta 0.1: one of four coordinates is off by 0.25, so (0.25 - 0.05) / 4.
    assert losses["loss_kpt"].item() == pytest.approx(0.05)
    # The distance is 0 (1e-3 for its slope) and not 1 times the true one: 1 - 0.05.
    assert losses["loss_distance"].item() == pytest.approx(0.95, abs=1e-4)
    assert losses["loss_presence"].item() == pytest.approx(2 * math.log(2))


def test_one_level_is_found_by_its_width_and_a_wrong_width_named():
    feats = make_feats()
    head = make_head(in_channels=8, upsample=4)
    assert head(feats)[0].shape == (2, 2, 2)
    with pytest.raises(MmcephError, match=r"in_channels is 5, the backbone gives levels of 4, 8"):
        make_head(in_channels=5)(feats)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pooling": "max"}, "pooling 'max' is none of"),
        ({"decoder": None}, "needs a decoder"),
        ({"loss": {"type": "SpatialCrossEntropyLoss"}}, "takes a loss on coordinates"),
    ],
)
def test_what_cannot_be_is_refused(settings, message):
    with pytest.raises(MmcephError, match=message):
        make_head(**settings)


def test_gap_has_the_layers_of_the_older_models():
    head = make_head(pooling="gap", presence=False)
    shapes = {name: tuple(value.shape) for name, value in head.state_dict().items()}
    assert shapes == {
        "regressor.0.weight": (512, 8),
        "regressor.0.bias": (512,),
        "regressor.3.weight": (256, 512),
        "regressor.3.bias": (256,),
        "regressor.6.weight": (4, 256),
        "regressor.6.bias": (4,),
    }
    # Without a presence layer every mark counts as present.
    assert head.eval()(make_feats())[1].min() > 0.999


@pytest.mark.parametrize("pooling", ["integral", "gap"])
def test_flip_test_averages_the_mirror_images_points_without_swapping_the_marks(pooling):
    torch.manual_seed(0)
    head = make_head(pooling=pooling).eval()
    feats = make_feats(1)
    samples = make_samples(LABELS[:1], [[1, 1]])
    mirrored = [level.flip(-1) for level in feats]
    alone = head.predict(feats, samples)[0].keypoints[0]
    other = head.predict(mirrored, samples)[0].keypoints[0]
    both = head.predict([feats, mirrored], samples, {"flip_test": True})[0].keypoints[0]
    if pooling == "gap":  # the mean of x and of what the mirror image says, mirrored
        np.testing.assert_allclose(both[:, 0], (alone[:, 0] + 63 - other[:, 0]) / 2, atol=1e-3)
        np.testing.assert_allclose(both[:, 1], (alone[:, 1] + other[:, 1]) / 2, atol=1e-3)
    else:
        assert both.shape == (2, 2)
        settings = {"flip_test": True, "output_heatmaps": True}
        maps = head.predict([feats, mirrored], samples, settings)
        assert maps[1][0].heatmaps.shape == (2, 48, 32)
        assert maps[1][0].heatmaps.sum().item() == pytest.approx(2.0, abs=1e-3)


@pytest.mark.parametrize("name", ["compact_256x320", "resnet18_512", "hrnet_w48_1024"])
def test_the_configs_build_and_give_marks_inside_the_estimator(name):
    from mmengine.registry import DefaultScope

    cfg = load_config(f"configs/p1p2/{name}.py")
    with DefaultScope.overwrite_default_scope("mmceph"):
        model = MODELS.build(cfg.model).eval()
    width, height = cfg.codec.input_size
    small = torch.zeros(1, 1 if name.startswith("compact") else 3, height // 8, width // 8)
    head = model.head
    levels = model.extract_feat(small)
    stride = width // 8 // levels[0].shape[-1]
    assert stride * levels[0].shape[-1] == width // 8
    heatmap = cfg.codec.heatmap_size[0] // 8
    logits = head.maps(head._levels(levels))
    assert logits.shape[-1] == heatmap
    points, presence = model(small, None, mode="tensor")
    assert points.shape == (1, 2, 2)
    assert presence.shape == (1, 2)
