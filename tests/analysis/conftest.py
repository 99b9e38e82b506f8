"""Tracings to measure: heads of the phantom with every point any measurement needs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mmceph.phantom.shape import sample_head

Tracing = dict[str, np.ndarray]


def make_tracing(seed: int = 0, limit_sd: float = 2.0) -> Tracing:
    """A head in mm, face to the right, with rough places for the points phantoms lack."""
    points = dict(sample_head(np.random.default_rng(seed), limit_sd).landmarks)
    points["Cm"] = 0.5 * (points["Sn"] + points["Pn"]) + np.array([0.0, 1.0])
    points["U6"], points["L6"] = points["UMT"] + [2.0, -3.0], points["LMT"] + [2.0, 3.0]
    return points


@pytest.fixture
def tracing() -> Callable[..., Tracing]:
    """The function that makes a tracing."""
    return make_tracing


@pytest.fixture
def average() -> Tracing:
    """The average head."""
    return make_tracing(0, 0.0)
