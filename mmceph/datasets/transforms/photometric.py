"""Grey-value augmentations for X-rays: exposure and noise. Landmarks stay where they are."""

from __future__ import annotations

import numpy as np

from mmceph.registry import TRANSFORMS

from .grey_transform import GreyTransform


@TRANSFORMS.register_module()
class RandomExposure(GreyTransform):
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
        super().__init__(prob)
        if min(*gamma, *contrast) <= 0:
            raise ValueError(f"gamma and contrast must be > 0, got {gamma} and {contrast}")
        self.gamma = gamma
        self.contrast = contrast
        self.brightness = brightness

    def change(self, img: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Map the grey values."""
        gamma = np.exp(rng.uniform(*np.log(self.gamma)))
        contrast = rng.uniform(*self.contrast)
        shift = rng.uniform(-self.brightness, self.brightness)
        grey = np.linspace(0.0, 1.0, 256) ** gamma
        table = ((grey - 0.5) * contrast + 0.5 + shift) * 255
        changed: np.ndarray = table.round().clip(0, 255).astype(np.uint8)[img]
        return changed


@TRANSFORMS.register_module()
class RandomNoise(GreyTransform):
    """Add Gaussian noise of a random strength.

    Args:
        sigma: Range of the standard deviation, as a share of the full range.
        prob: Share of images that are changed.
    """

    def __init__(self, sigma: tuple[float, float] = (0.0, 0.04), prob: float = 1.0) -> None:
        super().__init__(prob)
        if min(sigma) < 0:
            raise ValueError(f"sigma must be >= 0, got {sigma}")
        self.sigma = sigma

    def change(self, img: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Add the noise."""
        noise = rng.standard_normal(img.shape, dtype=np.float32)
        noisy = img + noise * np.float32(rng.uniform(*self.sigma) * 255)
        changed: np.ndarray = noisy.round().clip(0, 255).astype(np.uint8)
        return changed
