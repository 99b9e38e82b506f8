"""The report of predictions that lie in a file: what ``eval_metric.py`` does after its flags."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..datasets.canonical import CanonicalFile, read_canonical, reordered
from ..functional.baselines import mean_shape_fractions
from ..guard import environment
from ..landmarks import (
    LandmarkError,
    LandmarkSet,
    get_landmark_set,
    landmark_set_names,
    parse_landmarks,
    read_landmarks,
)
from .errors import EvaluationError
from .figures import difficult_mask
from .joining import join
from .prediction_files import read_prediction_file
from .report import load_other, locked_report, write_report


def evaluate_predictions(
    predictions: str | Path,
    annotations: str | Path,
    *,
    out_dir: str | Path,
    landmark_set: str | None = None,
    difficult: Sequence[str] | None = None,
    data_root: str | Path | None = None,
    train: str | Path | None = None,
    compare: str | Path | None = None,
    seed: int = 0,
    plots: bool = True,
) -> tuple[dict[str, Any], list[str]]:
    """Write the report ``tools/test.py`` writes, from a file of predictions instead of a model.

    Args:
        predictions: See :func:`mmceph.evaluation.prediction_files.read_prediction_file`.
        annotations: The canonical annotation file of the same images.
        out_dir: Folder of the report.
        landmark_set: The landmarks to compare; those of the annotations if left out.
        difficult: The difficult landmarks; those of the landmark set if left out.
        data_root: Folder the images are found in; guessed from the annotations if left out.
        train: Annotation file of the training images, for the mean-shape baseline.
        compare: Another run's report.json, or its folder.
        seed: Seed of the bootstrap.
        plots: Whether to draw plots.

    Returns:
        The report, and what was missing or extra in sentences.

    Raises:
        EvaluationError: The predictions cannot be read or do not fit, or the report cannot be
            written or compared.
        AnnotationError: An annotation file is not in the canonical form, or lacks a landmark.
        FileNotFoundError: An annotation file is not there.
    """
    _keep_input(Path(predictions), Path(out_dir))
    with locked_report(out_dir):
        if compare is not None:
            load_other(compare)  # before the work, not after
        found = read_prediction_file(predictions)
        truth = read_canonical(str(annotations))
        chosen = _landmark_set(truth, landmark_set)
        hard = list(chosen.difficult) if difficult is None else list(difficult)
        mask = difficult_mask(chosen.names, hard)
        hard = [name for name, chosen_one in zip(chosen.names, mask, strict=True) if chosen_one]
        root = _data_root(truth, Path(annotations), data_root)
        joined = join(found, truth, chosen, root)
        notes = list(joined.notes)
        if root is None:
            notes.append("The images were not found, so none is shown: name their folder with "
                         "--data-root.")  # fmt: skip
        report = write_report(
            joined.records,
            names=chosen.names,
            out_dir=out_dir,
            dataset=f"{chosen.name} ({Path(annotations).as_posix()})",
            config=f"none: read from a file ({found.kind})",
            checkpoint=Path(predictions).as_posix(),
            environment=environment(),
            difficult=hard,
            mean_shape_fractions=None if train is None else _mean_shape(train, chosen),
            compare=compare,
            seed=seed,
            plots=plots,
            left_out=joined.left_out,
            extra_notes=notes,
        )
        return report, notes


def _keep_input(predictions: Path, out: Path) -> None:
    target = out / "predictions.json"
    if target.exists() and predictions.exists() and target.samefile(predictions):
        raise EvaluationError(f"{out}: holds the predictions themselves; name another --out folder")


def _landmark_set(truth: CanonicalFile, wanted: str | None) -> LandmarkSet:
    """The set named, else the known set with the annotations' landmarks, else just those."""
    if wanted is not None:
        try:
            return parse_landmarks(wanted)
        except LandmarkError as error:
            raise EvaluationError(str(error)) from error
    own = read_landmarks(truth.path)
    known = map(get_landmark_set, landmark_set_names())
    return next((entry for entry in known if set(entry.names) == set(own.names)), own)


def _data_root(truth: CanonicalFile, annotations: Path, given: str | Path | None) -> Path | None:
    """The folder given, else the first usual one that holds an image of the file."""
    if given is not None:
        if not Path(given).is_dir():
            raise EvaluationError(f"--data-root {given}: no such folder")
        return Path(given)
    for folder in (annotations.parent.parent, annotations.parent):
        if any((folder / image["file_name"]).is_file() for image in truth.images):
            return folder
    return None


def _mean_shape(train: str | Path, chosen: LandmarkSet) -> np.ndarray:
    """Mean shape of a training file, shape (K, 2), as fractions of the image."""
    file = read_canonical(str(train))
    columns, _ = file.columns(chosen)
    rows = [row for image in file.images if (row := reordered(file, image, columns)) is not None]
    if not rows:
        raise EvaluationError(f"{train}: has no annotation, so there is no mean shape")
    marks = np.array([row["keypoints"] for row in rows], np.float64).reshape(len(rows), -1, 3)
    sizes = np.array([(row["width"], row["height"]) for row in rows], np.float64)
    return mean_shape_fractions(marks[..., :2], marks[..., 2] > 0, sizes)
