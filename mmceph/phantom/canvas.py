"""Sheets of attenuation on which shapes given in mm are summed up, as X-rays sum them."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from mmceph.phantom.curves import Points, bounding_box

Image = NDArray[np.float32]
Shapes = Points | Sequence[Points]

__all__ = ["Canvas", "Image", "gaussian", "resized"]

_SHIFT = 8  # sub-pixel bits of OpenCV's drawing functions
# OpenCV paints the border pixels too: an anti-aliased polygon comes out this much too large on
# every side (px; measured). Lines likewise: see _pen.
_POLYGON_EXCESS = 0.7


# Blur of the levels of a sheet, mm (standard deviation). A shape goes to the level next to the
# softness asked for, and each level is blurred once: cheaper than to blur every shape.
_LEVELS_MM = (0.0, 0.3, 0.7, 1.5, 3.0)


class _Level:
    """One level of a sheet: everything of one softness, at no more pixels than that needs."""

    def __init__(self, size: tuple[int, int], spacing: float, soft_mm: float) -> None:
        self.size = size
        self.sigma = soft_mm / spacing
        self.factor = 1
        while self.sigma / self.factor > 2.0:
            self.factor *= 2
        self.image: Image | None = None

    def place(self, pixels: Points) -> Points:
        """Map px of the picture to px of this level (pixel centres at whole numbers)."""
        if self.factor == 1:
            return pixels
        placed: Points = (pixels + 0.5) / self.factor - 0.5
        return placed

    def sheet(self) -> Image:
        """The level's image, made when it is first drawn upon."""
        if self.image is None:
            width, height = (math.ceil(extent / self.factor) for extent in self.size)
            self.image = np.zeros((height, width), np.float32)
        return self.image

    def flatten(self) -> Image | None:
        """Blur and bring to the picture's size; None if nothing was drawn."""
        if self.image is None:
            return None
        image = self.image
        if self.sigma > 0.2:
            image = gaussian(image, self.sigma / self.factor)
        if self.factor > 1:
            height, width = image.shape
            large = resized(image, width * self.factor, height * self.factor)
            image = large[: self.size[1], : self.size[0]]
        return image


class Canvas:
    """Attenuation of one head, in sheets that are treated differently before they are summed.

    The sheets are "soft" (soft parts), "mid" (bone and metal that is there once) and "side" (one of
    two paired structures).

    Attributes:
        size: (width, height) in px.
        spacing: mm per px, the same in x and y.
        origin: px position (x, y) of Sella; integer coordinates are pixel centres.
        structure: Draws the factor on the weight of each thing drawn; None: all as asked for.
    """

    def __init__(self, size: tuple[int, int], spacing: float, origin: tuple[float, float]) -> None:
        self.size = size
        self.spacing = spacing
        self.origin = np.array(origin, dtype=np.float64)
        self.structure: Callable[[], float] | None = None
        self._sheets = {
            name: [_Level(size, spacing, soft) for soft in _LEVELS_MM]
            for name in ("soft", "mid", "side")
        }

    def to_px(self, points_mm: Points) -> Points:
        """Map (..., 2) mm relative to Sella to px."""
        pixels: Points = self.origin + np.asarray(points_mm, dtype=np.float64) / self.spacing
        return pixels

    def flatten(self, sheet: str) -> Image:
        """Return the (H, W) sum of a sheet's levels."""
        width, height = self.size
        total: Image | None = None
        for level in reversed(self._sheets[sheet]):  # the sharp level, which is no copy, last
            image = level.flatten()
            if image is None:
                continue
            if total is None:
                total = image.copy() if image is level.image else image
            else:
                total += image
        return np.zeros((height, width), np.float32) if total is None else total

    def fill(
        self, outlines_mm: Shapes, weight: float, soft_mm: float = 0.0, sheet: str = "mid"
    ) -> None:
        """Add ``weight`` inside closed outlines (their union), borders blurred by ``soft_mm``."""
        level = self._level(sheet, soft_mm)
        shapes = [
            _shrink(level.place(self.to_px(outline)), _POLYGON_EXCESS)
            for outline in _listed(outlines_mm)
        ]
        patch = _patch(level.sheet(), shapes, 2.0)
        if patch is None:
            return
        target, corner, mask = patch
        for shape in shapes:
            cv2.fillPoly(mask, [_fixed(shape - corner)], (255,), cv2.LINE_AA, _SHIFT)
        _add(target, mask, self._varied(weight))

    def line(
        self,
        paths_mm: Shapes,
        width_mm: float,
        weight: float,
        soft_mm: float = 0.0,
        sheet: str = "mid",
        closed: bool = False,
    ) -> None:
        """Add lines of ``width_mm`` and ``weight``; one thinner than a px fades."""
        level = self._level(sheet, soft_mm)
        shapes = [level.place(self.to_px(path)) for path in _listed(paths_mm)]
        width = width_mm / self.spacing / level.factor
        thickness, coverage = _pen(width)
        patch = _patch(level.sheet(), shapes, 2.0 + width)
        if patch is None:
            return
        target, corner, mask = patch
        for shape in shapes:
            points = [_fixed(shape - corner)]
            cv2.polylines(mask, points, closed, (255,), thickness, cv2.LINE_AA, _SHIFT)
        # Keep the sum across the line, whatever thickness the pen could have.
        _add(target, mask, self._varied(weight) * width / coverage)

    def discs(
        self,
        centres_mm: Points,
        radii_mm: NDArray[np.float64],
        weight: float,
        soft_mm: float = 0.0,
        sheet: str = "mid",
    ) -> None:
        """Add round spots: centres (n, 2) and radii (n,), mm."""
        angle = np.linspace(0.0, 2.0 * np.pi, 24, endpoint=False)
        ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        self.fill(
            [c + ring * r for c, r in zip(centres_mm, radii_mm, strict=True)],
            weight,
            soft_mm,
            sheet,
        )

    def _varied(self, weight: float) -> float:
        return weight if self.structure is None else weight * self.structure()

    def _level(self, sheet: str, soft_mm: float) -> _Level:
        nearest = min(range(len(_LEVELS_MM)), key=lambda i: abs(_LEVELS_MM[i] - soft_mm))
        return self._sheets[sheet][nearest]


def _patch(
    sheet: Image, shapes: list[Points], pad: float
) -> tuple[Image, Points, NDArray[np.uint8]] | None:
    """Cut out the part of a sheet that shapes can touch; None where that is nothing."""
    height, width = sheet.shape
    box = bounding_box(np.concatenate(shapes) if len(shapes) > 1 else shapes[0])
    left, top = max(0, math.floor(box[0] - pad)), max(0, math.floor(box[1] - pad))
    right = min(width, math.ceil(box[2] + pad) + 1)
    bottom = min(height, math.ceil(box[3] + pad) + 1)
    if right - left < 1 or bottom - top < 1:
        return None
    mask = np.zeros((bottom - top, right - left), np.uint8)
    return sheet[top:bottom, left:right], np.array([left, top], float), mask


_scratch = threading.local()


def _add(target: Image, mask: NDArray[np.uint8], weight: float) -> None:
    # A buffer that is kept saves a third of the time: fresh memory is slow to touch.
    buffer: Image | None = getattr(_scratch, "buffer", None)
    if buffer is None or buffer.size < mask.size:
        buffer = _scratch.buffer = np.empty(mask.size, np.float32)
    values = buffer[: mask.size].reshape(mask.shape)
    np.multiply(mask, np.float32(weight / 255.0), out=values)
    cv2.add(target, values, dst=target)


def gaussian(image: Image, sigma: float) -> Image:
    """Blur with a Gaussian of ``sigma`` px; 2.5 sigma to either side are enough here."""
    reach = 2 * math.ceil(2.5 * sigma) + 1
    return np.asarray(
        cv2.GaussianBlur(image, (reach, reach), sigma, borderType=cv2.BORDER_REPLICATE)
    )


def resized(image: Image, width: int, height: int) -> Image:
    """Bring to another size, linear between pixel centres."""
    return np.asarray(
        cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR), np.float32
    )


def _listed(shapes: Shapes) -> list[Points]:
    return [shapes] if isinstance(shapes, np.ndarray) else list(shapes)


def _fixed(pixels: Points) -> NDArray[np.int32]:
    fixed: NDArray[np.int32] = np.rint(pixels * (1 << _SHIFT)).astype(np.int32)
    return fixed


def _pen(width: float) -> tuple[int, float]:
    """Return the nominal thickness for a line of ``width`` px and what it really covers (px)."""
    if width < 3.4:
        return 1, 1.4
    if width < 5.4:
        return 2, 3.4
    thickness = 2 * int((width - 5.4) // 2) + 3
    return thickness, thickness + 2.4


def _shrink(pixels: Points, amount: float) -> Points:
    """Move a closed outline inwards by ``amount`` px, corners at most a little further."""
    count = len(pixels)
    following = np.empty_like(pixels)
    following[: count - 1], following[count - 1] = pixels[1:], pixels[0]
    step = following - pixels
    length = np.sqrt(np.einsum("ij,ij->i", step, step))
    if length.min() < 1e-6:
        keep = length >= 1e-6
        return _shrink(pixels[keep], amount) if keep.sum() >= 3 else pixels
    step /= length[:, None]
    both = step.copy()
    both[1:] += step[: count - 1]
    both[0] += step[count - 1]
    area = float(pixels[:, 0] @ following[:, 1] - following[:, 0] @ pixels[:, 1])
    # 1.0 limits the mitre at sharp corners.
    push = math.copysign(2.0 * amount, area) / np.maximum(np.einsum("ij,ij->i", both, both), 1.0)
    moved: Points = pixels + np.column_stack([-push * both[:, 1], push * both[:, 0]])
    return moved
