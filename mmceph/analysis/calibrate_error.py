"""Learn how far a model's landmarks may be off, and see by cross-validation whether it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..functional.radial_error import radial_errors
from ..functional.uncertainty import (
    MIN_IMAGES,
    ErrorScales,
    conformal_quantile,
    fit_error_scales,
    landmark_error_bounds,
    normal_factor,
    radius_to_sd,
)
from .agreement import measure_many
from .definitions import MEASUREMENTS
from .error_model import ErrorModel, ErrorModelError, Scales
from .uncertainty import Jacobian, measurement_jacobian

Array = NDArray[np.float64]
SPLITS = 200
_UNKNOWN = (np.nan, np.nan)


@dataclass(frozen=True)
class HeldOut:
    """Predictions and truth of images the model was not trained on.

    Attributes:
        names: Landmark names.
        predicted: px, shape (N, K, 2).
        truth: px, shape (N, K, 2).
        visible: Which true points exist, shape (N, K).
        scores: Shape (N, K).
        spacing: mm per px, shape (N, 2); NaN where unknown.
        size: Width and height in px, shape (N, 2).
    """

    names: tuple[str, ...]
    predicted: Array
    truth: Array
    visible: NDArray[np.bool_]
    scores: Array
    spacing: Array
    size: Array

    @classmethod
    def from_predictions(cls, content: Mapping[str, Any], file: str) -> HeldOut:
        """Take what ``tools/test.py`` wrote into predictions.json.

        Args:
            content: The file's content.
            file: Its name, for messages.

        Raises:
            ErrorModelError: It is not such a file, or holds too few images with truth.
        """
        try:
            names, rows = tuple(content["landmark_names"]), content["images"]
            truth = _rows(rows, "truth", (len(names), 3))
            found = cls(
                names=names,
                predicted=_rows(rows, "keypoints", (len(names), 2)),
                truth=truth[..., :2],
                visible=truth[..., 2] > 0,
                scores=_rows(rows, "scores", (len(names),)),
                spacing=np.array(
                    [
                        (np.nan, np.nan) if row["spacing"] is None else row["spacing"]
                        for row in rows
                    ],
                    np.float64,
                ).reshape(-1, 2),
                size=np.array([(row["width"], row["height"]) for row in rows], np.float64),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ErrorModelError(
                f"{file}: no predictions.json of tools/test.py with scores and truth ({error})"
            ) from error
        if int(found.visible.any(axis=1).sum()) < MIN_IMAGES:
            raise ErrorModelError(f"{file}: at least {MIN_IMAGES} images with true points needed")
        return found

    def errors(self, unit: str) -> Array:
        """Radial errors (N, K) in ``"mm"`` or ``"diagonal"``; NaN where they are unknown."""
        if unit == "mm":
            mm: Array = radial_errors(self.predicted, self.truth, self.visible, self.spacing)
            return mm
        px: Array = radial_errors(self.predicted, self.truth, self.visible)
        return px / self.diagonals[:, None]

    def to_px(self, unit: str) -> Array:
        """px per unit along x and y, shape (N, 2)."""
        if unit == "mm":
            return np.asarray(1.0 / self.spacing)
        return np.repeat(self.diagonals[:, None], 2, axis=1)

    @property
    def diagonals(self) -> Array:
        """Of the pictures in px, shape (N,)."""
        found: Array = np.hypot(self.size[:, 0], self.size[:, 1])
        return found

    def rows(self, keep: NDArray[np.int64]) -> HeldOut:
        """The same landmarks, only these images."""
        names = ("predicted", "truth", "visible", "scores", "spacing", "size")
        return replace(self, **{name: getattr(self, name)[keep] for name in names})


def learn(data: HeldOut, level: float = 0.9, splits: int = SPLITS) -> ErrorModel:
    """Learn radii and the factor for measurements, and cross-validate both.

    Args:
        data: Images the model was not trained on.
        level: Share of errors to hold.
        splits: Random halves of the images for the cross-validation.

    Raises:
        ErrorModelError: There are too few images for this level.
    """
    known = ~np.isnan(data.spacing).any(axis=1)
    units = {"diagonal": data}
    if int((known & data.visible.any(axis=1)).sum()) >= MIN_IMAGES:
        units["mm"] = data.rows(np.flatnonzero(known))
    try:
        parts = {unit: _Unit(rows, unit, level) for unit, rows in units.items()}
        found = {unit: part.learn(np.arange(part.count)) for unit, part in parts.items()}
    except ValueError as error:
        raise ErrorModelError(str(error)) from error
    best = "mm" if "mm" in parts else "diagonal"
    return ErrorModel(
        data.names,
        level,
        diagonal=found["diagonal"],
        mm=found.get("mm"),
        checked=_cross_validate(parts[best], splits),
    )


class _Unit:
    """One unit's errors, with the slopes of every image's measurements computed once."""

    def __init__(self, data: HeldOut, unit: str, level: float) -> None:
        self.level, self.unit = level, unit
        self.count = len(data.predicted)
        self.errors, self.scores, self.to_px = data.errors(unit), data.scores, data.to_px(unit)
        spacing = data.spacing if unit == "mm" else None
        truth = np.where(data.visible[..., None], data.truth, np.nan)
        real = measure_many(truth, data.names, spacing)
        once = _once(real)
        self.jacobians: list[Jacobian] = []
        self.misses: list[Array] = []
        for index in range(self.count):
            where = None if spacing is None else [*spacing[index]]
            found = measurement_jacobian(data.predicted[index], data.names, where)
            keep = [place for place, key in enumerate(found.keys) if key in once]
            keys = tuple(found.keys[place] for place in keep)
            self.jacobians.append(Jacobian(keys, found.values[keep], found.slopes[keep]))
            miss = found.values[keep] - np.array([real[key][index] for key in keys])
            degrees = np.array([MEASUREMENTS[key].unit == "deg" for key in keys], bool)
            self.misses.append(np.abs(np.where(degrees, (miss + 180) % 360 - 180, miss)))

    def radii(self, fit: ErrorScales, index: int) -> Array:
        """Of one image, by what was learnt of others."""
        quantile = conformal_quantile(fit.ratios, self.level)
        found: Array = landmark_error_bounds(self.scores[index], fit.scale, fit.exponent, quantile)
        return found

    def measurement_ratios(self, radii: Array, index: int) -> Array:
        """Real over propagated error of one image's measurements."""
        sd = radius_to_sd(radii, self.level)[:, None] * self.to_px[index]
        width = normal_factor(self.level) * self.jacobians[index].standard_deviations(sd)
        with np.errstate(invalid="ignore", divide="ignore"):
            ratios = self.misses[index] / width
        return np.asarray(ratios[np.isfinite(ratios)])

    def fit(self, keep: NDArray[np.int64]) -> ErrorScales:
        """Learn from these images."""
        return fit_error_scales(self.errors[keep], self.scores[keep])

    def _factor(self, ratios: Array) -> float:
        """On the intervals of measurements; 1 where there are too few of them to tell."""
        try:
            return conformal_quantile(ratios, self.level)
        except ValueError:
            return 1.0

    def learn(self, keep: NDArray[np.int64]) -> Scales:
        """Learn from these images everything the file holds."""
        fit = self.fit(keep)
        quantile = conformal_quantile(fit.ratios, self.level)
        rows = zip(fit.predicted, keep, strict=True)
        pooled = np.concatenate([self.measurement_ratios(quantile * p, one) for p, one in rows])
        return Scales(
            scale=tuple(float(value) for value in fit.scale),
            exponent=fit.exponent,
            quantile=quantile,
            measurement_factor=self._factor(pooled),
            images=int((~np.isnan(self.errors[keep])).any(axis=1).sum()),
            errors=len(fit.ratios),
        )


def _cross_validate(unit: _Unit, splits: int) -> dict[str, Any]:
    """Learn from a random half of the images, count on the other half, many times."""
    rng = np.random.default_rng(0)
    half = unit.count // 2
    if half <= MIN_IMAGES:
        return {"splits": 0, "reason": f"{unit.count} images are too few to be split"}
    points, lengths, sizes = [], [], []
    for _ in range(splits):
        order = rng.permutation(unit.count)
        keep, left = np.sort(order[:half]), order[half:]
        try:
            fit, learnt = unit.fit(keep), unit.learn(keep)
        except ValueError as error:  # too few visible points in this half
            return {"splits": 0, "reason": str(error)}
        circles = np.array([unit.radii(fit, index) for index in left])
        real = unit.errors[left]
        valid = ~np.isnan(real)
        points.append(float((real <= circles)[valid].mean()))
        sizes.append(float(circles[valid].mean()))
        rows = zip(circles, left, strict=True)
        ratios = np.concatenate([unit.measurement_ratios(own, one) for own, one in rows])
        if ratios.size:
            lengths.append(float((ratios <= learnt.measurement_factor).mean()))
    return {
        "splits": splits,
        "images_learnt_from": half,
        "images_counted_on": unit.count - half,
        "unit": unit.unit,
        "landmarks_held": _mean(points),
        "landmarks_held_sd": _sd(points),
        "mean_radius": _mean(sizes),
        "measurements_held": _mean(lengths),
        "measurements_held_sd": _sd(lengths),
    }


def _mean(values: Sequence[float]) -> float | None:
    return round(float(np.mean(values)), 6) if values else None


def _sd(values: Sequence[float]) -> float | None:
    return round(float(np.std(values, ddof=1)), 6) if len(values) > 1 else None


def _once(real: Mapping[str, Array]) -> set[str]:
    """Keys of measurements, each formula once."""
    formulas: dict[object, str] = {}
    for key in real:
        formulas.setdefault(MEASUREMENTS[key].formula, key)
    return set(formulas.values())


def _rows(rows: Sequence[Mapping[str, Any]], key: str, shape: tuple[int, ...]) -> Array:
    found = np.array([row[key] for row in rows], np.float64)
    if found.shape != (len(rows), *shape):
        raise ValueError(f"{key} has shape {found.shape}, expected {(len(rows), *shape)}")
    return found
