import json
import logging
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmengine.config import Config

from mmceph.engine import labelstudio_annotations
from mmceph.engine.overrides import set_annotations
from mmceph.errors import MmcephError


def write_export(folder: Path, count: int = 10, label: str = "p1") -> Path:
    """Tasks without image sizes, as real exports have them; images of 200 x 100 px."""
    tasks = []
    for number in range(count):
        name = f"film{number}.png"
        picture = np.full((100, 200), number, np.uint8)
        cv2.imwrite(str(folder / name), picture)
        result = [
            {
                "type": "keypointlabels",
                "value": {"x": 50 + number, "y": y, "keypointlabels": [text]},
            }
            for text, y in ((label, 40.0), ("p2", 20.0))
        ]
        tasks.append(
            {
                "id": number + 1,
                "data": {"image": f"/data/upload/1/0a1b2c3d-{name}"},
                "annotations": [{"id": 1, "result": result}],
            }
        )
    path = folder / "export.json"
    path.write_text(json.dumps(tasks))
    return path


def make_cfg(tmp_path: Path, root: Path) -> Config:
    def loader(split: str) -> dict:
        file = f"annotations/{split}.json"
        return {"dataset": {"type": "RulerDataset", "data_root": str(root), "ann_file": file}}

    loaders = {f"{split}_dataloader": loader(split) for split in ("train", "val", "test")}
    return Config({"work_dir": str(tmp_path / "work"), **loaders})


def read(cfg: Config, loader: str) -> dict:
    return json.loads(Path(cfg[loader].dataset.ann_file).read_text())


def test_an_export_trains_and_a_fifth_of_it_validates(tmp_path):
    export = write_export(tmp_path)
    cfg = make_cfg(tmp_path, tmp_path)
    set_annotations(cfg, "train_dataloader", str(export))
    contents = {name: read(cfg, name) for name in ("train_dataloader", "val_dataloader")}
    assert [len(content["images"]) for content in contents.values()] == [8, 2]
    assert cfg.test_dataloader.dataset.ann_file == cfg.val_dataloader.dataset.ann_file.replace(
        "val.json", "test.json"
    )
    by_name = {
        image["file_name"]: annotation["keypoints"]
        for content in contents.values()
        for image, annotation in zip(content["images"], content["annotations"], strict=True)
    }
    assert len(by_name) == 10
    assert by_name["film3.png"] == [106.0, 40.0, 2, 106.0, 20.0, 2]  # 53 % of 200, 40 % of 100
    assert {(i["width"], i["height"]) for i in contents["val_dataloader"]["images"]} == {(200, 100)}
    assert (tmp_path / "work" / "annotations" / "train.json").is_file()


def test_the_configs_own_validation_file_stays(tmp_path):
    export = write_export(tmp_path)
    for split in ("val", "test"):
        file = tmp_path / "annotations" / f"{split}.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text("{}")
    cfg = make_cfg(tmp_path, tmp_path)
    set_annotations(cfg, "train_dataloader", str(export))
    assert len(read(cfg, "train_dataloader")["images"]) == 10
    assert cfg.val_dataloader.dataset.ann_file == "annotations/val.json"


def test_images_beside_the_export_are_found_and_all_of_it_tests(tmp_path):
    export = write_export(tmp_path, 3)
    cfg = make_cfg(tmp_path, tmp_path / "not there")
    set_annotations(cfg, "test_dataloader", str(export))
    assert Path(cfg.test_dataloader.dataset.data_root) == tmp_path.resolve()
    assert len(read(cfg, "test_dataloader")["images"]) == 3
    assert cfg.train_dataloader.dataset.ann_file == "annotations/train.json"


def test_the_export_of_the_training_tests_what_it_held_back(tmp_path):
    export = write_export(tmp_path)
    cfg = make_cfg(tmp_path, tmp_path)
    set_annotations(cfg, "train_dataloader", str(export))
    held_back = read(cfg, "test_dataloader")
    assert len(held_back["images"]) == 2
    later = make_cfg(tmp_path, tmp_path / "not there")
    set_annotations(later, "test_dataloader", str(export))
    assert read(later, "test_dataloader") == held_back
    assert len(read(later, "train_dataloader")["images"]) == 8  # for constant answers
    assert Path(later.test_dataloader.dataset.data_root) == tmp_path.resolve()
    # Another export is tested on as a whole, and the record of the training stays.
    export.write_text(json.dumps(json.loads(export.read_text())[:3]))
    set_annotations(later, "test_dataloader", str(export))
    assert len(read(later, "test_dataloader")["images"]) == 3
    assert json.loads((tmp_path / "work/annotations/test.json").read_text()) == held_back


def test_testing_on_what_was_trained_on_is_warned_of(tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(
        labelstudio_annotations, "print_log", lambda text, *level: said.append((text, *level))
    )
    export = write_export(tmp_path)
    (tmp_path / "annotations").mkdir()
    for split in ("val", "test"):
        (tmp_path / f"annotations/{split}.json").write_text("{}")
    set_annotations(make_cfg(tmp_path, tmp_path), "train_dataloader", str(export))
    set_annotations(make_cfg(tmp_path, tmp_path), "test_dataloader", str(export))
    (warning,) = [entry for entry in said if entry[-1] == logging.WARNING]
    assert "holds the images that the model of" in warning[0]


def test_errors_name_file_and_task(tmp_path):
    export = write_export(tmp_path, 3)
    (tmp_path / "film1.png").unlink()
    with pytest.raises(MmcephError, match=r"export\.json: task 2 \(0a1b2c3d-film1\.png\)"):
        set_annotations(make_cfg(tmp_path, tmp_path), "train_dataloader", str(export))
    export = write_export(tmp_path, 3, label="lower end")
    with pytest.raises(MmcephError, match=r"export\.json.*task 1.*'lower end'"):
        set_annotations(make_cfg(tmp_path, tmp_path), "train_dataloader", str(export))


def test_data_sets_that_read_no_export_say_so(tmp_path):
    export = write_export(tmp_path, 1)
    cfg = make_cfg(tmp_path, tmp_path)
    cfg.train_dataloader.dataset["type"] = "CocoDataset"
    with pytest.raises(MmcephError, match="CocoDataset reads no Label Studio export"):
        set_annotations(cfg, "train_dataloader", str(export))


def test_nobodys_annotations_are_written_over(tmp_path):
    export = write_export(tmp_path)
    cfg = make_cfg(tmp_path, tmp_path)
    mine = tmp_path / "work" / "annotations" / "train.json"
    mine.parent.mkdir(parents=True)
    mine.write_text('{"info": {}}')
    with pytest.raises(MmcephError, match=r"train\.json: is there already, and mmceph did not"):
        set_annotations(cfg, "train_dataloader", str(export))
    assert mine.read_text() == '{"info": {}}'
    mine.unlink()
    set_annotations(cfg, "train_dataloader", str(export))
    (mine.parent / ".mmceph.jsonl").unlink()  # as an earlier version wrote it
    set_annotations(make_cfg(tmp_path, tmp_path), "train_dataloader", str(export))
    edited = mine.read_text() + " "
    mine.write_text(edited)
    set_annotations(make_cfg(tmp_path, tmp_path), "train_dataloader", str(export))
    assert (mine.parent / "train.json.kept-1").read_text() == edited


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_an_export_is_told_in_any_encoding(tmp_path, encoding):
    path = tmp_path / "a.json"
    for text, expected in ((" [1]", True), ('{"images": []}', False)):
        path.write_text(text, encoding=encoding)
        assert labelstudio_annotations.is_labelstudio_export(path) is expected


def test_a_table_of_points_is_no_export(tmp_path):
    path = tmp_path / "points.csv"
    path.write_text("image,landmark,x,y\na.png,P1,1,2\n")
    with pytest.raises(MmcephError, match=r"--annotations .*dataset_converters/points\.py"):
        set_annotations(make_cfg(tmp_path, tmp_path), "train_dataloader", str(path))
