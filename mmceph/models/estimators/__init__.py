"""Estimators of our own; TopdownPoseEstimator is reached through :mod:`mmceph.pose`."""

from .difficult_landmark_estimator import DifficultLandmarkEstimator

__all__ = ["DifficultLandmarkEstimator"]
