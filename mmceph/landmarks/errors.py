"""What is wrong with a landmark's name or a list of them."""

from __future__ import annotations

from mmceph.errors import MmcephError


class LandmarkError(MmcephError):
    """A landmark or a landmark set is not known, or a list of landmarks is not in order."""
