from __future__ import annotations

import multiprocessing
import os
import pickle
import time
from pathlib import Path

import numpy as np
import pytest

from mmceph.imaging.cache import DiskCache, Entry, RamCache, Stamp, cache_key

STAMP = Stamp(1_700_000_000_123_456_789, 1000)


def entry(value: int, count: int = 1000) -> Entry:
    return Entry(np.full((1, count), value, np.uint8), (count * 4, 4))


@pytest.fixture(params=["ram", "disk"])
def cache(request: pytest.FixtureRequest, tmp_path: Path) -> RamCache | DiskCache:
    if request.param == "ram":
        return RamCache(3000)
    return DiskCache(4000, tmp_path / "cache")


def test_what_was_put_is_found(cache):
    assert cache.get("a", STAMP) is None
    cache.put("a", STAMP, entry(7))
    found = cache.get("a", STAMP)
    np.testing.assert_array_equal(found.pixels, entry(7).pixels)
    assert found.pixels.dtype == np.uint8
    assert found.original_size == (4000, 4)


def test_a_changed_file_is_not_found_and_replaces_what_was_there(cache):
    cache.put("a", STAMP, entry(1))
    for changed in (STAMP._replace(mtime_ns=STAMP.mtime_ns + 1), STAMP._replace(size=999)):
        assert cache.get("a", changed) is None
    changed = STAMP._replace(size=999)
    cache.put("a", changed, entry(2))
    assert cache.get("a", changed).pixels[0, 0] == 2
    assert cache.get("a", STAMP) is None


@pytest.mark.filterwarnings("ignore:the image cache is full")
def test_the_oldest_leave_when_it_is_full(cache):
    for i, name in enumerate("abcde"):
        cache.put(name, STAMP, entry(i))
        time.sleep(0.01)  # file systems count time in steps
    kept = [name for name in "abcde" if cache.get(name, STAMP)]
    assert kept in (["c", "d", "e"], ["d", "e"])
    cache.put("huge", STAMP, entry(1, 10_000))
    assert cache.get("huge", STAMP) is None


def test_a_full_cache_says_so(cache):
    for name in "abc":
        cache.put(name, STAMP, entry(0))
    with pytest.warns(UserWarning, match="cache_bytes"):
        cache.put("d", STAMP, entry(0))


def test_keys_tell_paths_and_settings_apart(tmp_path: Path):
    key = cache_key("a.png", (640, 800))
    assert key == cache_key(Path.cwd() / "a.png", (640, 800))
    assert len({key, cache_key("b.png", (640, 800)), cache_key("a.png", (640, 801))}) == 3
    assert key.isalnum()


def test_a_stamp_is_that_of_the_file(tmp_path: Path):
    path = tmp_path / "x"
    path.write_bytes(b"123")
    os.utime(path, ns=(5, 1_600_000_000_000_000_000))
    assert Stamp.of(path) == (1_600_000_000_000_000_000, 3)


def test_another_process_gets_an_empty_memory_cache_of_the_same_size():
    cache = RamCache(5000)
    cache.put("a", STAMP, entry(1))
    copy = pickle.loads(pickle.dumps(cache))
    assert copy.capacity == 5000
    assert copy.get("a", STAMP) is None
    copy.put("a", STAMP, entry(2))
    assert cache.get("a", STAMP).pixels[0, 0] == 1


@pytest.mark.parametrize("damage", [b"", b"no npy file", None])
def test_damaged_files_count_as_missing(tmp_path: Path, damage: bytes | None):
    cache = DiskCache(10_000, tmp_path)
    cache.put("a", STAMP, entry(1))
    (file,) = tmp_path.glob("*.npy")
    file.write_bytes(file.read_bytes()[:-10] if damage is None else damage)
    assert cache.get("a", STAMP) is None
    cache.put("a", STAMP, entry(2))
    assert cache.get("a", STAMP).pixels[0, 0] == 2


def test_a_pickle_in_the_folder_is_not_run(tmp_path: Path):
    cache = DiskCache(10_000, tmp_path)
    np.save(tmp_path / "a.npy", np.array([print], dtype=object), allow_pickle=True)
    assert cache.get("a", STAMP) is None


def test_what_killed_processes_left_is_cleared_away(tmp_path: Path):
    old, new = tmp_path / ".a.npy.1.tmp", tmp_path / ".b.npy.2.tmp"
    for file in (old, new):
        file.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    DiskCache(10_000, tmp_path).put("a", STAMP, entry(1))
    assert not old.exists()
    assert new.exists()


def test_a_folder_that_cannot_be_written_is_done_without(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    cache = DiskCache(10_000, tmp_path / "file" / "cache")
    with pytest.warns(UserWarning, match="cannot be cached"):
        cache.put("a", STAMP, entry(1))
    assert cache.get("a", STAMP) is None


def test_the_default_folder_is_the_user_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MMCEPH_CACHE_DIR", str(tmp_path))
    DiskCache(10_000).put("a", STAMP, entry(1))
    (file,) = (tmp_path / "images").glob("*.npy")
    if os.name == "posix":
        assert file.parent.stat().st_mode & 0o077 == 0  # pictures of patients


def _hammer(directory: Path, seed: int, failures: multiprocessing.Queue) -> None:
    """Write and read a few keys; every picture found must be whole."""
    rng = np.random.default_rng(seed)
    cache = DiskCache(60_000, directory)
    for _ in range(150):
        key = str(rng.integers(8))
        found = cache.get(key, STAMP)
        if found is None or rng.random() < 0.5:
            cache.put(key, STAMP, entry(int(rng.integers(256)), 10_000))
        elif found.pixels.shape != (1, 10_000) or np.ptp(found.pixels):
            failures.put(key)


@pytest.mark.filterwarnings("ignore:the image cache is full")
def test_processes_share_a_folder(tmp_path: Path):
    context = multiprocessing.get_context("spawn")
    failures = context.Queue()
    workers = [context.Process(target=_hammer, args=(tmp_path, i, failures)) for i in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert failures.empty()
    assert not list(tmp_path.glob("*.tmp"))
    assert sum(file.stat().st_size for file in tmp_path.glob("*.npy")) < 100_000
