"""The JSON beside an exported model: all that is needed to use it besides the graph."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mmceph.deployment.self_contained import require_self_contained
from mmceph.errors import MmcephError
from mmceph.formats import Item, open_json
from mmceph.io import sha256_of

SCHEMA = 1
_HINT = "it is damaged, or none that tools/deployment/export_onnx.py wrote; export again"
_LARGEST_PX = 16384


class DescriptionError(MmcephError):
    """The JSON beside a model is missing, damaged, or of another file."""


@dataclass(frozen=True)
class Description:
    """What an exported model expects and gives.

    Attributes:
        landmark_names: Names of the points, in the order they come out.
        landmark_set: Name of the landmark set.
        input_size: (w, h) of the input in px.
        channels: 1 or 3 (then three equal ones: cephalograms are read as grey).
        mean: Per channel, to be taken off the grey values 0..255.
        std: Per channel, to divide by.
        padding: Factor on the picture's box before its aspect ratio is fitted.
        reduce_to: (w, h) px the picture is averaged down to first, or None.
        window: Percentiles that become 0 and 255 where a file has more than 8 bits.
        rule: The way from the picture to the input in words.
        outputs: What each output is.
        opset: Version of the ONNX operators.
        sha256: Checksum of the ONNX file.
        versions: What it was made with.
        config: Name of the config.
        checkpoint: Name of the weights' file.
        checkpoint_sha256: Its checksum.
        checked: How far its points were from torch's when it was made.
        schema: Version of this form.
    """

    landmark_names: tuple[str, ...]
    landmark_set: str
    input_size: tuple[int, int]
    channels: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    padding: float
    reduce_to: tuple[int, int] | None
    window: tuple[float, float]
    rule: str
    outputs: dict[str, str]
    opset: int
    sha256: str
    versions: dict[str, str | None] = field(default_factory=dict)
    config: str = ""
    checkpoint: str = ""
    checkpoint_sha256: str = ""
    checked: dict[str, float] = field(default_factory=dict)
    schema: int = SCHEMA

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def description_path(model: str | Path) -> Path:
    """Where the JSON of a model lies."""
    return Path(model).with_suffix(".json")


def read_description(model: str | Path) -> Description:
    """Read the JSON beside an ONNX file and see that it belongs to it.

    Args:
        model: The ``.onnx`` file.

    Raises:
        DescriptionError: One of the two is missing or damaged, or they are not of one export.
    """
    model, path = Path(model), description_path(model)
    for needed in (model, path):
        if not needed.is_file():
            raise DescriptionError(
                f"{needed}: no such file; tools/deployment/export_onnx.py writes model.onnx and "
                "model.json, which must stay together"
            )
    found = _description(open_json(path, DescriptionError, schema=SCHEMA, hint=_HINT))
    if sha256_of(model) != found.sha256:
        raise DescriptionError(_other_file(model))
    return found


def read_model(model: str | Path) -> tuple[bytes, Description]:
    """Read an ONNX file and its JSON, ready to be run.

    Args:
        model: The ``.onnx`` file.

    Returns:
        The file's bytes, which are all there is of the model, and its description.

    Raises:
        DescriptionError: As for :func:`read_description`.
        NotSelfContainedError: The model wants other files.
    """
    found = read_description(model)
    data = Path(model).read_bytes()
    if hashlib.sha256(data).hexdigest() != found.sha256:  # replaced meanwhile
        raise DescriptionError(_other_file(Path(model)))
    require_self_contained(data, model)
    return data, found


def _other_file(model: Path) -> str:
    return (
        f"{model}: is not the file that {description_path(model).name} describes (checksums "
        "differ); copy both again or export again"
    )


def _description(item: Item) -> Description:
    channels, reduce_to, window = (
        item["channels"].whole(1, 3),
        item.nullable("reduce_to"),
        item["window"],
    )
    low, high = window.numbers(2)
    if not 0 <= low < high <= 100:
        window.fail(f"is [{low:g}, {high:g}], not two rising percentiles")
    mean = item["mean"].items()
    if len(mean) not in (1, channels):
        item["mean"].fail(f"has {len(mean)} numbers for {channels} channels")
    return Description(
        landmark_names=item["landmark_names"].names(),
        landmark_set=item["landmark_set"].text(),
        input_size=_size(item["input_size"]),
        channels=channels,
        mean=tuple(value.number() for value in mean),
        std=item["std"].numbers(len(mean), above=0.0),
        padding=item["padding"].number(above=0.0),
        reduce_to=None if reduce_to is None else _size(reduce_to),
        window=(low, high),
        rule=item["rule"].text(),
        outputs={key: value.text() for key, value in item["outputs"].entries().items()},
        opset=item["opset"].whole(1),
        sha256=item["sha256"].text(),
        versions={
            key: None if value.value is None else value.text()
            for key, value in _entries(item, "versions").items()
        },
        config=_text(item, "config"),
        checkpoint=_text(item, "checkpoint"),
        checkpoint_sha256=_text(item, "checkpoint_sha256"),
        checked={key: value.number() for key, value in _entries(item, "checked").items()},
    )


def _size(item: Item) -> tuple[int, int]:
    width, height = (side.whole(1, _LARGEST_PX) for side in item.items(2))
    return width, height


def _entries(item: Item, key: str) -> dict[str, Item]:
    found = item.get(key)
    return {} if found is None else found.entries()


def _text(item: Item, key: str) -> str:
    found = item.get(key)
    return "" if found is None else found.text()
