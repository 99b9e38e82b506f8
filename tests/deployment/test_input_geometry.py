from __future__ import annotations

import numpy as np
import pytest

from mmceph.deployment.input_geometry import InputGeometry
from mmceph.pose import GetBBoxCenterScale, TopdownAffine, get_warp_matrix

SIZES = [(1340, 1671), (1671, 1340), (500, 500), (2011, 2333), (64, 3000)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("input_size", [(320, 400), (768, 768)])
@pytest.mark.parametrize("padding", [1.0, 1.25])
def test_geometry_and_picture_are_the_transforms_to_the_last_bit(size, input_size, padding):
    pixels = np.random.default_rng(0).integers(0, 256, size[::-1], dtype=np.uint8)
    box = np.array([[0, 0, size[0] - 1, size[1] - 1]], np.float32)
    results = GetBBoxCenterScale(padding=padding).transform({"img": pixels, "bbox": box})
    results = TopdownAffine(input_size=input_size).transform(results)
    found = InputGeometry.of_picture(size, input_size, padding)
    np.testing.assert_array_equal(found.center, results["input_center"])
    np.testing.assert_array_equal(found.scale, results["input_scale"])
    wanted = get_warp_matrix(found.center, found.scale, 0.0, output_size=input_size)
    np.testing.assert_array_equal(found.matrix(), wanted)


def test_points_come_back_to_where_they_were():
    geometry = InputGeometry.of_picture((1340, 1671), (320, 400))
    points = np.array([[0.0, 0.0], [700.5, 800.25], [1339.0, 1670.0]])
    there = np.c_[points, np.ones(3)] @ geometry.matrix().T
    np.testing.assert_allclose(geometry.to_picture(there), points, atol=2e-3)
    # 1339 / 1670 is more than 320 / 400: the width fills the input, black lies above and below.
    assert there[[0, 2], 0] == pytest.approx([0, 320], abs=1e-3)
    assert there[0, 1] == pytest.approx(400 - there[2, 1], abs=1e-3)
    assert there[0, 1] == pytest.approx((400 - 1670 * 320 / 1339) / 2, abs=1e-3)
