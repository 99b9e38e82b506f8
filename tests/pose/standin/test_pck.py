from __future__ import annotations

import numpy as np
import pytest

from mmceph.pose.standin import pose_pck_accuracy


def peaks(places: list[tuple[int, int]]) -> np.ndarray:
    maps = np.zeros((1, len(places), 20, 20), dtype=np.float32)
    for number, (x, y) in enumerate(places):
        maps[0, number, y, x] = 1
    return maps


def test_by_hand():
    target = peaks([(5, 5), (5, 5), (5, 5)])
    output = peaks([(5, 5), (5, 8), (0, 0)])  # 0, 3 and 7.1 px away; 5 % of 20 px is 1 px
    mask = np.array([[True, True, False]])
    share, mean, count = pose_pck_accuracy(output, target, mask)
    assert share.tolist() == [1, 0, -1]
    assert (mean, count) == (0.5, 2)
    assert pose_pck_accuracy(output, target, np.zeros((1, 3), bool))[1:] == (0.0, 0)


@pytest.mark.mmpose
def test_equals_mmposes():
    from mmpose.evaluation.functional import pose_pck_accuracy as theirs

    rng = np.random.default_rng(0)
    output, target = rng.normal(size=(2, 4, 6, 12, 16)).astype(np.float32)
    target[1, 2] = -1  # no positive value
    mask = rng.random((4, 6)) > 0.3
    mask[:, 5] = False
    for normalize in (None, np.array([[16.0, 12], [0, 3], [8, 8], [-1, 5]])):
        for thr in (0.05, 0.3):
            given = [None if normalize is None else normalize.copy() for _ in range(2)]
            ours = pose_pck_accuracy(output, target, mask, thr, given[0])
            wanted = theirs(output, target, mask, thr, given[1])
            np.testing.assert_allclose(ours[0], wanted[0])
            np.testing.assert_allclose(ours[1:], wanted[1:])
