"""Metrics and reports. Importing this registers the metrics."""

from .metrics import CephMetric
from .records import CephRecord

__all__ = ["CephMetric", "CephRecord"]
