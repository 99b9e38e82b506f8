"""A short piece of each part of the campaign."""

from __future__ import annotations

import os

import pytest

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


@needs_fork
def test_report(tmp_path):
    from .report import campaign

    tally = campaign(2, 0, tmp_path, plots=False)
    assert tally.tried == 2
    assert tally.losses == []


@needs_fork
def test_prediction(tmp_path):
    from .prediction import campaign

    tally = campaign(1, 0, tmp_path)
    assert tally.tried >= 1
    assert tally.losses == []


def test_checkpoints(tmp_path):
    from .checkpoints import campaign

    tally = campaign(3, 0, tmp_path)
    assert tally.tried == 3
    assert tally.losses == []


@needs_fork
def test_command_line(tmp_path):
    from .command_line import campaign

    tally = campaign(6, 0, tmp_path, only=("measure", "select", "phantom", "convert labelme"))
    assert tally.tried == 6
    assert tally.losses == []


@needs_fork
def test_files(tmp_path):
    from .files import campaign

    tally = campaign(24, 0, tmp_path, slow=False)
    assert tally.tried == 24
    assert tally.losses == []


@needs_fork
def test_conversion(tmp_path):
    from .conversion import campaign

    tally = campaign(3, 1, tmp_path, kinds=("labelme", "cldetection2023"), number=4)
    assert tally.tried == 3
    assert tally.losses == []


@needs_fork
def test_training(tmp_path):
    from .training import campaign

    tally = campaign(2, 3, tmp_path)
    assert tally.tried >= 2
    assert tally.losses == []
