"""Metrics registered with mmengine's evaluator."""

from .ceph_metric import CephMetric
from .ruler_metric import RulerMetric

__all__ = ["CephMetric", "RulerMetric"]
