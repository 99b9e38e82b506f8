"""A model's learnt uncertainty: the file beside a checkpoint, and what it says of a prediction."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import MmcephError
from ..formats import Item, open_json
from ..functional.uncertainty import landmark_error_bounds, radius_to_sd
from ..io import json_bytes, json_with, require_own_file, sha256_of, write_own_file

_WHAT = "learnt uncertainty"
_KNOWN = json_with("schema", "landmark_names", "diagonal")
SCHEMA = 1
_HINT = (
    "it is damaged, or no file of tools/analysis_tools/calibrate_uncertainty.py; calibrate again"
)
FILE_NAME = "uncertainty.json"

Array = NDArray[np.float64]


class ErrorModelError(MmcephError):
    """A file of learnt uncertainty cannot be used; the message says why."""


@dataclass(frozen=True)
class Scales:
    """What was learnt in one unit.

    Attributes:
        scale: Per landmark, in mm, or in shares of the picture's diagonal.
        exponent: Of the model's doubt (1 less its score).
        quantile: Factor from predicted error to the radius that holds the level.
        measurement_factor: What intervals of measurements, propagated from such radii, must be
            multiplied by to hold the level too.
        images: Images it was learnt from.
        errors: Errors it was learnt from.
    """

    scale: tuple[float, ...]
    exponent: float
    quantile: float
    measurement_factor: float
    images: int
    errors: int


@dataclass(frozen=True)
class ErrorModel:
    """How far a model's landmarks may be off.

    Attributes:
        landmark_names: The model's landmarks.
        level: Share of the real errors that the radii hold.
        diagonal: Learnt in shares of the picture's diagonal: for pictures without a spacing.
        mm: Learnt in mm; None where no image had a spacing.
        checkpoint: Name of the weights' file it belongs to.
        checkpoint_sha256: Its checksum.
        source: What it was learnt from.
        checked: What cross-validation over images found.
        schema: Version of this form.
    """

    landmark_names: tuple[str, ...]
    level: float
    diagonal: Scales
    mm: Scales | None
    checkpoint: str = ""
    checkpoint_sha256: str = ""
    source: str = ""
    checked: Mapping[str, Any] = field(default_factory=dict)
    schema: int = SCHEMA

    def bounds(
        self,
        scores: Mapping[str, float],
        *,
        size: Sequence[int],
        spacing: Sequence[float] | None = None,
    ) -> dict[str, LandmarkBound]:
        """Radii around the landmarks of one picture.

        Args:
            scores: Landmark name to the model's score. Names it was not learnt for have no bound.
            size: Width and height of the picture in px.
            spacing: mm per px along x and y, where it is known.

        Returns:
            Landmark name to its bound.
        """
        index = {name: place for place, name in enumerate(self.landmark_names)}
        names = [name for name in scores if name in index]
        given = np.array([scores[name] for name in names], np.float64)
        known = None if spacing is None else np.asarray(spacing, np.float64)
        use = self.diagonal if known is None or self.mm is None else self.mm
        scale = np.array([use.scale[index[name]] for name in names], np.float64)
        radius = landmark_error_bounds(given, scale, use.exponent, use.quantile)
        if use is self.mm and known is not None:
            mm: Array | None = radius
            px = radius[:, None] / known
        else:
            side = radius * math.hypot(size[0], size[1])
            # A circle in px, or in mm of the same area.
            px = np.stack([side, side], axis=-1)
            mm = None if known is None else side * float(np.sqrt(known[0] * known[1]))
        return {
            name: LandmarkBound(
                self.level,
                (float(px[place, 0]), float(px[place, 1])),
                None if mm is None else float(mm[place]),
            )
            for place, name in enumerate(names)
        }

    def measurement_factor(self, *, calibrated: bool) -> float:
        """The factor for :func:`mmceph.analysis.uncertainty.measurement_bounds`."""
        use = self.diagonal if self.mm is None or not calibrated else self.mm
        return use.measurement_factor

    def as_dict(self) -> dict[str, Any]:
        """Plain values for strict JSON."""
        return asdict(self)


@dataclass(frozen=True)
class LandmarkBound:
    """Where a landmark may really lie.

    Attributes:
        level: With this probability it lies within ...
        radius_px: ... this many px along x and y (they differ where pixels are not square) ...
        radius_mm: ... or mm; None where the spacing is unknown.
    """

    level: float
    radius_px: tuple[float, float]
    radius_mm: float | None

    @property
    def sd_px(self) -> tuple[float, float]:
        """Standard deviations along x and y, of a normal distribution with this radius."""
        x, y = radius_to_sd(np.array(self.radius_px), self.level)
        return float(x), float(y)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for strict JSON."""
        return {
            "level": self.level,
            "radius_px": [round(value, 3) for value in self.radius_px],
            "radius_mm": None if self.radius_mm is None else round(self.radius_mm, 4),
        }


def error_model_path(checkpoint: str | Path) -> Path:
    """Where the learnt uncertainty of a checkpoint lies."""
    return Path(checkpoint).with_name(FILE_NAME)


def write_error_model(path: str | Path, model: ErrorModel) -> Path:
    """Write the file, whole or not at all.

    Raises:
        OwnershipError: Something else lies there.
    """
    return write_own_file(path, json_bytes(model.as_dict()), _WHAT, recognise=_KNOWN)


def require_error_model(path: str | Path) -> None:
    """See, before the work, that :func:`write_error_model` can write there.

    Raises:
        OwnershipError: Something else lies there.
    """
    require_own_file(path, _WHAT, recognise=_KNOWN)


def read_error_model(path: str | Path) -> ErrorModel:
    """Read a file of learnt uncertainty.

    Raises:
        ErrorModelError: It is missing, damaged, or of another version.
    """
    if not Path(path).exists():
        raise ErrorModelError(f"{path}: no such file")
    found = open_json(path, ErrorModelError, schema=SCHEMA, hint=_HINT)
    names = found["landmark_names"].names()
    mm, level, checked = found.nullable("mm"), found["level"], found.get("checked")
    if not 0 < level.number() < 1:
        level.fail(f"is {level.value}, no share between 0 and 1")
    return ErrorModel(
        names,
        level.number(),
        diagonal=_scales(found["diagonal"], len(names)),
        mm=None if mm is None else _scales(mm, len(names)),
        checkpoint=_text(found, "checkpoint"),
        checkpoint_sha256=_text(found, "checkpoint_sha256"),
        source=_text(found, "source"),
        checked={} if checked is None else {k: v.value for k, v in checked.entries().items()},
    )


def find_error_model(
    checkpoint: str | Path, checkpoint_sha256: str | None = None
) -> ErrorModel | None:
    """The learnt uncertainty beside a checkpoint, where there is one of these weights.

    Args:
        checkpoint: The weights' file.
        checkpoint_sha256: Its checksum, where it is known already.

    Returns:
        The model; None where there is no such file, or one of other weights of the same folder.

    Raises:
        ErrorModelError: The file is there and cannot be read.
    """
    path = error_model_path(checkpoint)
    if not path.is_file():
        return None
    model = read_error_model(path)
    found = checkpoint_sha256 or sha256_of(checkpoint)
    return model if model.checkpoint_sha256 == found else None


def radii_px(bounds: Mapping[str, LandmarkBound], names: Sequence[str]) -> Array:
    """Radii in px, shape (K, 2), in the order of ``names``; NaN for those without a bound."""
    unknown = (np.nan, np.nan)
    rows = [bounds[name].radius_px if name in bounds else unknown for name in names]
    return np.array(rows, np.float64).reshape(-1, 2)


def _scales(item: Item, count: int) -> Scales:
    return Scales(
        scale=item["scale"].numbers(count, above=0.0),
        exponent=item["exponent"].number(),
        quantile=item["quantile"].number(above=0.0),
        measurement_factor=item["measurement_factor"].number(above=0.0),
        images=item["images"].whole(),
        errors=item["errors"].whole(),
    )


def _text(item: Item, key: str) -> str:
    found = item.get(key)
    return "" if found is None else found.text()
