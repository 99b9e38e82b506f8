"""Affine matrices from a (rotated) box in the image to the network's input.

A box is given by its centre and size in image px (x before y) and a rotation in degrees.
"""

from __future__ import annotations

import math

import cv2
import numpy as np


def get_warp_matrix(
    center: np.ndarray,
    scale: np.ndarray,
    rot: float,
    output_size: tuple[int, int],
    shift: tuple[float, float] = (0.0, 0.0),
    inv: bool = False,
    fix_aspect_ratio: bool = True,
) -> np.ndarray:
    """Map a box onto the output by three point pairs: centre, left edge, and a third corner.

    Args:
        center: Box centre (x, y) in px, shape (2,).
        scale: Box size (w, h) in px, shape (2,).
        rot: Rotation of the box in degrees.
        output_size: Output size (w, h) in px.
        shift: Shift of the box as a share of its size.
        inv: Give the matrix from the output to the image instead.
        fix_aspect_ratio: Scale both axes by the width alone; otherwise width and height each
            fill the output.

    Returns:
        Matrix of shape (2, 3), float64.

    >>> get_warp_matrix(np.array([50., 40.]), np.array([100., 80.]), 0., (50, 40)).round(6) + 0.
    array([[0.5, 0. , 0. ],
           [0. , 0.5, 0. ]])
    """
    angle = np.deg2rad(rot)
    cos, sin = np.cos(angle), np.sin(angle)
    size = np.asarray(scale, dtype=np.float64)
    box_w, box_h = size
    out_w, out_h = output_size
    middle = np.asarray(center, dtype=np.float64) + size * np.asarray(shift)

    src = np.zeros((3, 2), dtype=np.float32)
    dst = np.zeros((3, 2), dtype=np.float32)
    src[0] = middle
    src[1] = middle + 0.5 * box_w * np.array([-cos, -sin])
    dst[0] = (0.5 * out_w, 0.5 * out_h)
    dst[1] = (0.0, 0.5 * out_h)
    if fix_aspect_ratio:
        src[2] = _right_angle(src[0], src[1])
        dst[2] = _right_angle(dst[0], dst[1])
    else:
        src[2] = middle + 0.5 * box_h * np.array([sin, -cos])
        dst[2] = (0.5 * out_w, 0.0)
    return cv2.getAffineTransform(dst, src) if inv else cv2.getAffineTransform(src, dst)


def _right_angle(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The point that makes a right angle at ``b``, as far from it as ``a`` is."""
    dx, dy = a - b
    return b + np.array([-dy, dx])


def get_udp_warp_matrix(
    center: np.ndarray, scale: np.ndarray, rot: float, output_size: tuple[int, int]
) -> np.ndarray:
    """Map a box onto the output so that its first and last pixel CENTRES meet the output's.

    That is unbiased data processing (Huang et al., CVPR 2020): lengths are counted in pixel
    steps, so the output is ``output_size - 1`` long.

    Args:
        center: Box centre (x, y) in px, shape (2,).
        scale: Box size (w, h) in px, shape (2,).
        rot: Rotation of the box in degrees.
        output_size: Output size (w, h) in px.

    Returns:
        Matrix of shape (2, 3), float32.
    """
    angle = np.deg2rad(rot)
    cos, sin = math.cos(angle), math.sin(angle)
    cx, cy = (float(c) for c in center)
    zoom = (np.asarray(output_size) - 1) / np.asarray(scale, dtype=np.float64)
    matrix = np.zeros((2, 3), dtype=np.float32)
    matrix[0] = zoom[0] * np.array([cos, -sin, -cx * cos + cy * sin + 0.5 * scale[0]])
    matrix[1] = zoom[1] * np.array([sin, cos, -cx * sin - cy * cos + 0.5 * scale[1]])
    return matrix
