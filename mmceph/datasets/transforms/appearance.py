"""Augmentations of what a picture looks like: blur, inversion, cut-out. Landmarks stay put."""

from __future__ import annotations

import cv2
import numpy as np

from mmceph.registry import TRANSFORMS

from .grey_transform import GreyTransform


@TRANSFORMS.register_module()
class RandomBlur(GreyTransform):
    """Blur with a Gaussian, as focal spot, movement and screens do.

    Args:
        sigma: Range of its standard deviation in px of the image.
        prob: Share of images that are changed.

    Raises:
        ValueError: ``sigma`` is not a rising pair above 0.
    """

    def __init__(self, sigma: tuple[float, float] = (0.3, 1.5), prob: float = 0.5) -> None:
        super().__init__(prob)
        if not 0 < sigma[0] <= sigma[1]:
            raise ValueError(f"RandomBlur: sigma must be a rising pair above 0, got {sigma}")
        self.sigma = sigma

    def change(self, img: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Blur it."""
        return np.asarray(cv2.GaussianBlur(img, (0, 0), rng.uniform(*self.sigma)))


@TRANSFORMS.register_module()
class RandomInversion(GreyTransform):
    """Turn black and white round, as exports that ignore the photometric interpretation do.

    Args:
        prob: Share of images that are changed.
    """

    def __init__(self, prob: float = 0.1) -> None:
        super().__init__(prob)

    def change(self, img: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Turn it round."""
        return 255 - img


@TRANSFORMS.register_module()
class RandomCutOut(GreyTransform):
    """Cover rectangles, so that a landmark is also learnt from what lies around it.

    Covered landmarks stay in the target. After DeVries and Taylor, "Improved Regularization of
    Convolutional Neural Networks with Cutout" (2017).

    Args:
        count: Range of the number of rectangles, both ends included.
        size: Range of their sides as a share of the image's.
        fill: A grey value, or None for a random one for each.
        prob: Share of images that are changed.

    Raises:
        ValueError: A range does not rise, or ``size`` is not within 0..1.
    """

    def __init__(
        self,
        count: tuple[int, int] = (1, 4),
        size: tuple[float, float] = (0.05, 0.2),
        fill: int | None = None,
        prob: float = 0.5,
    ) -> None:
        super().__init__(prob)
        if not 1 <= count[0] <= count[1] or not 0 < size[0] <= size[1] <= 1:
            raise ValueError(
                f"RandomCutOut: count {count} and size {size} must rise, from 1 on and within 0..1"
            )
        self.count = count
        self.size = size
        self.fill = fill

    def change(self, img: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Cover some of it."""
        image = img.copy()
        sides = np.array(image.shape[:2])
        for _ in range(rng.integers(self.count[0], self.count[1] + 1)):
            extent = np.maximum(rng.uniform(*self.size, 2) * sides, 1).astype(int)
            top, left = (int(n) for n in rng.integers(0, sides - extent + 1))
            fill = int(rng.integers(256)) if self.fill is None else self.fill
            image[top : top + extent[0], left : left + extent[1]] = fill
        return image
