"""The report as a plain dict: the contract of ``report.json`` (DESIGN.md section 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...functional.bootstrap import bootstrap_interval
from ...functional.summary import image_means, sd_between_images
from ..errors import EvaluationError
from ..figures import THRESHOLDS_MM, difficult_mask, figures, number
from ..records import (
    CephRecord,
    ErrorTable,
    compared_points,
    constant_table,
    error_table,
    observer_table,
)

SCHEMA = 1


def build_report(
    records: Sequence[CephRecord],
    *,
    names: Sequence[str],
    dataset: str,
    config: str,
    checkpoint: str,
    environment: Mapping[str, Any],
    difficult: Sequence[str] = (),
    mean_shape_fractions: np.ndarray | None = None,
    thresholds: Sequence[float] = THRESHOLDS_MM,
    seed: int = 0,
    left_out: Sequence[Mapping[str, str]] = (),
    checkpoint_sha256: str | None = None,
) -> dict[str, Any]:
    """Sum up the tested images.

    Args:
        records: The tested images, landmarks in the order of ``names``.
        names: Landmark names.
        dataset: What was tested on, for the reader.
        config: The config's path, for the reader.
        checkpoint: The weights' path, for the reader.
        environment: Versions of the software.
        difficult: Names of the difficult landmarks; empty: no groups.
        mean_shape_fractions: Mean shape of the *training* set, shape (K, 2), see
            :func:`mmceph.evaluation.mean_shape.training_mean_shape`; None: no such baseline.
        thresholds: SDR thresholds in mm.
        seed: Seed of the bootstrap.
        left_out: Images that could not even be compared, as {"file", "reason"}.
        checkpoint_sha256: SHA-256 of the weights' file; None where none was tested.

    Returns:
        A dict of plain values for strict JSON: None where a figure is not known, SDR in percent.

    Raises:
        EvaluationError: No image has a visible landmark.
    """
    scored = scored_records(records)
    if not scored:
        raise EvaluationError("no report: not one tested image has a visible landmark")
    errors = error_table(scored)
    hard = difficult_mask(names, difficult)
    return {
        "schema": SCHEMA,
        "dataset": dataset,
        "config": config,
        "checkpoint": checkpoint,
        "checkpoint_sha256": checkpoint_sha256,
        "environment": dict(environment),
        "num_images": len(scored),
        "landmarks": _landmarks(errors, names, hard, thresholds),
        "overall": _overall(errors, thresholds, seed),
        "groups": {
            "difficult": figures(errors.columns(hard), thresholds) if hard.any() else None,
            "healthy": figures(errors.columns(~hard), thresholds) if hard.any() else None,
        },
        "per_device": _per_device(scored, errors, thresholds),
        "baselines": _baselines(scored, names, mean_shape_fractions, thresholds),
        "images": _images(scored, errors, names),
        "excluded": [*_excluded(records), *map(dict, left_out)],
    }


def scored_records(records: Sequence[CephRecord]) -> list[CephRecord]:
    """The images with a true and predicted point, which alone count."""
    return [r for r in records if compared_points([r]).any()]


def _landmarks(
    errors: ErrorTable, names: Sequence[str], hard: np.ndarray, thresholds: Sequence[float]
) -> dict[str, Any]:
    rows = {}
    for index, name in enumerate(names):
        group = ("difficult" if hard[index] else "healthy") if hard.any() else None
        rows[name] = {**figures(errors.columns([index]), thresholds), "group": group}
    return rows


def _overall(errors: ErrorTable, thresholds: Sequence[float], seed: int) -> dict[str, Any]:
    ends = [number(end) for end in bootstrap_interval(errors.mm, seed=seed)]
    return {
        **figures(errors, thresholds),
        "mre_mm_ci95": None if None in ends else ends,
        "sd_mm_image": number(sd_between_images(errors.mm)),
    }


def _per_device(
    records: Sequence[CephRecord], errors: ErrorTable, thresholds: Sequence[float]
) -> dict[str, Any]:
    if not any(r.device for r in records):
        return {}
    devices = np.array([r.device or "unknown" for r in records], dtype=object)
    return {
        device: {
            "num_images": int((devices == device).sum()),
            **figures(errors.rows(devices == device), thresholds),
        }
        for device in sorted(set(devices))
    }


def _baselines(
    records: Sequence[CephRecord],
    names: Sequence[str],
    fractions: np.ndarray | None,
    thresholds: Sequence[float],
) -> dict[str, Any]:
    tables = {
        "mean_shape": constant_table(records, fractions),
        "inter_observer": observer_table(records),
    }
    return {
        key: None
        if table is None
        else {
            **figures(table, thresholds),
            "landmarks": {
                name: figures(table.columns([index]), thresholds)
                for index, name in enumerate(names)
            },
        }
        for key, table in tables.items()
    }


def _images(
    records: Sequence[CephRecord], errors: ErrorTable, names: Sequence[str]
) -> list[dict[str, Any]]:
    means = image_means(errors.mm)
    worst = np.where(np.isnan(errors.px), -1.0, errors.px)
    in_mm = np.where(np.isnan(errors.mm), -1.0, errors.mm)
    rows = []
    for index, record in enumerate(records):
        # Which one is worst may differ between px and mm where pixels are not square.
        ranked = worst[index] if record.spacing is None else in_mm[index]
        rows.append(
            {
                "file": record.file,
                "mre_mm": number(means[index]),
                "worst": names[int(ranked.argmax())] if ranked.max() >= 0 else None,
            }
        )
    return rows


def _excluded(records: Sequence[CephRecord]) -> list[dict[str, str]]:
    rows = []
    for record in records:
        if not np.any(record.visible):
            rows.append({"file": record.file, "reason": "no visible landmark: not scored"})
        elif not compared_points([record]).any():
            rows.append({"file": record.file, "reason": "no prediction: not scored"})
        elif record.spacing is None:
            reason = "spacing unknown: counted in px, not in mm"
            rows.append({"file": record.file, "reason": reason})
    return rows
