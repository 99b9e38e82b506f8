"""Predict landmarks on new pictures, with their scale and measurements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate

from mmceph.analysis.calibration import RulerReading
from mmceph.analysis.error_model import find_error_model
from mmceph.converters.progress import track
from mmceph.datasets.transforms.loading import LoadCephImage
from mmceph.engine.overrides import ConfigError
from mmceph.errors import MmcephError
from mmceph.guard import environment
from mmceph.imaging import CephImage
from mmceph.landmarks import LandmarkSet
from mmceph.pose import LoadImage

from .model import load_model
from .model_output import hardly_seen, outside, points_of, scores_tell
from .pictures import Picture, pictures_of
from .prediction import DIGITS, CephPrediction, LandmarkPoint, ReadingOptions, assemble
from .prediction_folder import PredictionFolder, locked_results, own_results

OnBad = Callable[[str, str], None]
"""Told the name of a picture that was left out, and why."""

# What a data set adds to a sample from its metainfo, by MMPose's names.
_SHARED = (
    "dataset_name",
    "upper_body_ids",
    "lower_body_ids",
    "flip_pairs",
    "dataset_keypoint_weights",
    "flip_indices",
    "skeleton_links",
)


class CephInferencer:
    """Landmarks, scale and measurements of cephalograms; called as MMPose's inferencers are.

    Works with every top-down model of a config of ours or of MMPose. The picture goes through the
    config's own test pipeline, with the whole picture as the box, and through ``test_step``. Where
    ``uncertainty.json`` lies beside the checkpoint, points and measurements come with what it says.

    Args:
        config: The config, or its path.
        checkpoint: The weights.
        device: ``"cpu"``, ``"cuda:0"``; None: a GPU where there is one.
        ruler: Reads the ruler of a grey picture, as ``mmceph.apis.RulerReader`` does; None: rulers
            are not looked at.
        landmark_set: Names of the model's points, where neither checkpoint nor config tells them.
        mirror: The patients face the other way than in the pictures the model was trained on: it
            is shown mirror images. Points come in px of the pictures as they are.
        cfg_options: Settings merged over the config.
        require_mmpose: No fallback.
        trust: Load a checkpoint that holds more than tensors (it can run code).

    Raises:
        MmcephError: Config, checkpoint or device cannot be used; the message says why.

    Example::

        predict = CephInferencer("config.py", "best.pth", device="cpu")
        result = next(predict("image.png", spacing=0.1))
        result.landmarks["S"].place, result.calibration.source, result.measurements[0].value
    """

    def __init__(
        self,
        config: str | Path | Config,
        checkpoint: str | Path,
        *,
        device: str | None = None,
        ruler: Callable[[np.ndarray], RulerReading] | None = None,
        landmark_set: str | Sequence[str] | LandmarkSet | None = None,
        mirror: bool = False,
        cfg_options: dict[str, Any] | None = None,
        require_mmpose: bool = False,
        trust: bool = False,
    ) -> None:
        loaded = load_model(
            config,
            checkpoint,
            device=device,
            landmark_set=landmark_set,
            cfg_options=cfg_options,
            require_mmpose=require_mmpose,
            trust=trust,
        )
        self.model: Any = loaded.model
        self.pipeline = loaded.pipeline
        self.names = loaded.names
        self.device = loaded.device
        self.made_with = loaded.made_with
        self.error_model = find_error_model(checkpoint, loaded.made_with["checkpoint_sha256"])
        self.scores_tell = scores_tell(self.model)
        self.ruler = ruler
        self.mirror = mirror
        self._shared = {key: loaded.metainfo[key] for key in _SHARED if key in loaded.metainfo}
        steps = self.pipeline.transforms
        self._loader = next((s for s in steps if isinstance(s, (LoadImage, LoadCephImage))), None)

    def __call__(
        self,
        inputs: Any,
        *,
        batch_size: int = 1,
        spacing: float | Sequence[float] | None = None,
        use_dpi: bool = False,
        analysis: str | Sequence[str] | None = None,
        sex: str | None = None,
        recursive: bool = False,
        out_dir: str | Path | None = None,
        show_progress: bool = False,
        on_bad: OnBad | None = None,
    ) -> Iterator[CephPrediction]:
        """Predict, one result per picture in their order, computed as they are asked for.

        Args:
            inputs: A path, a folder, an array ((h, w) or (h, w, 3) BGR, uint8 or uint16), or a
                list or generator of these.
            batch_size: Pictures per pass of the model.
            spacing: mm per px, where it is known: one number or x and y.
            use_dpi: Take the resolution a picture states where nothing better is known.
            analysis: Which analyses; None: every measurement once.
            sex: ``"female"`` or ``"male"``, for norms that differ.
            recursive: Also look into a folder's subfolders.
            out_dir: Also write the results there, as ``tools/predict.py`` does.
            show_progress: Show a bar.
            on_bad: Called with name and reason for a picture that cannot be read or predicted,
                which is then left out. None: such a picture is an error.

        Raises:
            MmcephError: An input, or without ``on_bad`` a picture, cannot be used.
        """
        if batch_size < 1:
            raise MmcephError(f"batch_size {batch_size}: must be at least 1")
        options = ReadingOptions.of(spacing, use_dpi, analysis, sex)
        pictures = pictures_of(inputs, recursive=recursive)
        if show_progress:
            pictures = track(pictures, "Predicting")  # type: ignore[arg-type]
        found = self._predict(iter(pictures), batch_size, options, on_bad)
        if out_dir is None:
            return found
        own_results(out_dir)  # now, and not when the first result is asked for
        return _written(found, Path(out_dir), self.settings(options))

    def settings(self, options: ReadingOptions) -> dict[str, Any]:
        """Model, versions and options, for result files."""
        versions = environment()
        return {
            "mmceph": versions["mmceph"],
            "mode": versions["mode"],
            **self.made_with,
            "mirror": self.mirror,
            "ruler": _name_of(self.ruler),
            "uncertainty": None if self.error_model is None else self.error_model.source,
            **options.as_dict(),
        }

    def _predict(
        self,
        pictures: Iterator[Picture],
        batch_size: int,
        options: ReadingOptions,
        on_bad: OnBad | None,
    ) -> Iterator[CephPrediction]:
        while chosen := list(islice(pictures, batch_size)):
            batch: list[tuple[Picture, CephImage, dict[str, Any]]] = []
            for picture in chosen:
                with _bad_is_left_out(picture.name, on_bad):
                    image = picture.read()
                    batch.append((picture, image, self._prepare(picture, image)))
            for (picture, image, _), sample in zip(batch, self._run(batch), strict=True):
                result = None
                with _bad_is_left_out(picture.name, on_bad):
                    result = self._result(picture, image, sample, options)
                if result is not None:
                    yield result

    def _prepare(self, picture: Picture, image: CephImage) -> dict[str, Any]:
        """Run the config's pipeline on one picture."""
        width, height = image.size
        sample: dict[str, Any] = {
            **self._shared,
            "id": 0,
            "img_id": 0,
            "img_path": None if picture.path is None else str(picture.path),
            # The whole picture as MMPose's data sets clip it, one px short: the box that the
            # model was trained and tested with, so that predictions are those of the test.
            "bbox": np.array([[0, 0, width - 1, height - 1]], np.float32),
            "bbox_score": np.ones(1, np.float32),
        }
        own = isinstance(self._loader, LoadCephImage)
        loads = own or (image.format != "DICOM" and image.bits == 8)
        if picture.path is None or self.mirror or not loads:
            sample["img"] = self._pixels(picture, image)
        if self.mirror:
            sample["img"] = np.ascontiguousarray(sample["img"][:, ::-1])
        packed = self.pipeline(sample)
        if packed is None:
            raise MmcephError(f"{picture.name}: the config's pipeline gives nothing for it")
        return dict(packed)

    def _pixels(self, picture: Picture, image: CephImage) -> np.ndarray:
        """The picture as the pipeline's loader would give it, for what it cannot load itself."""
        given = picture.array
        kind = str(getattr(self._loader, "color_type", "color"))
        if kind.startswith("grayscale"):
            return image.pixels.copy()
        if given is not None and given.ndim == 3 and given.shape[2] == 3 and image.bits == 8:
            return given
        return cv2.cvtColor(image.pixels, cv2.COLOR_GRAY2BGR)

    def _run(self, batch: Sequence[tuple[Picture, CephImage, dict[str, Any]]]) -> list[Any]:
        if not batch:
            return []
        with torch.no_grad():
            samples = list(self.model.test_step(pseudo_collate([packed for *_, packed in batch])))
        found = samples[0].pred_instances.keypoints.shape[1]
        if found != len(self.names):
            raise ConfigError(
                f"the model gives {found} points, but {len(self.names)} names are known for them; "
                "give the right --landmarks"
            )
        return samples

    def _result(
        self, picture: Picture, image: CephImage, sample: Any, options: ReadingOptions
    ) -> CephPrediction:
        points, scores = points_of(sample, picture.name)
        if self.mirror:
            points[:, 0] = image.size[0] - 1 - points[:, 0]
        landmarks = {
            name: LandmarkPoint(round(x, DIGITS), round(y, DIGITS), score)
            for name, (x, y), score in zip(
                self.names, points.tolist(), scores.tolist(), strict=True
            )
        }
        warnings = [*image.notes, *outside(landmarks, image.size)]
        if self.scores_tell:
            warnings += hardly_seen(landmarks)
        return assemble(
            file=picture.name,
            size=image.size,
            landmarks=landmarks,
            options=options,
            error_model=self.error_model,
            ruler=None if self.ruler is None else self.ruler(image.pixels),
            pixel_sizes=image.pixel_sizes,
            made_with=self.settings(options),
            warnings=warnings,
            format=image.format,
            bits=image.bits,
            pixels=image.pixels,
        )


def _name_of(ruler: Any) -> str | None:
    if ruler is None:
        return None
    name = getattr(ruler, "name", None) or getattr(ruler, "__name__", None)
    return str(name or type(ruler).__name__)


def _written(
    found: Iterable[CephPrediction], out: Path, made_with: dict[str, Any]
) -> Iterator[CephPrediction]:
    with locked_results(out):
        folder = PredictionFolder(out, made_with=made_with)
        try:
            for prediction in found:
                folder.write(prediction)
                yield prediction
        finally:
            folder.finish()


@contextmanager
def _bad_is_left_out(name: str, on_bad: OnBad | None) -> Iterator[None]:
    """Hand what is wrong with one picture to ``on_bad``, or let it rise."""
    try:
        yield
    # OSError: the config's own loader; cv2.error: its steps on a picture of an odd shape.
    except (MmcephError, OSError, cv2.error) as error:
        if on_bad is None:
            raise
        on_bad(name, " ".join(str(error).split()))
