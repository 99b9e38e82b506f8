from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from mmceph.evaluation.before_test import reporting_to, require_comparable
from mmceph.evaluation.errors import EvaluationError
from mmceph.evaluation.metrics import CephMetric


def test_a_new_folder_can_be_reported_to(tmp_path):
    with reporting_to(tmp_path / "a" / "b"):
        assert list((tmp_path / "a").iterdir()) != []  # the lock
    assert list((tmp_path / "a").iterdir()) == []


@pytest.mark.parametrize("out", ["file", "file/report", "file/report/more"])
def test_a_file_is_no_folder(tmp_path, out):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    message = r"cannot be written there .*; name another --out"
    with pytest.raises(EvaluationError, match=message), reporting_to(tmp_path / out):
        pass


class Rows(list):
    """A data set of these sample infos."""

    def get_data_info(self, index):
        return self[index]


def runner(*rows):
    metric = CephMetric()
    metric.dataset_meta = {"landmark_names": ("S", "N")}
    loader = SimpleNamespace(dataset=Rows(rows))
    loop = SimpleNamespace(evaluator=SimpleNamespace(metrics=[metric]), dataloader=loader)
    return SimpleNamespace(test_loop=loop)


@pytest.mark.parametrize(
    ("row", "common"),
    [
        ({"raw_ann_info": {"file_name": "a/1.png"}, "img_path": "/x/a/1.png"}, "a/1.png"),
        ({"img_path": "/x/1.png"}, "1.png"),  # as CephMetric shortens a stock data set's path
        ({"img_path": "/x/1.png", "raw_ann_info": {}}, "/x/1.png"),
    ],
)
def test_images_are_known_by_the_names_of_a_report(tmp_path, row, common):
    other = tmp_path / "report.json"
    content = {"schema": 1, "landmarks": {"S": {}}, "images": [{"file": common, "mre_mm": None}]}
    other.write_text(json.dumps(content), encoding="utf-8")
    require_comparable(runner(row), other)
    content["images"] = [{"file": "2.png", "mre_mm": None}]
    other.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(EvaluationError, match="no tested image in common"):
        require_comparable(runner(row), other)
