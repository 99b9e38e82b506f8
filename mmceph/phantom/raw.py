"""Write phantoms in the raw formats of the public data sets, so that converters can be tried."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mmceph.errors import MmcephError
from mmceph.io import csv_text, write_bytes_atomic, write_json_atomic, write_text_atomic
from mmceph.landmarks import get_landmark_set
from mmceph.phantom.dataset import OBSERVERS, simulate_observers, split_sizes
from mmceph.phantom.generate import generate_phantom
from mmceph.phantom.options import PhantomOptions
from mmceph.phantom.raw_stack import challenge_points, write_mha

__all__ = ["RAW_FORMATS", "RawPhantom", "make_raw_phantoms", "write_raw"]

Points = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class RawPhantom:
    """A phantom to be written.

    Attributes:
        image: Shape (H, W), uint8.
        spacing: mm per px.
        landmarks: x and y in px of the exact points.
        observers: The same as two observers would have placed them.
    """

    image: NDArray[np.uint8]
    spacing: float
    landmarks: Points
    observers: Mapping[str, Points] = field(default_factory=dict)


def make_raw_phantoms(
    num: int,
    seed: int = 0,
    size: tuple[int, int] = (512, 640),
    options: PhantomOptions | None = None,
) -> list[RawPhantom]:
    """Draw phantoms with two simulated observers each; arguments as of ``generate_phantom``.

    The spacing is rounded to what the raw formats hold; over a whole picture that moves nothing by
    more than a thousandth of a mm.
    """
    made = []
    for index in range(num):
        phantom = generate_phantom(seed, index, size, options)
        rng = np.random.default_rng(np.random.SeedSequence([seed, index, 0x0B5E]))
        observers = simulate_observers(phantom, rng)
        spacing = round(phantom.spacing[0], 6)
        made.append(RawPhantom(phantom.image, spacing, phantom.landmarks, observers))
    return made


def write_raw(
    out: str | Path,
    format_name: str,
    phantoms: Sequence[RawPhantom],
    compressed: bool = True,
) -> Path:
    """Write phantoms as their organisers would ship them.

    Args:
        out: Folder to write to.
        format_name: One of :data:`RAW_FORMATS`.
        phantoms: What to write.
        compressed: Compress the stack of CL-Detection2023.

    Returns:
        What a converter takes as RAW: the folder, or Label Studio's export.

    Raises:
        FileExistsError: ``out`` holds something already.
        MmcephError: There is no such format, or nothing to write.
    """
    out = Path(out)
    if format_name not in RAW_FORMATS:
        raise MmcephError(f"unknown raw format {format_name!r} (known: {', '.join(RAW_FORMATS)})")
    if not phantoms:
        raise MmcephError("no phantoms to write; ask for at least one")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise FileExistsError(f"{out} is not empty; give another folder")
    if format_name == "cldetection2023":
        _write_cldetection2023(out, phantoms, compressed)
        return out
    RAW_FORMATS[format_name](out, phantoms)
    return out / "export.json" if format_name == "labelstudio" else out


def _write_cldetection2023(out: Path, phantoms: Sequence[RawPhantom], compressed: bool) -> None:
    write_mha(out / "train_stack.mha", [phantom.image for phantom in phantoms], compressed)
    points = [
        {"name": number, "point": [x, y, image], "scale": f"{phantom.spacing:g}"}
        for image, phantom in enumerate(phantoms, 1)
        for number, (x, y) in enumerate(challenge_points(phantom.landmarks).values(), 1)
    ]
    content = {"name": "Orthodontic landmarks", "type": "Multiple points", "points": points}
    write_json_atomic(out / "train-gt.json", content, None)


def _write_labelme(out: Path, phantoms: Sequence[RawPhantom]) -> None:
    for number, phantom in enumerate(phantoms, 1):
        name = f"{number:03d}.png"
        _write_image(out / "images" / name, phantom.image)
        height, width = phantom.image.shape
        for observer, points in phantom.observers.items():
            shapes: list[dict[str, Any]] = [
                {
                    "label": label,
                    "points": [[x, y]],
                    "group_id": None,
                    "shape_type": "point",
                    "flags": {},
                }
                for label, (x, y) in points.items()
            ]
            content: dict[str, Any] = {
                "version": "5.4.1",
                "flags": {},
                "shapes": shapes,
                "imagePath": f"..\\..\\images\\{name}",
                "imageData": None,
                "imageHeight": height,
                "imageWidth": width,
            }
            write_json_atomic(out / "labelme" / observer / f"{number:03d}.json", content)


def _write_labelstudio(out: Path, phantoms: Sequence[RawPhantom]) -> None:
    tasks = []
    for number, phantom in enumerate(phantoms, 1):
        name = f"{number:03d}.png"
        _write_image(out / "images" / name, phantom.image)
        upload = f"{zlib.crc32(name.encode()):08x}-{name}"
        annotations = [
            {"id": 2 * number + i, "completed_by": i, "was_cancelled": False}
            | {"result": [_key_point(phantom, label, *place) for label, place in points.items()]}
            for i, points in enumerate(phantom.observers.values(), 1)
        ]
        tasks.append(
            {
                "id": number,
                "data": {"image": f"/data/upload/1/{upload}"},
                "file_upload": upload,
                "annotations": annotations,
                "predictions": [],
            }
        )
    write_json_atomic(out / "export.json", tasks)


def _key_point(phantom: RawPhantom, label: str, x: float, y: float) -> dict[str, Any]:
    height, width = phantom.image.shape
    return {
        "original_width": width,
        "original_height": height,
        "image_rotation": 0,
        "value": {
            "x": 100 * x / width,
            "y": 100 * y / height,
            "width": 0.2,
            "keypointlabels": [label.lower() if label in ("P1", "P2") else label],
        },
        "from_name": "kp",
        "to_name": "image",
        "type": "keypointlabels",
    }


def _write_points(out: Path, phantoms: Sequence[RawPhantom]) -> None:
    rows: list[list[Any]] = [["image", "observer", "landmark", "x", "y"]]
    for number, phantom in enumerate(phantoms, 1):
        name = f"{number:03d}.png"
        _write_image(out / "images" / name, phantom.image)
        for observer, points in phantom.observers.items():
            rows += [[name, observer, label, x, y] for label, (x, y) in points.items()]
    write_text_atomic(out / "points.csv", csv_text(rows))


def _write_isbi2015(out: Path, phantoms: Sequence[RawPhantom]) -> None:
    """The spacing is 0.1 mm in this format, whatever was drawn."""
    names = get_landmark_set("isbi19").names
    folders = ("TrainingData", "Test1Data", "Test2Data")
    counts = split_sizes(len(phantoms), (0.5, 0.25, 0.25))
    homes = [f for f, count in zip(folders, counts, strict=True) for _ in range(count)]
    for number, (folder, phantom) in enumerate(zip(homes, phantoms, strict=True), 1):
        _write_image(out / "RawImage" / folder / f"{number:03d}.bmp", phantom.image)
        for doctor, observer in zip(("400_senior", "400_junior"), OBSERVERS, strict=True):
            points = phantom.observers[observer]
            lines = [f"{round(points[name][0])},{round(points[name][1])}" for name in names]
            text = "\n".join([*lines, *"11113213"]) + "\n"
            write_text_atomic(out / "AnnotationsByMD" / doctor / f"{number:03d}.txt", text)


def _write_aariz(out: Path, phantoms: Sequence[RawPhantom]) -> None:
    names = get_landmark_set("aariz29").names
    counts = split_sizes(len(phantoms), (0.5, 0.25, 0.25))
    homes = [s for s, n in zip(("train", "valid", "test"), counts, strict=True) for _ in range(n)]
    rows = ["cephalogram_id,machine,pixel_size,image_format,mode"]
    for number, (split, phantom) in enumerate(zip(homes, phantoms, strict=True), 1):
        identity = f"cks{number:06d}"
        suffix = ("png", "bmp")[number % 2]
        _write_image(out / split / "Cephalograms" / f"{identity}.{suffix}", phantom.image)
        rows.append(f"{identity},Phantom {number % 2},{phantom.spacing:g},{suffix},L")
        folder = out / split / "Annotations"
        for who, observer in zip(("Senior", "Junior"), OBSERVERS, strict=True):
            content = _aariz_content(identity, names, phantom.observers[observer])
            path = folder / "Cephalometric Landmarks" / f"{who} Orthodontists" / f"{identity}.json"
            write_text_atomic(path, json.dumps(content))
        stage = {"cvm_stage": {"value": 1 + number % 6}}
        write_json_atomic(folder / "CVM Stages" / f"{identity}.json", stage)
    # As a spreadsheet saves it: with a byte-order mark.
    text = "\ufeff" + "\r\n".join(rows) + "\r\n"
    write_text_atomic(out / "cephalogram_machine_mappings.csv", text)


def _aariz_content(identity: str, names: Sequence[str], points: Points) -> dict[str, Any]:
    landmarks = [
        {
            "landmark_id": f"{identity}-{i}",
            "title": name,
            "symbol": name,
            "value": {"x": round(points[name][0]), "y": round(points[name][1])},
        }
        for i, name in enumerate(names)
    ]
    return {"ceph_id": identity, "landmarks": landmarks, "dataset_name": "phantom"}


def _write_image(path: Path, image: NDArray[np.uint8]) -> None:
    done, data = cv2.imencode(path.suffix, image)
    if not done:
        raise OSError(f"{path}: OpenCV could not encode the picture")
    write_bytes_atomic(path, data.tobytes())


RAW_FORMATS: dict[str, Callable[[Path, Sequence[RawPhantom]], None]] = {
    "labelme": _write_labelme,
    "labelstudio": _write_labelstudio,
    "points": _write_points,
    "isbi2015": _write_isbi2015,
    "aariz": _write_aariz,
    "cldetection2023": lambda out, phantoms: _write_cldetection2023(out, phantoms, True),
}
