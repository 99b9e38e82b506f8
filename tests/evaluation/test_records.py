from __future__ import annotations

import numpy as np
import pytest

from mmceph.evaluation.errors import EvaluationError
from mmceph.evaluation.records import error_table, observer_table


def test_errors_in_px_and_mm(record):
    table = error_table([record(), record(spacing=None), record(spacing=(1.0, 0.5))])
    np.testing.assert_allclose(table.px, [[5, 10, 10]] * 3)
    np.testing.assert_allclose(
        table.mm, [[2.5, 5, 5], [np.nan] * 3, [np.hypot(3, 2), 5, np.hypot(6, 4)]]
    )


def test_other_points_can_be_scored_in_place_of_the_prediction(record):
    one = record(visible=np.array([True, True, False]))
    table = error_table([one], one.truth[None] + [0.0, 2.0])
    np.testing.assert_allclose(table.mm, [[1.0, 1.0, np.nan]])


def test_observers_count_only_where_there_is_a_truth(record):
    marks = np.hstack([record().truth, np.full((3, 1), 2.0)])
    other = marks + np.array([3.0, 4.0, 0.0])
    visible = np.array([True, False, True])
    table = observer_table([record(observers={"a": marks, "b": other}, visible=visible), record()])
    np.testing.assert_allclose(table.px, [[5, np.nan, 5], [np.nan] * 3])
    np.testing.assert_allclose(table.mm, [[2.5, np.nan, 2.5], [np.nan] * 3])
    assert observer_table([record(observers={"a": marks})]) is None


def test_shapes_that_do_not_fit_name_the_file(record):
    with pytest.raises(EvaluationError, match=r"b\.png: visible has shape \(2,\)"):
        record("b.png", visible=np.ones(2, bool))
    with pytest.raises(EvaluationError, match="observer a has shape"):
        record(observers={"a": np.zeros((2, 3))})
