"""tools/predict.py from pictures to results, and back from corrected labelme files."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest
import torch

from mmceph.analysis.calibration import RulerReading
from mmceph.io import folder_lock
from mmceph.io.ours import RECORD

ROOT = Path(__file__).resolve().parents[2]
CONFIG = """
default_scope = "mmceph"
custom_imports = dict(imports=["fixed_points_model"], allow_failed_imports=False)
model = dict(type="FixedPoints", count=3)
pipeline = [
    dict(type="LoadImage"),
    dict(type="GetBBoxCenterScale"),
    dict(type="TopdownAffine", input_size=(16, 16)),
    dict(type="PackPoseInputs"),
]
test_dataloader = dict(dataset=dict(type="CephDataset", landmark_set=["S", "N", "A"],
                                    pipeline=pipeline))
"""
# SNA is 90 degrees; S-N is 30 px.
POINTS = [[10.0, 20.0], [40.0, 20.0], [40.0, 50.0]]


class FakeReader:
    """Stands for RulerReader: reads the same scale everywhere."""

    name = "fake"

    def __init__(self, config=None, checkpoint=None, device="cpu", trust=False):
        self.given = (config, checkpoint, device)

    def __call__(self, grey):
        if grey.max() < 50:
            return RulerReading(None, None, (0.1, 0.1), None, None, None, "no ruler: all is dark")
        return RulerReading((50.0, 55.0), (50.0, 5.0), (0.9, 0.9), 2.0, 0.001, "ticks", None)


@pytest.fixture
def project(tmp_path: Path, fixed_points_model: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Model, weights and a folder with two good pictures, a bad one and a text file."""
    (tmp_path / "three.py").write_text(CONFIG, encoding="utf-8")
    torch.save({"state_dict": {"points": torch.tensor([POINTS])}}, tmp_path / "three.pth")
    (tmp_path / "images" / "more").mkdir(parents=True)
    for name, grey in (("1.png", 80), ("2.png", 20), ("more/1.png", 80)):
        cv2.imwrite(str(tmp_path / "images" / name), np.full((64, 60), grey, np.uint8))
    (tmp_path / "images" / "bad.jpg").write_bytes(b"no picture")
    (tmp_path / "images" / "notes.txt").write_text("x", encoding="utf-8")
    ruler = ModuleType("mmceph.apis.ruler")
    ruler.RulerReader = FakeReader  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "mmceph.apis.ruler", ruler)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def tool():
    spec = spec_from_file_location("mmceph_tools_predict", ROOT / "tools" / "predict.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MODEL_FLAGS = ["--config", "three.py", "--checkpoint", "three.pth", "--device", "cpu"]


def run(tool, *arguments):
    return tool.main([*map(str, arguments), *MODEL_FLAGS])


def table(out: Path) -> list[dict[str, str]]:
    with (out / "predictions.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def result(out: Path, name: str) -> dict:
    return json.loads((out / "json" / f"{name}.json").read_text(encoding="utf-8"))


def test_a_folder_with_a_bad_file_is_finished_and_lists_it(tool, project, capsys):
    assert run(tool, "images", "--out", "out") == 1
    out = project / "out"
    rows = table(out)
    assert [row["file"] for row in rows] == ["images/1.png", "images/2.png"]
    assert (rows[0]["S_x"], rows[0]["A_y"], rows[0]["SNA_deg"]) == ("10.0", "50.0", "90.0")
    assert (rows[0]["mm_per_px_x"], rows[0]["calibration_source"]) == ("2.0", "ruler (ticks)")
    assert (rows[1]["mm_per_px_x"], rows[1]["calibration_source"]) == ("", "")
    assert "no ruler: all is dark" in rows[1]["warnings"]
    told = capsys.readouterr()
    assert "2 done, 1 failed. Research use only; not a medical device." in told.out
    assert "images: 1 files are no pictures (notes.txt)" in told.out
    assert "failed: images/bad.jpg: is no PNG" in told.err
    assert "images/bad.jpg" in (out / "failed.csv").read_text(encoding="utf-8")
    assert result(out, "1")["ruler"]["method"] == "ticks"
    assert (out / "overlays" / "2.png").is_file()


def test_links_to_nowhere_do_not_stop_the_others(tool, project, capsys):
    for name, target in (("0.png", "nowhere.png"), ("9.png", "9.png")):
        try:
            (project / "images" / name).symlink_to(target)
        except OSError:
            pytest.skip("links cannot be made here")
    assert run(tool, "images", "--out", "out") == 1
    assert [row["file"] for row in table(project / "out")] == ["images/1.png", "images/2.png"]
    told = capsys.readouterr()
    assert "2 done, 3 failed" in told.out
    assert "failed: images/0.png: cannot be read (No such file or directory)" in told.err
    assert "failed: images/9.png: cannot be read (" in told.err
    # One that is named by itself stays an error before any work.
    assert run(tool, "images/1.png", "images/0.png", "--out", "other") == 1
    assert "error: images/0.png: no such file or folder" in capsys.readouterr().err
    assert not (project / "other").exists()


def test_links_out_of_a_folder_are_failed_ones_unless_they_are_named(
    tool, project, capsys, tmp_path_factory
):
    outside = tmp_path_factory.mktemp("outside") / "x.png"
    outside.write_bytes((project / "images" / "1.png").read_bytes())
    try:
        (project / "images" / "3.png").symlink_to(outside)
    except OSError:
        pytest.skip("links cannot be made here")
    assert run(tool, "images", "--out", "out") == 1
    assert [row["file"] for row in table(project / "out")] == ["images/1.png", "images/2.png"]
    assert "images/3.png: is a link that leads out of images;" in capsys.readouterr().err
    assert run(tool, "images/3.png", "--out", "named") == 0


def test_a_window_that_was_not_used_is_told_in_the_result(tool, project):
    pydicom = pytest.importorskip("pydicom", reason="pydicom is not installed")
    from pydicom.dataset import FileDataset, FileMetaDataset

    grey = cv2.imread(str(project / "images" / "1.png"), cv2.IMREAD_GRAYSCALE)
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = pydicom.uid.ImplicitVRLittleEndian
    dataset = FileDataset(None, {}, file_meta=meta, preamble=bytes(128))
    dataset.Rows, dataset.Columns = grey.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelRepresentation = 7, 0
    dataset.WindowCenter, dataset.WindowWidth = 0, 1
    dataset.PixelData = grey.tobytes()
    dataset.save_as(project / "a.dcm")
    assert run(tool, "a.dcm", "--out", "out") == 0
    (warning,) = [w for w in result(project / "out", "a")["warnings"] if "window" in w]
    assert warning.startswith("the file's window (centre 0, width 1) would show next to nothing")


def test_a_file_removed_after_it_was_listed_is_a_failed_one(tool, project, capsys, monkeypatch):
    find = tool.find_pictures

    def listed(args):
        files = find(args)
        (project / "images" / "1.png").unlink()
        return files

    monkeypatch.setattr(tool, "find_pictures", listed)
    assert run(tool, "images/1.png", "images/2.png", "--out", "out") == 1
    told = capsys.readouterr()
    assert "1 done, 1 failed" in told.out
    assert "failed: images/1.png: cannot be read (" in told.err


def test_same_stems_of_several_folders_and_a_picture_named_twice(tool, project):
    inputs = ["images/1.png", "images/more", "images/more/1.png", "images/2*.png"]
    assert run(tool, *inputs, "--out", "out", "--spacing", 1.6, "--batch-size", 3) == 0
    found = sorted(path.name for path in (project / "out" / "json").iterdir())
    assert found == ["2.json", "images_1.json", "more_1.json"]
    assert result(project / "out", "more_1")["image"]["file"] == "images/more/1.png"
    # The ruler says 2.0.
    warnings = result(project / "out", "more_1")["calibration"]["warnings"]
    assert "differ by 25.0 %" in warnings[0]
    assert len(table(project / "out")) == 3


def test_resume_overwrite_and_neither(tool, project, capsys):
    arguments = ("images/1.png", "--out", "out", "--no-ruler", "--no-overlays", "--no-labelme")
    assert run(tool, *arguments) == 0
    written = sorted(path.name for path in (project / "out").iterdir())
    assert written == [RECORD, "json", "predictions.csv"]
    assert run(tool, *arguments) == 1
    assert "error: out: holds results of 1 of these 1 pictures" in capsys.readouterr().err
    assert run(tool, "images/2.png", *arguments, "--resume") == 0
    assert "1 of 2 pictures are done already" in capsys.readouterr().out
    assert len(table(project / "out")) == 2
    assert run(tool, *arguments, "--overwrite", "--spacing", 1.6) == 1
    assert "another spacing (None, now [1.6, 1.6])" in capsys.readouterr().err
    assert run(tool, "images/2.png", *arguments, "--overwrite", "--spacing", 1.6) == 0
    assert {row["mm_per_px_x"] for row in table(project / "out")} == {"1.6"}


def test_ctrl_c_keeps_what_is_done(tool, project, capsys, monkeypatch):
    from mmceph.apis.prediction_folder import PredictionFolder

    write = PredictionFolder.write

    def interrupted(self, prediction):
        if prediction.file == "images/2.png":
            raise KeyboardInterrupt
        return write(self, prediction)

    with monkeypatch.context() as patch:
        patch.setattr(PredictionFolder, "write", interrupted)
        assert run(tool, "images/1.png", "images/2.png", "--out", "out") == 130
    assert "--resume goes on" in capsys.readouterr().err
    assert [row["file"] for row in table(project / "out")] == ["images/1.png"]
    assert run(tool, "images/1.png", "images/2.png", "--out", "out", "--resume") == 0
    assert len(table(project / "out")) == 2


def test_a_folder_of_ones_own_is_refused_and_nothing_is_touched(tool, project, capsys):
    (project / "images" / "labelme").mkdir()
    (project / "images" / "labelme" / "1.json").write_text("by hand", encoding="utf-8")
    before = {p: p.read_bytes() for p in (project / "images").rglob("*.*")}
    for more in ([], ["--overwrite"], ["--resume"]):
        assert run(tool, "images", "--out", "images", *more) == 1
        assert "error: images: holds files of yours" in capsys.readouterr().err
    assert {p: p.read_bytes() for p in (project / "images").rglob("*") if p.is_file()} == before
    assert tool.main(["--from-labelme", "images/labelme", "--out", "images"]) == 1
    assert "holds files of yours" in capsys.readouterr().err
    # A new folder in it is fine, and its pictures are not taken for patients' later.
    assert run(tool, "images/1.png", "--out", "images/results") == 0
    assert run(tool, "images", "--recursive", "--out", "images/other") == 1
    assert len(table(project / "images" / "other")) == 3


def test_a_key_takes_no_other_files_place(tool, project, capsys):
    (project / "key.csv").write_text("mine", encoding="utf-8")
    flags = ["--anonymise", "--no-ruler", "--key", "key.csv", "--out", "out"]
    for more in ([], ["--overwrite"]):
        assert run(tool, "images/1.png", *flags, *more) == 1
        assert "key.csv: is there already" in capsys.readouterr().err
    assert (project / "key.csv").read_text(encoding="utf-8") == "mine"
    assert not (project / "out").exists()


def test_two_predictions_in_one_folder(tool, project, capsys):
    with folder_lock("out", "a prediction"):
        assert run(tool, "images/1.png", "--out", "out") == 1
        assert f"process {os.getpid()}" in capsys.readouterr().err
        assert tool.main(["--from-labelme", "images", "--out", "out"]) == 1
    assert run(tool, "images/1.png", "--out", "out") == 0


def test_corrected_points_are_measured_anew(tool, project, capsys):
    assert run(tool, "images/1.png", "images/2.png", "--out", "out") == 0
    path = project / "out" / "labelme" / "1.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    moved = next(entry for entry in content["shapes"] if entry["label"] == "A")
    moved["points"] = [[50.0, 50.0]]
    path.write_text(json.dumps(content), encoding="utf-8")
    (project / "out" / "labelme" / "odd.json").write_text("[]", encoding="utf-8")
    capsys.readouterr()
    again = ["--from-labelme", "out/labelme", "--out", "corrected"]
    assert tool.main(again) == 1
    told = capsys.readouterr()
    assert "2 done, 1 failed" in told.out
    assert "Points placed by hand: 1" in told.out
    assert "odd.json" in told.err
    rows = table(project / "corrected")
    assert [(row["SNA_deg"], row["manual_points"]) for row in rows] == [
        ("108.4349", "A"),
        ("90.0", ""),
    ]
    assert rows[0]["calibration_source"] == "ruler (ticks)"
    entry = result(project / "corrected", "1")["landmarks"]["A"]
    assert entry == {"x": 50.0, "y": 50.0, "score": 1.0, "source": "manual", "predicted": [40, 50]}
    assert (project / "corrected" / "overlays" / "1.png").is_file()
    (project / "out" / "labelme" / "odd.json").unlink()
    assert tool.main(again) == 1
    assert "holds results of 2 of these 2 files" in capsys.readouterr().err
    assert tool.main([*again, "--overwrite", "--spacing", "1.6"]) == 0
    assert table(project / "corrected")[1]["calibration_source"] == "explicit"
    # The labelme files of the first run are as the hand left them.
    assert json.loads(path.read_text(encoding="utf-8")) == content


def test_numbered_labels_are_measured_with_a_landmark_set(tool, project, capsys):
    (project / "labelme").mkdir()
    places = {"l1": (10, 20), "l2": (40, 20), "l5": (40, 50)}  # S, N and A of isbi19
    shapes = [{"label": n, "points": [p], "shape_type": "point"} for n, p in places.items()]
    content = {"shapes": shapes, "imagePath": "x.png", "imageHeight": 64, "imageWidth": 60}
    (project / "labelme" / "x.json").write_text(json.dumps(content), encoding="utf-8")
    again = ["--from-labelme", "labelme", "--overwrite", "--out", "out"]
    assert tool.main([*again, "--landmark-set", "isbi19"]) == 0
    assert table(project / "out")[0]["SNA_deg"] == "90.0"
    assert tool.main([*again, "--names", "l1=N,l2=S,l5=A"]) == 0
    assert table(project / "out")[0]["SNA_deg"] == "45.0"
    assert tool.main([*again, "--landmarks", "N,S,x,y,A"]) == 0
    assert table(project / "out")[0]["SNA_deg"] == "45.0"
    assert tool.main([*again, "--landmark-set", "isbi"]) == 1
    assert "error: --landmarks isbi: no known landmark set" in capsys.readouterr().err


def test_measuring_anew_imports_no_torch(project):
    (project / "labelme").mkdir()
    shapes = [{"label": "S", "points": [[1, 2]], "shape_type": "point"}]
    content = {"shapes": shapes, "imagePath": "x.png", "imageHeight": 9, "imageWidth": 9}
    (project / "labelme" / "x.json").write_text(json.dumps(content), encoding="utf-8")
    code = (
        "import runpy, sys\n"
        f"sys.argv = ['predict.py', '--from-labelme', 'labelme', '--out', 'out']\n"
        "try:\n"
        f"    runpy.run_path({str(ROOT / 'tools' / 'predict.py')!r}, run_name='__main__')\n"
        "except SystemExit as stop:\n"
        "    assert stop.code == 0, stop.code\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=project)
    assert table(project / "out")[0]["manual_points"] == "S"


def test_anonymised_with_a_key_kept_apart(tool, project, capsys):
    flags = ["--anonymise", "--no-ruler"]
    assert run(tool, "images/1.png", "--out", "out", *flags, "--key", "out/key.csv") == 1
    assert "keep the key apart" in capsys.readouterr().err
    assert run(tool, "images", "--out", "out", *flags, "--key", "key.csv") == 1
    assert (project / "key.csv").read_text(encoding="utf-8").splitlines() == [
        "name,file",
        "image_0001,images/1.png",
        "image_0002,images/2.png",
        "image_0003,images/bad.jpg",
    ]
    assert [row["file"] for row in table(project / "out")] == ["image_0001", "image_0002"]
    assert "bad.jpg" not in (project / "out" / "failed.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gone.png"], "gone.png: no such file or folder"),
        (["images/1.png", "--landmark-set", "isbi19"], "3 points, but 19 names"),
        (["images/1.png", "--cfg-options", "model.type=Gone"], "Gone is not in the"),
        (["images/1.png", "--cfg-options", "test_dataloader=None"], "no test_dataloader"),
        (["images/1.png", "--analysis", "steinr"], "did you mean 'steiner'"),
    ],
)
def test_errors_are_one_line(tool, project, capsys, arguments, message):
    assert run(tool, *arguments, "--out", "out") == 1
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith("error: ")
    assert message in last
    assert not (project / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x.png"], "give INPUT, --config and --checkpoint"),
        (["x.png", "--from-labelme", "d"], "needs no INPUT"),
        (["x.png", *MODEL_FLAGS, "--resume", "--overwrite"], "give one of them"),
        (["x.png", *MODEL_FLAGS, "--no-ruler", "--ruler-checkpoint", "r"], "give one of them"),
        (["x.png", *MODEL_FLAGS, "--key", "k.csv"], "goes with --anonymise"),
        (["x.png", *MODEL_FLAGS, "--spacing", "1", "2", "3"], "one or two numbers"),
        (["x.png", *MODEL_FLAGS, "--batch-size", "0"], "--batch-size: 0: must be at least 1"),
        (["x.png", *MODEL_FLAGS, "--spacing", "0"], "--spacing: 0: must be above 0"),
        (["", *MODEL_FLAGS], "argument INPUT: is empty"),
    ],
)
def test_flags_that_do_not_go_together(tool, capsys, arguments, message):
    with pytest.raises(SystemExit) as stop:
        tool.main([*arguments, "--out", "out"])
    assert stop.value.code == 2
    assert message in capsys.readouterr().err


def test_help_imports_nothing_heavy():
    code = (
        "import runpy, sys\n"
        "sys.argv = ['predict.py', '--help']\n"
        "try:\n"
        f"    runpy.run_path({str(ROOT / 'tools' / 'predict.py')!r}, run_name='__main__')\n"
        "except SystemExit:\n"
        "    pass\n"
        "assert not {'torch', 'numpy', 'mmengine', 'cv2'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "not a medical device" in done.stdout
