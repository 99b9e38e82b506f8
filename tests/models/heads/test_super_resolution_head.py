from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmceph.models.heads import SuperResolutionHead
from mmceph.pose import MSRAHeatmap
from mmceph.registry import MODELS, TRANSFORMS

WIDTHS = (48, 96, 192, 384)
SIZE_256 = {"type": "MSRAHeatmap", "input_size": (256, 256), "heatmap_size": (256, 256)}


def small_head() -> SuperResolutionHead:
    return SuperResolutionHead(in_channels=(2, 4, 6, 8), out_channels=3)


def small_feats() -> list[torch.Tensor]:
    return [torch.randn(2, 2 * (i + 1), 16 >> i, 8 >> i) for i in range(4)]


def test_maps_have_the_inputs_size_and_training_sees_three_sizes() -> None:
    head = small_head()
    assert head(small_feats()).shape == (2, 3, 64, 32)
    assert [m.shape for m in head.forward_all(small_feats())] == [
        (2, 3, 2, 1),
        (2, 3, 16, 8),
        (2, 3, 64, 32),
    ]


def test_another_number_of_levels_is_named() -> None:
    with pytest.raises(ValueError, match="four levels"):
        SuperResolutionHead(in_channels=(2, 4, 6))
    with pytest.raises(ValueError, match=r"gives 3 levels, not 4: set extra\.stage4"):
        small_head()(small_feats()[:3])


def test_the_coarse_maps_count_a_ten_thousandth_and_pooled_targets_are_means() -> None:
    head = small_head()
    target = torch.zeros(3, 64, 32)
    target[0, :4, :4] = 16.0
    sample = SimpleNamespace(
        gt_fields=SimpleNamespace(heatmaps=target),
        gt_instance_labels=SimpleNamespace(keypoint_weights=torch.ones(1, 3)),
    )
    maps = (torch.zeros(1, 3, 2, 1), torch.zeros(1, 3, 16, 8), torch.zeros(1, 3, 64, 32))
    head.forward_all = lambda feats: maps  # type: ignore[method-assign]
    losses = head.loss((), [sample])
    # Sums over 3 maps: one coarse cell of 0.25; one of 16; 16 pixels of 16.
    expected = (1e-4 * 0.25**2 / 6, 16.0**2 / 384, 16 * 16.0**2 / 6144)
    assert [float(losses[f"hp{i}_2d_loss"]) for i in range(3)] == pytest.approx(expected)


def test_outputs_are_the_original_programs(oracle: Callable[[str], Any]) -> None:
    numbers = oracle("srpose")
    head = SuperResolutionHead().double()
    head.load_state_dict(numbers.weights("head."))
    for case, facts in numbers.facts["head"].items():
        feats = [
            numbers.tensor(f"head {case} {i}", (facts["batch"], width, *size))
            for i, (width, size) in enumerate(zip(WIDTHS, facts["sizes"], strict=True))
        ]
        head.load_state_dict(numbers.weights("head."))  # batch norms have moved
        with torch.no_grad():
            assert numbers.off(f"head.{case}.eval", head.eval()(feats)) < 1e-12
            for number, maps in enumerate(head.train().forward_all(feats)):
                assert numbers.off(f"head.{case}.train.{number}", maps) < 1e-12


def test_losses_and_gradients_are_the_original_programs(oracle: Callable[[str], Any]) -> None:
    numbers = oracle("srpose")
    facts = numbers.facts["head"]["wide"]
    head = SuperResolutionHead().double()
    head.load_state_dict(numbers.weights("head."))
    feats = [
        numbers.tensor(f"head wide {i}", (facts["batch"], width, *size)).requires_grad_()
        for i, (width, size) in enumerate(zip(WIDTHS, facts["sizes"], strict=True))
    ]
    codec = MSRAHeatmap((320, 192), (320, 192), sigma=6.0, unbiased=True)
    samples = []
    points, visible = numbers.arrays["loss.points"], numbers.arrays["loss.visible"]
    for one, seen in zip(points, visible, strict=True):
        encoded = codec.encode(one.reshape(1, -1, 2), seen.reshape(1, -1))
        samples.append(
            SimpleNamespace(
                gt_fields=SimpleNamespace(heatmaps=torch.from_numpy(encoded["heatmaps"]).double()),
                gt_instance_labels=SimpleNamespace(
                    keypoint_weights=torch.from_numpy(encoded["keypoint_weights"]).double()
                ),
            )
        )
    losses = head.train().loss(feats, samples)
    values = {name: float(value.detach()) for name, value in losses.items()}
    assert values == pytest.approx(facts["losses"], rel=1e-6)
    sum(losses.values()).backward()
    weights = dict(head.named_parameters())
    norms = {name: float(weights[name].grad.norm()) for name in facts["gradient_norms"]}
    assert norms == pytest.approx(facts["gradient_norms"], rel=1e-5)


@pytest.mark.mmpose
def test_points_of_pictures_are_the_original_programs(oracle: Callable[[str], Any]) -> None:
    numbers = oracle("srpose")
    cfg = Config.fromfile("configs/cldetection2023/hrnet_w48_sr_1024.py")
    decoder = {**SIZE_256, "sigma": 6.0, "unbiased": True}
    cfg.merge_from_dict({"model.head.decoder": decoder})
    init_default_scope("mmceph")
    model = MODELS.build(cfg.model).eval()
    model.load_state_dict(numbers.weights())
    pipeline = [
        TRANSFORMS.build({**step, "input_size": (256, 256)} if "input_size" in step else step)
        for step in cfg.val_pipeline
    ]
    compared = 0
    for name, shape in numbers.facts["pipeline"]["pictures"].items():
        if shape["colour"] or name == "large":
            continue
        picture = numbers.recipe.picture(shape["height"], shape["width"], shape["block"])
        sample = {
            "img": picture,
            "bbox": np.array([[0, 0, shape["width"] - 1, shape["height"] - 1]], np.float32),
            "bbox_score": np.ones(1, np.float32),
            "flip_indices": list(range(38)),
            "id": 0,
            "img_id": 0,
        }
        for step in pipeline:
            sample = step(sample)
        batch = {"inputs": [sample["inputs"]], "data_samples": [sample["data_samples"]]}
        with torch.no_grad():
            found = model.test_step(batch)[0].pred_instances.keypoints[0]
        case = f"pipeline.256.{name}.dataset.flip"
        # How far a point moves by rounding alone (another number of threads, say).
        moves = numbers.arrays[f"{case}.moves"]
        expected = numbers.arrays[f"{case}.points"]
        for most, px in ((0.002, 1e-3), (0.02, 2e-2)):
            stable = moves < most
            np.testing.assert_allclose(found[stable], expected[stable], rtol=0, atol=px)
            compared += int(stable.sum())
    assert compared > 100
