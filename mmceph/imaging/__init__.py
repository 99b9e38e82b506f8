"""Reading cephalograms from files; needs NumPy, OpenCV and Pillow, and no torch."""

from .ceph_image import CephImage, ImageReadError, PixelSize
from .grey import to_8bit
from .reader import image_size, read_image

__all__ = [
    "CephImage",
    "ImageReadError",
    "PixelSize",
    "image_size",
    "read_image",
    "to_8bit",
]
