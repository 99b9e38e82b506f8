"""Procedural lateral cephalograms with exact landmarks: mmceph's embedded default data."""

from __future__ import annotations

from mmceph.phantom.generate import Phantom, generate_phantom
from mmceph.phantom.options import PhantomOptions

__all__ = ["Phantom", "PhantomOptions", "generate_phantom"]
