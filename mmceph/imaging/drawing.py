"""Pictures with landmarks and their names, and sheets of such pictures."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

_POINT, _TEXT, _SHADOW, _PAPER = (255, 80, 60), (255, 235, 90), (0, 0, 0), (32, 32, 32)
_DIRECTIONS = [(1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1)]
_GAP = 6


def draw_landmarks(
    pixels: np.ndarray,
    points: np.ndarray,
    names: Sequence[str],
    *,
    height: int = 900,
    caption: str = "",
) -> np.ndarray:
    """Draw points with their names on a picture, enlarged or reduced to ``height``.

    Args:
        pixels: (h, w) grey or (h, w, 3) BGR, uint8.
        points: (K, 2) x and y in px of ``pixels``; those with NaN are left out.
        names: K names.
        height: Height of the result in px, without the caption.
        caption: A line above the picture.

    Returns:
        (H, W, 3) RGB, uint8.
    """
    zoom = height / pixels.shape[0]
    size = max(1, round(pixels.shape[1] * zoom)), height
    how = cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC
    resized = cv2.resize(pixels, size, interpolation=how)
    code = cv2.COLOR_GRAY2RGB if resized.ndim == 2 else cv2.COLOR_BGR2RGB
    font = _font(max(10, height // 60))
    line = (font.getbbox("Ag")[3] + 2 * _GAP) if caption else 0
    sheet = Image.new("RGB", (size[0], height + round(line)), _PAPER)
    sheet.paste(Image.fromarray(cv2.cvtColor(resized, code)), (0, round(line)))
    draw = ImageDraw.Draw(sheet)
    if caption:
        draw.text((_GAP, _GAP), caption, font=font, fill=(230, 230, 230))
    # Pixels are areas and whole numbers their centres, before and after.
    places = (np.asarray(points, float).reshape(-1, 2) + 0.5) * (size[0] / pixels.shape[1], zoom)
    shown = np.isfinite(places).all(axis=1)
    places = places[shown] - 0.5 + (0, line)
    _draw_points(draw, places, [n for n, s in zip(names, shown, strict=True) if s], font)
    return np.asarray(sheet)


def side_by_side(pictures: Sequence[np.ndarray], gap: int = 8) -> np.ndarray:
    """Put RGB pictures into one row, tops aligned."""
    width = sum(p.shape[1] for p in pictures) + gap * (len(pictures) - 1)
    row = np.full((max(p.shape[0] for p in pictures), width, 3), _PAPER, np.uint8)
    left = 0
    for picture in pictures:
        row[: picture.shape[0], left : left + picture.shape[1]] = picture
        left += picture.shape[1] + gap
    return row


def contact_sheet(pictures: Sequence[np.ndarray], columns: int = 4, gap: int = 8) -> np.ndarray:
    """Put RGB pictures into rows of ``columns``, each in a cell as wide as the widest."""
    width = max(p.shape[1] for p in pictures)
    columns = min(columns, len(pictures))
    rows = []
    for start in range(0, len(pictures), columns):
        cells = [_padded(p, width) for p in pictures[start : start + columns]]
        cells += [np.full((1, width, 3), _PAPER, np.uint8)] * (columns - len(cells))
        rows.append(side_by_side(cells, gap))
    spaced = [part for row in rows for part in (row, np.full((gap, *row.shape[1:]), _PAPER, "u1"))]
    return np.concatenate(spaced[:-1])


def encode_png(picture: np.ndarray) -> bytes:
    """The bytes of a PNG file of an RGB picture."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()


def _padded(picture: np.ndarray, width: int) -> np.ndarray:
    missing = width - picture.shape[1]
    filled = np.full((picture.shape[0], width, 3), _PAPER, np.uint8)
    filled[:, missing // 2 : missing // 2 + picture.shape[1]] = picture
    return filled


def _font(size: int) -> Any:
    try:
        return ImageFont.load_default(size)
    except TypeError:  # Pillow before 10.1 has one size only
        return ImageFont.load_default()


def _draw_points(
    draw: ImageDraw.ImageDraw, places: np.ndarray, names: list[str], font: Any
) -> None:
    radius = max(2, round(getattr(font, "size", 10) / 5))
    labels = []
    taken = [(x - radius, y - radius, x + radius, y + radius) for x, y in places]
    for (x, y), name in zip(places, names, strict=True):
        box = _free_box((x, y), draw.textbbox((0, 0), name, font=font), taken, draw.im.size)
        taken.append(box)
        labels.append((x, y, box))
    for x, y, box in labels:
        middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        draw.line([(x, y), middle], fill=_POINT)
        draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=_POINT)
    for (_, _, box), name in zip(labels, names, strict=True):
        left, top = draw.textbbox((0, 0), name, font=font)[:2]
        corner = (round(box[0] - left), round(box[1] - top))
        draw.text(corner, name, font=font, fill=_TEXT, stroke_width=2, stroke_fill=_SHADOW)


def _free_box(
    place: tuple[float, float],
    text: tuple[float, float, float, float],
    taken: list[tuple[float, float, float, float]],
    size: tuple[int, int],
) -> tuple[float, float, float, float]:
    """The box near a point that covers least of what is there, and lies in the picture."""
    width, height = text[2] - text[0], text[3] - text[1]
    best, least = (0.0, 0.0, width, height), float("inf")
    for ring in (1, 2, 3, 4):
        for dx, dy in _DIRECTIONS:
            x = place[0] + dx * (width / 2 + _GAP * ring) - width / 2
            y = place[1] + dy * (height / 2 + _GAP * ring) - height / 2
            box = (x, y, x + width, y + height)
            outside = max(-x, 0) + max(-y, 0) + max(box[2] - size[0], 0) + max(box[3] - size[1], 0)
            covered = sum(_overlap(box, other) for other in taken)
            cost = covered + 100 * outside + ring * width * height / 20
            if cost < least:
                best, least = box, cost
    return best


def _overlap(a: Sequence[float], b: Sequence[float]) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return max(width, 0) * max(height, 0)
