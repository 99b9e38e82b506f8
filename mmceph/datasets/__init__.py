"""Data sets and transforms; importing this registers them."""

from . import transforms
from .ceph_dataset import CephDataset

__all__ = ["CephDataset", "transforms"]
