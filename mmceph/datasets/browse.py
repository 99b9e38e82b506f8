"""What a pipeline makes of a data set's samples, as pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mmceph.errors import MmcephError
from mmceph.imaging import read_image
from mmceph.imaging.drawing import draw_landmarks, side_by_side
from mmceph.imaging.reduce import ReducedImage
from mmceph.registry import DATASETS

LOADERS = {name: f"{name}_dataloader" for name in ("train", "val", "test")}


@dataclass(frozen=True)
class View:
    """A picture with its landmarks.

    Attributes:
        pixels: (h, w) or (h, w, 3) BGR, uint8.
        points: (K, 2) in px of ``pixels``, NaN where a landmark is missing.
    """

    pixels: np.ndarray
    points: np.ndarray


def build_dataset(cfg: Any, split: str) -> Any:
    """Build the data set of a config's loader, its pipeline without the packing at the end.

    Raises:
        MmcephError: The config has no such loader.
    """
    loader = cfg.get(LOADERS[split])
    if loader is None:
        raise MmcephError(f"{cfg.filename}: has no {LOADERS[split]}; choose another --split")
    settings = loader["dataset"]
    while "dataset" in settings:  # wrappers such as RepeatDataset
        settings = settings["dataset"]
    steps = [step for step in settings.get("pipeline", []) if "Pack" not in str(step["type"])]
    return DATASETS.build({**settings, "pipeline": steps})


def view_before(info: dict[str, Any]) -> View:
    """The file's picture with the landmarks of the annotation file."""
    pixels = read_image(info["img_path"]).pixels
    return View(pixels, _visible(info["keypoints"], info.get("keypoints_visible")))


def view_after(results: dict[str, Any]) -> View:
    """What the pipeline gives: the network's input with the landmarks in it."""
    image = results["img"]
    points: Any = results.get("transformed_keypoints", results.get("keypoints"))
    visible = results.get("keypoint_weights", results.get("keypoints_visible"))
    points = _visible(points, visible)
    if isinstance(image, ReducedImage):  # the pipeline has no warp
        matrix = np.linalg.inv(image.to_original())
        points = points @ matrix[:2, :2].T + matrix[:2, 2]
        image = image.pixels
    return View(np.asarray(image).clip(0, 255).astype(np.uint8), points)


def picture_of(dataset: Any, index: int, *, before_after: bool, height: int) -> np.ndarray:
    """Draw the sample ``index`` after the pipeline, or before and after it side by side.

    Args:
        dataset: From :func:`build_dataset`.
        index: Which sample.
        before_after: Also draw the file's picture.
        height: Height of a picture in px.

    Returns:
        (H, W, 3) RGB, uint8.
    """
    info = dataset.get_data_info(index)
    names = _names(dataset, info["keypoints"].shape[-2])
    after = view_after(dataset.prepare_data(index))
    views = [("after", after)]
    if before_after:
        views.insert(0, ("before", view_before(info)))
    file = str(info["img_path"]).replace("\\", "/").rsplit("/", 1)[-1]
    pictures = []
    for title, view in views:
        size = f"{view.pixels.shape[1]} x {view.pixels.shape[0]} px"
        caption = f"{file}  {title}: {size}"
        missing = [n for n, p in zip(names, view.points, strict=True) if np.isnan(p).any()]
        if missing:
            caption += f", without {', '.join(missing)}"
        pictures.append(
            draw_landmarks(view.pixels, view.points, names, height=height, caption=caption)
        )
    return side_by_side(pictures)


def _visible(points: np.ndarray, visible: np.ndarray | None) -> np.ndarray:
    """(K, 2) of the first instance, NaN where it is not visible."""
    places = np.array(points, np.float64)[0, :, :2]
    if visible is not None:
        shown = np.asarray(visible, np.float64)[0].reshape(len(places), -1)[:, 0] > 0
        places[~shown] = np.nan
    return places


def _names(dataset: Any, count: int) -> list[str]:
    metainfo = dataset.metainfo
    names = metainfo.get("landmark_names")
    if names is None:
        by_id = metainfo.get("keypoint_id2name", {})
        names = [by_id.get(i, str(i)) for i in range(count)]
    return list(names)
