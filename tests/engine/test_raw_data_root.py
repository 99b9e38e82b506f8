import json
import shutil
from pathlib import Path

import pytest
from mmengine.config import Config

from mmceph.engine.raw_data_root import usable_data_root
from mmceph.errors import MmcephError
from mmceph.formats.annotation_set import AnnotationSet, data_root
from mmceph.io.atomic import DRAFT_PREFIX, DRAFT_SUFFIX
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


def keypoints(root) -> list:
    content = json.loads((Path(root) / "annotations" / "train.json").read_text())
    return [annotation["keypoints"] for annotation in content["annotations"]]


def test_another_folder_or_changed_labels_are_converted_anew(raw, tmp_path):
    cfg = Config({"work_dir": str(tmp_path / "work")})
    first = keypoints(usable_data_root(cfg, str(raw)))
    label = next((raw / "train").rglob("Senior*/*.json"))
    content = json.loads(label.read_text())
    content["landmarks"][0]["value"]["x"] += 4
    label.write_text(json.dumps(content))
    changed = keypoints(usable_data_root(cfg, str(raw)))
    assert changed != first
    assert len(changed) == len(first)
    other = write_raw(tmp_path / "other", "aariz", PHANTOMS[:6])
    assert len(keypoints(usable_data_root(cfg, str(other)))) < len(first)


def test_a_conversion_that_was_stopped_goes_on(raw, tmp_path):
    cfg = Config({"work_dir": str(tmp_path / "work")})
    root = Path(usable_data_root(cfg, str(raw)))
    (root / "annotations" / "train.json").unlink()
    (root / "stays").touch()
    for path in (root / "annotations").iterdir():
        path.unlink()
    assert keypoints(usable_data_root(cfg, str(raw)))
    assert (root / "stays").is_file()


def test_of_a_conversion_that_serves_no_more_only_our_files_go(raw, tmp_path):
    cfg = Config({"work_dir": str(tmp_path / "work")})
    root = Path(usable_data_root(cfg, str(raw)))
    (root / "mine.txt").touch()
    by_hand = (root / "annotations" / "val.json").read_text() + " "
    (root / "annotations" / "val.json").write_text(by_hand)
    (next(raw.rglob("*.json"))).touch()
    assert keypoints(usable_data_root(cfg, str(raw)))
    assert (root / "mine.txt").is_file()
    assert (root / "annotations" / "val.json.kept-1").read_text() == by_hand


def test_a_conversion_of_which_the_files_are_not_known_is_kept(raw, tmp_path):
    cfg = Config({"work_dir": str(tmp_path / "work")})
    root = Path(usable_data_root(cfg, str(raw)))
    (root / ".mmceph.jsonl").unlink()  # as an earlier version, which kept no record
    (next(raw.rglob("*.json"))).touch()
    assert keypoints(usable_data_root(cfg, str(raw)))
    assert (tmp_path / "work" / "data.kept-1" / "annotations" / "train.json").is_file()


@pytest.mark.parametrize("place", ["data", "data/raw", "data/raw/deep", "."])
def test_raw_data_in_the_conversions_place_are_left_alone(raw, tmp_path, place):
    moved = tmp_path / "work" / place
    moved.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(raw, moved)
    mark = {"raw": "/elsewhere", "files": "other", "done": True}
    (tmp_path / "work" / "data").mkdir(exist_ok=True)
    (tmp_path / "work" / "data" / "converted_from.json").write_text(json.dumps(mark))
    before = {path: path.is_file() and path.read_bytes() for path in tmp_path.rglob("*")}
    for given in (moved, tmp_path / "link"):
        if given.name == "link":
            given.symlink_to(moved, target_is_directory=True)
        with pytest.raises(MmcephError, match="lies in the other; give a --work-dir elsewhere"):
            usable_data_root(Config({"work_dir": str(tmp_path / "work")}), str(given))
    for path, content in before.items():
        assert (path.is_file() and path.read_bytes()) == content


@pytest.mark.parametrize("note", [None, "[]", '{"raw": 1, "files": "a"}'])
def test_a_folder_that_is_no_conversion_of_ours_is_left_alone(raw, tmp_path, note):
    mine = tmp_path / "work" / "data" / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.touch()
    if note is not None:
        (mine.parent / "converted_from.json").write_text(note)
    with pytest.raises(MmcephError, match="no conversion of ours; give another --work-dir"):
        usable_data_root(Config({"work_dir": str(tmp_path / "work")}), str(raw))
    assert mine.is_file()


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


def test_a_conversion_that_was_stopped_between_its_files_is_made_whole(raw, tmp_path):
    cfg = Config({"work_dir": str(tmp_path / "work")})
    root = Path(usable_data_root(cfg, str(raw)))
    files = {path.name: path.read_bytes() for path in (root / "annotations").iterdir()}
    AnnotationSet(data_root(root), "").open()
    assert usable_data_root(cfg, str(raw)) == str(root)
    assert {path.name: path.read_bytes() for path in (root / "annotations").iterdir()} == files
    (root / "annotations" / "val.json").unlink()
    usable_data_root(cfg, str(raw))
    assert (root / "annotations" / "val.json").read_bytes() == files["val.json"]


def test_annotations_edited_on_purpose_stay(raw, tmp_path):
    cfg = Config({"work_dir": str(tmp_path / "work")})
    root = Path(usable_data_root(cfg, str(raw)))
    path = root / "annotations" / "train.json"
    path.write_text(path.read_text().replace("Phantom", "Edited"))
    assert usable_data_root(cfg, str(raw)) == str(root)
    assert "Edited" in path.read_text()


def test_a_kill_before_anything_was_written_is_no_trouble(raw, tmp_path):
    draft = tmp_path / "work" / "data" / f"{DRAFT_PREFIX}1{DRAFT_SUFFIX}"
    draft.parent.mkdir(parents=True)
    draft.touch()
    assert keypoints(usable_data_root(Config({"work_dir": str(tmp_path / "work")}), str(raw)))
