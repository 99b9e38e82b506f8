"""One ONNX file with decoding inside, and the JSON beside it, both checked before they count."""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from mmengine.structures import InstanceData
from torch import Tensor, nn

from mmceph.deployment.decoders import ExportError
from mmceph.deployment.description import Description, description_path, read_description
from mmceph.deployment.exportable import as_module
from mmceph.environment.advice import install_extra
from mmceph.errors import MmcephError
from mmceph.io import OwnFolder, Standing, json_bytes, named_in_errors, sha256_of
from mmceph.pose import PoseDataSample

OPSET = 18
TOLERANCE_PX = 0.02
_TORCH = (2, 7)  # the first whose torch.export based exporter keeps the batch axis dynamic here
_PACKAGES = ("onnx", "onnxscript", "onnxruntime")
_PHANTOMS = 3


def export_model(
    model: nn.Module,
    about: Description,
    out: str | Path,
    *,
    images: np.ndarray | None = None,
    tolerance: float = TOLERANCE_PX,
    say: Callable[[str], None] = print,
) -> Description:
    """Write ``out`` and the JSON beside it, after comparing its points with the model's.

    Args:
        model: The estimator with its weights, on the CPU.
        about: Its description; opset, checksum and the check's figures are filled in.
        out: The ``.onnx`` file.
        images: Normalised inputs (B, C, h, w) to compare on; phantoms by default.
        tolerance: Largest distance between the two, in input px.
        say: Told what happens.

    Returns:
        The description that was written.

    Raises:
        ExportError: Something is missing, cannot be exported, or the file's points differ.
    """
    out = Path(out)
    if out.suffix != ".onnx":
        raise ExportError(f"{out}: the file must end in .onnx, its JSON will lie beside it")
    require_packages()
    module = as_module(model.eval())
    own = _own_files(out)
    images = phantom_inputs(about) if images is None else images
    if len(images) < 2:
        raise ExportError("the check needs at least two images, to see that the batch can grow")
    say(f"Exporting {type(model).__name__}, input {about.channels} x {about.input_size[1]} x "
        f"{about.input_size[0]} (c, h, w), opset {OPSET} ...")  # fmt: skip
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".onnx-", dir=out.parent) as folder:
        draft = Path(folder, out.name)
        with named_in_errors(out):
            write_graph(module, torch.from_numpy(images[:2]), draft)
        say(f"Comparing with torch on {len(images)} images ...")
        checked = compare(model, draft, images, tolerance)
        versions = {**about.versions, **package_versions()}
        found = replace(
            about, opset=OPSET, sha256=sha256_of(draft), checked=checked, versions=versions
        )
        # The old JSON leaves first: at no time does one lie beside a file it does not describe.
        own.remove(description_path(out).name)
        own.write(out.name, draft.read_bytes())
    own.write(description_path(out).name, json_bytes(found.as_dict()))
    for path in own.kept:
        say(f"Changed since and kept: {path}")
    return found


def require_own_files(out: str | Path) -> None:
    """See, before the work, that nothing but an earlier export lies where one will be written.

    Raises:
        OwnershipError: Something else does.
    """
    _own_files(Path(out))


def _own_files(out: Path) -> OwnFolder:
    """The folder of an export, which knows the two files where they are an earlier one's."""
    own = OwnFolder(out.parent, "an exported model")
    beside = description_path(out)
    try:
        read_description(out)
        own.adopt({out.name: Standing.OURS, beside.name: Standing.CHANGED})
    except MmcephError:
        pass  # there is none, or the two do not belong together
    own.require_free([out.name, beside.name])
    return own


def require_packages() -> None:
    """See that everything the export needs can be imported.

    Raises:
        ExportError: Something is missing or too old.
    """
    here = tuple(int(part) for part in torch.__version__.split("+")[0].split(".")[:2])
    if here < _TORCH:
        need = ".".join(map(str, _TORCH))
        raise ExportError(f"torch {torch.__version__} is here; the export needs {need} or newer")
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        raise ExportError(f"not installed: {', '.join(missing)}: {install_extra('onnx')}")


def package_versions() -> dict[str, str | None]:
    """Versions of the packages that only the export needs."""
    return {name: version(name) for name in _PACKAGES}


def write_graph(module: nn.Module, example: Tensor, path: Path) -> None:
    """Write ``module`` as one ONNX file whose batch can have any size.

    Args:
        module: Images (B, C, h, w) to points and scores.
        example: At least two images: a batch of one would be taken for a constant.
        path: The file.

    Raises:
        ExportError: torch cannot express the module in ONNX.
        OSError: The file cannot be written.
    """
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                module,
                (example,),
                str(path),
                input_names=["images"],
                output_names=["points", "scores"],
                opset_version=OPSET,
                dynamo=True,
                dynamic_shapes=({0: torch.export.Dim("batch", min=1, max=4096)},),
                external_data=False,
                verbose=False,
            )
    except OSError:  # a full disk
        raise
    except Exception as error:  # torch's exporter raises whatever it meets on its way
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise ExportError(f"torch cannot export {type(module).__name__}: {reason[0]}") from error


def compare(model: nn.Module, path: Path, images: np.ndarray, tolerance: float) -> dict[str, float]:
    """Compare the file's points and scores with the model's own prediction.

    All images at once and one alone are compared: a batch axis that is not dynamic shows.

    Returns:
        ``images``, ``max_px`` (largest distance in input px) and ``max_score``.

    Raises:
        ExportError: Points lie further apart than ``tolerance``.
    """
    import onnxruntime

    onnxruntime.set_default_logger_severity(3)
    try:
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        got = [session.run(["points", "scores"], {"images": part}) for part in (images, images[:1])]
    except Exception as error:  # onnxruntime's own errors share no other base class
        raise ExportError(f"onnxruntime cannot run what torch exported: {error}") from error
    points, scores = torch_prediction(model, images)
    apart = np.concatenate(
        [
            np.linalg.norm(found - points[: len(found)], axis=-1).ravel()
            for found in (got[0][0], got[1][0])
        ]
    )
    worst = float(apart.max())
    off = max(float(np.abs(found[1] - scores[: len(found[1])]).max()) for found in got)
    if not worst <= tolerance:  # NaN too
        raise ExportError(
            f"the exported file's points lie up to {worst:.3g} input px from torch's (allowed: "
            f"{tolerance:g}), so nothing was written; if the model is untrained, its maps have no "
            "clear maximum to agree on, else give pictures of its own kind with --images"
        )
    return {
        "images": len(images),
        "max_px": float(f"{worst:.2g}"),
        "max_score": float(f"{off:.2g}"),
    }


def torch_prediction(model: nn.Module, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The estimator's own ``predict``: points (B, K, 2) in input px and scores (B, K)."""
    height, width = images.shape[-2:]
    size = np.array([width, height], np.float32)
    samples = []
    for _ in images:
        # The input is the picture itself here, so points come back in its px.
        meta = {"input_size": (width, height), "input_scale": size, "input_center": size / 2}
        sample = PoseDataSample(metainfo={**meta, "flip_indices": []})
        box = np.array([[0, 0, width, height]], np.float32)
        sample.gt_instances = InstanceData(bboxes=box, bbox_scores=np.ones(1, np.float32))
        samples.append(sample)
    with torch.no_grad():
        found = model(torch.from_numpy(images), samples, mode="predict")
    points = np.stack([one.pred_instances.keypoints[0] for one in found])
    return points, np.stack([one.pred_instances.keypoint_scores[0] for one in found])


def phantom_inputs(about: Description) -> np.ndarray:
    """Normalised inputs (B, C, h, w) of phantoms, for a check that needs no pictures."""
    from mmceph.phantom import generate_phantom

    mean = np.asarray(about.mean, np.float32).reshape(-1, 1, 1)
    std = np.asarray(about.std, np.float32).reshape(-1, 1, 1)
    images = []
    for index in range(_PHANTOMS):
        grey = generate_phantom(seed=7, index=index, size=about.input_size).image
        image = np.repeat(grey[None].astype(np.float32), about.channels, axis=0)
        images.append((image - mean) / std)
    return np.stack(images)
