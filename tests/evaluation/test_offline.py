from __future__ import annotations

import csv
import json

import cv2
import numpy as np
import pytest

from mmceph.converters.cldetection2023_predictions import write_predictions
from mmceph.errors import AnnotationError
from mmceph.evaluation.errors import EvaluationError
from mmceph.evaluation.offline import evaluate_predictions
from mmceph.landmarks import get_landmark_set

NAMES = get_landmark_set("cldetection38").names


@pytest.fixture
def data(tmp_path):
    """A data root of four images of 400x500 px at 0.5 mm and their annotations."""
    generator = np.random.default_rng(0)
    for part, count in (("train", 6), ("test", 4)):
        images, marks = [], []
        for number in range(1, count + 1):
            places = generator.uniform(100, 300, (38, 2)).round()
            flat = np.hstack([places, np.full((38, 1), 2.0)]).ravel().tolist()
            image = {"id": number, "file_name": f"images/{number:03d}.png", "width": 400}
            images.append({**image, "height": 500, "spacing": [0.5, 0.5], "device": "ProMax"})
            marks.append({"id": number, "image_id": number, "keypoints": flat})
        content = {
            "info": {"landmark_set": "cldetection38"},
            "images": images,
            "annotations": marks,
            "categories": [{"id": 1, "keypoints": list(NAMES)}],
        }
        (tmp_path / "annotations").mkdir(exist_ok=True)
        file = tmp_path / "annotations" / f"{part}.json"
        file.write_text(json.dumps(content), encoding="utf-8")
    (tmp_path / "images").mkdir()
    cv2.imwrite(str(tmp_path / "images" / "001.png"), np.full((500, 400), 90, np.uint8))
    return tmp_path


def truth(data):
    content = json.loads((data / "annotations" / "test.json").read_text(encoding="utf-8"))
    return {
        mark["image_id"]: dict(
            zip(NAMES, np.reshape(mark["keypoints"], (-1, 3))[:, :2].tolist(), strict=True)
        )
        for mark in content["annotations"]
    }


def shifted(data, dx=3.0, dy=4.0):
    return {
        number: {name: (x + dx, y + dy) for name, (x, y) in points.items()}
        for number, points in truth(data).items()
    }


def evaluate(predictions, data, out, **options):
    options = {"plots": False, **options}
    file = data / "annotations" / "test.json"
    return evaluate_predictions(predictions, file, out_dir=out, **options)


def test_every_format_gives_the_same_report(data, tmp_path):
    """Every point is 5 px, 2.5 mm off."""
    predicted = shifted(data)
    challenge = write_predictions(predicted, tmp_path / "orthodontic-landmarks.json")
    long, wide = tmp_path / "long.csv", tmp_path / "wide.csv"
    with long.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["image", "landmark", "x", "y"])
        for number, points in predicted.items():
            writer.writerows([f"{number:03d}.png", name, *xy] for name, xy in points.items())
    with wide.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["image", *(f"{name}_{axis}" for name in NAMES for axis in "xy")])
        for number, points in predicted.items():
            writer.writerow([number, *(value for xy in points.values() for value in xy)])
    train = data / "annotations" / "train.json"
    reports = []
    for number, file in enumerate((challenge, long, wide)):
        report, _ = evaluate(file, data, tmp_path / str(number), train=train)
        reports.append(report)
    assert reports[0]["checkpoint_sha256"] is None  # no weights were tested
    ours = tmp_path / "0" / "predictions.json"
    reports.append(evaluate(ours, data, tmp_path / "again", train=train)[0])
    for report in reports:
        assert report["overall"]["mre_mm"] == 2.5
        assert report["overall"]["sdr"] == {"2.0": 0.0, "2.5": 100.0, "3.0": 100.0, "4.0": 100.0}
        assert report["overall"]["n"] == 4 * 38
        assert report["per_device"]["ProMax"]["num_images"] == 4
        assert report["baselines"]["mean_shape"]["n"] == 4 * 38
        for key in ("landmarks", "overall", "baselines", "images", "excluded", "scatter"):
            assert report[key] == reports[0][key]
    kept = json.loads(ours.read_text(encoding="utf-8"))
    assert kept == json.loads((tmp_path / "again" / "predictions.json").read_text(encoding="utf-8"))


def test_missing_and_extra_are_listed_and_not_scored(data, tmp_path):
    file = tmp_path / "some.csv"
    file.write_text(
        "image,landmark,x,y\n001.png,S,1,2\n002.png,S,1,2\n002.png,Zyg,3,4\nother.png,S,1,2\n",
        encoding="utf-8",
    )
    report, notes = evaluate(file, data, tmp_path / "out", landmark_set="isbi19")
    assert list(report["landmarks"]) == list(get_landmark_set("isbi19").names)
    assert report["landmarks"]["S"]["n"] == report["overall"]["n"] == 2
    assert report["landmarks"]["N"]["n"] == 0
    assert report["landmarks"]["N"]["mre_mm"] is None
    reasons = {row["file"]: row["reason"] for row in report["excluded"]}
    assert reasons == {
        "images/003.png": "no prediction: not scored",
        "images/004.png": "no prediction: not scored",
        "other.png": "predicted, but not in the annotations",
    }
    assert report["excluded_points"]["N"] == {"not_visible": 0, "not_predicted": 2}
    assert any(note.startswith("Landmarks without any prediction: N, Or, Po") for note in notes)
    assert any("passed over: Zyg" in note for note in notes)


def test_difficult_landmarks_and_a_comparison(data, tmp_path):
    for name, dx in (("before", 3.0), ("after", 0.0)):
        write_predictions(shifted(data, dx), tmp_path / f"{name}.json")
    evaluate(tmp_path / "before.json", data, tmp_path / "before")
    report, _ = evaluate(
        tmp_path / "after.json", data, tmp_path / "after",
        compare=tmp_path / "before", difficult=["UL", "S"],
    )  # fmt: skip
    assert report["landmarks"]["Ls"]["group"] == "difficult"
    assert report["compare"]["difficult"] == ["S", "Ls"]
    overall = report["compare"]["overall"]
    assert (overall["before"], overall["after"], overall["ci95"]) == (2.5, 2.0, [-0.5, -0.5])


def test_images_are_found_above_the_annotations_or_missed_aloud(data, tmp_path):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    file = write_predictions(shifted(data), tmp_path / "p.json")
    _, notes = evaluate(file, data, tmp_path / "a", plots=True)
    assert not any("--data-root" in note for note in notes)
    (data / "images" / "001.png").unlink()
    _, notes = evaluate(file, data, tmp_path / "b")
    assert any("--data-root" in note for note in notes)
    with pytest.raises(EvaluationError, match=r"--data-root .*nowhere: no such folder"):
        evaluate(file, data, tmp_path / "c", data_root=tmp_path / "nowhere")


def test_clear_errors_and_no_overwriting(data, tmp_path):
    file = write_predictions(shifted(data), tmp_path / "p.json")
    with pytest.raises(EvaluationError, match=r"--landmarks isbi20: no known .*isbi19"):
        evaluate(file, data, tmp_path / "out", landmark_set="isbi20")
    with pytest.raises(FileNotFoundError, match="gone"):
        evaluate_predictions(file, tmp_path / "gone.json", out_dir=tmp_path / "out")
    with pytest.raises(EvaluationError, match="difficult landmark 'Xyz'"):
        evaluate(file, data, tmp_path / "out", difficult=["Xyz"])
    with pytest.raises(AnnotationError, match=r"lacks .* of aariz29's 29 landmarks"):
        evaluate(file, data, tmp_path / "out", landmark_set="aariz29")
    evaluate(file, data, tmp_path / "out")
    own = tmp_path / "out" / "predictions.json"
    before = own.read_bytes()
    with pytest.raises(EvaluationError, match="name another --out folder"):
        evaluate(own, data, tmp_path / "out")
    assert own.read_bytes() == before
