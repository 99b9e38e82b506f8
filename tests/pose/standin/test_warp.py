from __future__ import annotations

import numpy as np
import pytest

from mmceph.pose.standin import TopdownAffine, get_udp_warp_matrix, get_warp_matrix

CASES = [
    # center, scale, rotation, output size
    ((24.0, 30.0), (48.0, 60.0), 0.0, (32, 40)),
    ((20.5, 31.25), (37.0, 52.5), 33.0, (32, 40)),
    ((100.0, 3.0), (12.0, 90.0), -170.0, (64, 16)),
]


def test_udp_matrix_maps_the_corner_pixel_centres():
    matrix = get_udp_warp_matrix(np.array([5.0, 5.0]), np.array([10.0, 10.0]), 0.0, (21, 31))
    corners = np.array([[0, 0, 1], [10, 10, 1], [10, 0, 1]])
    np.testing.assert_allclose(corners @ matrix.T, [[0, 0], [20, 30], [20, 0]], atol=1e-5)


def test_a_quarter_turn():
    matrix = get_warp_matrix(np.array([10.0, 10.0]), np.array([20.0, 20.0]), 90.0, (20, 20))
    # the box is turned by 90 degrees: what lies above its centre comes to lie to the right or left
    np.testing.assert_allclose(matrix @ [10, 10, 1], [10, 10], atol=1e-5)
    np.testing.assert_allclose(matrix @ [10, 0, 1], [0, 10], atol=1e-5)


def test_inverse_matrix_undoes_the_matrix():
    center, scale = np.array([20.0, 30.0]), np.array([40.0, 50.0])
    there = get_warp_matrix(center, scale, 20.0, (32, 40))
    back = get_warp_matrix(center, scale, 20.0, (32, 40), inv=True)
    np.testing.assert_allclose(back @ [*(there @ [7, 9, 1]), 1], [7, 9], atol=1e-4)


@pytest.mark.mmpose
@pytest.mark.parametrize(("center", "scale", "turn", "size"), CASES)
def test_matrices_equal_mmposes(center, scale, turn, size):
    from mmpose.structures import bbox

    box = np.array(center), np.array(scale), turn, size
    np.testing.assert_array_equal(get_udp_warp_matrix(*box), bbox.get_udp_warp_matrix(*box))
    for options in ({}, {"inv": True}, {"shift": (0.1, -0.2)}, {"fix_aspect_ratio": False}):
        np.testing.assert_allclose(
            get_warp_matrix(*box, **options), bbox.get_warp_matrix(*box, **options), atol=1e-5
        )


@pytest.mark.mmpose
@pytest.mark.parametrize("use_udp", [False, True])
@pytest.mark.parametrize("turn", [None, 0.0, 25.0])
def test_topdown_affine_equals_mmposes(sample: dict, use_udp: bool, turn: float | None):
    from mmpose.datasets.transforms import TopdownAffine as Theirs

    sample["bbox_center"] = np.array([[21.0, 33.0]], dtype=np.float32)
    sample["bbox_scale"] = np.array([[30.0, 61.0]], dtype=np.float32)
    if turn is not None:
        sample["bbox_rotation"] = np.array([turn])
    ours = TopdownAffine((32, 40), use_udp)(dict(sample))
    theirs = Theirs((32, 40), use_udp)(dict(sample))
    assert ours.keys() == theirs.keys()
    for key, value in theirs.items():
        if key == "transformed_keypoints" and np.__version__ >= "2":
            # There MMPose stays in float32 where NumPy 1 widened it: the last digit differs.
            np.testing.assert_allclose(ours[key], value, rtol=0, atol=1e-5)
        else:
            np.testing.assert_array_equal(ours[key], value, err_msg=key)


def test_the_box_grows_to_the_inputs_aspect_ratio(sample: dict):
    sample["bbox_center"] = np.array([[24.0, 30.0]])
    sample["bbox_scale"] = np.array([[48.0, 20.0], [10.0, 60.0]])[:1]
    result = TopdownAffine((20, 40))(sample)
    np.testing.assert_allclose(result["bbox_scale"], [[48.0, 96.0]])
    assert result["img"].shape == (40, 20, 3)
    assert result["input_size"] == (20, 40)


def test_errors(sample: dict):
    with pytest.raises(ValueError, match="input_size"):
        TopdownAffine((32.5, 40))
    sample["bbox_center"] = np.zeros((2, 2))
    with pytest.raises(ValueError, match=r"one box per sample, got 2 in somewhere/1\.png"):
        TopdownAffine((32, 40))(sample)
