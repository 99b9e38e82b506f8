"""Pictures of a report whose millimetres cannot be right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...analysis.plausibility import check_scale
from ...errors import some_names
from ..records import CephRecord


def impossible_scales(records: Sequence[CephRecord], names: Sequence[str]) -> list[dict[str, str]]:
    """The pictures whose spacing makes a face no human has, by their true points.

    Args:
        records: The scored images, landmarks in the order of ``names``.
        names: Landmark names.

    Returns:
        One {"file", "reason"} each.
    """
    found = []
    for record in records:
        points = {
            name: place
            for name, place, seen in zip(names, record.truth.tolist(), record.visible, strict=True)
            if seen
        }
        doubts = () if record.spacing is None else check_scale(points, record.spacing).doubts
        if doubts:
            found.append({"file": record.file, "reason": ", ".join(doubts)})
    return found


def scale_warning(report: Mapping[str, Any]) -> str | None:
    """A warning of those pictures; their figures are as the spacing has them."""
    found = [f"{row['file']}: {row['reason']}" for row in report.get("impossible_scales") or ()]
    if not found:
        return None
    return (
        f"WARNING: the spacing of {len(found)} of {report['num_images']} images fits no human "
        f"({some_names(found, 3)}). Figures in mm count them as they are: trust px, or mend the "
        "spacing."
    )
