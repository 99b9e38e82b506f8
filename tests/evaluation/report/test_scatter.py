from __future__ import annotations

import numpy as np
import pytest

from mmceph.evaluation.report.scatter import error_scatter, scatter_part


def test_vectors_are_in_mm_and_keep_their_direction(record, names):
    offsets = [((3, 4), (0, 10), (dx, dy)) for dx, dy in ((2, 0), (-2, 0), (0, 1), (0, -1))]
    records = [record(f"{i}.png", o, spacing=(0.5, 2.0)) for i, o in enumerate(offsets)]
    scatter = error_scatter(records, names)
    np.testing.assert_allclose(scatter.vectors[0, 0], [1.5, 8.0])
    part = scatter_part(scatter)
    assert part["unit"] == "mm"
    assert part["landmarks"]["S"]["bias"] == [1.5, 8.0]
    assert part["landmarks"]["S"]["semi_axes_95"] == [0.0, 0.0]
    # Variances of the third: 8/3 * 0.25 and 2/3 * 4 mm2, so the long axis is y.
    third = part["landmarks"]["Pog`"]
    assert third["semi_axes_95"] == pytest.approx(np.sqrt(5.991465 * np.array([8 / 3, 2 / 3])))
    assert abs(third["angle_deg"]) == 90.0


def test_px_without_spacing_and_none_for_too_few(record, names):
    part = scatter_part(error_scatter([record(spacing=None)], names))
    assert part == {"unit": "px", "landmarks": dict.fromkeys(names)}


def test_what_is_not_visible_or_not_predicted_is_no_vector(record, names):
    one = record(visible=np.array([True, True, False]))
    one.predicted[1] = np.nan
    scatter = error_scatter([one], names)
    assert np.isfinite(scatter.vectors[0]).all(axis=1).tolist() == [True, False, False]
    assert scatter.drawable
    one.predicted[0] = np.nan
    assert not error_scatter([one], names).drawable
