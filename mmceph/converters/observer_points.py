"""One observer's labelled points to landmarks: labels twice, outside the image, or unknown."""

from __future__ import annotations

import math
from collections.abc import Iterable

from .case import Point
from .labels import LabelMap
from .problems import Problems

ON_DUPLICATE = ("error", "first", "last", "leave-out")


def resolve_points(
    points: Iterable[tuple[str, Point]],
    size: tuple[int, int],
    labels: LabelMap,
    shown: str,
    problems: Problems,
    on_duplicate: str = "error",
    tolerance: float = 3.0,
) -> dict[str, Point]:
    """Return one place per landmark from one observer's file.

    A landmark given more than once within ``tolerance`` px is taken at the mean. Given at
    different places, ``on_duplicate`` decides: ``error`` notes an error and leaves it out,
    ``first`` and ``last`` take that one, ``leave-out`` leaves it out; each is reported.

    Args:
        points: Label and place (px), in file order.
        size: Image width and height in px.
        labels: What the labels mean.
        shown: How to call the file in messages.
        problems: Where problems are noted.
        on_duplicate: One of :data:`ON_DUPLICATE`.
        tolerance: How far apart (px) two places of one landmark may lie and still be one.
    """
    found: dict[str, list[Point]] = {}
    written: dict[str, str] = {}
    for label, point in points:
        if label in labels.ignore:
            continue
        landmark = labels.landmark(label)
        if landmark is None:
            _note_unwanted(label, labels, shown, problems)
        elif not (0 <= point[0] <= size[0] and 0 <= point[1] <= size[1]):
            problems.error(
                shown,
                f"label {label}",
                "points",
                f"({point[0]:.1f}, {point[1]:.1f}) lies outside the image "
                f"of {size[0]}x{size[1]} px; move or remove it",
            )
        else:
            found.setdefault(landmark, []).append(point)
            written.setdefault(landmark, label)
    missing = [name for name in labels.landmark_set.names if name not in found]
    result: dict[str, Point] = {}
    for landmark, places in found.items():
        if len(places) == 1:
            result[landmark] = places[0]
            continue
        # A second l17 where l18 is missing was most likely meant as l18.
        few = 0 < len(missing) <= 3
        hint = f" (missing in this file: {', '.join(missing)})" if few else ""
        label = written[landmark]
        item = f"label {label}" if label == landmark else f"label {label} ({landmark})"
        place = _choose(places, item, shown, problems, on_duplicate, tolerance, hint)
        if place is not None:
            result[landmark] = place
    return result


def _note_unwanted(label: str, labels: LabelMap, shown: str, problems: Problems) -> None:
    if labels.is_other_landmark(label):
        problems.warning(
            shown, f"label {label}", "", f"left out: not in the set {labels.landmark_set.name}"
        )
    else:
        problems.error(shown, f"label {label}", "label", labels.unknown_message(label))


def _choose(
    places: list[Point],
    item: str,
    shown: str,
    problems: Problems,
    on_duplicate: str,
    tolerance: float,
    hint: str,
) -> Point | None:
    apart = max(math.dist(a, b) for i, a in enumerate(places) for b in places[i + 1 :])
    where = " and ".join(f"({x:.1f}, {y:.1f})" for x, y in places)
    if apart <= tolerance:
        problems.warning(shown, item, "points", f"given {len(places)} times at {where}; mean taken")
        n = len(places)
        return sum(x for x, _ in places) / n, sum(y for _, y in places) / n
    text = f"given {len(places)} times, {apart:.0f} px apart, at {where}{hint}"
    if on_duplicate in ("first", "last"):
        problems.warning(shown, item, "points", f"{text}; {on_duplicate} one taken")
        return places[0 if on_duplicate == "first" else -1]
    if on_duplicate == "leave-out" or problems.skip_bad:
        note = problems.warning if on_duplicate == "leave-out" else problems.error
        note(shown, item, "points", f"{text}; left out for this observer")
        return None
    problems.error(
        shown,
        item,
        "points",
        f"{text}; remove or relabel one, or choose with --on-duplicate first|last|leave-out",
    )
    return None
