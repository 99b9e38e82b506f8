"""Data sets and transforms; importing this registers them."""

from . import transforms
from .ceph_dataset import CephDataset
from .known import AarizDataset, CLDetection2023Dataset, ISBI2015Dataset, RulerDataset

__all__ = [
    "AarizDataset",
    "CLDetection2023Dataset",
    "CephDataset",
    "ISBI2015Dataset",
    "RulerDataset",
    "transforms",
]
