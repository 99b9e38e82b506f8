"""One annotated radiograph between its raw files and the canonical form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Point = tuple[float, float]
"""x and y in pixels of the original image."""


@dataclass(frozen=True)
class Case:
    """One image with the points its observers placed.

    Attributes:
        file_name: Path of the image relative to the data root, with forward slashes.
        width: Image width in px.
        height: Image height in px.
        observers: By observer, by canonical landmark name: x and y in px.
        spacing: mm per px along x and y, or None where it is not known (never a guess).
        spacing_source: Where the spacing comes from, as in ``"user"`` or ``"ruler"``.
        device: The X-ray machine, if known.
        subject: Whose head it is: images of one subject never part in a split. None means that
            each image is its own subject.
        truth: Where the points to train on are not the observers' mean: x and y in px by name.
        extra: More of what the raw files say of the image, kept with its annotation.
    """

    file_name: str
    width: int
    height: int
    observers: Mapping[str, Mapping[str, Point]] = field(default_factory=dict)
    spacing: tuple[float, float] | None = None
    spacing_source: str | None = None
    device: str | None = None
    subject: str | None = None
    truth: Mapping[str, Point] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def consensus(self, name: str) -> Point | None:
        """Return where landmark ``name`` is: the mean of the observers who placed it, or ``truth``.

        None means that nobody placed it.
        """
        if self.truth is not None:
            return self.truth.get(name)
        points = [points[name] for points in self.observers.values() if name in points]
        if not points:
            return None
        return (
            sum(x for x, _ in points) / len(points),
            sum(y for _, y in points) / len(points),
        )
