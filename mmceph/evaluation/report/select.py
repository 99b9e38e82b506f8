"""Which landmarks a report shows to be difficult."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...io import Standing, write_own_file
from ..errors import EvaluationError
from .compare import load_other
from .rows import Row, text
from .table import align

DEFAULT_ABOVE_MM = 1.8


def select_difficult(
    report: Mapping[str, Any],
    *,
    above_mm: float | None = None,
    worst: int | None = None,
    worse_than_observers: bool = False,
) -> tuple[str, ...]:
    """Choose the difficult landmarks of a tested model.

    Args:
        report: A report.json; use one of the VALIDATION images, or the test images have chosen.
        above_mm: Those with a mean error above this; the rule (with 1.8 mm) when none is given.
        worst: This many of the largest mean errors (in px where no spacing is known).
        worse_than_observers: Those with a mean error above the distance between two observers.

    Returns:
        Names in the report's order.

    Raises:
        EvaluationError: More than one rule is given, the report lacks what the rule needs, or
            no landmark fits it.

    Example:
        >>> report = {"landmarks": {"S": {"mre_mm": 0.8}, "Po": {"mre_mm": 2.1}}}
        >>> select_difficult(report, above_mm=1.8)
        ('Po',)
    """
    if sum((above_mm is not None, worst is not None, worse_than_observers)) > 1:
        raise EvaluationError("give one of above_mm, worst and worse_than_observers, not several")
    if worst is not None:
        return _worst(report, worst)
    if worse_than_observers:
        return _worse_than_observers(report)
    return _above(report, DEFAULT_ABOVE_MM if above_mm is None else above_mm)


def _above(report: Mapping[str, Any], limit: float) -> tuple[str, ...]:
    means = _known(report, "mre_mm")
    if not means:
        raise EvaluationError(
            "the report has no millimetres (spacing unknown), so no landmark is above "
            f"{limit:g} mm: choose by worst"
        )
    chosen = tuple(name for name, mean in means.items() if mean > limit)
    if not chosen:
        name = max(means, key=means.__getitem__)
        raise EvaluationError(
            f"no landmark is above {limit:g} mm (the worst, {name}, is at {means[name]:.2f}): "
            "lower the limit or choose by worst"
        )
    return chosen


def _worst(report: Mapping[str, Any], count: int) -> tuple[str, ...]:
    means = _known(report, "mre_mm") or _known(report, "mre_px")
    if not 1 <= count < len(report["landmarks"]):
        raise EvaluationError(
            f"worst {count}: must be at least 1 and below the report's "
            f"{len(report['landmarks'])} landmarks"
        )
    chosen = set(sorted(means, key=means.__getitem__, reverse=True)[:count])
    return tuple(name for name in report["landmarks"] if name in chosen)


def _worse_than_observers(report: Mapping[str, Any]) -> tuple[str, ...]:
    baseline = (report.get("baselines") or {}).get("inter_observer")
    if baseline is None:
        raise EvaluationError(
            "the report has no error between observers (the annotations hold one observer): "
            "choose by above_mm or worst"
        )
    unit = "mre_mm" if _known(report, "mre_mm") else "mre_px"
    means, between = _known(report, unit), _known(baseline, unit)
    chosen = tuple(n for n, mean in means.items() if n in between and mean > between[n])
    if not chosen:
        raise EvaluationError(
            "no landmark is worse than the distance between the observers: choose by worst"
        )
    return chosen


def _known(figures: Mapping[str, Any], key: str) -> dict[str, float]:
    """Means by landmark, those that are known."""
    rows = figures["landmarks"].items()
    return {name: float(row[key]) for name, row in rows if row.get(key) is not None}


def write_selection(
    path: Path,
    out: Path | None = None,
    *,
    above_mm: float | None = None,
    worst: int | None = None,
    worse_than_observers: bool = False,
) -> list[str]:
    """Choose the difficult landmarks of a report and write them as a part of a config.

    Args:
        path: The report.json, or the folder that holds it.
        out: Where to write; ``difficult_landmarks.py`` beside the report if left out.
        above_mm: See :func:`select_difficult`.
        worst: See there.
        worse_than_observers: See there.

    Returns:
        What to print: a table, the list and where it was written.

    Raises:
        EvaluationError: The report cannot be read, or gives no landmark.
    """
    report, _ = load_other(path)
    file = path / "report.json" if path.is_dir() else path
    try:
        chosen = select_difficult(
            report, above_mm=above_mm, worst=worst, worse_than_observers=worse_than_observers
        )
    except EvaluationError as error:
        raise EvaluationError(f"{file}: {error}") from error
    if worse_than_observers:
        rule = "worse than the distance between the observers"
    elif worst is not None:
        rule = f"the worst {worst}"
    else:
        rule = f"above {DEFAULT_ABOVE_MM if above_mm is None else above_mm:g} mm"
    listed = f"difficult_landmarks = [{', '.join(map(json.dumps, chosen))}]"
    out = file.with_name("difficult_landmarks.py") if out is None else out
    about = (
        f"# {len(chosen)} of {len(report['landmarks'])} landmarks: {rule}, in "
        f"{'/'.join(file.parts[-2:])}\n# ({report.get('dataset')}; "
        f"{report.get('num_images')} images).\n"
    )
    names = "".join(f"    {json.dumps(name)},\n" for name in chosen)
    content = f"{about}difficult_landmarks = [\n{names}]\n".encode("utf-8", "backslashreplace")
    write_own_file(out, content, "a list of difficult landmarks", recognise=_is_selection)
    return [*_table(report, chosen), f"* {rule}", "", listed, f"Written: {out}"]


def _is_selection(path: Path) -> Standing:
    """Tells a list that an earlier version wrote by its first line."""
    try:
        with path.open(encoding="utf-8") as stream:
            ours = re.match(r"# \d+ of \d+ landmarks: ", stream.readline(200))
    except (OSError, ValueError):
        return Standing.FOREIGN
    return Standing.CHANGED if ours else Standing.FOREIGN


def _table(report: Mapping[str, Any], chosen: Sequence[str]) -> list[str]:
    """All landmarks, worst first, with a star at the chosen ones."""
    unit = "mm" if _known(report, "mre_mm") else "px"
    means = _known(report, f"mre_{unit}")
    baseline = (report.get("baselines") or {}).get("inter_observer")
    between = {} if baseline is None else _known(baseline, f"mre_{unit}")
    rows = []
    for name in sorted(report["landmarks"], key=lambda n: means.get(n, -1.0), reverse=True):
        cells = [text(means.get(name)), *([text(between.get(name))] if between else [])]
        rows.append(Row(name, "landmark", tuple(cells), name in chosen))
    return align([f"MRE {unit}", *(["observers"] if between else [])], [rows])
