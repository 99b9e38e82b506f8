"""Write phantoms as a data set: pictures and canonical COCO files (DESIGN.md, section 4)."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mmceph.converters.case import Case
from mmceph.converters.coco import build_coco, flat_keypoints
from mmceph.errors import MmcephError
from mmceph.formats.annotation_set import FOLDER, AnnotationSet, recognise_by_manifest, was_stopped
from mmceph.io import OwnFolder, Standing
from mmceph.landmarks import get_landmark_set
from mmceph.phantom.generate import Phantom, generate_phantom
from mmceph.phantom.options import PhantomOptions
from mmceph.phantom.statistics import OBSERVER_SPREAD_MM

__all__ = ["OBSERVERS", "SPLIT_NAMES", "simulate_observers", "split_sizes", "write_dataset"]

OBSERVERS = ("observer_a", "observer_b")
SPLIT_NAMES = ("train", "val", "test")
_ABOUT = "procedural cephalograms of mmceph.phantom"

_SET = get_landmark_set("phantom31")
# Distance between two observers, mm (mean, sd), of points the statistics do not have; set from
# like points: cusps as incisor tips, apices and ramus as other points hidden in bone. The ruler's
# ticks are read to a fraction of a millimetre.
_SPREAD_MM = {
    **OBSERVER_SPREAD_MM,
    **dict.fromkeys(("UMT", "LMT", "UPM", "LPM"), (1.2, 0.8)),
    **dict.fromkeys(("UIA", "LIA", "Co"), (1.8, 1.1)),
    "R": (2.0, 1.3),
    "Pn": (0.9, 0.6),
    "N`": (1.4, 1.0),
    **dict.fromkeys(("P1", "P2"), (0.15, 0.08)),
}

Points = dict[str, tuple[float, float]]
Written = tuple[Case, Points, dict[str, Any]]
Progress = Callable[[int, int], None]


def split_sizes(count: int, shares: tuple[float, float, float]) -> tuple[int, int, int]:
    """Divide ``count`` cases by shares of train, val and test.

    Every part with a share gets at least one case where there are enough.

    Raises:
        MmcephError: A share is negative, or they do not sum to 1.

    Example:
        >>> split_sizes(120, (0.7, 0.15, 0.15))
        (84, 18, 18)
        >>> split_sizes(3, (0.7, 0.15, 0.15))
        (1, 1, 1)
    """
    if min(shares) < 0 or abs(sum(shares) - 1.0) > 1e-6:
        raise MmcephError(f"split {shares} must be three shares that sum to 1, as in 0.7 0.15 0.15")
    later = [math.floor(count * share + 0.5) for share in shares[1:]]
    later = [max(n, 1) if share > 0 else 0 for n, share in zip(later, shares[1:], strict=True)]
    while sum(later) > count - (1 if shares[0] > 0 else 0) and max(later) > 0:
        later[later.index(max(later))] -= 1
    if shares[0] == 0:
        later[0 if shares[1] > 0 else 1] += count - sum(later)
    return count - sum(later), later[0], later[1]


def simulate_observers(phantom: Phantom, rng: np.random.Generator) -> dict[str, Points]:
    """Place the landmarks twice as two observers would.

    The distance between the two has the mean and standard deviation measured on real pictures (a
    gamma distribution, any direction); so has twice the distance of their mean from the truth.

    Returns:
        By observer, by landmark: (x, y) px.
    """
    placed: dict[str, Points] = {name: {} for name in OBSERVERS}
    for name, (x, y) in phantom.landmarks.items():
        mean, sd = _SPREAD_MM[name]
        distance = rng.gamma((mean / sd) ** 2, sd**2 / mean, 2)
        angle = rng.uniform(0.0, 2.0 * np.pi, 2)
        common, apart = 0.5 * (distance * np.array([np.cos(angle), np.sin(angle)])).T
        for observer, sign in zip(OBSERVERS, (1.0, -1.0), strict=True):
            error = (common + sign * apart) / phantom.spacing
            placed[observer][name] = (float(x + error[0]), float(y + error[1]))
    return placed


def write_dataset(
    out: str | Path,
    num: int,
    seed: int = 0,
    size: tuple[int, int] = (512, 640),
    split: tuple[float, float, float] = (0.7, 0.15, 0.15),
    options: PhantomOptions | None = None,
    force: bool = False,
    progress: Progress | None = None,
    command: str = "",
) -> dict[str, Path]:
    """Write ``num`` phantoms to OUT/images and OUT/annotations/{train,val,test}.json.

    ``keypoints`` are the exact points; two simulated observers stand under ``observers``. What was
    drawn of the ruler stands under ``ruler`` of each image, null without one.

    Args:
        out: Folder to write to.
        num: How many pictures.
        seed: Seed of the series; the same numbers give the same files.
        size: (width, height) px.
        split: Shares of train, val and test.
        options: Limits of the variation.
        force: Write even if ``out`` holds something: phantoms are replaced, and old annotation
            files of the three parts removed, but nothing that mmceph did not write. A set that
            was not finished goes on without it.
        progress: Called with (done, all) after each picture.
        command: What writes the set again, to be told where this is killed.

    Returns:
        Annotation file by split name; a split without a share has none.

    Raises:
        FileExistsError: ``out`` is not empty and ``force`` is off.
        MmcephError: ``num``, ``size`` or ``split`` make no sense.
        OwnershipError: A file of another origin has the name of one to write.
    """
    out = Path(out)
    if num < 1:
        raise MmcephError(f"num is {num}; at least one picture must be asked for")
    sizes = split_sizes(num, split)
    own = _own_folder(out, force)
    images = [f"images/phantom_{index:04d}.png" for index in range(num)]
    own.require_free([*images, *map(_annotation_file, SPLIT_NAMES)])
    annotations = AnnotationSet(own, command)
    if any((out / _annotation_file(name)).exists() for name in SPLIT_NAMES):
        annotations.open()  # they describe pictures that are about to change
    cases: list[Written] = []
    for index, name in enumerate(images):
        phantom = generate_phantom(seed, index, size, options)
        own.write(name, _png(phantom.image, name))
        case = _case(phantom, name, seed, index)
        drawn: dict[str, Any] = {"ruler": phantom.ruler_record()}
        if phantom.variety is not None:
            drawn["variety"] = phantom.variety
        cases.append((case, phantom.landmarks, drawn))
        if progress is not None:
            progress(index + 1, num)
    written = annotations.write(_annotations(cases, sizes, seed), SPLIT_NAMES, indent=None)
    for path in own.kept:
        print(f"Changed since and kept: {path}")
    return written


def _own_folder(out: Path, force: bool) -> OwnFolder:
    """The folder, if phantoms may be written to it."""
    own = OwnFolder(out, "phantoms", _recognise)
    if force or not out.exists() or not any(out.iterdir()):
        return own
    described = any((out / _annotation_file(name)).exists() for name in SPLIT_NAMES)
    if own.owned() and (not described or was_stopped(out / FOLDER)):
        return own  # a run that was stopped goes on
    raise FileExistsError(f"{out} is not empty; give another folder, or --force to write there")


def _annotation_file(split: str) -> str:
    return f"annotations/{split}.json"


def _recognise(folder: Path) -> dict[str, Standing]:
    """The files of a set that an earlier version wrote, by what its annotations say."""
    found = recognise_by_manifest(folder)
    pictures = [f"images/{path.name}" for path in folder.glob("images/phantom_[0-9]*.png")]
    for name in map(_annotation_file, SPLIT_NAMES):
        try:
            content = json.loads((folder / name).read_text(encoding="utf-8"))
            if content["info"]["description"] == _ABOUT:
                found.setdefault(name, Standing.CHANGED)
                found.update(dict.fromkeys(pictures, Standing.OURS))
        except (OSError, ValueError, LookupError, TypeError):
            continue
    return found


def _case(phantom: Phantom, name: str, seed: int, index: int) -> Case:
    height, width = phantom.image.shape
    # A stream of its own: pictures do not depend on whether observers are simulated.
    rng = np.random.default_rng(np.random.SeedSequence([seed, index, 0x0B5E]))
    return Case(
        file_name=name,
        width=width,
        height=height,
        observers=simulate_observers(phantom, rng),
        spacing=phantom.spacing,
        spacing_source="phantom",
        device="phantom",
        subject=f"phantom_{seed}_{index:04d}",
    )


def _annotations(
    cases: list[Written], sizes: tuple[int, int, int], seed: int
) -> dict[str, dict[str, Any]]:
    """The annotations of each split that has a case."""
    written: dict[str, dict[str, Any]] = {}
    ids = {case.file_name: number for number, (case, _, _) in enumerate(cases, 1)}
    start = 0
    for name, size in zip(SPLIT_NAMES, sizes, strict=True):
        part = cases[start : start + size]
        start += size
        if not part:
            continue
        info = {"description": _ABOUT, "seed": seed}
        content = build_coco([case for case, _, _ in part], _SET, info, ids)
        for image, annotation, (_, truth, drawn) in zip(
            content["images"], content["annotations"], part, strict=True
        ):
            image.update(drawn)
            _set_truth(annotation, truth)
        written[name] = content
    return written


def _set_truth(annotation: dict[str, Any], truth: Mapping[str, tuple[float, float]]) -> None:
    """Replace the observers' mean, which the builder took, by the exact points."""
    annotation["keypoints"] = flat_keypoints(truth, _SET.names)
    annotation["num_keypoints"] = len(truth)


def _png(image: np.ndarray[Any, Any], name: str) -> bytes:
    done, data = cv2.imencode(".png", image)
    if not done:
        raise OSError(f"{name}: OpenCV could not encode the picture as PNG")
    return data.tobytes()
