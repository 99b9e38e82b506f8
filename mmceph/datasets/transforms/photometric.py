"""Grey-value augmentations for X-rays: exposure and noise. Landmarks stay where they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmceph.pose import BaseTransform
from mmceph.registry import TRANSFORMS


def _generator() -> np.random.Generator:
    """Draw a generator from NumPy's global state, which the data loader seeds per worker."""
    return np.random.default_rng(np.random.randint(2**31))


def _require_uint8(img: np.ndarray, transform: str) -> None:
    if img.dtype != np.uint8:
        raise TypeError(f"{transform} works on 8-bit images, got {img.dtype}: set to_float32=False")


@TRANSFORMS.register_module()
class RandomExposure(BaseTransform):
    """Vary gamma, contrast and brightness, as film, dose and detector do.

    Args:
        gamma: Range of the exponent on grey values in 0..1; drawn evenly in its logarithm.
        contrast: Range of the factor about mid-grey.
        brightness: Largest shift either way, as a share of the full range.
        prob: Share of images that are changed.
    """

    def __init__(
        self,
        gamma: tuple[float, float] = (0.67, 1.5),
        contrast: tuple[float, float] = (0.75, 1.3),
        brightness: float = 0.1,
        prob: float = 1.0,
    ) -> None:
        super().__init__()
        if min(*gamma, *contrast) <= 0:
            raise ValueError(f"gamma and contrast must be > 0, got {gamma} and {contrast}")
        self.gamma = gamma
        self.contrast = contrast
        self.brightness = brightness
        self.prob = prob

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Change ``results["img"]``, uint8 of any shape."""
        _require_uint8(results["img"], type(self).__name__)
        rng = _generator()
        if rng.random() < self.prob:
            gamma = np.exp(rng.uniform(*np.log(self.gamma)))
            contrast = rng.uniform(*self.contrast)
            shift = rng.uniform(-self.brightness, self.brightness)
            grey = np.linspace(0.0, 1.0, 256) ** gamma
            table = ((grey - 0.5) * contrast + 0.5 + shift) * 255
            results["img"] = table.round().clip(0, 255).astype(np.uint8)[results["img"]]
        return results


@TRANSFORMS.register_module()
class RandomNoise(BaseTransform):
    """Add Gaussian noise of a random strength.

    Args:
        sigma: Range of the standard deviation, as a share of the full range.
        prob: Share of images that are changed.
    """

    def __init__(self, sigma: tuple[float, float] = (0.0, 0.04), prob: float = 1.0) -> None:
        super().__init__()
        if min(sigma) < 0:
            raise ValueError(f"sigma must be >= 0, got {sigma}")
        self.sigma = sigma
        self.prob = prob

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Change ``results["img"]``, uint8 of any shape."""
        _require_uint8(results["img"], type(self).__name__)
        rng = _generator()
        if rng.random() < self.prob:
            img = results["img"]
            noise = rng.standard_normal(img.shape, dtype=np.float32)
            noisy = img + noise * np.float32(rng.uniform(*self.sigma) * 255)
            results["img"] = noisy.round().clip(0, 255).astype(np.uint8)
        return results
