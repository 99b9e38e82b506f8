"""Files of many images take memory in proportion to what is written, not to Python's numbers."""

from __future__ import annotations

import json
import tracemalloc

import numpy as np
import pytest

from mmceph.evaluation.records import CephRecord
from mmceph.evaluation.report.writers import predictions_json

NAMES = [f"L{number}" for number in range(38)]


def records(count: int) -> list[CephRecord]:
    rng = np.random.default_rng(0)
    return [
        CephRecord(
            file=f"{number}.png",
            image_size=(1935, 2400),
            predicted=rng.uniform(0, 1900, (38, 2)),
            scores=rng.uniform(size=38),
            truth=rng.uniform(0, 1900, (38, 2)),
            visible=rng.uniform(size=38) > 0.1,
            spacing=(0.1, 0.1) if number % 2 else None,
        )
        for number in range(count)
    ]


def test_predictions_hold_every_digit_and_say_what_is_missing():
    given = records(3)
    given[1].predicted[4] = np.nan
    found = json.loads(predictions_json(given, NAMES, checkpoint_sha256="ab"))
    assert found["checkpoint_sha256"] == "ab"
    assert [image["file"] for image in found["images"]] == ["0.png", "1.png", "2.png"]
    assert [image["spacing"] for image in found["images"]] == [None, [0.1, 0.1], None]
    assert found["images"][1]["keypoints"][4] == [None, None]
    assert found["images"][2]["keypoints"] == given[2].predicted.tolist()
    for (x, y, v), point, seen in zip(
        found["images"][0]["truth"], given[0].truth, given[0].visible, strict=True
    ):
        assert (x, y, v) == ((*point, 2) if seen else (0, 0, 0))


def test_predictions_of_no_image_are_a_list_without_any():
    assert json.loads(predictions_json([], NAMES))["images"] == []


def test_predictions_take_little_more_memory_than_the_file():
    given = records(400)
    tracemalloc.start()
    try:
        size = len(predictions_json(given, NAMES))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2.5 * size


def test_a_drawn_figure_lets_go_of_its_points():
    pytest.importorskip("matplotlib", reason="matplotlib is not installed: nothing is drawn")
    from mmceph.evaluation.report.plot_style import new_figure, png

    figure = new_figure(2, 2)
    figure.add_subplot().plot([1, 2])
    assert png(figure).startswith(b"\x89PNG")
    assert figure.axes == []
