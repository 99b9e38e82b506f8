from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmceph.analysis.error_model import LandmarkBound
from mmceph.apis.prediction import LandmarkPoint, ReadingOptions, assemble
from mmceph.apis.prediction_folder import PredictionFolder
from mmceph.errors import MmcephError

MODEL = {"checkpoint": "best.pth", "spacing": None}


def make(file="a/1.png", **changes):
    settings = {
        "file": file,
        "size": (100, 120),
        "landmarks": {
            "S": LandmarkPoint(10.0, 50.0, 0.9),
            "N": LandmarkPoint(60.0, 50.0, 0.8),
            "A": LandmarkPoint(60.0, 80.0, 0.7),
        },
        "options": ReadingOptions(analysis=("steiner",)),
        "made_with": MODEL,
        "format": "PNG",
        "pixels": np.full((120, 100), 99, np.uint8),
    }
    return assemble(**{**settings, **changes})


def files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def rows(folder: PredictionFolder) -> list[dict[str, str]]:
    with folder.table.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_what_is_written(tmp_path):
    folder = PredictionFolder(tmp_path / "out", made_with=MODEL)
    assert folder.plan(["a/1.png", "b/1.png"]) == ["a/1.png", "b/1.png"]
    folder.write(make())
    moved = replace(make().landmarks["A"], source="manual", predicted=(1.0, 2.0))
    second = make("b/1.png", options=ReadingOptions.of(0.1, analysis="steiner"))
    folder.write(replace(second, landmarks={**second.landmarks, "A": moved}))
    folder.finish([("c.png", "is empty")])
    kinds = ("json", "labelme", "overlays")
    names = [f"{kind}/{name}" for kind in kinds for name in ("a_1", "b_1")]
    expected = [f"{name}.{'png' if 'overlays' in name else 'json'}" for name in names]
    assert files(folder.out) == sorted([*expected, "predictions.csv", "failed.csv"])
    first, second_row = rows(folder)
    assert (first["file"], first["mm_per_px_x"], first["calibration_source"]) == ("a/1.png", "", "")
    assert (first["S_x"], first["N_score"], first["SNA_deg"]) == ("10.0", "0.8", "90.0")
    assert (first["U1-NA-mm"], first["ANB_deg"], first["manual_points"]) == ("", "", "")
    assert "not a medical device" in first["notice"]
    assert second_row["calibration_source"] == "explicit"
    assert second_row["manual_points"] == "A"
    assert (folder.out / "failed.csv").read_text(encoding="utf-8").splitlines()[1:] == [
        "c.png,is empty"
    ]
    folder.finish()
    assert not (folder.out / "failed.csv").exists()


def test_labelme_finds_the_picture(tmp_path):
    picture = tmp_path / "pictures" / "1.png"
    folder = PredictionFolder(tmp_path / "out")
    folder.write(make(str(picture)))
    folder.write(make("scan.dcm", format="DICOM", bits=12))
    read = lambda name: json.loads((folder.out / "labelme" / name).read_text(encoding="utf-8"))  # noqa: E731
    assert read("1.json")["imagePath"] == "../../pictures/1.png"
    # labelme cannot open DICOM: a copy lies beside.
    assert read("scan.json")["imagePath"] == "scan.png"
    assert (cv2.imread(str(folder.out / "labelme" / "scan.png")) == 99).all()


def test_results_are_not_made_twice_unless_asked(tmp_path):
    folder = PredictionFolder(tmp_path / "out", made_with=MODEL)
    folder.write(make())
    with pytest.raises(MmcephError, match="comes twice"):
        folder.write(make())
    folder.finish()
    again = PredictionFolder(tmp_path / "out", made_with=MODEL)
    with pytest.raises(MmcephError, match="--resume makes the others only"):
        again.plan(["a/1.png", "b/1.png"])
    with pytest.raises(MmcephError, match=r"holds results of a/1.png already"):
        again.write(make())
    assert again.plan(["a/1.png", "b/1.png"], resume=True) == ["b/1.png"]
    again.write(make("b/1.png"))
    again.finish()
    assert [row["file"] for row in rows(again)] == ["a/1.png", "b/1.png"]
    third = PredictionFolder(tmp_path / "out", made_with=MODEL, overwrite=True)
    assert third.plan(["a/1.png"]) == ["a/1.png"]
    third.write(make())
    assert (third.out / "json" / "1.json").is_file()


def test_other_settings_do_not_mix(tmp_path):
    PredictionFolder(tmp_path, made_with=MODEL).write(make())
    other = {**MODEL, "checkpoint": "other.pth"}
    for options, plan in (({}, {"resume": True}), ({"overwrite": True}, {})):
        folder = PredictionFolder(tmp_path, made_with=other, **options)
        with pytest.raises(MmcephError, match=r"another checkpoint \(best.pth, now other.pth\)"):
            folder.plan(["b/1.png"], **plan)
    # All of them made anew: nothing is left to mix with.
    PredictionFolder(tmp_path, made_with=other, overwrite=True).plan(["a/1.png", "b/1.png"])


def test_a_corrected_labelme_file_is_never_lost(tmp_path):
    PredictionFolder(tmp_path).write(make())
    path = tmp_path / "labelme" / "1.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["shapes"][0]["points"] = [[11.0, 50.0]]
    corrected = json.dumps(content)
    for number in (1, 2):
        path.write_text(corrected, encoding="utf-8")
        folder = PredictionFolder(tmp_path, overwrite=True)
        folder.write(make())
        assert folder.kept == [tmp_path / "labelme" / f"1.json.kept-{number}"]
        assert folder.kept[0].read_text(encoding="utf-8") == corrected
    folder = PredictionFolder(tmp_path, overwrite=True)
    folder.write(make())
    assert folder.kept == []


def test_anonymised_results_say_nothing_of_their_origin(tmp_path):
    folder = PredictionFolder(tmp_path / "out", anonymise=True)
    folder.plan(["Smith/John.png", "Doe/Jane.png"])
    folder.write(make("Smith/John.png"))
    folder.finish()
    assert folder.names["Doe/Jane.png"] == "image_0002"
    assert "labelme/image_0001.png" in files(folder.out)
    for path in folder.out.rglob("*.*"):
        assert "John" not in path.name
        assert b"Smith" not in path.read_bytes()
        assert b"John" not in path.read_bytes()
    with pytest.raises(MmcephError, match="which is which"):
        PredictionFolder(tmp_path / "out", anonymise=True)


def test_files_of_others_are_left_alone(tmp_path):
    (tmp_path / "predictions.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(MmcephError, match=r"predictions.csv: is there already"):
        PredictionFolder(tmp_path)
    (tmp_path / "json").mkdir()
    (tmp_path / "json" / "x.json").write_text("{}", encoding="utf-8")
    with pytest.raises(MmcephError, match=r"x.json: holds no prediction .*; move it elsewhere"):
        PredictionFolder(tmp_path)
    with pytest.raises(MmcephError, match="is no folder"):
        PredictionFolder(tmp_path / "predictions.csv")


def test_learnt_uncertainty_has_columns(tmp_path):
    bound = LandmarkBound(0.9, (10.0, 10.0), None)
    landmarks = {name: replace(p, bound=bound) for name, p in make().landmarks.items()}
    folder = PredictionFolder(tmp_path)
    folder.write(make(landmarks=landmarks, options=ReadingOptions.of(0.1, analysis="steiner")))
    folder.write(make("b/2.png"))
    folder.finish()
    first, second = rows(folder)
    assert (first["S_radius_mm"], second["S_radius_mm"]) == ("1.0", "")
    assert (first["U1-NA-mm_pm"], second["SNA_deg_pm"]) == ("", "")
    assert float(first["SNA_deg_pm"]) > 1


def test_without_a_result_there_is_no_table(tmp_path):
    folder = PredictionFolder(tmp_path)
    folder.finish([("a.png", "is empty")])
    assert files(tmp_path) == ["failed.csv"]
