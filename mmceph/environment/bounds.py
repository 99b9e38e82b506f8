"""The one table of what mmceph runs with: package, bound, tested versions, and why.

Everything that names a version bound (the guard's report, the commands that mend a set-up)
reads it here. The pinned files in ``requirements/`` hold the tested versions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Need = Literal["fallback", "mmpose", "optional", "tooling"]


@dataclass(frozen=True)
class Bound:
    """What one package must be.

    Attributes:
        name: The name the report uses.
        distributions: The names it may be installed under.
        need: ``"fallback"`` when nothing runs without it, ``"mmpose"`` when only MMPose needs
            it, ``"optional"`` where mmceph has a stand-in for it, ``"tooling"`` when only
            installers need it.
        required: Conditions in fallback mode (or at all).
        mmpose: Further conditions when MMPose is to be used.
        tested: The versions this project is tested with.
        reason: Why the bound is what it is, in one line.
    """

    name: str
    distributions: tuple[str, ...]
    need: Need
    required: str
    mmpose: str = ""
    tested: str = ""
    reason: str = ""

    @property
    def spec(self) -> str:
        """All conditions for the MMPose set in one requirement text."""
        return ",".join(filter(None, (self.required, self.mmpose)))


OPENCV_DISTRIBUTIONS = (
    "opencv-python",
    "opencv-python-headless",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
)

# mmdet 3.3.0 asserts mmcv < 2.2.0, and 2.1.0 is the last release below it.
MMCV_SPEC = ">=2.0.0rc4,<=2.1.0"
MMCV_LITE = "2.1.0"
# torch 2.14's headers want C++20, and mmcv 2.1.0 asks its compiler for C++17.
MMCV_COMPILES_WITH = "<2.14"
MMPOSE_TESTED = "1.3.2"
MMDET_TESTED = "3.3.0"

BOUNDS: tuple[Bound, ...] = (
    Bound(
        name="python",
        distributions=(),
        need="fallback",
        required=">=3.10",
        mmpose="<3.14",
        tested="3.11 (3.10, 3.12, 3.13)",
        reason="the packages MMPose imports have wheels for 3.10 to 3.13",
    ),
    Bound(
        name="torch",
        distributions=("torch",),
        need="fallback",
        required=">=2.0",
        tested="2.14.1 (2.13.0)",
        reason="the build must match torchvision's",
    ),
    Bound(
        name="torchvision",
        distributions=("torchvision",),
        need="fallback",
        required=">=0.15",
        tested="0.29.1",
        reason="its compiled part must come from the same build as torch",
    ),
    Bound(
        name="numpy",
        distributions=("numpy",),
        need="fallback",
        required=">=1.23",
        mmpose="<2.3",
        tested="1.26.4 (2.2.6 on Python 3.12 and later)",
        reason="MMPose's own code fails in places from numpy 2.3 on",
    ),
    Bound(
        name="opencv",
        distributions=OPENCV_DISTRIBUTIONS,
        need="fallback",
        required=">=4.5",
        mmpose="<5",
        tested="4.11.0.86",
        reason="MMPose's own code fails in places with OpenCV 5",
    ),
    Bound(
        name="mmengine",
        distributions=("mmengine", "mmengine-lite"),
        need="fallback",
        required=">=0.10,<1",
        tested="0.10.7",
        reason="runner, hooks, configs and registries",
    ),
    Bound(
        name="mmcv",
        distributions=("mmcv", "mmcv-lite", "mmcv-full"),
        need="mmpose",
        required="",
        mmpose=MMCV_SPEC,
        tested=MMCV_LITE,
        reason="mmdet 3.3.0 refuses mmcv 2.2.0",
    ),
    Bound(
        name="mmdet",
        distributions=("mmdet",),
        need="mmpose",
        required="",
        mmpose=">=3.0,<3.4",
        tested=MMDET_TESTED,
        reason="mmpose.models imports it",
    ),
    Bound(
        name="mmpose",
        distributions=("mmpose",),
        need="mmpose",
        required="",
        mmpose=">=1.1,<2",
        tested=f"{MMPOSE_TESTED} (1.1.0 to 1.3.0 import)",
        reason="MMPose 1.x; to be installed with --no-deps because of chumpy",
    ),
    Bound(
        name="xtcocotools",
        distributions=("xtcocotools",),
        need="optional",
        required="",
        mmpose=">=1.12",
        tested="1.14.3",
        reason="mmpose.datasets imports it; where it cannot be imported pycocotools stands in",
    ),
    Bound(
        name="pycocotools",
        distributions=("pycocotools",),
        need="mmpose",
        required="",
        mmpose=">=2.0.4",
        tested="2.0.11",
        reason="mmdet imports it, and it stands in for xtcocotools",
    ),
    Bound(
        name="setuptools",
        distributions=("setuptools",),
        need="tooling",
        required="<82",
        tested="81.0.0 (69.5.1, 80.9.0)",
        reason="82 and later have no pkg_resources, which mim and parts of mmengine import",
    ),
    Bound(
        name="pip",
        distributions=("pip",),
        need="tooling",
        required="<24.1",
        tested="23.2.1 (23.1.2, 24.0)",
        reason="with 24.1 and later `mim install mmdet` leaves out mmcv and mmengine",
    ),
    Bound(
        name="pandas",
        distributions=("pandas",),
        need="tooling",
        required="",
        mmpose="<3",
        tested="2.3.3",
        reason="mim imports it, and 3 does not load with numpy 1",
    ),
)

BY_NAME = {bound.name: bound for bound in BOUNDS}

# What mmpose and mmdet really import, for they are installed with --no-deps (chumpy, which mmpose
# declares, cannot be built under pip's isolation and is never imported by the 2D code).
MMPOSE_NO_DEPS = (f"mmpose=={MMPOSE_TESTED}", f"mmdet=={MMDET_TESTED}")
NUMPY_SPEC = "numpy<2.3"
OPENCV_SPEC = "opencv-python<5"
SETUPTOOLS_SPEC = "setuptools>=77.0.3,<82"
XTCOCOTOOLS_SPEC = "xtcocotools==1.14.3"  # for Python 3.10 and 3.11; later ones take the stand-in
MMPOSE_DEPENDENCIES: tuple[str, ...] = (
    f"mmcv-lite=={MMCV_LITE}",
    NUMPY_SPEC,
    OPENCV_SPEC,
    "json_tricks",
    "matplotlib",
    "munkres",
    "pillow",
    "pycocotools",
    "scipy",
    "shapely",
    "six",
    "terminaltables",
    "tqdm",
)

# The extras that users are told of; requirements/optional.txt, which setup.py reads, says the same.
# The upper bounds keep out what wants numpy 2 beside the tested set.
ONNXRUNTIME_SPEC = "onnxruntime>=1.18,<1.24"
EXTRAS: dict[str, tuple[str, ...]] = {
    "dicom": ("pydicom>=2.4",),
    "jpeg": ("pylibjpeg>=2", "pylibjpeg-libjpeg>=2", "pylibjpeg-openjpeg>=2"),
    "onnx": ("onnx>=1.16,<1.24", "onnxscript>=0.3,<0.8", ONNXRUNTIME_SPEC, "ml_dtypes<0.6"),
}
