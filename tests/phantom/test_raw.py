from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mmceph.landmarks import get_landmark_set
from mmceph.phantom.__main__ import main
from mmceph.phantom.raw import RAW_FORMATS, make_raw_phantoms, write_raw
from mmceph.phantom.raw_stack import challenge_points


@pytest.mark.parametrize("name", RAW_FORMATS)
def test_the_command_writes_every_format(tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    assert main(["--raw", name, "--out", str(out), "--num", "2", "--size", "96", "120"]) == 0
    assert any(path.is_file() for path in out.rglob("*"))
    # A second run must not mix with the first.
    assert main(["--raw", name, "--out", str(out), "--num", "2", "--size", "96", "120"]) == 1


def test_the_challenges_points_are_complete_and_inside() -> None:
    phantom = make_raw_phantoms(1, size=(96, 120))[0]
    points = challenge_points(phantom.landmarks)
    assert tuple(points) == get_landmark_set("cldetection38").names
    assert points["S"] == phantom.landmarks["S"]
    middle = np.add(phantom.landmarks["Pn"], phantom.landmarks["Sn"]) / 2
    assert points["Cm"] == pytest.approx(tuple(middle))
    places = np.array(list(points.values()))
    assert (places >= 0).all()
    assert (places <= [96, 120]).all()


def test_wrong_arguments(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown raw format 'x'"):
        write_raw(tmp_path / "a", "x", [])
    with pytest.raises(ValueError, match="no phantoms"):
        write_raw(tmp_path / "a", "aariz", [])
