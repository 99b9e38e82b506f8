"""Landmark sets by name, their aliases, and the metainfo MMPose wants of them."""

from .definitions import LANDMARKS, Landmark
from .errors import LandmarkError
from .landmark_set import LandmarkSet
from .lists import (
    describe_landmarks,
    flag_for_annotations,
    landmarks_flag,
    landmarks_info,
    parse_landmarks,
    read_landmarks,
)
from .names import canonical_name, find_canonical_name, suggestion
from .sets import (
    as_config,
    as_landmark_set,
    get_landmark_set,
    known_set_of,
    landmark_set_names,
    smallest_set_with,
)

__all__ = [
    "LANDMARKS",
    "Landmark",
    "LandmarkError",
    "LandmarkSet",
    "as_config",
    "as_landmark_set",
    "canonical_name",
    "describe_landmarks",
    "find_canonical_name",
    "flag_for_annotations",
    "get_landmark_set",
    "known_set_of",
    "landmark_set_names",
    "landmarks_flag",
    "landmarks_info",
    "parse_landmarks",
    "read_landmarks",
    "smallest_set_with",
    "suggestion",
]
