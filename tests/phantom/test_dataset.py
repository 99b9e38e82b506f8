from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmceph.formats.annotation_set import MANIFEST
from mmceph.io.ours import RECORD
from mmceph.landmarks import get_landmark_set
from mmceph.phantom import PhantomOptions, generate_phantom
from mmceph.phantom.__main__ import main
from mmceph.phantom.dataset import simulate_observers, split_sizes, write_dataset
from mmceph.phantom.statistics import OBSERVER_SPREAD_MM
from mmceph.phantom.variety import Variety

NAMES = list(get_landmark_set("phantom31").names)
SIZE = (96, 120)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("phantom") / "set"
    write_dataset(out, num=10, seed=3, size=SIZE, split=(0.6, 0.2, 0.2))
    return out


def read(folder, name):
    return json.loads((folder / "annotations" / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("name", "count"), [("train", 6), ("val", 2), ("test", 2)])
def test_counts_names_and_spacing(folder, name, count):
    content = read(folder, name)
    assert len(content["images"]) == len(content["annotations"]) == count
    assert content["categories"][0]["keypoints"] == NAMES
    assert content["info"]["landmark_set"] == "phantom31"
    for image in content["images"]:
        assert (image["width"], image["height"]) == SIZE
        assert image["spacing_source"] == image["device"] == "phantom"
        assert cv2.imread(str(folder / image["file_name"]), cv2.IMREAD_UNCHANGED).shape == (120, 96)


def test_keypoints_are_the_exact_ones(folder):
    image, annotation = (read(folder, "train")[key][0] for key in ("images", "annotations"))
    phantom = generate_phantom(3, 0, SIZE)
    assert image["spacing"] == pytest.approx(phantom.spacing)
    points = np.array(annotation["keypoints"]).reshape(-1, 3)
    assert np.all(points[:, 2] == 2)
    assert annotation["num_keypoints"] == 31
    assert points[:, :2] == pytest.approx(np.array(list(phantom.landmarks.values())), abs=6e-4)
    stored = cv2.imread(str(folder / image["file_name"]), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(stored, phantom.image)


def test_what_was_drawn_of_the_ruler_stands_beside_the_image(folder):
    for number, image in enumerate(read(folder, "train")["images"]):
        assert image["ruler"] == generate_phantom(3, number, SIZE).ruler_record()


def test_no_image_stands_in_two_parts(folder):
    files = [i["file_name"] for n in ("train", "val", "test") for i in read(folder, n)["images"]]
    ids = [i["id"] for n in ("train", "val", "test") for i in read(folder, n)["images"]]
    assert len(set(files)) == len(set(ids)) == 10


def test_two_observers_stand_beside_the_truth(folder):
    annotation = read(folder, "val")["annotations"][0]
    assert list(annotation["observers"]) == ["observer_a", "observer_b"]
    assert annotation["observers"]["observer_a"] != annotation["keypoints"]


def test_observers_differ_as_real_ones_do():
    phantom = generate_phantom(0, 0, SIZE)
    rng = np.random.default_rng(0)
    distances: dict[str, list[float]] = {name: [] for name in OBSERVER_SPREAD_MM}
    for _ in range(3000):
        placed = simulate_observers(phantom, rng)
        for name in distances:
            step = np.subtract(placed["observer_a"][name], placed["observer_b"][name])
            distances[name].append(float(np.linalg.norm(step * phantom.spacing)))
    for name, (mean, sd) in OBSERVER_SPREAD_MM.items():
        assert np.mean(distances[name]) == pytest.approx(mean, rel=0.1), name
        assert np.std(distances[name]) == pytest.approx(sd, rel=0.15), name


def test_a_folder_that_holds_something_is_not_overwritten(folder, capsys):
    arguments = ["--out", str(folder), "--num", "2", "--size", "96", "120", "--quiet"]
    before = read(folder, "train")
    assert main(arguments) == 1
    assert "not empty" in capsys.readouterr().err
    assert read(folder, "train") == before


def test_force_replaces_the_old_annotations(tmp_path):
    write_dataset(tmp_path / "set", num=4, size=SIZE)
    arguments = ["--out", str(tmp_path / "set"), "--num", "2", "--size", "96", "120", "--force"]
    assert main([*arguments, "--split", "0.5", "0.5", "0"]) == 0
    assert len(read(tmp_path / "set", "train")["images"]) == 1
    assert not (tmp_path / "set" / "annotations" / "test.json").exists()


def test_force_replaces_phantoms_only(tmp_path, capsys):
    out = tmp_path / "set"
    (out / "images").mkdir(parents=True)
    (out / "images" / "phantom_0000.png").write_bytes(b"mine")
    (out / "annotations").mkdir()
    (out / "annotations" / "val.json").write_bytes(b"{}")
    arguments = ["--out", str(out), "--num", "2", "--size", "96", "120", "--quiet", "--force"]
    for name in ("images/phantom_0000.png", "annotations/val.json"):
        before = (out / name).read_bytes()
        assert main(arguments) == 1
        assert f"{Path(name).name}: is there already" in capsys.readouterr().err
        assert (out / name).read_bytes() == before
        (out / name).unlink()
    assert main(arguments) == 0
    (out / RECORD).unlink()
    assert main(arguments) == 0  # the manifest knows them too
    assert not list(out.rglob("*.kept-1"))
    # Of an earlier version, which kept neither record nor manifest.
    (out / RECORD).unlink()
    (out / "annotations" / MANIFEST).unlink()
    assert main([*arguments, "--seed", "1"]) == 0
    assert len(list((out / "annotations").glob("*.kept-1"))) == 2


def test_a_set_that_was_stopped_goes_on(tmp_path):
    arguments = ["--out", str(tmp_path), "--num", "2", "--size", "96", "120", "--quiet"]

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_dataset(tmp_path, 2, size=SIZE, progress=stop)
    assert main(arguments) == 0
    assert main(arguments) == 1


def test_without_ruler_the_marks_are_missing_points(tmp_path):
    arguments = ["--num", "1", "--size", "96", "120", "--quiet", "--split", "1", "0", "0"]
    assert main(["--out", str(tmp_path / "a"), "--ruler-probability", "0", *arguments]) == 0
    annotation = read(tmp_path / "a", "train")["annotations"][0]
    assert annotation["num_keypoints"] == 29
    assert annotation["keypoints"][-6:] == [0, 0, 0, 0, 0, 0]


def test_progress_is_reported(tmp_path):
    seen: list[tuple[int, int]] = []
    write_dataset(tmp_path, 3, size=SIZE, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("count", "shares", "sizes"),
    [
        (120, (0.7, 0.15, 0.15), (84, 18, 18)),
        (100, (0.8, 0.2, 0.0), (80, 20, 0)),
        (5, (1.0, 0.0, 0.0), (5, 0, 0)),
        (4, (0.0, 0.0, 1.0), (0, 0, 4)),
        (1, (0.7, 0.15, 0.15), (1, 0, 0)),
        (2, (0.7, 0.15, 0.15), (1, 0, 1)),
    ],
)
def test_split_sizes(count, shares, sizes):
    assert split_sizes(count, shares) == sizes


def test_wrong_numbers_are_refused(tmp_path):
    with pytest.raises(ValueError, match="sum to 1"):
        split_sizes(10, (0.7, 0.7, 0.1))
    with pytest.raises(ValueError, match="num is 0"):
        write_dataset(tmp_path, 0)


def test_what_was_drawn_of_many_machines_is_recorded(tmp_path):
    options = PhantomOptions(variety=Variety.many_machines())
    files = write_dataset(tmp_path / "d", 2, 4, (128, 160), (1.0, 0.0, 0.0), options)
    images = json.loads(files["train"].read_text(encoding="utf-8"))["images"]
    assert all(image["variety"]["tilt_deg"] for image in images)
    assert images[0]["variety"] != images[1]["variety"]
