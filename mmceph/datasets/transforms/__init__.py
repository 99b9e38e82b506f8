"""Transforms of our own; MMPose's are reached through :mod:`mmceph.pose`."""

from .affine import CephTopdownAffine
from .appearance import RandomBlur, RandomCutOut, RandomInversion
from .elastic import RandomElastic
from .fine_image import KeepFineImage, PackFineInputs
from .loading import LoadCephImage
from .photometric import RandomExposure, RandomNoise
from .ruler import RandomRulerErase, RulerView
from .squash import SquashAffine

__all__ = [
    "CephTopdownAffine",
    "KeepFineImage",
    "LoadCephImage",
    "PackFineInputs",
    "RandomBlur",
    "RandomCutOut",
    "RandomElastic",
    "RandomExposure",
    "RandomInversion",
    "RandomNoise",
    "RandomRulerErase",
    "RulerView",
    "SquashAffine",
]
