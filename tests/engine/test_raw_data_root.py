import json

import pytest
from mmengine.config import Config

from mmceph.engine.raw_data_root import usable_data_root
from mmceph.errors import MmcephError
from mmceph.phantom.raw import make_raw_phantoms, write_raw

PHANTOMS = make_raw_phantoms(8, seed=1, size=(192, 240))


@pytest.fixture
def raw(tmp_path):
    return write_raw(tmp_path / "Aariz", "aariz", PHANTOMS)


@pytest.mark.parametrize(
    ("name", "count"), [("aariz", 29), ("cldetection2023", 38), ("isbi2015", 19)]
)
def test_a_published_folder_is_converted_into_the_work_folder(name, count, tmp_path):
    raw = write_raw(tmp_path / "published", name, PHANTOMS)
    before = sorted(raw.rglob("*"))
    cfg = Config({"work_dir": str(tmp_path / "work")})
    root = usable_data_root(cfg, str(raw))
    assert root == str(tmp_path / "work" / "data")
    content = json.loads((tmp_path / "work/data/annotations/train.json").read_text())
    assert len(content["categories"][0]["keypoints"]) == count
    assert (tmp_path / "work/data" / content["images"][0]["file_name"]).is_file()
    assert sorted(raw.rglob("*")) == before
    assert usable_data_root(cfg, str(raw)) == root  # and found there the next time


def test_every_other_folder_is_taken_as_it_is(raw, tmp_path):
    cfg = Config({"work_dir": str(tmp_path / "work")})
    labelme = write_raw(tmp_path / "labelme", "labelme", PHANTOMS[:1])
    (raw / "annotations").mkdir()
    for folder in (tmp_path / "nowhere", labelme, raw):
        assert usable_data_root(cfg, str(folder)) == str(folder)
    assert not (tmp_path / "work").exists()


def test_a_bad_file_is_named_with_the_way_around_it(raw, tmp_path):
    bad = next(raw.rglob("Senior*/*.json"))
    bad.write_text("{")
    with pytest.raises(MmcephError, match="--skip-bad, and --data-root DIR") as caught:
        usable_data_root(Config({"work_dir": str(tmp_path / "work")}), str(raw))
    assert bad.name in str(caught.value)
