from __future__ import annotations

import pytest


@pytest.fixture
def probes(site):
    """The number of times mmpose has been imported."""
    log = site.folder.parent / "imports.log"
    site.write("mmpose/datasets/__init__.py", f"open({str(log)!r}, 'a').write('x')")
    return lambda: len(log.read_text()) if log.exists() else 0


def test_answer_is_remembered_until_something_is_installed(site, probes):
    assert site.guard()[0] == 0
    assert site.guard()[0] == 0
    assert probes() == 1
    site.add("six", "1.17.0")
    site.guard()
    assert probes() == 2
    site.guard("--refresh")
    assert probes() == 3


def test_another_pythonpath_is_another_environment(site, probes, tmp_path):
    site.guard()
    blocked = tmp_path / "blocked" / "mmpose"
    blocked.mkdir(parents=True)
    (blocked / "__init__.py").write_text("raise ModuleNotFoundError('no', name='mmpose')")
    program = (
        f"import sys; sys.path.insert(0, {str(blocked.parent)!r}); "
        "from mmceph.guard import mmpose_usable; print(mmpose_usable())"
    )
    assert site.python("-c", program).stdout.split() == ["False"]


def test_cache_that_cannot_be_written_is_done_without(site, probes):
    site.cache.write_text("a file where the folder should be")
    assert site.guard()[0] == 0
    assert site.guard()[0] == 0
    assert probes() == 2


def test_damaged_answer_is_asked_for_again(site, probes):
    site.guard()
    (answer,) = site.cache.glob("probe-*.json")
    answer.write_text("{")
    assert site.guard()[0] == 0
    assert probes() == 2
