import json

import cv2
import numpy as np
import pytest

from mmceph.analysis.calibration import judge_ruler
from mmceph.evaluation.ruler import ruler_figures
from mmceph.evaluation.ruler_reading import constant_figures, read_rulers, ruler_annotations


@pytest.fixture
def annotations(tmp_path):
    """Two pictures, the second without a ruler; a third landmark that is not wanted."""
    images, entries = [], []
    for number, flat in enumerate(([1, 1, 2, 60, 150, 2, 60, 50, 2], [1, 1, 2, *[0] * 6]), 1):
        picture = np.full((200, 120), 50, np.uint8)
        if number == 1:
            picture[:160, 56:65] = 220
        cv2.imwrite(str(tmp_path / f"{number}.png"), picture)
        images.append({"id": number, "file_name": f"{number}.png", "width": 120, "height": 200})
        entries.append({"id": number, "image_id": number, "keypoints": flat})
    category = {"id": 1, "name": "cephalogram", "keypoints": ["S", "P1", "P2"]}
    path = tmp_path / "val.json"
    path.write_text(
        json.dumps({"images": images, "annotations": entries, "categories": [category]})
    )
    return path


def read_bright(pixels):
    score = 0.99 if pixels.max() > 200 else 0.0
    return judge_ruler((60.0, 152.0), (60.0, 50.0), (score, score), ticks=10 / 102)


def test_pictures_are_read_as_they_are_and_painted_out(annotations):
    entries = list(ruler_annotations(str(annotations), str(annotations.parent)))
    records = read_rulers(read_bright, entries)
    figures = ruler_figures(records)
    assert (figures.with_ruler, figures.without_ruler, figures.accepted) == (1, 1, 1)
    assert figures.p1_px == 2
    assert figures.scale_pct == pytest.approx(100 * (1 - 100 / 102))
    painted = read_rulers(read_bright, entries, painted_out=True)
    assert [record.reading.accepted for record in painted] == [False]
    assert painted[0].marks is None


def test_the_constant_answer_is_the_training_mean(annotations):
    entries = list(ruler_annotations(str(annotations), str(annotations.parent)))
    figures = constant_figures(read_rulers(read_bright, entries), str(annotations))
    assert figures.p1_px == 0  # one picture with a ruler: its marks are the mean
    assert figures.scale_pct == pytest.approx(0)
