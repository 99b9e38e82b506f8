import numpy as np
import pytest
import torch

from mmceph.imaging.reduce import ReducedImage
from mmceph.pose import Compose
from mmceph.registry import TRANSFORMS


def sample(image, width, height):
    return {
        "img": image,
        "img_path": "a.png",
        "img_shape": (height, width),
        "ori_shape": (height, width),
        "bbox": np.array([[0, 0, width, height]], np.float32),
        "keypoints": np.array([[[3.0, 4.0]]], np.float32),
        "keypoints_visible": np.ones((1, 1), np.float32),
        "flip_indices": [0],
    }


def run(results, zoom=2.0, input_size=(16, 24)):
    steps = [
        {"type": "GetBBoxCenterScale", "padding": 1.0},
        {"type": "KeepFineImage", "input_size": input_size, "zoom": zoom},
        {"type": "TopdownAffine", "input_size": input_size},
        {"type": "PackFineInputs"},
    ]
    return Compose([TRANSFORMS.build(step) for step in steps])(results)


def test_the_copy_has_zoom_times_the_inputs_scale():
    image = np.random.default_rng(0).integers(0, 255, (96, 80), dtype=np.uint8)
    packed = run(sample(image, 80, 96))
    kept = packed["data_samples"]
    # 80 px to 16 is a fifth, 96 to 24 a quarter: the input is at a fifth, the copy at two fifths
    assert kept.fine_image.shape == (1, 38, 32)
    assert kept.fine_image.dtype == torch.uint8
    assert kept.metainfo["fine_scale"] == pytest.approx((0.4, 38 / 96))
    assert packed["inputs"].shape == (1, 24, 16)


def test_colour_becomes_grey_and_an_enlarged_copy_is_interpolated():
    image = np.full((24, 16, 3), 90, np.uint8)
    kept = run(sample(image, 16, 24), zoom=1.5)["data_samples"]
    assert kept.fine_image.shape == (1, 36, 24)
    assert kept.fine_image.unique().tolist() == [90]


def test_a_reduced_picture_gives_the_copy_of_its_original():
    pixels = np.full((48, 40), 7, np.uint8)
    results = sample(ReducedImage(pixels, (80, 96), 1), 80, 96)
    TRANSFORMS.build({"type": "GetBBoxCenterScale", "padding": 1.0})(results)
    kept = TRANSFORMS.build({"type": "KeepFineImage", "input_size": (16, 24), "zoom": 2.0})(results)
    assert kept["fine_image"].shape == (38, 32)
    assert kept["fine_scale"] == pytest.approx((0.4, 38 / 96))


def test_steps_in_the_wrong_order_are_named():
    image = np.zeros((24, 16), np.uint8)
    keep = TRANSFORMS.build({"type": "KeepFineImage", "input_size": (16, 24)})
    with pytest.raises(ValueError, match="after GetBBoxCenterScale"):
        keep(sample(image, 16, 24))
    with pytest.raises(ValueError, match="needs a KeepFineImage"):
        TRANSFORMS.build({"type": "PackFineInputs"})(sample(image, 16, 24))
    with pytest.raises(ValueError, match="zoom must be above 0"):
        TRANSFORMS.build({"type": "KeepFineImage", "input_size": (16, 24), "zoom": 0})
