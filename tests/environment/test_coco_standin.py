from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from mmceph.environment import coco_standin

pytest.importorskip("pycocotools", reason="pycocotools is not installed here")


@pytest.fixture
def standin(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The stand-in, put in place as where xtcocotools cannot be imported."""
    before = {name: module for name, module in sys.modules.items() if _is_part(name)}
    for name in before:
        monkeypatch.delitem(sys.modules, name)
    real = coco_standin.import_error
    monkeypatch.setattr(
        coco_standin,
        "import_error",
        lambda package: "ValueError" if package == coco_standin.NAME else real(package),
    )
    assert coco_standin.install() is True
    yield sys.modules[coco_standin.NAME]
    for name in [name for name in sys.modules if _is_part(name)]:
        del sys.modules[name]
    sys.modules.update(before)


def _is_part(name: str) -> bool:
    return name == coco_standin.NAME or name.startswith(f"{coco_standin.NAME}.")


def test_it_reads_a_file_as_xtcocotools_does(standin: ModuleType, tmp_path: Path) -> None:
    from xtcocotools.coco import COCO

    path = tmp_path / "a.json"
    content = {
        "images": [{"id": 3, "file_name": "a.png"}],
        "annotations": [{"id": 1, "image_id": 3, "category_id": 1, "keypoints": [1, 2, 2]}],
        "categories": [{"id": 1, "name": "head"}],
    }
    path.write_text(json.dumps(content), encoding="utf-8")
    coco = COCO(str(path))
    assert coco.anno_file == [str(path)]
    assert coco.getImgIds() == [3]
    (annotation,) = coco.loadAnns(coco.getAnnIds(imgIds=[3]))
    assert (annotation["keypoints"], annotation["iscrowd"]) == ([1, 2, 2], False)


def test_masks_are_those_of_pycocotools(standin: ModuleType) -> None:
    import pycocotools.mask
    import xtcocotools.mask

    assert xtcocotools.mask.frPyObjects is pycocotools.mask.frPyObjects


def test_what_only_xtcocotools_has_says_so_when_it_is_asked_for(standin: ModuleType) -> None:
    from xtcocotools.coco import COCO
    from xtcocotools.cocoeval import COCOeval

    with pytest.raises(RuntimeError, match=r"test_index.*needs xtcocotools, which cannot be"):
        COCO(test_index=[0])
    with pytest.raises(RuntimeError, match=r"sigmas.*Use CephMetric"):
        COCOeval(sigmas=[0.1])
    with pytest.raises(RuntimeError, match="needs xtcocotools"):
        COCOeval(iouType="keypoints_wholebody")
    assert COCOeval().params.iouType == "keypoints"


def test_it_stands_up_to_inspection(standin: ModuleType) -> None:
    assert importlib.util.find_spec("xtcocotools").name == "xtcocotools"  # type: ignore[union-attr]
    assert importlib.util.find_spec("xtcocotools.coco") is standin.coco.__spec__
    assert coco_standin.install() is True  # twice changes nothing
    assert sys.modules["xtcocotools"] is standin


def test_a_real_one_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    real = ModuleType("xtcocotools")
    monkeypatch.setitem(sys.modules, "xtcocotools", real)
    assert coco_standin.install() is False
    assert sys.modules["xtcocotools"] is real


def test_nothing_half_imported_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = tmp_path / "broken_coco"
    package.mkdir()
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "coco.py").write_text("COCO = 1", encoding="utf-8")
    (package / "cocoeval.py").write_text("raise ValueError('dtype size')", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert coco_standin.import_error("broken_coco") == "ValueError: dtype size"
    assert not [name for name in sys.modules if name.startswith("broken_coco")]
