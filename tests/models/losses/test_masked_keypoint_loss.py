import copy

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmengine.structures import InstanceData, PixelData

from mmceph.errors import MmcephError
from mmceph.landmarks import get_landmark_set
from mmceph.pose import PoseDataSample
from mmceph.registry import MODELS

AARIZ = get_landmark_set("aariz29")
K = len(AARIZ)
INDEX = sorted(AARIZ.index(name) for name in AARIZ.difficult)
OTHERS = [k for k in range(K) if k not in INDEX]
MAPS, POINTS = (3, K, 6, 5), (3, K, 2)

HEATMAP_BASES = [
    {"type": "KeypointMSELoss"},
    {"type": "KeypointMSELoss", "use_target_weight": True, "loss_weight": 3.0},
    {"type": "KeypointMSELoss", "skip_empty_channel": True},
    {"type": "AdaptiveWingLoss"},
    {"type": "AdaptiveWingLoss", "use_target_weight": True},
    {"type": "KeypointOHKMMSELoss", "topk": 4, "use_target_weight": True},
    {"type": "SmoothL1Loss", "use_target_weight": True},
    {"type": "L1Loss", "reduction": "sum"},
    {"type": "SpatialCrossEntropyLoss"},
    {"type": "LandmarkAdaptiveWingLoss"},
    {"type": "LandmarkSmoothL1Loss", "beta": 0.1},
    {"type": "LandmarkWingLoss", "use_target_weight": False},
]
POINT_BASES = [
    {"type": name, **more}
    for name in ("SmoothL1Loss", "L1Loss", "MSELoss", "WingLoss", "LandmarkWingLoss")
    for more in ({}, {"use_target_weight": True, "loss_weight": 0.5})
]


def make(base, landmarks=AARIZ.difficult, **arguments):
    settings = {"type": "MaskedKeypointLoss", "base": base, "landmarks": landmarks}
    return MODELS.build({**settings, **arguments})


def batch(shape):
    torch.manual_seed(0)
    output = torch.rand(shape).requires_grad_()
    return output, torch.rand(shape), torch.ones(shape[:2])


def weights_for(base, weights, shape):
    """MMPose's MSELoss and WingLoss want coordinate weights with all dimensions."""
    return weights[..., None] if len(shape) == 3 else weights


def cases():
    yield from ((base, MAPS) for base in HEATMAP_BASES)
    yield from ((base, POINTS) for base in POINT_BASES)


@pytest.mark.parametrize(("base", "shape"), cases())
def test_only_equals_the_base_on_those_channels_alone(base, shape):
    loss = make(base)
    output, target, weights = batch(shape)
    value = loss(output, target, weights)
    alone = output.detach()[:, INDEX].clone().requires_grad_()
    expected = MODELS.build(base)(
        alone, target[:, INDEX], weights_for(base, weights, shape)[:, INDEX]
    )
    assert float(value) == pytest.approx(float(expected), abs=1e-6, rel=1e-6)
    value.backward()
    expected.backward()
    torch.testing.assert_close(output.grad[:, INDEX], alone.grad)
    assert not output.grad[:, OTHERS].any()


@pytest.mark.parametrize(("base", "shape"), cases())
def test_invisible_points_leave_the_loss_and_its_denominator(base, shape):
    """Points with the same error each: however many are hidden, the loss stays as it was."""
    loss = make(base)
    error = torch.rand(shape[2:])
    output, target = error.expand(shape).clone().requires_grad_(), torch.zeros(shape)
    target[..., 0] = 1.0
    weights = torch.ones(shape[:2])
    whole = float(loss(output, target, weights))
    weights[0] = 0
    weights[1, INDEX[:5]] = 0
    if base["type"] == "KeypointOHKMMSELoss":  # the worst of each image, an empty image among them
        whole *= 2 / 3
    value = loss(output, target, weights)
    assert float(value) == pytest.approx(whole, rel=1e-5)
    value.backward()
    assert not output.grad[weights == 0].any()
    assert not output.grad[:, OTHERS].any()


@pytest.mark.parametrize(("base", "shape"), cases())
def test_nothing_active_gives_zero_and_keeps_the_graph(base, shape):
    # Mining the worst points and weighing them exclude each other.
    modes = ["only"] if base["type"] == "KeypointOHKMMSELoss" else ["only", "weighted"]
    for mode in modes:
        output, target, weights = batch(shape)
        output.data[0, 0] = torch.inf
        value = make(base, mode=mode)(output, target, weights * 0)
        value.backward()
        assert value.item() == 0
        assert torch.equal(output.grad, torch.zeros(shape))


def test_hand_computed_values_of_both_modes():
    output = torch.tensor([[1.0, 2.0, 3.0, 4.0]])[..., None, None]  # squared errors 1, 4, 9, 16
    target, names = torch.zeros(1, 4, 1, 1), ["S", "N", "Or", "Po"]
    base = {"type": "KeypointMSELoss", "use_target_weight": True}
    only = make(base, ["Or", "Po"], landmark_set=names)
    assert only(output, target) == 12.5
    assert only(output, target, torch.tensor([[1.0, 1.0, 1.0, 0.0]])) == 9.0
    weighted = make(base, ["Or", "Po"], landmark_set=names, mode="weighted")
    assert float(weighted(output, target)) == pytest.approx(67.5 / 7)  # (5 + 2.5 * 25) / (2 + 5)
    hidden = torch.tensor([[0.0, 1.0, 1.0, 1.0]])
    assert float(weighted(output, target, hidden)) == pytest.approx(66.5 / 6)
    single = make(base, ["Or"], landmark_set=names, mode="weighted", weights={"Po": 3, "S": 0})
    assert float(single(output, target)) == pytest.approx((4 + 2.5 * 9 + 3 * 16) / 6.5)


@pytest.mark.parametrize(("base", "shape"), cases())
def test_weighted_with_a_weight_of_one_is_the_base_itself(base, shape):
    output, target, weights = batch(shape)
    expected = MODELS.build(base)(output, target, weights_for(base, weights, shape))
    value = make(base, mode="weighted", weight=1.0)(output, target, weights)
    assert float(value) == pytest.approx(float(expected), rel=1e-6)


@pytest.mark.parametrize(("base", "shape"), cases())
def test_weighted_without_the_others_is_only(base, shape):
    healthy = {name: 0.0 for name in AARIZ.names if name not in AARIZ.difficult}
    output, target, weights = batch(shape)
    weights[0, INDEX[0]] = 0
    only = make(base)(output, target, weights)
    weighted = make(base, mode="weighted", weights=healthy)(output, target, weights)
    assert float(weighted) == pytest.approx(float(only), rel=1e-6)


@pytest.mark.parametrize("base", [{"type": "L1Loss", "reduction": "sum"}, {"type": "L1Loss"}])
def test_weighted_keeps_the_size_of_a_sum(base):
    output, target, weights = batch(MAPS)
    errors = (output - target).abs().detach()
    factor = torch.ones(K)
    factor[INDEX] = 2.5
    mean = (errors.mean(dim=(2, 3)) * factor).sum() / (factor.sum() * MAPS[0])
    expected = float(mean) * (errors.numel() if "reduction" in base else 1)
    assert float(make(base, mode="weighted")(output, target, weights)) == pytest.approx(expected)


def test_udp_maps_have_three_channels_a_landmark():
    names = ["S", "N", "Or"]
    loss = make({"type": "CombinedTargetMSELoss", "use_target_weight": True}, ["Or"],
                landmark_set=names)  # fmt: skip
    output, target = torch.rand(2, 9, 4, 4), torch.rand(2, 9, 4, 4)
    base = MODELS.build({"type": "CombinedTargetMSELoss", "use_target_weight": True})
    weights = torch.tensor([[1.0, 1.0, 0.0], [1.0, 0.0, 1.0]])
    expected = base(output[1:, 6:], target[1:, 6:], torch.ones(1, 1))
    assert float(loss(output, target, weights)) == pytest.approx(float(expected))


def test_pixel_and_coordinate_weights_go_through():
    output, target, _ = batch(MAPS)
    pixels = torch.rand(MAPS) + 0.1
    value = make({"type": "KeypointMSELoss"})(output, target, pixels)
    expected = (pixels * (output - target) ** 2)[:, INDEX].mean()
    assert float(value) == pytest.approx(float(expected))
    output, target, weights = batch(POINTS)
    loss = make({"type": "L1Loss", "use_target_weight": True})
    assert loss(output, target, weights[..., None]) == loss(output, target, weights)


def test_half_precision_maps_and_a_half_precision_model():
    loss = make({"type": "LandmarkAdaptiveWingLoss"}, mode="weighted").half()
    output, target, weights = batch(MAPS)
    weights[0, 3] = 0
    value = loss(output.half(), target, weights)
    exact = make({"type": "LandmarkAdaptiveWingLoss"}, mode="weighted")(output, target, weights)
    assert float(value) == pytest.approx(float(exact), rel=1e-2)


def test_it_is_not_in_checkpoints_and_can_be_copied():
    loss = make({"type": "KeypointMSELoss"})
    assert not loss.state_dict()
    output, target, weights = batch(MAPS)
    assert copy.deepcopy(loss)(output, target, weights) == loss(output, target, weights)
    assert "landmarks=['UMT'" in repr(loss)


def test_heads_learn_whether_the_maps_are_logits():
    assert make({"type": "SpatialCrossEntropyLoss"}).expects_logits is True
    assert make({"type": "KeypointMSELoss"}).expects_logits is False


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"landmarks": ["Poo"]}, "MaskedKeypointLoss: landmark 'Poo' .*did you mean"),
        ({"landmarks": []}, "MaskedKeypointLoss: no landmark has a weight"),
        ({"landmark_set": "aaris29"}, "unknown landmark set 'aaris29'; did you mean 'aariz29'"),
        ({"mode": "weighted", "base": {"type": "KeypointOHKMMSELoss"}}, "cannot weigh them"),
    ],
)
def test_impossible_arguments_are_named(arguments, message):
    with pytest.raises(MmcephError, match=message):
        make(**{"base": {"type": "KeypointMSELoss"}, "landmarks": ["Po"], **arguments})


def test_shapes_that_do_not_belong_together_are_named():
    loss = make({"type": "KeypointMSELoss"})
    maps = torch.zeros(2, 19, 4, 4)
    with pytest.raises(MmcephError, match="'aariz29' has 29 landmarks, the model's output has"):
        loss(maps, maps)
    maps = torch.zeros(2, 29, 4, 4)
    with pytest.raises(MmcephError, match=r"target of shape \(1, 29, 4, 4\) differ"):
        loss(maps, maps[:1])
    with pytest.raises(MmcephError, match=r"target_weights of shape \(2, 19\)"):
        loss(maps, maps, torch.ones(2, 19))
    with pytest.raises(MmcephError, match="one tensor of heat-maps or coordinates, not a tuple"):
        loss((maps, maps), maps)


USER_CONFIG = """
default_scope = "{scope}"
custom_imports = dict(imports=["mmceph"])
names = ["S", "N", "Or"]
mask = dict(type="{prefix}MaskedKeypointLoss", landmarks=["Or"], landmark_set=names,
            base=dict(type="{base}", {arguments}))
heatmap = dict(type="HeatmapHead", in_channels=8, out_channels=3, deconv_out_channels=None,
               loss=mask)
codec = dict(type="{prefix}SoftArgmaxHeatmap", input_size=(32, 48), heatmap_size=(16, 24))
pyramid = dict(type="{prefix}PyramidHeatmapHead", in_channels=(8,), out_channels=3, loss=mask,
               feat_channels=8, upsample=1, decoder=codec)
"""
BASES = [("KeypointMSELoss", "use_target_weight=True"), ("AdaptiveWingLoss", "")]


def head_from_a_users_config(tmp_path, name, scope, base, arguments):
    path = tmp_path / "users_own.py"
    prefix = "mmceph." if scope == "mmpose" else ""
    text = USER_CONFIG.format(scope=scope, prefix=prefix, base=base, arguments=arguments)
    path.write_text(text, encoding="utf-8")
    config = Config.fromfile(path)
    DefaultScope.get_instance(f"test_{id(tmp_path)}_{scope}_{name}", scope_name=scope)
    if scope == "mmpose":
        from mmpose.registry import MODELS as users_registry
    else:
        users_registry = MODELS
    return users_registry.build(config[name])


def samples(hidden=False):
    items = []
    for _ in range(2):
        sample = PoseDataSample(metainfo={"flip_indices": [0, 1, 2]})
        sample.gt_fields = PixelData(heatmaps=torch.rand(3, 24, 16))
        sample.gt_instance_labels = InstanceData(
            keypoint_labels=torch.tensor(np.full((1, 3, 2), 7.0), dtype=torch.float32),
            keypoint_weights=torch.tensor([[1.0, 1.0, 0.0 if hidden else 1.0]]),
        )
        items.append(sample)
    return items


SCOPES = ["mmceph", pytest.param("mmpose", marks=pytest.mark.mmpose)]
USERS_BASES = [*BASES, ("mmceph.LandmarkAdaptiveWingLoss", "")]


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize(("base", "arguments"), USERS_BASES)
@pytest.mark.parametrize("name", ["heatmap", "pyramid"])
def test_it_is_the_loss_of_a_head_in_a_users_own_config(tmp_path, name, scope, base, arguments):
    torch.manual_seed(0)
    head = head_from_a_users_config(tmp_path, name, scope, base, arguments)
    feats = (torch.rand(2, 8, 24, 16),)
    loss = head.loss(feats, samples(), {})["loss_kpt"]
    loss.backward()
    gradient = head.final_layer.weight.grad.flatten(1).abs().sum(dim=1)
    assert loss > 0
    assert (gradient > 0).tolist() == [False, False, True]
    assert head.loss(feats, samples(hidden=True), {})["loss_kpt"] == 0


def test_a_pyramid_head_under_a_masked_cross_entropy_decodes_logits(tmp_path):
    head = head_from_a_users_config(tmp_path, "pyramid", "mmceph", "SpatialCrossEntropyLoss", "")
    maps = head._readable(torch.randn(1, 3, 24, 16))
    torch.testing.assert_close(maps.sum(dim=(2, 3)), torch.ones(1, 3))
