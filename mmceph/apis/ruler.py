"""Reads the ruler of a cephalogram, from coarse to fine, or says why it does not."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from mmceph.analysis.calibration import RulerPolicy, RulerReading, judge_ruler
from mmceph.apis.device import choose_device
from mmceph.apis.ruler_model import load_ruler_model
from mmceph.datasets.transforms.ruler import reduce_for
from mmceph.errors import MmcephError
from mmceph.functional.ruler import read_ticks
from mmceph.imaging import to_8bit
from mmceph.imaging.reduce import ReducedImage
from mmceph.pose import get_warp_matrix

__all__ = ["RulerReader"]

_CLOSE_UP = 3.5  # height of a close-up in distances P1-P2; RulerView trains about it
_LEAST = 16  # px a side; smaller ones are no cephalograms, and the network's strides need some
_LOOK_CLOSER = 0.1  # presence below which nothing is worth a second look
_CENTRED = 0.35  # share of the close-up the marks may lie off its middle before it is moved
_SIZED = 1.4  # factor the marks' distance may change by before the close-up is taken again
_TICKS = (3.0, 5.5, 1.5)  # picture around the marks that ticks are read in: beside, above, below


class RulerReader:
    """Finds the marks P1 and P2 in a picture and reads its scale from the ruler.

    The network looks at the whole picture and finds the ruler; the same network looks at the
    ruler's surroundings at full resolution and places the marks; the ticks are measured there,
    and where they can be read, their period is the scale (``reading.method`` says which was used).
    :func:`mmceph.analysis.calibration.judge_ruler` then accepts the reading or abstains. A picture
    that is not read is looked at once more as in a mirror: rulers hang in front of the face, and
    patients may face either way.

    Args:
        config: A ruler config, as in ``configs/p1p2``; None with a packed model.
        checkpoint: Its weights, or a packed model of ``tools/deployment/pack_ruler_model.py``.
            None takes the model that ships with mmceph.
        device: Where the network runs.
        policy: When a reading is not used.
        trust: Whether the checkpoint may hold more than tensors.

    Attributes:
        name: The model's file name, for reports.

    Raises:
        MmcephError: There is no such model, or it does not fit.

    Example:
        >>> reader = RulerReader()                                          # doctest: +SKIP
        >>> reading = reader(mmceph.imaging.read_image("film.png").pixels)  # doctest: +SKIP
        >>> reading.mm_per_px, reading.reason                               # doctest: +SKIP
        (0.1271, None)
    """

    def __init__(
        self,
        config: str | Path | None = None,
        checkpoint: str | Path | None = None,
        device: str = "cpu",
        policy: RulerPolicy | None = None,
        *,
        trust: bool = False,
    ) -> None:
        self.device = choose_device(device)  # first: it costs nothing
        loaded = load_ruler_model(config, checkpoint, trust=trust)
        self.name = loaded.name
        self.policy = policy or RulerPolicy()
        self._model = loaded.model.to(self.device).eval()
        self._size = loaded.input_size
        self._mean = loaded.mean.to(self.device)
        self._std = loaded.std.to(self.device)
        if self.device.type == "cpu":
            self._model = self._model.to(memory_format=torch.channels_last)

    def __call__(self, image: NDArray[Any]) -> RulerReading:
        """Read the ruler of one picture.

        Args:
            image: Grey values (H, W), or (H, W, 1) or (H, W, 3) BGR; uint8 or uint16.

        Returns:
            The reading, in px of this picture; ``reason`` says why there is none.

        Raises:
            MmcephError: The array is no picture.
        """
        grey = _as_grey(image)
        reading = self._read(grey)
        if not reading.accepted:
            mirrored = self._read(grey[:, ::-1])
            if mirrored.accepted:
                return _mirrored(mirrored, grey.shape[1])
        return reading

    def _read(self, grey: NDArray[Any]) -> RulerReading:
        """Read a picture of grey values (H, W) as it is."""
        eight_bit = np.ascontiguousarray(to_8bit(grey))
        marks, scores = self._find(eight_bit)
        if min(scores) >= _LOOK_CLOSER:
            marks, scores = self._place(eight_bit, marks)
        p1, p2 = ((float(x), float(y)) for x, y in marks)
        if min(scores) < self.policy.min_score:
            return judge_ruler(p1, p2, scores, policy=self.policy)
        left, top, part = _around(grey, marks)
        ticks = read_ticks(part, (p1[0] - left, p1[1] - top), (p2[0] - left, p2[1] - top))
        return judge_ruler(
            (ticks.p1[0] + left, ticks.p1[1] + top),
            (ticks.p2[0] + left, ticks.p2[1] + top),
            scores,
            ticks=ticks.mm_per_px,
            ticks_error=ticks.standard_error,
            ticks_reason=ticks.reason,
            policy=self.policy,
        )

    def _find(self, image: NDArray[np.uint8]) -> tuple[NDArray[Any], tuple[float, float]]:
        """Look at the whole picture: marks (2, 2) px and their presence."""
        height, width = image.shape
        size = np.array([width - 1, height - 1], np.float32)
        return self._look(reduce_for(image, self._size), size / 2, size)

    def _place(
        self, image: NDArray[np.uint8], marks: NDArray[Any]
    ) -> tuple[NDArray[Any], tuple[float, float]]:
        """Look at the marks' surroundings, and again where these were not well chosen."""
        aspect = self._size[0] / self._size[1]
        scores = (0.0, 0.0)
        for _ in range(2):
            length = _length(marks)
            side = _CLOSE_UP * length
            centre = marks.mean(axis=0).astype(np.float32)
            view = np.array([side * aspect, side], np.float32)
            marks, scores = self._look(image, centre, view)
            off = np.abs(marks.mean(axis=0) - centre).max() / side
            change = max(_length(marks), length) / min(_length(marks), length)
            if off <= _CENTRED / 2 and change <= _SIZED:
                break
        return marks, scores

    @torch.inference_mode()
    def _look(
        self, image: NDArray[np.uint8] | ReducedImage, centre: NDArray[Any], view: NDArray[Any]
    ) -> tuple[NDArray[Any], tuple[float, float]]:
        """Show the network a box (px: centre and size), padded to its form."""
        aspect = self._size[0] / self._size[1]
        wide = max(float(view[0]), float(view[1]) * aspect)
        scale = np.array([wide, wide / aspect], np.float32)
        matrix = np.asarray(get_warp_matrix(centre, scale, 0.0, self._size), np.float64)
        pixels, warp = image, matrix
        if isinstance(image, ReducedImage):
            pixels, warp = image.pixels, matrix @ image.to_original()
        shown = cv2.warpAffine(np.asarray(pixels), warp, self._size, flags=cv2.INTER_LINEAR)
        tensor = torch.from_numpy(shown).to(self.device)[None, None].float()
        tensor = ((tensor - self._mean) / self._std).contiguous(memory_format=torch.channels_last)
        points, presence = self._model(tensor, None)
        places = points[0].double().cpu().numpy() * self._size
        back = cv2.invertAffineTransform(matrix)
        marks = places @ back[:, :2].T + back[:, 2]
        first, second = (float(score) for score in presence[0])
        return marks, (first, second)


def _as_grey(image: NDArray[Any]) -> NDArray[Any]:
    """(H, W) uint8 or uint16 of what a caller may have."""
    array = np.asarray(image)
    if array.dtype not in (np.uint8, np.uint16):
        raise MmcephError(f"a picture of {array.dtype} grey values; give uint8 or uint16")
    if array.ndim == 3 and array.shape[2] == 3:
        array = cv2.cvtColor(array, cv2.COLOR_BGR2GRAY)
    elif array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim != 2:
        raise MmcephError(
            f"an array of shape {array.shape} is no picture; give (H, W) or (H, W, 3)"
        )
    if min(array.shape) < _LEAST:
        raise MmcephError(
            f"a picture of {array.shape[1]} x {array.shape[0]} px is too small to find a ruler in; "
            f"it needs at least {_LEAST} x {_LEAST} px"
        )
    return array


def _mirrored(reading: RulerReading, width: int) -> RulerReading:
    """A reading of the mirror image in px of the picture itself."""

    def turned(mark: tuple[float, float] | None) -> tuple[float, float] | None:
        return None if mark is None else (width - 1.0 - mark[0], mark[1])

    return replace(reading, p1=turned(reading.p1), p2=turned(reading.p2))


def _length(marks: NDArray[Any]) -> float:
    return max(math.dist(marks[0], marks[1]), 1.0)


def _around(image: NDArray[Any], marks: NDArray[Any]) -> tuple[int, int, NDArray[Any]]:
    """The part of a picture that ticks are read in, and where its corner lies (left, top)."""
    beside, above, below = (share * _length(marks) for share in _TICKS)
    (x1, y1), (x2, y2) = marks
    height, width = image.shape
    left, right = int(min(x1, x2) - beside), int(max(x1, x2) + beside) + 1
    top, bottom = int(min(y1, y2) - above), int(max(y1, y2) + below) + 1
    left, top = (int(np.clip(v, 0, m)) for v, m in ((left, width - 1), (top, height - 1)))
    part = image[top : max(bottom, top + 1), left : max(right, left + 1)]
    return left, top, part
