"""``--fix`` with a pip that notes what it is asked for and then mends the fake set-up."""

from __future__ import annotations

import pytest

PIP = """
    import pathlib, sys
    site = pathlib.Path(__file__).resolve().parents[1]
    with open(site.parent / "pip.log", "a") as log:
        log.write(" ".join(sys.argv[1:]) + "\\n")
    if "fail" in (site.parent / "mood").read_text():
        sys.exit(2)
    if sys.argv[1] == "install":
        (site / "mmcv" / "__init__.py").write_text('__version__ = "2.1.0"')
"""


@pytest.fixture
def broken(site):
    """A set-up with mmcv 2.2.0."""
    site.add("mmcv", "2.2.0")
    site.add("pip", "23.2.1")
    site.write("pip/__main__.py", PIP)
    (site.folder.parent / "mood").write_text("good")
    site.log = site.folder.parent / "pip.log"
    return site


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_nothing_is_done_without_a_yes(broken, answer):
    done = broken.python("-m", "mmceph.guard", "--fix", stdin=answer)
    assert done.returncode == 3
    assert "pip uninstall -y mmcv" in done.stdout
    assert "Nothing was changed." in done.stdout
    assert not broken.log.exists()


def test_a_yes_runs_the_plan_and_looks_again(broken):
    done = broken.python("-m", "mmceph.guard", "--fix", stdin="y\n")
    assert broken.log.read_text().splitlines() == [
        "uninstall -y mmcv",
        "install mmcv-lite==2.1.0 numpy<2.3 opencv-python<5",
    ]
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("Verdict:") == 2


def test_yes_option_does_not_ask(broken):
    assert broken.python("-m", "mmceph.guard", "--fix", "--yes").returncode == 0


def test_a_failing_step_stops_the_plan(broken):
    (broken.folder.parent / "mood").write_text("fail")
    done = broken.python("-m", "mmceph.guard", "--fix", "--yes")
    assert done.returncode == 3
    assert "failed with exit code 2" in done.stdout
    assert len(broken.log.read_text().splitlines()) == 1


def test_yes_without_fix_changes_nothing(broken):
    assert broken.python("-m", "mmceph.guard", "--yes").returncode == 3
    assert not broken.log.exists()
