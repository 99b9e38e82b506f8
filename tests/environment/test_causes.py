"""Every known breakage, met by the real probe in a child process."""

from __future__ import annotations

import importlib.machinery
import json
import sys

import pytest

from mmceph.environment import causes
from mmceph.environment.installed import Installed

COMPILED = (
    'pip install "setuptools>=77.0.3,<82" && '
    'pip install --no-build-isolation "mmcv>=2.0.0rc4,<=2.1.0" "numpy<2.3" "opencv-python<5"'
)
PURE = 'pip uninstall -y mmcv && pip install mmcv-lite==2.1.0 "numpy<2.3" "opencv-python<5"'


def test_complete_set_is_usable(site):
    code, report = site.guard()
    assert (code, report["usable"], report["cause"]) == (0, True, None)
    assert report["ops_standin"] is True
    assert report["environment"]["mmcv"] == "2.1.0 (lite)"
    assert report["environment"]["mode"] == "mmpose"
    states = {name: one["status"] for name, one in report["packages"].items()}
    assert states["mmcv"] == states["numpy"] == states["opencv"] == states["torch"] == "ok"


def test_mmcv_220(site):
    site.add("mmcv", "2.2.0")
    code, report = site.guard()
    # torch 2.14 cannot compile mmcv 2.1.0.
    assert report["cause"]["commands"] == [PURE]
    site.add("torch", "2.13.0")
    code, report = site.guard()
    assert (code, report["cause"]["code"]) == (3, "mmcv-version")
    assert report["packages"]["mmcv"]["status"] == "outside"
    assert report["cause"]["commands"] == [PURE, f"pip uninstall -y mmcv && {COMPILED}"]
    assert "2.2.0" in report["cause"]["text"]


def test_mmcv_missing(site):
    site.remove("mmcv")
    site.add("torch", "2.13.0")
    code, report = site.guard()
    assert (code, report["cause"]["code"]) == (3, "mmcv-missing")
    assert report["packages"]["mmcv"]["status"] == "missing"
    assert report["cause"]["commands"][1] == COMPILED


def test_what_is_too_new_but_still_imports_is_said(site):
    site.add("numpy", "2.4.6")
    code, report = site.guard()
    assert (code, report["usable"]) == (0, True)
    assert report["notes"] == [
        'numpy 2.4.6: MMPose\'s own code fails in places from numpy 2.3 on: pip install "numpy<2.3"'
    ]


def test_mmcv_lite_without_the_standin(site):
    done = site.python(
        "-c",
        "import json; from mmceph.environment import causes, installed, probe\n"
        "cause = causes.first_cause(probe.ask_child(standin=False), installed.find_all())\n"
        "print(json.dumps([cause.code, cause.detail]))",
    )
    code, detail = json.loads(done.stdout)
    assert code == "mmcv-ops"
    assert "No module named 'mmcv._ext'" in detail


def test_xtcocotools_with_numpy_2(site):
    site.add("numpy", "2.2.6")
    site.write(
        "xtcocotools/__init__.py",
        """
        import numpy
        if numpy.__version__.startswith("2"):
            raise ValueError("numpy.dtype size changed, may indicate binary incompatibility. "
                             "Expected 96 from C header, got 88 from PyObject")
        """,
    )
    code, report = site.guard()
    assert (code, report["cause"]["code"]) == (3, "numpy-2")
    assert report["cause"]["text"].startswith("xtcocotools was built for numpy 1, but numpy 2.2.6")
    assert report["cause"]["commands"] == ['pip install pycocotools "numpy<2.3"']
    for part in ("coco", "cocoeval", "mask"):  # what the proposed command brings
        source = "class COCO: pass\nclass COCOeval: pass\n"
        site.write(f"pycocotools/{part}.py", source)
    site.write("pycocotools/__init__.py", "")
    site.write("mmpose/datasets/__init__.py", "from xtcocotools.coco import COCO")
    code, report = site.guard()
    assert (code, report["usable"], report["coco_standin"]) == (0, True, True)


def test_xtcocotools_missing(site):
    site.remove("xtcocotools")
    code, report = site.guard()
    assert (code, report["cause"]["code"]) == (3, "xtcocotools-missing")
    assert report["cause"]["commands"] == ["pip install pycocotools"]


def test_another_package_built_for_numpy_1(site):
    site.write("mmpose/datasets/__init__.py", "raise ValueError('numpy.dtype size changed')")
    code, report = site.guard()
    assert (code, report["cause"]["code"]) == (3, "numpy-2")
    assert report["cause"]["commands"] == ['pip install "numpy<2" "opencv-python<4.12"']


def test_torchvision_of_another_build_stops_the_fallback_too(site):
    raising = 'raise RuntimeError("operator torchvision::nms does not exist")'
    site.add("torchvision", "0.29.1", raising)
    code, report = site.guard()
    assert (code, report["cause"]["code"]) == (1, "torchvision-build")
    assert "not of the same build" in report["cause"]["text"]
    assert report["verdict"] == "Not even the fallback can run."


def test_mmdet_missing(site):
    site.remove("mmdet")
    code, report = site.guard()
    assert (code, report["cause"]["code"]) == (3, "mmdet-missing")
    assert report["cause"]["commands"][0].startswith("pip install --no-deps mmdet==3.3.0 &&")


def test_chumpy_imported_but_missing(site):
    site.write("mmpose/models/__init__.py", "import chumpy")
    code, report = site.guard()
    assert (code, report["cause"]["code"]) == (3, "chumpy")


def test_chumpy_installed_but_broken(site):
    site.write("mmpose/models/__init__.py", "import chumpy")
    site.add("chumpy", "0.70", "from inspect import getargspec_of_old_pythons")
    code, report = site.guard()
    assert (code, report["cause"]["code"]) == (3, "chumpy")
    assert "uninstall -y chumpy" in report["cause"]["commands"][0]


def test_mmpose_missing_on_a_python_it_has_no_wheels_for():
    found = {name: Installed(name, None, None, None) for name in ("mmpose", "mmcv")}
    error = {"type": "ModuleNotFoundError", "name": "mmpose", "message": "No", "files": []}
    answer = {"fallback": {}, "mmpose": {"ok": False, "step": "mmpose", "errors": [error]}}
    for version, code in (("3.14.0", "python-too-new"), ("3.13.0", "mmpose-missing")):
        found["python"] = Installed("python", version, "python", None)
        assert causes.first_cause(answer, found).code == code


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="MMPose has no wheels for this Python")
def test_mmpose_missing_tells_of_chumpy(site):
    site.remove("mmpose")
    code, report = site.guard()
    assert (code, report["cause"]["code"]) == (3, "mmpose-missing")
    assert "chumpy" in report["cause"]["text"]
    way = report["cause"]["commands"][0]
    assert way.startswith("pip install --no-deps mmpose==1.3.2 mmdet==3.3.0 && pip install ")
    assert "mmcv-lite" not in way  # an mmcv that is there is left alone


def test_pkg_resources_missing(site):
    site.write("mmpose/models/__init__.py", "import pkg_resources")
    code, report = site.guard()
    assert (code, report["cause"]["code"]) == (3, "setuptools")
    assert report["cause"]["commands"] == ['pip install "setuptools>=77.0.3,<82"']


def test_another_dependency_missing(site):
    site.write("mmpose/datasets/__init__.py", "import json_tricks")
    code, report = site.guard()
    assert (code, report["cause"]["code"]) == (3, "json_tricks-missing")
    assert report["cause"]["commands"] == ["pip install json_tricks"]


def test_torch_missing(site):
    site.remove("torch")
    code, report = site.guard()
    assert (code, report["cause"]["code"]) == (1, "torch-missing")


def test_opencv_without_graphics_libraries(site):
    message = "libGL.so.1: cannot open shared object file: No such file or directory"
    site.add("cv2", "4.11.0.86", f"raise ImportError({message!r})", "opencv-python")
    code, report = site.guard()
    assert (code, report["cause"]["code"]) == (1, "opencv-libraries")


def test_unknown_failure_names_the_exception(site):
    site.write("mmpose/datasets/__init__.py", "raise KeyError('Adafactor')")
    code, report = site.guard()
    assert (code, report["cause"]["code"]) == (3, "unknown")
    assert report["cause"]["text"] == "`import mmpose.datasets` fails with KeyError: 'Adafactor'"


def test_compiled_ops_that_do_not_load(site):
    (site.folder / "mmcv" / f"_ext{importlib.machinery.EXTENSION_SUFFIXES[0]}").write_bytes(b"no")
    code, report = site.guard()
    assert (code, report["mmcv"], report["ops_standin"]) == (0, "full, ops do not load", True)
    assert "do not load" in report["notes"][0]


def test_full_mmcv_is_left_alone(site):
    site.write("mmcv/_ext.py", "nms = roi_align_forward = print")
    done = site.python(
        "-c",
        "import mmcv._ext\nfrom mmceph.environment import ops_standin as o\n"
        "print(o.install(), o.is_standin())",
    )
    assert done.stdout.split() == ["False", "False"]


def test_blocking_variable(site):
    site.variables["MMCEPH_DISABLE_MMPOSE"] = "1"
    code, report = site.guard()
    assert (code, report["cause"]["code"]) == (3, "disabled")
    assert report["environment"]["mode"] == "fallback"


def test_blocking_packages_of_the_test_suite(site):
    raising = 'raise ModuleNotFoundError("No module named mmpose (kept out)", name="mmpose")'
    site.add("mmpose", "1.3.2", raising)
    code, report = site.guard()
    assert (code, report["cause"]["code"]) == (3, "mmpose-blocked")


def test_death_of_the_child(site):
    site.write("mmpose/models/__init__.py", "import os; os._exit(7)")
    code, report = site.guard()
    assert (code, report["cause"]["code"]) == (3, "crash")
    site.add("torch", "2.14.1", "import os; os._exit(7)")
    code, report = site.guard()
    assert (code, report["cause"]["code"]) == (1, "crash")


def test_hanging_import_is_ended(site):
    site.write("mmpose/models/__init__.py", "import time; time.sleep(600)")
    done = site.python(
        "-c",
        "import json; from mmceph.environment import probe\n"
        "print(json.dumps(probe.ask_child(timeout=2)))",
    )
    answer = json.loads(done.stdout)
    assert (answer["failure"], answer["fallback"]) == ("timeout", {})
