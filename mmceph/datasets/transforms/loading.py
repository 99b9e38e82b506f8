"""Load cephalograms of any format, reduced and cached."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mmceph.imaging import ImageReadError, read_image
from mmceph.imaging.cache import DiskCache, Entry, ImageCache, RamCache, Stamp, cache_key
from mmceph.imaging.grey import WINDOW
from mmceph.imaging.reduce import ReducedImage, reduce
from mmceph.pose import BaseTransform
from mmceph.registry import TRANSFORMS

_CHANNELS = {"grayscale": 1, "color": 3}
_CACHES = (None, "ram", "disk")
_CACHE_BYTES = {"ram": 2_000_000_000, "disk": 10_000_000_000}


@TRANSFORMS.register_module()
class LoadCephImage(BaseTransform):
    """Put the cephalogram of ``img_path`` into ``img``, ready for ``CephTopdownAffine``.

    Takes the place of ``LoadImage``: adds ``img_shape`` and ``ori_shape``, both (h, w) px of the
    file's own picture, in which boxes and points stay. Also reads DICOM and 16 bits, see
    :func:`mmceph.imaging.read_image`; the picture is grey, three equal channels where the model
    wants colour. An array already in ``img`` is kept and only brought to the channels asked for.

    With ``input_size`` or ``reduce_to`` the picture is averaged down once, to what the warp to the
    network's input needs, and ``img`` is a :class:`ReducedImage`, which ``CephTopdownAffine``
    warps; the stock ``TopdownAffine`` cannot and says so. Predictions come back in px of the file's
    picture all the same.

    A cache keeps what was decoded (and reduced) until the file changes in time stamp or size.
    ``"ram"`` is per process: worker processes fill one each, with what they happen to load (those
    that are forked start with what the main process has). ``"disk"`` is shared by all workers,
    runs and processes, and as fast, since the operating system keeps the files in memory.

    Args:
        color_type: ``"color"`` for three channels, ``"grayscale"`` for one.
        input_size: Input size of the network (w, h) in px; reduces to ``oversample`` times that.
        oversample: At least the largest zoom of the augmentation; more costs time.
        reduce_to: Reduce to this size (w, h) in px instead, aspect ratio kept.
        cache: None, ``"ram"`` or ``"disk"``.
        cache_bytes: Most bytes the cache takes, per process for ``"ram"``; the oldest pictures
            leave first. By default 2 GB of memory, 10 GB of disk.
        cache_dir: Folder of the disk cache; by default ``images`` in mmceph's cache folder
            (``MMCEPH_CACHE_DIR``, else the user's).
        window: Percentiles of the grey values that become 0 and 255 where a file has more than 8
            bits and no window of its own.
        max_pixels: As for :func:`mmceph.imaging.read_image`.

    Raises:
        ValueError: An argument has an impossible value.
        ImageReadError: A file cannot be read.
    """

    def __init__(
        self,
        color_type: str = "color",
        *,
        input_size: tuple[int, int] | None = None,
        oversample: float = 2.0,
        reduce_to: tuple[int, int] | None = None,
        cache: str | None = None,
        cache_bytes: int | None = None,
        cache_dir: str | None = None,
        window: tuple[float, float] = WINDOW,
        max_pixels: int | None = None,
    ) -> None:
        super().__init__()
        if color_type not in _CHANNELS:
            raise ValueError(f"LoadCephImage: color_type {color_type!r} is none of {[*_CHANNELS]}")
        if cache not in _CACHES:
            raise ValueError(f"LoadCephImage: cache {cache!r} is none of {[*_CACHES]}")
        if input_size is not None and reduce_to is not None:
            raise ValueError("LoadCephImage: give input_size or reduce_to, not both")
        if not oversample >= 1:
            raise ValueError(f"LoadCephImage: oversample {oversample} must be at least 1")
        if input_size is not None:
            reduce_to = (round(input_size[0] * oversample), round(input_size[1] * oversample))
        if reduce_to is not None and (len(reduce_to) != 2 or min(reduce_to) < 1):
            raise ValueError(f"LoadCephImage: the size must be (w, h) in px, got {reduce_to}")
        self.color_type = color_type
        self.reduce_to = None if reduce_to is None else (int(reduce_to[0]), int(reduce_to[1]))
        self.cache = cache
        self.window = (float(window[0]), float(window[1]))
        self.max_pixels = max_pixels
        self._cache = _make_cache(cache, cache_bytes, cache_dir)

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Load the image of ``results["img_path"]``."""
        channels = _CHANNELS[self.color_type]
        if "img" in results:
            results.setdefault("img_path", None)
            results["img"] = _with_channels(results["img"], channels)
            shape = results["img"].shape[:2]
        else:
            pixels, (width, height) = self._load(results["img_path"])
            shape = (height, width)
            if pixels.shape == shape:
                # A cached array must not be changed by the steps that follow.
                keep = pixels if self._cache is None or channels == 3 else pixels.copy()
                results["img"] = _with_channels(keep, channels)
            else:
                results["img"] = ReducedImage(pixels, (width, height), channels)
        results["img_shape"] = results["ori_shape"] = shape
        return results

    def _load(self, path: str) -> Entry:
        if self._cache is None:
            return self._decode(path)
        key = cache_key(path, self.reduce_to, self.window)
        try:
            stamp = Stamp.of(path)  # before reading: what changes meanwhile is read again next time
        except OSError as error:
            raise ImageReadError(f"{path}: cannot be read ({error.strerror or error})") from error
        entry = self._cache.get(key, stamp)
        if entry is None:
            entry = self._decode(path)
            self._cache.put(key, stamp, entry)
        return entry

    def _decode(self, path: str | Path) -> Entry:
        image = read_image(path, window=self.window, max_pixels=self.max_pixels)
        pixels = image.pixels if self.reduce_to is None else reduce(image.pixels, self.reduce_to)
        return Entry(pixels, image.size)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(color_type={self.color_type!r}, reduce_to={self.reduce_to}, "
            f"cache={self.cache!r})"
        )


def _make_cache(kind: str | None, capacity: int | None, directory: str | None) -> ImageCache | None:
    if kind is None:
        return None
    capacity = _CACHE_BYTES[kind] if capacity is None else capacity
    if capacity <= 0:
        raise ValueError(f"LoadCephImage: cache_bytes {capacity} must be above 0")
    if kind == "ram":
        return RamCache(capacity)
    return DiskCache(capacity, directory)


def _with_channels(image: np.ndarray, channels: int) -> np.ndarray:
    """(h, w) for one channel, (h, w, 3) for three."""
    if channels == 3 and image.ndim == 2:
        return cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    if channels == 1 and image.ndim == 3:
        return image[..., 0] if image.shape[2] == 1 else cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    return image
