from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmceph.analysis.error_model import LandmarkBound
from mmceph.apis.prediction import LandmarkPoint, ReadingOptions, assemble
from mmceph.apis.prediction_folder import PredictionFolder
from mmceph.errors import MmcephError
from mmceph.io import plain_cell
from mmceph.io.ours import RECORD

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
    found = [p for p in folder.rglob("*") if p.is_file() and p.name != RECORD]
    return sorted(p.relative_to(folder).as_posix() for p in found)


def rows(folder: PredictionFolder) -> list[dict[str, str]]:
    with folder.table.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_what_is_written(tmp_path):
    folder = PredictionFolder(tmp_path / "out", made_with=MODEL)
    assert folder.plan(["a/1.png", "b/1.png"]) == ["a/1.png", "b/1.png"]
    folder.write(make())
    moved = replace(make().landmarks["A"], source="manual", predicted=(1.0, 2.0))
    second = make("b/1.png", options=ReadingOptions.of(1.2, analysis="steiner"))
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


def test_what_no_human_has_is_never_a_bare_figure(tmp_path):
    folder = PredictionFolder(tmp_path)
    misplaced = {**make().landmarks, "A": LandmarkPoint(110.0, 50.0, 0.7)}
    bound = LandmarkBound(0.9, (1.0, 1.0), None)
    misplaced = {name: replace(point, bound=bound) for name, point in misplaced.items()}
    folder.write(make(landmarks=misplaced, options=ReadingOptions.of(12.7, analysis="steiner")))
    folder.finish()
    (row,) = rows(folder)
    assert (row["SNA_deg"], row["SNA_deg_pm"], row["mm_per_px_x"]) == ("", "", "")
    assert "explicit: 12.7000 mm per px is impossible" in row["warnings"]
    assert (
        "impossible, so no value is given: SNA 180.0 deg (45 to 120 in people)" in row["warnings"]
    )
    content = json.loads((tmp_path / "json" / "1.json").read_text(encoding="utf-8"))
    sna = next(entry for entry in content["measurements"] if entry["key"] == "SNA")
    assert (sna["value"], sna["impossible"]) == (None, 180.0)
    assert "half_width" not in sna
    assert content["calibration"]["refused"] == [12.7, 12.7]
    labelme = json.loads((tmp_path / "labelme" / "1.json").read_text(encoding="utf-8"))
    assert "impossible" in labelme["mmceph"]["warnings"][0]


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
    folder.write(make("Smith/John.png", warnings=["Smith\\John.png: odd"]))
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
    with pytest.raises(MmcephError, match=r"holds files of yours \(predictions.csv\)"):
        PredictionFolder(tmp_path, overwrite=True)
    (tmp_path / "json").mkdir()
    (tmp_path / "json" / "x.json").write_text("{}", encoding="utf-8")
    with pytest.raises(MmcephError, match=r"holds files of yours \(predictions.csv, json/x.json"):
        PredictionFolder(tmp_path, overwrite=True)
    with pytest.raises(MmcephError, match="is no folder"):
        PredictionFolder(tmp_path / "predictions.csv")
    PredictionFolder(tmp_path / "out").write(make())
    (tmp_path / "out" / "json" / "x.json").write_text("{}", encoding="utf-8")
    with pytest.raises(
        MmcephError,
        match=r"x.json: notice is missing; it is damaged, or no result .*; move it elsewhere",
    ):
        PredictionFolder(tmp_path / "out")


def test_the_labels_and_pictures_of_a_user_are_never_written_over(tmp_path):
    """The layout that the README proposes for labelled pictures."""
    theirs = {
        "labelme/1.json": '{"shapes": []}',
        "labelme/1.png": "16 bits",
        "overlays/1.png": "x",
        "failed.csv": "file,reason\nx,y\n",
        "images/1.png": "x",
    }
    for name, text in theirs.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    for overwrite in (False, True):
        with pytest.raises(MmcephError, match="give a new or an empty folder"):
            PredictionFolder(tmp_path, overwrite=overwrite)
    # Among results of ours as well: before any work, and none of them is touched.
    out = tmp_path / "out"
    PredictionFolder(out).write(make("z.png"))
    for name, text in theirs.items():
        (out / name).parent.mkdir(exist_ok=True)
        (out / name).write_text(text, encoding="utf-8")
    for overwrite in (False, True):
        folder = PredictionFolder(out, overwrite=overwrite)
        with pytest.raises(MmcephError, match=r"labelme.1\.json: is there already, and mmceph did"):
            folder.plan(["a/1.png"])
        with pytest.raises(MmcephError, match="is there already"):
            folder.write(make("a/1.png", format="DICOM"))
    for root in (tmp_path, out):
        assert {name: (root / name).read_text(encoding="utf-8") for name in theirs} == theirs
    assert not (out / "json" / "1.json").exists()


def test_tables_that_a_hand_changed_are_kept(tmp_path):
    folder = PredictionFolder(tmp_path)
    folder.write(make())
    folder.finish([("c.png", "is empty")])
    for name in ("predictions.csv", "failed.csv"):
        (tmp_path / name).write_text("my notes", encoding="utf-8")
    folder = PredictionFolder(tmp_path)
    folder.write(make("b/2.png"))
    folder.finish()
    assert [path.name for path in folder.kept] == ["failed.csv.kept-1", "predictions.csv.kept-1"]
    assert {path.read_text(encoding="utf-8") for path in folder.kept} == {"my notes"}
    assert [row["file"] for row in rows(folder)] == ["a/1.png", "b/2.png"]


def without_record(folder: Path) -> None:
    """As an earlier version, which kept no record, left it."""
    (folder / RECORD).unlink()


def test_results_of_an_earlier_version_go_on(tmp_path):
    folder = PredictionFolder(tmp_path, made_with=MODEL)
    folder.write(make())
    folder.write(make("b/2.png"))
    folder.finish([("c.png", "is empty")])
    without_record(tmp_path)
    path = tmp_path / "labelme" / "1.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["shapes"][0]["points"] = [[11.0, 50.0]]
    path.write_text(json.dumps(content), encoding="utf-8")
    again = PredictionFolder(tmp_path, made_with=MODEL)
    assert again.plan(["a/1.png", "b/2.png", "c/3.png"], resume=True) == ["c/3.png"]
    again.write(make("c/3.png"))
    again.finish()
    assert [row["file"] for row in rows(again)] == ["a/1.png", "b/2.png", "c/3.png"]
    without_record(tmp_path)
    third = PredictionFolder(tmp_path, made_with=MODEL, overwrite=True)
    third.plan(["a/1.png", "b/2.png"])
    third.write(make())
    third.write(make("b/2.png"))
    assert third.kept == [tmp_path / "labelme" / "1.json.kept-1"]
    # A labelme file beside them that no prediction made is not ours.
    without_record(tmp_path)
    path.write_text('{"shapes": []}', encoding="utf-8")
    fourth = PredictionFolder(tmp_path, made_with=MODEL, overwrite=True)
    with pytest.raises(MmcephError, match=r"1\.json: is there already"):
        fourth.plan(["a/1.png"])


def test_a_list_of_failures_that_lies_alone_is_of_an_earlier_version(tmp_path):
    (tmp_path / "failed.csv").write_text("file,reason\na.png,is empty\n", encoding="utf-8")
    folder = PredictionFolder(tmp_path)
    folder.write(make())
    folder.finish()
    assert [path.name for path in folder.kept] == ["failed.csv.kept-1"]


def test_no_cell_is_a_formula(tmp_path):
    name = "=HYPERLINK(1).png"
    folder = PredictionFolder(tmp_path)
    folder.write(make(name, landmarks={"@x": LandmarkPoint(-1.0, 2.0, 0.5)}))
    folder.finish([("+x.png", "-y")])
    row = rows(folder)[0]
    assert (row["file"], row["'@x_x"]) == (f"'{name}", "-1.0")
    assert plain_cell(row["file"]) == name
    text = (tmp_path / "failed.csv").read_text(encoding="utf-8")
    assert text.splitlines() == ["file,reason", "'+x.png,'-y"]


def test_a_name_that_is_no_utf_8_is_written_and_found_again(tmp_path):
    name = "a/Jos\udce9.png"
    folder = PredictionFolder(tmp_path, overlays=False, labelme=False)
    try:
        folder.write(make(name))
    except (OSError, UnicodeError):
        pytest.skip("this system has no such names")
    folder.finish([(name, "is empty")])
    assert PredictionFolder(tmp_path).plan([name], resume=True) == []


@pytest.mark.parametrize(
    ("reason", "file"),
    [
        ("C:\\Smith\\John.png: is empty", "C:/Smith/John.png"),
        ("cannot open 'c:\\\\smith\\\\john.PNG'", "C:/Smith/John.png"),
        ("Smith/John.png: is empty", "Smith/John.png"),
        (f"{Path.cwd() / 'Smith' / 'John.png'}: gone", "Smith/John.png"),
        ("John.png: its neighbour Smith/index.txt is gone", "Smith/John.png"),
    ],
)
def test_reasons_of_failures_say_nothing_of_the_origin(tmp_path, reason, file):
    folder = PredictionFolder(tmp_path / "out", anonymise=True)
    folder.plan([file])
    folder.finish([(file, reason)])
    text = (tmp_path / "out" / "failed.csv").read_text(encoding="utf-8").casefold()
    assert text.splitlines()[1].startswith("image_0001,")
    assert not {"smith", "john"} & set(re.split(r"\W+", text))


def test_learnt_uncertainty_has_columns(tmp_path):
    bound = LandmarkBound(0.9, (10.0, 10.0), None)
    landmarks = {name: replace(p, bound=bound) for name, p in make().landmarks.items()}
    folder = PredictionFolder(tmp_path)
    folder.write(make(landmarks=landmarks, options=ReadingOptions.of(1.2, analysis="steiner")))
    folder.write(make("b/2.png"))
    folder.finish()
    first, second = rows(folder)
    assert (first["S_radius_mm"], second["S_radius_mm"]) == ("12.0", "")
    assert (first["U1-NA-mm_pm"], second["SNA_deg_pm"]) == ("", "")
    assert float(first["SNA_deg_pm"]) > 1


def test_without_a_result_there_is_no_table(tmp_path):
    folder = PredictionFolder(tmp_path)
    folder.finish([("a.png", "is empty")])
    assert files(tmp_path) == ["failed.csv"]
