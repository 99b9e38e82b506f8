"""A stand-in for ``xtcocotools`` on top of ``pycocotools``.

MMPose reads COCO files by way of xtcocotools, whose wheels end at Python 3.11 and were built for
numpy 1. pycocotools has wheels for newer Pythons and for numpy 2, and the same functions for all
that a data set needs. What only xtcocotools has (sigmas and areas of other data sets in its
``COCOeval``, a test index in its ``COCO``) raises a clear error when it is asked for.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import sys
import types
from typing import Any, NoReturn

from .installed import module_file

NAME = "xtcocotools"
_PARTS = ("coco", "cocoeval", "mask")


class CocoStandin(types.ModuleType):
    """A module put in the place of ``xtcocotools`` or of one of its parts."""


def is_standin() -> bool:
    """True when the stand-in is in place in this process."""
    return isinstance(sys.modules.get(NAME), CocoStandin)


def install() -> bool:
    """Put the stand-in into ``sys.modules`` where xtcocotools cannot be imported.

    Nothing happens where it is loaded or can be loaded, or where there is no pycocotools that can
    be imported in its place.

    Returns:
        True when the stand-in is in place afterwards.
    """
    if NAME in sys.modules:
        return is_standin()
    if module_file("pycocotools") is None or import_error(NAME) is None:
        return False
    if import_error("pycocotools") is not None:
        return False
    package = _module(NAME, is_package=True)
    sys.modules[NAME] = package
    for part in _PARTS:
        module = _module(f"{NAME}.{part}")
        _fill(module, importlib.import_module(f"pycocotools.{part}"))
        sys.modules[module.__name__] = module
        setattr(package, part, module)
    coco: Any = package.coco
    coco.COCO = _coco_class(coco.COCO)
    evaluation: Any = package.cocoeval
    evaluation.COCOeval = _evaluation_class(evaluation.COCOeval)
    return True


def import_error(package: str) -> str | None:
    """Import the parts of a COCO package and say why that fails, or None when they load."""
    before = set(sys.modules)
    try:
        for part in _PARTS:
            importlib.import_module(f"{package}.{part}")
    except Exception as error:  # noqa: BLE001 - a wheel of another numpy fails in many ways
        for name in set(sys.modules) - before:
            if name == package or name.startswith(f"{package}."):
                del sys.modules[name]  # half-imported, it would be found instead of the stand-in
        return f"{type(error).__name__}: {error}"
    return None


def _module(name: str, is_package: bool = False) -> CocoStandin:
    module = CocoStandin(name, "mmceph's stand-in for xtcocotools, made of pycocotools.")
    # A real spec, for importlib.util.find_spec() raises on a module without one.
    module.__spec__ = importlib.machinery.ModuleSpec(
        name, None, origin="mmceph stand-in", is_package=is_package
    )
    module.__package__ = NAME
    if is_package:
        module.__path__ = []
    return module


def _fill(module: CocoStandin, source: types.ModuleType) -> None:
    for name, value in vars(source).items():
        if not name.startswith("__"):
            setattr(module, name, value)


def _coco_class(base: type[Any]) -> type[Any]:
    class COCO(base):  # type: ignore[misc, valid-type]
        """pycocotools' COCO under the arguments of xtcocotools'."""

        def __init__(
            self, annotation_file: Any = None, test_index: Any = None, ann_data: Any = None
        ) -> None:
            if test_index is not None or ann_data is not None:
                _refuse("COCO(test_index=..., ann_data=...)")
            super().__init__(annotation_file)
            self.anno_file = [annotation_file]
            for annotation in self.dataset.get("annotations", ()):
                annotation.setdefault("iscrowd", False)

    return COCO


def _evaluation_class(base: type[Any]) -> type[Any]:
    class COCOeval(base):  # type: ignore[misc, valid-type]
        """pycocotools' COCOeval; what only xtcocotools evaluates is refused."""

        def __init__(
            self,
            cocoGt: Any = None,
            cocoDt: Any = None,
            iouType: str = "keypoints",
            sigmas: Any = None,
            use_area: bool = True,
        ) -> None:
            if sigmas is not None or not use_area or iouType not in ("keypoints", "bbox", "segm"):
                _refuse("COCOeval with sigmas, use_area=False or other key points than COCO's")
            super().__init__(cocoGt, cocoDt, iouType)

    return COCOeval


def _refuse(what: str) -> NoReturn:
    raise RuntimeError(
        f"{what} needs xtcocotools, which cannot be imported here (its wheels are for Python 3.10 "
        "and 3.11 with numpy 1); mmceph's stand-in reads COCO files but does not evaluate as "
        "MMPose's CocoMetric does. Use CephMetric, or Python 3.11 with the pinned requirements."
    )
