from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmceph.landmarks import read_landmarks

TOOL = Path(__file__).resolve().parents[3] / "tools" / "dataset_converters" / "labelme.py"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(run_tool: Callable[..., tuple[int, str, str]]) -> Run:
    return partial(run_tool, "labelme")


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    for i in range(10):
        pixels = np.random.default_rng(i).integers(0, 255, (30, 40), dtype=np.uint8)
        (folder / f"{i}.png").write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
        write(folder / f"{i}.json", [("l1", 5, i), ("l2", 9, i)])
    return folder


def write(path: Path, points: list[tuple[str, float, float]]) -> None:
    shapes = [{"label": label, "points": [[x, y]], "shape_type": "point"} for label, x, y in points]
    path.write_text(json.dumps({"shapes": shapes, "imagePath": f"{path.stem}.png"}))


def load(out: Path, split: str) -> dict:
    content: dict = json.loads((out / "annotations" / f"{split}.json").read_text())
    return content


def test_from_raw_folder_to_splits(run: Run, raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, output, errors = run(
        raw, "--out", out, "--names", "l1=S,l2=N", "--spacing", "0.1", "0.2", "--device", "X1"
    )
    assert (code, errors) == (0, "")
    train, val, test = (load(out, split) for split in ("train", "val", "test"))
    assert (len(train["images"]), len(val["images"])) == (8, 2)
    assert test["images"] == val["images"]
    assert "the same images as val" in output
    assert train["categories"][0]["keypoints"] == ["S", "N"]
    image, annotation = train["images"][0], train["annotations"][0]
    assert (image["width"], image["height"]) == (40, 30)
    assert (image["spacing"], image["device"]) == ([0.1, 0.2], "X1")
    assert (out / image["file_name"]).resolve() == raw / f"{image['subject']}.png"
    row = float(image["subject"])
    assert annotation["keypoints"] == [5.0, row, 2, 9.0, row, 2]
    assert "images converted: 10 of 10 (train 8, val 2, test 0)" in output
    report = json.loads((out / "annotations/conversion_report.json").read_text())
    assert report["points_converted"] == 20
    assert report["left_out"] == []


def test_a_second_run_refuses_and_force_repeats_it_exactly(
    run: Run, raw: Path, tmp_path: Path
) -> None:
    arguments = [raw, "--out", tmp_path / "out", "--names", "l1=S,l2=N"]
    assert run(*arguments)[0] == 0
    before = load(tmp_path / "out", "train")
    code, _, errors = run(*arguments)
    assert code == 1
    assert "--force" in errors
    assert run(*arguments, "--force")[0] == 0
    assert load(tmp_path / "out", "train") == before


def test_strict_writes_nothing_and_skip_bad_lists_what_it_leaves_out(
    run: Run, raw: Path, tmp_path: Path
) -> None:
    write(raw / "3.json", [("l1", 5, 5), ("l1", 30, 5), ("l2", 9, 3)])
    arguments = [raw, "--out", tmp_path / "out", "--names", "l1=S,l2=N"]
    code, _, errors = run(*arguments)
    assert code == 1
    assert "error: 3.json, label l1 (S), points: given 2 times, 25 px apart" in errors
    assert "--skip-bad" in errors
    assert not (tmp_path / "out").exists()
    code, output, _ = run(*arguments, "--skip-bad")
    assert code == 0
    assert "left out (1):\n  3.json, label l1 (S)" in output
    report = json.loads((tmp_path / "out/annotations/conversion_report.json").read_text())
    assert [entry["file"] for entry in report["left_out"]] == ["3.json"]
    assert report["points_missing"] == 1


def test_dry_run_writes_nothing(run: Run, raw: Path, tmp_path: Path) -> None:
    code, output, _ = run(raw, "--out", tmp_path / "out", "--names", "l1=S,l2=N", "--dry-run")
    assert code == 0
    assert "dry run: nothing was written" in output
    assert not (tmp_path / "out").exists()


def test_copied_images_make_the_folder_whole(run: Run, raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run(raw, "--out", out, "--names", "l1=S,l2=N", "--copy-images")[0] == 0
    names = {image["file_name"] for s in ("train", "val") for image in load(out, s)["images"]}
    assert names == {f"images/{i}.png" for i in range(10)}
    assert all((out / name).is_file() for name in names)


def test_copying_does_not_change_the_split(run: Run, raw: Path, tmp_path: Path) -> None:
    run(raw, "--out", tmp_path / "a", "--names", "l1=S,l2=N", "--copy-images")
    run(raw, "--out", tmp_path / "b", "--names", "l1=S,l2=N")
    subjects = [[i["subject"] for i in load(tmp_path / x, "val")["images"]] for x in "ab"]
    assert subjects[0] == subjects[1]


def test_a_list_of_ones_own_is_written_with_all_it_holds(
    run: Run, raw: Path, tmp_path: Path
) -> None:
    for path in raw.glob("*.json"):
        write(path, [("ear", 5, 6), ("sella", 9, 7), ("left", 1, 2), ("right", 3, 4)])
    content = {"name": "clinic", "landmarks": ["S", "ear", "left", "right"],
               "difficult": ["ear"], "mirror_pairs": [["left", "right"]]}  # fmt: skip
    (tmp_path / "mine.json").write_text(json.dumps(content))
    code, output, errors = run(
        raw, "--out", tmp_path / "out", "--landmarks", tmp_path / "mine.json"
    )
    assert (code, errors) == (0, "")
    train = load(tmp_path / "out", "train")
    assert train["categories"][0]["keypoints"] == content["landmarks"]
    assert train["annotations"][0]["keypoints"][:6] == [9, 7, 2, 5, 6, 2]
    listed = read_landmarks(tmp_path / "out" / "annotations" / "train.json")
    assert listed == read_landmarks(tmp_path / "mine.json")
    written = tmp_path / "out" / "annotations" / "train.json"
    assert output.splitlines()[-1].endswith(f"give train.py and test.py --landmarks {written}")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--landmark-set", "isbi91"], "did you mean 'isbi19'"),
        (["--landmarks", "gone.txt"], "--landmarks gone.txt: no such file"),
        ([], "do not say which landmarks they are"),
        ([], "or list landmarks of your own with --landmarks"),
        (["--landmarks", "ear,chin,S"], "but custom3 has 3 landmarks"),
        (["--names", "l1=S"], "label 'l2' is no landmark of custom1"),
    ],
)
def test_errors_are_one_line_and_code_1(
    run: Run, raw: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    code, _, errors = run(raw, "--out", tmp_path / "out", *arguments)
    assert code == 1
    assert errors.startswith("error: ")
    assert message in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("spacing", [["0"], ["-1"], ["nan"], ["inf"], ["1", "2", "3"], ["x"]])
def test_bad_spacing_is_a_usage_error(
    run: Run, raw: Path, tmp_path: Path, spacing: list[str]
) -> None:
    with pytest.raises(SystemExit) as error:
        run(raw, "--out", tmp_path / "out", "--spacing", *spacing)
    assert error.value.code == 2


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import runpy, sys\n"
        f"sys.path.insert(0, {str(TOOL.parent)!r})\n"
        f"sys.argv = [{str(TOOL)!r}, '--help']\n"
        "try:\n"
        f"    runpy.run_path({str(TOOL)!r}, run_name='__main__')\n"
        "except SystemExit as end:\n"
        "    assert end.code == 0\n"
        "print('heavy:', [m for m in ('numpy', 'cv2', 'torch', 'mmengine') if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "heavy: []" in done.stdout
    assert "--skip-bad" in done.stdout


def test_converting_needs_no_training_stack(raw: Path, tmp_path: Path) -> None:
    code = (
        "import runpy, sys\n"
        f"sys.path.insert(0, {str(TOOL.parent)!r})\n"
        "for name in ('torch', 'mmengine', 'mmcv', 'mmpose'):\n"
        "    sys.modules[name] = None\n"
        f"sys.argv = ['x', {str(raw)!r}, '--out', {str(tmp_path / 'out')!r}, '--names', "
        "'l1=S,l2=N']\n"
        f"runpy.run_path({str(TOOL)!r}, run_name='__main__')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
