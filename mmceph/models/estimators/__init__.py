"""Estimators of our own; TopdownPoseEstimator is reached through :mod:`mmceph.pose`."""
