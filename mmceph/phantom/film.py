"""From attenuation to an 8-bit picture: beam, filter, borders, detector curve, blur, noise."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mmceph.phantom.canvas import Canvas, Image, gaussian, resized
from mmceph.phantom.options import PhantomOptions

__all__ = ["add_beam", "add_border", "add_clouds", "add_texture", "combine_sides", "develop"]


def combine_sides(
    canvas: Canvas, rng: np.random.Generator, centre_mm: NDArray[np.float64]
) -> Image:
    """Sum the mid-plane and both sides; the far side is projected a little differently.

    The central ray runs through the ear rods, so the two sides' images differ in size about that
    point: structures near the ear coincide and those further away show double contours.

    Args:
        canvas: The drawn sheets.
        rng: Source of randomness.
        centre_mm: Position of the central ray (2,), mm relative to Sella.

    Returns:
        (H, W) attenuation.
    """
    scale = float(rng.uniform(0.955, 0.985))
    angle = float(np.clip(rng.normal(0.0, 0.4), -1.0, 1.0))
    shift = rng.normal(0.0, 0.5, 2) / canvas.spacing
    x, y = canvas.to_px(centre_mm)
    matrix = np.asarray(cv2.getRotationMatrix2D((float(x), float(y)), angle, scale), np.float64)
    matrix[:, 2] += shift
    near = canvas.flatten("side")
    far = cv2.warpAffine(near, matrix, canvas.size, flags=cv2.INTER_LINEAR)
    paired = cv2.addWeighted(near, 0.64, far, 0.36, 0.0)
    return np.asarray(cv2.add(canvas.flatten("mid"), paired))


def add_texture(bone: Image, rng: np.random.Generator, spacing: float) -> None:
    """Multiply by an uneven pattern: spongy bone, and cortex that is not equally thick."""
    height, width = bone.shape
    middle = _grain(rng, (height, width), spacing, 2.6, 0.10)
    coarse = _grain(rng, (height, width), spacing, 9.0, 0.13)
    middle += resized(coarse, middle.shape[1], middle.shape[0])
    pattern = resized(_grain(rng, (height, width), spacing, 0.8, 0.09), width, height)
    pattern += resized(middle, width, height)
    pattern += np.float32(1.0)
    bone *= pattern


def add_clouds(soft: Image, rng: np.random.Generator, spacing: float) -> None:
    """Multiply by a very slow pattern: brain and muscles are not equally thick."""
    height, width = soft.shape
    coarse = _grain(rng, (height, width), spacing, 22.0, 0.04) + np.float32(1.0)
    soft *= np.float32(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC))


def _grain(
    rng: np.random.Generator, shape: tuple[int, int], spacing: float, size_mm: float, sd: float
) -> Image:
    """White noise on a grid of ``size_mm``, no finer than the picture's own pixels."""
    rows, columns = (min(extent, int(extent * spacing / size_mm) + 2) for extent in shape)
    return np.float32(sd) * rng.standard_normal((rows, columns), dtype=np.float32)


def add_beam(
    attenuation: Image,
    rng: np.random.Generator,
    options: PhantomOptions,
    spacing: float,
    wedge_px: float,
) -> None:
    """Add the soft-tissue filter before the face, a slow gradient and bright unexposed borders."""
    height, width = attenuation.shape
    columns = np.arange(width, dtype=np.float32)
    rows = np.arange(height, dtype=np.float32)
    has_wedge = rng.random() < options.wedge_probability
    softness = np.float32(rng.uniform(2.0, 6.0) / spacing)
    depth = np.float32(rng.uniform(0.13, 0.26))
    across = np.zeros(width, np.float32)
    if has_wedge:
        across += depth / (1.0 + _safe_exp(-(columns - np.float32(wedge_px)) / softness))
    else:
        across += np.float32(rng.uniform(0.0, 0.06))
    gradient = float(rng.uniform(*options.gradient)) * rng.choice((-1.0, 1.0), 2)
    across += np.float32(0.5 * gradient[0]) * (columns / width - 0.5)
    down = np.float32(0.5 * gradient[1]) * (rows / height - 0.5)
    attenuation += across[None, :]
    attenuation += down[:, None]
    np.maximum(attenuation, 0.015, out=attenuation)
    _add_bands(attenuation, rng, options, spacing)


def _add_bands(
    attenuation: Image, rng: np.random.Generator, options: PhantomOptions, spacing: float
) -> None:
    """Collimator blades: no X-rays reach the border, which therefore stays bright."""
    height, width = attenuation.shape
    columns = np.arange(width, dtype=np.float32) * np.float32(spacing)
    rows = np.arange(height, dtype=np.float32) * np.float32(spacing)
    top = rng.random() < options.band_probability
    depth = np.float32(rng.uniform(3.0, 13.0))
    if top:
        edge = 1.0 / (1.0 + _safe_exp((rows - depth) / np.float32(rng.uniform(0.5, 1.6))))
        attenuation += np.float32(rng.uniform(0.7, 1.2)) * edge[:, None]
    left, right = rng.random(2) < 0.5 * options.band_probability
    width_mm = rng.uniform(0.8, 4.0, 2)
    ends = rng.uniform(0.15, 1.0, 2) * height
    for on, distance, limit, from_top in (
        (left, columns, width_mm[0], True),
        (right, columns[::-1], width_mm[1], False),
    ):
        if on:
            edge = 1.6 / (1.0 + _safe_exp((distance - np.float32(limit)) / np.float32(0.25)))
            part = slice(0, int(ends[0])) if from_top else slice(height - int(ends[1]), height)
            attenuation[part] += edge[None, :]


def add_border(
    attenuation: Image, rng: np.random.Generator, canvas: Canvas, lowest_mm: float
) -> None:
    """Unexposed border at the top that reaches down to ``lowest_mm``, relative to Sella."""
    rows = (np.arange(len(attenuation), dtype=np.float32) - float(canvas.origin[1])) * np.float32(
        canvas.spacing
    )
    depth, softness = np.float32(rng.uniform(0.4, 1.1)), np.float32(rng.uniform(0.5, 2.0))
    attenuation += depth / (1.0 + _safe_exp((rows - np.float32(lowest_mm)) / softness))[:, None]


def develop(
    attenuation: Image, rng: np.random.Generator, options: PhantomOptions, spacing: float
) -> NDArray[np.uint8]:
    """Turn attenuation into grey values.

    Args:
        attenuation: (H, W), 0 is air.
        rng: Source of randomness.
        options: Limits of exposure, gamma, contrast, blur, noise and sharpening.
        spacing: mm per px.

    Returns:
        (H, W) uint8, dense is bright.
    """
    exposure, gamma = float(rng.uniform(*options.exposure)), float(rng.uniform(*options.gamma))
    contrast = float(rng.uniform(*options.contrast))
    blur = float(rng.uniform(*options.blur_mm)) / spacing
    noise = float(rng.uniform(*options.noise))
    sharpening = float(rng.uniform(*options.sharpening))
    black = float(rng.uniform(0.0, 0.05))
    if blur > 0.2:
        attenuation = gaussian(attenuation, blur)
    # A detector's logarithmic response with a soft shoulder: dense parts saturate, not clip.
    grey: Image = 1.0 - np.exp(np.float32(-1.35 * exposure) * attenuation)
    if sharpening > 0:
        # Half the size will do for what is subtracted, and is four times faster.
        height, width = grey.shape
        half = resized(grey, (width + 1) // 2, (height + 1) // 2)
        smooth = resized(gaussian(half, 0.3 / spacing), width, height)
        grey = np.asarray(cv2.addWeighted(grey, 1.0 + sharpening, smooth, -sharpening, 0.0))
    if noise > 0:
        # Few quanta get through dense parts, so these are noisier.
        grain = _bell_noise(rng, grey.shape)
        grain *= np.float32(noise) * (np.float32(0.6) + grey)
        grey += grain
    np.clip(grey, 0.0, 1.0, out=grey)
    if abs(gamma - 1.0) > 1e-6:
        grey = np.asarray(cv2.pow(grey, gamma))
    # Contrast around the middle grey, and a floor of black, in one line: slope * grey + offset.
    slope, offset = (1.0 - black) * contrast, black + (1.0 - black) * 0.4 * (1.0 - contrast)
    np.maximum(grey, np.float32(-offset / slope), out=grey)
    return np.asarray(cv2.convertScaleAbs(grey, alpha=255.0 * slope, beta=255.0 * offset))


def _bell_noise(rng: np.random.Generator, shape: tuple[int, ...]) -> Image:
    """White noise of mean 0 and standard deviation 1: the sum of four bytes, which is nearly normal
    and takes half the time of normal numbers."""
    count = int(np.prod(shape))
    words = rng.integers(0, 2**32, size=count, dtype=np.uint32)
    total = np.zeros(shape, np.float32)
    for plane in words.astype("<u4", copy=False).view(np.uint8).reshape(4, *shape):
        cv2.accumulate(plane, total)
    total -= np.float32(4 * 127.5)
    total *= np.float32(1.0 / np.sqrt(4 * (256.0**2 - 1.0) / 12.0))
    return total


def _safe_exp(values: Image) -> Image:
    result: Image = np.exp(np.clip(values, -60.0, 60.0))
    return result
