"""What all augmentations of grey values share: 8 bits, a share of the pictures, one generator."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmceph.pose import BaseTransform

__all__ = ["GreyTransform", "draw_generator", "require_uint8"]


def draw_generator() -> np.random.Generator:
    """Draw a generator from NumPy's global state, which the data loader seeds per worker."""
    return np.random.default_rng(np.random.randint(2**31))


def require_uint8(img: np.ndarray, transform: str) -> None:
    """Refuse what is not 8 bits.

    Raises:
        TypeError: The picture has another type.
    """
    if img.dtype != np.uint8:
        raise TypeError(f"{transform} works on 8-bit images, got {img.dtype}: set to_float32=False")


class GreyTransform(BaseTransform):
    """Changes ``results["img"]`` in a share of the pictures; landmarks stay where they are.

    Args:
        prob: Share of pictures that are changed.
    """

    def __init__(self, prob: float) -> None:
        super().__init__()
        self.prob = prob

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Change ``results["img"]``, uint8 of shape (h, w) or (h, w, C)."""
        require_uint8(results["img"], type(self).__name__)
        rng = draw_generator()
        if rng.random() < self.prob:
            results["img"] = self.change(results["img"], rng)
        return results

    def change(self, img: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Give the changed picture, of the same shape and type."""
        raise NotImplementedError
