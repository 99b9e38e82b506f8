"""Metrics registered with mmengine's evaluator."""

from .ceph_metric import CephMetric

__all__ = ["CephMetric"]
