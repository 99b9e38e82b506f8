"""Landmark sets by name, their aliases, and the metainfo MMPose wants of them."""

from .definitions import LANDMARKS, Landmark
from .landmark_set import LandmarkSet
from .names import canonical_name, find_canonical_name, suggestion
from .sets import as_landmark_set, get_landmark_set, landmark_set_names, smallest_set_with

__all__ = [
    "LANDMARKS",
    "Landmark",
    "LandmarkSet",
    "as_landmark_set",
    "canonical_name",
    "find_canonical_name",
    "get_landmark_set",
    "landmark_set_names",
    "smallest_set_with",
    "suggestion",
]
