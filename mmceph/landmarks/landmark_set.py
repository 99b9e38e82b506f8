"""An ordered, named choice of landmarks and what MMPose needs to know of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from .definitions import LANDMARKS
from .errors import LandmarkError
from .names import find_canonical_name, suggestion

_GROUP_COLORS: dict[str, tuple[int, int, int]] = {
    "cranial base": (255, 170, 0),
    "maxilla": (0, 200, 120),
    "mandible": (60, 140, 255),
    "teeth": (255, 80, 200),
    "soft tissue": (255, 235, 90),
    "ruler": (255, 60, 60),
}
_OTHER_COLOR = (200, 200, 200)

# Polylines of a tracing. A set leaves out the points it lacks and joins those that remain.
_TRACING: tuple[tuple[str, ...], ...] = (
    ("N", "S", "Ar"),
    ("S", "Ba"),
    ("Po", "Or"),
    ("PNS", "ANS", "A"),
    ("Co", "Ar", "R", "Go", "Me", "Gn", "Pog", "B"),
    ("UIT", "UIA"),
    ("LIT", "LIA"),
    ("UMT", "UPM"),
    ("LMT", "LPM"),
    ("G", "N`", "Pn", "Cm", "Sn", "Ls", "Li", "Pog`", "Gn`", "Me`", "C"),
    ("UL`", "Ls"),
    ("LL`", "Li"),
    ("P1", "P2"),
)

# OKS means little for cephalograms; the tightest sigma COCO has (the eyes') serves for all.
_SIGMA = 0.025


@dataclass(frozen=True)
class LandmarkSet:
    """An ordered set of landmarks, joined to data by name and never by position.

    Attributes:
        name: Name of the set, used as MMPose's ``dataset_name``.
        names: Landmark names in channel order. Names outside the known table are allowed.
        difficult: Those landmarks the field reports as hard; may be empty.
        mirror_pairs: Landmarks that change places when a picture is flipped. A lateral view has
            none; a frontal one has its left and right points.

    Raises:
        LandmarkError: A name stands twice (also under an alias), or ``difficult`` or
            ``mirror_pairs`` name a stranger or a landmark twice.

    Example:
        >>> LandmarkSet("mine", ("S", "N", "Pog`")).index("Pog'")
        2
    """

    name: str
    names: tuple[str, ...]
    difficult: tuple[str, ...] = ()
    mirror_pairs: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if not self.names:
            raise LandmarkError(f"landmark set {self.name!r} is empty")
        seen: dict[str, str] = {}
        for written in self.names:
            key = find_canonical_name(written) or written
            if key in seen:
                raise LandmarkError(
                    f"landmark set {self.name!r} names {seen[key]!r} and {written!r}, "
                    "which are one landmark"
                )
            seen[key] = written
        strangers = [name for name in self.difficult if name not in self.names]
        if strangers:
            raise LandmarkError(f"difficult landmarks {strangers} are not in the set {self.name!r}")
        paired = [name for pair in self.mirror_pairs for name in pair]
        for name in paired:
            if name not in self.names:
                raise LandmarkError(f"mirror_pairs: {name!r} is not in the set {self.name!r}")
            if paired.count(name) > 1:
                raise LandmarkError(f"mirror_pairs: {name!r} stands twice")

    def __len__(self) -> int:
        return len(self.names)

    @property
    def full_names(self) -> Mapping[str, str]:
        """Spoken name by landmark name; an unknown landmark is called by its symbol."""
        return MappingProxyType(
            {n: LANDMARKS[n].full_name if n in LANDMARKS else n for n in self.names}
        )

    @property
    def definitions(self) -> Mapping[str, str]:
        """One sentence by landmark name; empty for an unknown landmark."""
        return MappingProxyType(
            {n: LANDMARKS[n].definition if n in LANDMARKS else "" for n in self.names}
        )

    @property
    def links(self) -> tuple[tuple[str, str], ...]:
        """Pairs of landmark names to join when drawing, each once."""
        pairs: dict[tuple[str, str], None] = {}
        for line in _TRACING:
            present = [name for name in line if name in self.names]
            pairs.update(dict.fromkeys(pairwise(present)))
        return tuple(pairs)

    @cached_property
    def _positions(self) -> Mapping[str, int]:
        return {(find_canonical_name(n) or n): i for i, n in enumerate(self.names)}

    def find(self, name: str) -> str | None:
        """Return this set's own spelling of ``name`` (aliases resolved), or None."""
        position = self._positions.get(name)
        if position is None:
            position = self._positions.get(find_canonical_name(name) or name)
        return None if position is None else self.names[position]

    def index(self, name: str) -> int:
        """Return the position of a landmark; aliases are understood.

        Raises:
            LandmarkError: The landmark is not in the set; the message suggests near misses.
        """
        found = self.find(name)
        if found is None:
            hint = suggestion(name, self.names) or suggestion(name)
            raise LandmarkError(f"landmark {name!r} is not in the set {self.name!r}{hint}")
        return self.names.index(found)

    def subset(self, names: Iterable[str], name: str | None = None) -> LandmarkSet:
        """Return a set of some of these landmarks, in the order given (aliases understood)."""
        chosen = tuple(self.names[self.index(n)] for n in names)
        difficult = tuple(n for n in self.difficult if n in chosen)
        pairs = tuple(p for p in self.mirror_pairs if p[0] in chosen and p[1] in chosen)
        return LandmarkSet(name or f"{self.name}_{len(chosen)}", chosen, difficult, pairs)

    def metainfo(self) -> dict[str, Any]:
        """Return a fresh metainfo dict as ``mmpose``'s ``parse_pose_metainfo`` reads it.

        Without ``mirror_pairs`` ``swap`` is empty everywhere and a flip maps each landmark to
        itself.
        """
        twins = dict(self.mirror_pairs) | {b: a for a, b in self.mirror_pairs}
        keypoints = {
            i: {
                "name": name,
                "id": i,
                "color": list(_color(name)),
                "type": "",
                "swap": twins.get(name, ""),
            }
            for i, name in enumerate(self.names)
        }
        skeleton = {
            i: {"link": link, "id": i, "color": list(_color(link[0]))}
            for i, link in enumerate(self.links)
        }
        return {
            "dataset_name": self.name,
            "keypoint_info": keypoints,
            "skeleton_info": skeleton,
            "joint_weights": [1.0] * len(self.names),
            "sigmas": [_SIGMA] * len(self.names),
        }


def _color(name: str) -> tuple[int, int, int]:
    return _GROUP_COLORS[LANDMARKS[name].group] if name in LANDMARKS else _OTHER_COLOR
