from __future__ import annotations

import numpy as np
import pytest

from mmceph.functional.classification import confusion_matrix, success_classification_rate


def test_confusion_by_hand():
    matrix = confusion_matrix([1, 1, 2, 3, 0], [1, 3, 2, 3, 1], 3)
    assert matrix.tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 1]]


def test_every_class_counts_the_same():
    # 90 of 100 and 1 of 2: not the 91 of 102 of plain accuracy.
    assert success_classification_rate([[90, 10], [1, 1]]) == pytest.approx(70.0)


def test_a_constant_answer_scores_one_class():
    truth = [1] * 8 + [2] + [3]
    confusion = confusion_matrix(truth, [1] * 10, 3)
    assert success_classification_rate(confusion) == pytest.approx(100 / 3)


def test_classes_that_do_not_occur_are_left_out():
    assert success_classification_rate([[2, 0, 0], [0, 0, 0], [0, 0, 0]]) == 100.0
    assert np.isnan(success_classification_rate(np.zeros((3, 3))))


def test_clear_errors():
    with pytest.raises(ValueError, match="classes must be 0 to 2"):
        confusion_matrix([3], [1], 2)
    with pytest.raises(ValueError, match="shape"):
        confusion_matrix([1, 2], [1], 2)
