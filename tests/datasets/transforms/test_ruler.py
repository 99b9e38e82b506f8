import numpy as np
import pytest

from mmceph.datasets.transforms import RandomRulerErase, RulerView
from mmceph.imaging.reduce import ReducedImage


def make_results(**more):
    image = np.full((400, 300), 80, np.uint8)
    image[:206, 195:206] = 200
    return {
        "img": image,
        "img_shape": (400, 300),
        "keypoints": np.array([[[200.0, 200.0], [200.0, 160.0]]], np.float32),
        "keypoints_visible": np.ones((1, 2), np.float32),
        "bbox_center": np.array([[150.0, 200.0]], np.float32),
        "bbox_scale": np.array([[300.0, 400.0]], np.float32),
        **more,
    }


def test_erasing_takes_the_ruler_and_its_marks():
    before = make_results()
    np.random.seed(0)
    after = RandomRulerErase(prob=1.0).transform({**before})
    assert after["keypoints_visible"].tolist() == [[0, 0]]
    assert after["img"].max() < 100
    assert before["img"].max() == 200
    assert before["keypoints_visible"].min() == 1
    assert after["erased_ruler"].tolist() == [[200, 200], [200, 160]]


def test_a_decoy_leaves_the_ruler_where_it_is():
    np.random.seed(3)
    noisy = make_results()
    noisy["img"][:, ::2] += 1
    after = RandomRulerErase(prob=0.0, decoy_prob=1.0).transform({**noisy})
    assert after["keypoints_visible"].min() == 1
    assert (after["img"][:200, 196:205] == noisy["img"][:200, 196:205]).all()
    assert (after["img"] != noisy["img"]).any()


def test_without_marks_nothing_is_erased():
    results = make_results(keypoints_visible=np.zeros((1, 2), np.float32))
    assert RandomRulerErase(prob=1.0).transform(results)["img"].max() == 200


def test_close_up_is_the_ruler_at_full_resolution():
    view = RulerView((64, 80), 1.0, height=3.5, scale=(1.0, 1.0), shift=0.0, miss_prob=0.0)
    after = view.transform(make_results())
    assert after["bbox_center"].tolist() == [[200, 180]]
    np.testing.assert_allclose(after["bbox_scale"], [[112, 140]])  # 3.5 x 40 px high, 64:80
    assert after["img"].shape == (400, 300)


def test_close_up_of_an_erased_ruler_is_where_it_was():
    gone = RandomRulerErase(prob=1.0).transform(make_results())
    view = RulerView((64, 80), 1.0, scale=(1.0, 1.0), shift=0.0, miss_prob=0.0)
    assert view.transform(gone)["bbox_center"].tolist() == [[200, 180]]


@pytest.mark.parametrize("channels", [1, 3])
def test_the_whole_picture_is_reduced_to_twice_the_input(channels):
    results = make_results()
    if channels == 3:
        results["img"] = np.repeat(results["img"][..., None], 3, axis=2)
    after = RulerView((64, 80), 0.0).transform(results)
    assert isinstance(after["img"], ReducedImage)
    assert after["img"].pixels.shape == (160, 120)
    assert after["img"].channels == channels
    assert after["bbox_scale"].tolist() == [[300, 400]]


def test_small_pictures_stay_arrays_and_order_is_checked():
    after = RulerView((300, 400), 0.0).transform(make_results())
    assert after["img"].shape == (400, 300)
    with pytest.raises(ValueError, match="after GetBBoxCenterScale"):
        RulerView((64, 80)).transform({"img": np.zeros((4, 4), np.uint8)})


@pytest.mark.parametrize(
    ("cls", "settings"),
    [
        (RandomRulerErase, {"prob": 1.5}),
        (RulerView, {"input_size": (64, 80), "zoom_prob": -0.1}),
        (RulerView, {"input_size": (64, 80), "height": 0}),
    ],
)
def test_impossible_settings_are_refused(cls, settings):
    with pytest.raises(ValueError, match="must"):
        cls(**settings)
