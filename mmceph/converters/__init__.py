"""Raw files of each data set to one COCO-keypoints dict; no training stack is needed."""

from .case import Case, Point
from .coco import build_coco, flat_keypoints
from .problems import ConversionError, Problem, Problems
from .split import SPLITS, annotation_paths, split_cases, write_splits

__all__ = [
    "SPLITS",
    "Case",
    "ConversionError",
    "Point",
    "Problem",
    "Problems",
    "annotation_paths",
    "build_coco",
    "flat_keypoints",
    "split_cases",
    "write_splits",
]
