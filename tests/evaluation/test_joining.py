from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mmceph.datasets.canonical import CanonicalFile
from mmceph.errors import AnnotationError
from mmceph.evaluation.errors import EvaluationError
from mmceph.evaluation.joining import join
from mmceph.evaluation.prediction_files import PredictedImage, PredictionFile
from mmceph.landmarks import LandmarkSet

SET = LandmarkSet("three", ("S", "N", "Pog`"))


def annotations(files, names=("N", "Pog'", "S", "Go")):
    """Every image has N at (10, 20), Pog' at (30, 40), S at (50, 60) and no Go."""
    keypoints = [10, 20, 2, 30, 40, 2, 50, 60, 2, 0, 0, 0]
    images = [
        {"id": i, "file_name": f, "width": 100, "height": 200, "spacing": 0.5, "device": "X"}
        for i, f in enumerate(files)
    ]
    marks = {i: {"id": i, "image_id": i, "keypoints": keypoints} for i in range(len(files))}
    return CanonicalFile("val.json", names, [], images, marks)


def predictions(*images):
    return PredictionFile(Path("p.csv"), "csv of points", images)


def test_points_are_joined_by_name_whatever_the_order():
    found = predictions(PredictedImage("1.png", {"S": (50, 61), "N": (13, 24), "Go": (9, 9)}))
    joined = join(found, annotations(["1.png"]), SET, Path("data"))
    (one,) = joined.records
    np.testing.assert_array_equal(one.truth, [[50, 60], [10, 20], [30, 40]])
    np.testing.assert_array_equal(one.predicted, [[50, 61], [13, 24], [np.nan, np.nan]])
    assert (one.spacing, one.device) == ((0.5, 0.5), "X")
    assert one.image_path == str(Path("data", "1.png"))
    assert joined.notes[1:] == [
        "Landmarks without any prediction: Pog`.",
        "Predicted landmarks that are not in three, passed over: Go.",
    ]


@pytest.mark.parametrize("name", ["images/007.png", "images\\007.png", "x/007.png", "007", "7"])
def test_images_are_found_by_name_stem_or_number(name):
    found = predictions(PredictedImage(name, {"S": (50, 61)}))
    joined = join(found, annotations(["images/007.png", "images/008.png"]), SET)
    assert [np.isfinite(r.predicted).any() for r in joined.records] == [True, False]
    assert joined.left_out == []


def test_a_name_of_two_images_is_not_guessed():
    found = predictions(
        PredictedImage("a/1.png", {"S": (50, 61)}), PredictedImage("1.png", {"S": (9, 9)})
    )
    joined = join(found, annotations(["a/1.png", "b/1.png"]), SET)
    assert joined.records[1].predicted[0, 0] != 9
    assert joined.left_out == [{"file": "1.png", "reason": "predicted, but not in the annotations"}]


def test_what_is_missing_is_listed():
    file = annotations(["1.png", "2.png"])
    del file.annotations[1]
    found = predictions(PredictedImage("1.png", {"S": (1, 2)}), PredictedImage("9", {"S": (1, 2)}))
    joined = join(found, file, SET)
    assert [r.file for r in joined.records] == ["1.png"]
    assert joined.left_out == [
        {"file": "9", "reason": "predicted, but not in the annotations"},
        {"file": "2.png", "reason": "no annotation: not scored"},
    ]


def test_points_that_cannot_be_px_are_warned_of():
    fractions = predictions(PredictedImage("1.png", {"S": (0.5, 0.3)}))
    assert "fractions" in join(fractions, annotations(["1.png"]), SET).notes[-1]
    large = predictions(PredictedImage("1.png", {"S": (500, 300), "N": (50, 300)}))
    assert (
        "100 % of the predicted points lie outside"
        in (join(large, annotations(["1.png"]), SET).notes[-1])
    )


def test_clear_errors():
    file = annotations(["1.png", "01.png"])
    with pytest.raises(EvaluationError, match=r"none of its 1 images \(the first is 'x'\)"):
        join(predictions(PredictedImage("x", {"S": (1, 2)})), file, SET)
    with pytest.raises(EvaluationError, match=r"none of its landmarks \(Sella1\).*by name"):
        join(predictions(PredictedImage("1.png", {"Sella1": (1, 2)})), file, SET)
    twice = predictions(PredictedImage("1.png", {"S": (1, 2)}), PredictedImage("1", {"S": (1, 2)}))
    with pytest.raises(EvaluationError, match=r"'1.png' and '1' are both taken for the image 1"):
        join(twice, file, SET)
    bare = replace(file, annotations={})
    with pytest.raises(EvaluationError, match="none of its images has an annotation"):
        join(predictions(PredictedImage("1.png", {"S": (1, 2)})), bare, SET)
    with pytest.raises(AnnotationError, match="lacks Ar of more's 2 landmarks"):
        join(twice, file, LandmarkSet("more", ("S", "Ar")))


def test_names_are_joined_in_one_form_of_unicode():
    found = predictions(PredictedImage("Jose\u0301.png", {"S": (50, 61)}))
    joined = join(found, annotations(["Jos\u00e9.png"]), SET)
    assert joined.left_out == []
