"""Points that nobody placed: zeros, one place in most files, or shares instead of px.

Programs write a landmark that was not marked as (0, 0), or leave it where a template had it. Taken
for a landmark, it costs more than a hundred slips of the hand. Every reader of points uses this.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from mmceph.errors import some_names
from mmceph.landmarks import find_canonical_name

from .case import Point

_ZEROS = ((0.0, 0.0), (0.5, 0.5))  # some programs add half a px to every place, zeros too
_ONE_PX = (-0.5, 1.5)  # shares may lie a little outside the picture; no head is that small
# Of 100 real tracings by one hand at most four have a landmark at the very same place.
_MOST_FROM = 4
# A ruler that is fixed to the machine may well be at one place in many pictures.
_RULER = ("P1", "P2")
_RULER_FROM = 10


@dataclass(frozen=True)
class Tracing:
    """The points of one picture by one observer.

    Attributes:
        shown: How to call it in messages.
        points: Label and place of each point, in px or in percent of the picture.
        observer: Who placed them; each is judged alone.
    """

    shown: str
    points: Sequence[tuple[str, Point]]
    observer: str = ""


@dataclass
class Placed:
    """What is left when placeholders are taken out.

    Attributes:
        points: The points that were placed, of each tracing in turn.
        notes: Label, and a sentence on what was taken out and how often.
        shares: Tracings that are no px at all, with the sentence that says so.
    """

    points: list[list[tuple[str, Point]]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    shares: list[tuple[Tracing, str]] = field(default_factory=list)


def take_out_placeholders(
    tracings: Sequence[Tracing],
    *,
    also: Collection[Point] = (),
    predicted: bool = False,
    unit: str = "",
    landmark: Callable[[str], str | None] = find_canonical_name,
) -> Placed:
    """Take out the points that nobody placed.

    Missing is a point at (0, 0), and a label that stands at one and the same place in most of four
    tracings or more (a ruler's mark: in all of ten or more). A tracing whose places all lie between
    0 and 1 holds shares of the picture's width and height: it loses all its points.

    Args:
        tracings: All tracings of a data set, or one.
        also: More places that count as missing, as (50, 50) where places are percents.
        predicted: A model wrote them, which may well give one place for every picture.
        unit: What to write after a place, as in ``" %"``.
        landmark: Which landmark a label stands for.
    """
    found = Placed(points=[[] for _ in tracings])
    usual = {} if predicted else _usual_places(tracings, landmark)
    totals: Counter[str] = Counter()
    masked: dict[tuple[str, Point], list[str]] = {}
    for tracing, kept in zip(tracings, found.points, strict=True):
        if _are_shares([place for _, place in tracing.points]):
            text = (
                f"all {len(tracing.points)} places lie between 0 and 1: they are shares of the "
                "picture and no px; multiply x by its width and y by its height"
            )
            found.shares.append((tracing, text))
            continue
        for label, place in tracing.points:
            totals[label] += 1
            usually = place in (usual.get((label, tracing.observer)), usual.get((label, None)))
            if place in _ZEROS or place in also or usually:
                masked.setdefault((label, place), []).append(tracing.shown)
            else:
                kept.append((label, place))
    for (label, (x, y)), shown in sorted(masked.items()):
        text = f"at exactly ({x:g}, {y:g}){unit} in {len(shown)} of {totals[label]} cases"
        if len(shown) < totals[label]:
            text += f" ({some_names(shown, shown=3)})"
        found.notes.append((label, f"{text}: a placeholder, taken as missing"))
    return found


def _are_shares(places: Sequence[Point]) -> bool:
    written = [place for place in places if place != (0, 0)]
    low, high = _ONE_PX
    return len(written) > 1 and all(low <= value <= high for place in written for value in place)


def _usual_places(
    tracings: Sequence[Tracing], landmark: Callable[[str], str | None]
) -> Mapping[tuple[str, str | None], Point]:
    """The place at which a label stands too often, by label and observer (None: of all)."""
    counts: dict[tuple[str, str | None], Counter[Point]] = {}
    # A tracing that is there as a whole more than once belongs to one picture that is, too.
    for tracing in {tuple(tracing.points): tracing for tracing in tracings}.values():
        for label, place in dict.fromkeys(tracing.points):
            for observer in (tracing.observer, None):
                counts.setdefault((label, observer), Counter())[place] += 1
    usual = {}
    for (label, observer), places in counts.items():
        place, count = places.most_common(1)[0]
        total = sum(places.values())
        if landmark(label) in _RULER:
            suspicious = count >= _RULER_FROM and count == total
        else:
            suspicious = count >= _MOST_FROM and 2 * count > total
        if suspicious:
            usual[label, observer] = place
    return usual
