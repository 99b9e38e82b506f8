"""What every reader of a raw format takes and gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmceph.landmarks import LandmarkSet

from .case import Case, Point
from .images import ImageInfo
from .labels import LabelMap, make_label_map
from .own_pictures import OwnPictures
from .problems import Problems


@dataclass(frozen=True)
class ReadOptions:
    """How to read a raw data set; see the options of ``tools/dataset_converters``.

    Attributes:
        landmark_set: The landmarks to write; without it the format's own, or what the labels say.
        names: Landmark by label, as the user gave it.
        ignore: Labels to pass over.
        numbered_from: The number of the first landmark, where labels are numbers.
        spacing: mm per px along x and y for every image, in place of what the files say.
        device: The X-ray machine of all the images, in place of what the files say.
        subjects: Subject by file name, path or stem of an image.
        images: Where the images lie, if not where the format has them.
        pair_by: How label files find their images, see :data:`mmceph.converters.pairing.PAIR_BY`.
        image_field: Field of a Label Studio task that names the picture, by ``to_name``.
        on_duplicate: What to do with a label given at two places.
        tolerance: Two places of one label this near (px) are one.
        pictures: Writes pictures that have to be unpacked; None: they are not written.
    """

    landmark_set: LandmarkSet | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    numbered_from: int | None = None
    spacing: tuple[float, float] | None = None
    device: str | None = None
    subjects: Mapping[str, str] = field(default_factory=dict)
    images: Path | None = None
    pair_by: str = "both"
    image_field: Mapping[str, str] = field(default_factory=dict)
    on_duplicate: str = "error"
    tolerance: float = 3.0
    pictures: OwnPictures | None = None

    def label_map(self, labels: Iterable[str]) -> LabelMap:
        """Choose what free labels mean; see :func:`make_label_map`."""
        return make_label_map(
            labels, self.landmark_set, self.names, self.ignore, self.numbered_from
        )

    def native_label_map(self, native: LandmarkSet, problems: Problems) -> LabelMap:
        """Choose what the labels of a format with landmarks of its own mean.

        Its landmarks that are not wanted are passed over with one note.
        """
        if self.landmark_set is None:
            return make_label_map((), native, self.names, self.ignore)
        chosen = make_label_map((), self.landmark_set, self.names, self.ignore)
        unwanted = [
            name
            for name in native.names
            if chosen.landmark(name) is None and name not in self.ignore
        ]
        if unwanted:
            text = f"{', '.join(unwanted)} left out: not in the set {self.landmark_set.name}"
            problems.warning("all files", "", "", text)
        return make_label_map((), self.landmark_set, self.names, (*self.ignore, *unwanted))


@dataclass(frozen=True)
class Labelled:
    """What one observer's file says of one image.

    Attributes:
        shown: How to call the file in messages.
        points: Label and place (px) of each point, in file order.
        size: The image size in px the file states, or None.
        percent: The places are percents of the image's width and height instead of px.
    """

    shown: str
    points: tuple[tuple[str, Point], ...]
    size: tuple[int, int] | None = None
    percent: bool = False


@dataclass
class RawImage:
    """An image with all that the raw files say of it.

    Attributes:
        shown: How to call the image in messages.
        stem: The image's name without suffix: its subject where nothing else is known.
        observers: By observer what was labelled.
        path: The image file, unless it had to be unpacked.
        file_name: Where an unpacked image lies relative to the data root.
        info: Size and digest where they are known already.
        spacing: mm per px along x and y, if the files say so.
        spacing_source: Where that comes from.
        device: The X-ray machine, if the files say so.
        subject: Whose head it is, if the files say so.
        split: The organisers' split: train, val or test.
        truth: Points to train on, where they are not the observers' mean.
        extra: More to keep with the annotation.
    """

    shown: str
    stem: str
    observers: dict[str, Labelled] = field(default_factory=dict)
    path: Path | None = None
    file_name: str | None = None
    info: ImageInfo | None = None
    spacing: tuple[float, float] | None = None
    spacing_source: str | None = None
    device: str | None = None
    subject: str | None = None
    split: str | None = None
    truth: Labelled | None = None
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass
class RawData:
    """What came of a raw data set.

    Attributes:
        cases: The images with points; ``file_name`` is relative to the output folder.
        landmark_set: The landmarks to write.
        sources: Image file by ``file_name``, of images that were not unpacked.
        embedded: Label file by ``file_name``, of images that lie inside their label files.
        home: The organisers' split by ``file_name``, where they made one.
        num_images: Images found.
        num_files: Label files found, by observer or kind.
        originals: Files that were read and must not be overwritten.
    """

    cases: list[Case]
    landmark_set: LandmarkSet
    sources: dict[str, Path] = field(default_factory=dict)
    embedded: dict[str, Path] = field(default_factory=dict)
    home: dict[str, str] = field(default_factory=dict)
    num_images: int = 0
    num_files: dict[str, int] = field(default_factory=dict)
    originals: list[Path] = field(default_factory=list)
