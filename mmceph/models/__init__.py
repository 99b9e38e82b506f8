"""Everything registered in ``MODELS``: importing this package registers it all."""

from __future__ import annotations

import mmceph.pose as pose  # first: what follows builds on its classes
from mmceph.models import backbones, estimators, heads, losses

__all__ = ["backbones", "estimators", "heads", "losses", "pose"]
