"""Conversions that were stopped in the middle: what is read afterwards, and what mends it."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmceph.datasets.canonical import read_canonical
from mmceph.errors import AnnotationError
from mmceph.io import atomic
from mmceph.phantom.raw import make_raw_phantoms, write_raw

Run = Callable[..., tuple[int, str, str]]
FIRST = make_raw_phantoms(4, seed=1, size=(96, 120))
SECOND = make_raw_phantoms(4, seed=2, size=(96, 120))


def stop_at(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let the process end, as it were, before a file gets its name."""
    replace = os.replace

    def stopping(source: Any, target: Any) -> None:
        if Path(target).name == name:
            raise KeyboardInterrupt
        replace(source, target)

    monkeypatch.setattr(atomic.os, "replace", stopping)


def ids(out: Path) -> dict[str, str]:
    """The conversion of each annotation file, as training reads it."""
    return {
        path.name: json.loads(path.read_bytes())["info"]["conversion"]
        for path in sorted((out / "annotations").glob("*.json"))
        if path.stem in ("train", "val", "test") and read_canonical(str(path))
    }


@pytest.mark.parametrize(
    ("name", "file"), [("labelme", "val.json"), ("cldetection2023", "002.png")]
)
@pytest.mark.skipif(sys.platform == "win32", reason="the command is split as a POSIX shell does")
def test_the_command_that_is_proposed_mends_it(
    run_tool: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, file: str
) -> None:
    out = tmp_path / "the out"
    raws = [write_raw(tmp_path / f"raw {i}", name, p) for i, p in enumerate((FIRST, SECOND))]
    more = ["--split", "0.5", "0.5", "0", "--copy-images"]
    assert run_tool(name, raws[0], "--out", out, *more)[0] == 0
    before = ids(out)
    assert len(set(before.values())) == 1
    with monkeypatch.context() as patch:
        stop_at(patch, file)
        assert run_tool(name, raws[1], "--out", out, *more, "--force")[0] == 130
    with pytest.raises(AnnotationError, match="its conversion was stopped") as caught:
        ids(out)
    found = re.search(rf"python tools/dataset_converters/{name}\.py (.*) \(in ", str(caught.value))
    assert found is not None
    code, _, errors = run_tool(name, *shlex.split(found[1]))
    assert (code, errors) == (0, "")
    after = ids(out)
    assert len(set(after.values())) == 1
    assert after != before
    for split, content in (
        (path.stem, json.loads(path.read_bytes()))
        for path in (out / "annotations").glob("[tv]*.json")
    ):
        assert all((out / image["file_name"]).is_file() for image in content["images"]), split


def test_a_stopped_first_conversion_goes_on_without_force(
    run_tool: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw, out = write_raw(tmp_path / "raw", "labelme", FIRST), tmp_path / "out"
    with monkeypatch.context() as patch:
        stop_at(patch, "test.json")
        assert run_tool("labelme", raw, "--out", out)[0] == 130
    with pytest.raises(AnnotationError, match="its conversion was stopped"):
        ids(out)
    assert run_tool("coco", out, "--out", tmp_path / "again", "--images", raw)[0] == 1
    assert run_tool("labelme", raw, "--out", out)[0] == 0
    assert len(set(ids(out).values())) == 1


def test_force_never_writes_over_annotations_or_pictures_of_the_users(
    run_tool: Run, tmp_path: Path
) -> None:
    raw, out = write_raw(tmp_path / "raw", "labelme", FIRST), tmp_path / "out"
    for name in ("annotations/train.json", "images/001.png"):
        mine = out / name
        mine.parent.mkdir(parents=True)
        mine.write_bytes(b"mine")
        code, _, errors = run_tool("labelme", raw, "--out", out, "--copy-images", "--force")
        assert code == 1
        assert f"{mine}: is there already, and mmceph did not write it" in errors
        assert mine.read_bytes() == b"mine"
        mine.unlink()
