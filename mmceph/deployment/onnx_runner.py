"""Landmarks from an exported model with numpy, OpenCV and onnxruntime: no torch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mmceph.deployment.description import Description, description_path, read_model
from mmceph.deployment.input_geometry import InputGeometry
from mmceph.environment.advice import install_command
from mmceph.environment.bounds import ONNXRUNTIME_SPEC
from mmceph.errors import MmcephError
from mmceph.imaging import read_image
from mmceph.imaging.reduce import ReducedImage, reduce

Picture = str | Path | np.ndarray


class RunnerError(MmcephError):
    """onnxruntime is missing or cannot load the model, or a picture is none."""


@dataclass(frozen=True, eq=False)
class OnnxPrediction:
    """The landmarks of one picture.

    Attributes:
        file: The picture's path, or None for an array.
        image_size: (w, h) in px.
        names: Landmark names.
        points: (K, 2) in px of the picture, x before y.
        scores: (K,).
    """

    file: str | None
    image_size: tuple[int, int]
    names: tuple[str, ...]
    points: NDArray[np.float64]
    scores: NDArray[np.float32]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        rows = zip(self.names, self.points.tolist(), self.scores.tolist(), strict=True)
        return {
            "file": self.file,
            "width": self.image_size[0],
            "height": self.image_size[1],
            "landmarks": {name: {"point": xy, "score": score} for name, xy, score in rows},
        }


class OnnxRunner:
    """Runs what ``tools/deployment/export_onnx.py`` wrote.

    Args:
        model: The ``.onnx`` file; its JSON must lie beside it.
        threads: Threads of onnxruntime on the CPU; its own choice by default.
        providers: onnxruntime's execution providers.

    Raises:
        DescriptionError: The file or its JSON is missing, or they do not belong together.
        NotSelfContainedError: The model wants other files.
        RunnerError: onnxruntime is missing or refuses the file.
    """

    def __init__(
        self,
        model: str | Path,
        *,
        threads: int | None = None,
        providers: Sequence[str] = ("CPUExecutionProvider",),
    ) -> None:
        data, self.description = read_model(model)
        try:
            import onnxruntime
        except ImportError as error:
            raise RunnerError(
                f"{model}: running it needs onnxruntime ({error}): "
                f"{install_command(ONNXRUNTIME_SPEC)}"
            ) from error
        options = onnxruntime.SessionOptions()
        # Not onnxruntime's own form, which was not looked at.
        options.add_session_config_entry("session.load_model_format", "ONNX")
        if threads is not None:
            options.intra_op_num_threads = threads
        try:
            self._session = onnxruntime.InferenceSession(
                data, sess_options=options, providers=list(providers)
            )
        except Exception as error:  # onnxruntime's own errors share no other base class
            raise RunnerError(f"{model}: onnxruntime cannot load it ({error})") from error
        _require_fit(self._session, self.description, model)

    @property
    def names(self) -> tuple[str, ...]:
        """Landmark names in the order of the points."""
        return self.description.landmark_names

    def __call__(
        self, pictures: Picture | Iterable[Picture], batch_size: int = 8
    ) -> list[OnnxPrediction]:
        """Find the landmarks of one picture or of several.

        Args:
            pictures: A path, an array ((h, w) grey or (h, w, 3) BGR, uint8), or several of them.
            batch_size: Pictures that go through the network at once.

        Returns:
            One prediction per picture, in their order.

        Raises:
            ImageReadError: A file cannot be read.
            RunnerError: An array is no picture.
        """
        single = isinstance(pictures, (str, Path, np.ndarray))
        return list(self.predict([pictures] if single else pictures, batch_size))  # type: ignore[list-item,arg-type]

    def predict(self, pictures: Iterable[Picture], batch_size: int = 8) -> Iterator[OnnxPrediction]:
        """Give the predictions one by one, as the batches are done; see :meth:`__call__`."""
        if batch_size < 1:
            raise RunnerError(f"batch_size {batch_size}: must be at least 1")
        left = iter(pictures)
        while batch := list(islice(left, batch_size)):
            prepared = [self.prepare(picture) for picture in batch]
            points, scores = self.run(np.stack([image for image, _ in prepared]))
            for picture, (_, geometry), found, score in zip(
                batch, prepared, points, scores, strict=True
            ):
                yield OnnxPrediction(
                    file=None if isinstance(picture, np.ndarray) else str(picture),
                    image_size=geometry.picture_size,
                    names=self.names,
                    points=geometry.to_picture(found),
                    scores=score,
                )

    def run(self, images: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Run the graph.

        Args:
            images: (B, C, h, w), as :meth:`prepare` gives them.

        Returns:
            Points (B, K, 2) in input px and scores (B, K).
        """
        points, scores = self._session.run(["points", "scores"], {"images": images})
        return points, scores

    def prepare(self, picture: Picture) -> tuple[NDArray[np.float32], InputGeometry]:
        """See :func:`prepare_picture`."""
        return prepare_picture(picture, self.description)


def _require_fit(session: Any, about: Description, model: str | Path) -> None:
    """See that a graph takes and gives what the JSON beside it says."""
    given = {entry.name: list(entry.shape) for entry in session.get_inputs()}
    wanted = [about.channels, about.input_size[1], about.input_size[0]]
    if list(given) != ["images"] or given["images"][1:] != wanted:
        raise RunnerError(
            f"{model}: takes {given}, not images of {wanted} (c, h, w) as "
            f"{description_path(model).name} says; export again"
        )
    gives = {entry.name: list(entry.shape) for entry in session.get_outputs()}
    count = len(about.landmark_names)
    for name in ("points", "scores"):
        found = gives.get(name, [None, None])[1]
        if name not in gives or (isinstance(found, int) and found != count):
            raise RunnerError(
                f"{model}: gives {gives}, not points and scores of the {count} landmarks in "
                f"{description_path(model).name}; export again"
            )


def prepare_picture(
    picture: Picture, about: Description
) -> tuple[NDArray[np.float32], InputGeometry]:
    """Bring a picture to the network's input, as the test pipeline does.

    Args:
        picture: A path, or an array as :class:`OnnxRunner` takes it.
        about: The model's description.

    Returns:
        (C, h, w) normalised, and the geometry that brings points back.

    Raises:
        ImageReadError: The file cannot be read.
        RunnerError: The array is no picture.
    """
    if isinstance(picture, np.ndarray):
        grey, reduce_to = _as_grey(picture), None  # LoadCephImage leaves arrays as they are
    else:
        grey = read_image(picture, window=about.window).pixels
        reduce_to = about.reduce_to
    height, width = grey.shape
    geometry = InputGeometry.of_picture((width, height), about.input_size, about.padding)
    matrix = geometry.matrix()
    if reduce_to is not None:
        grey = reduce(grey, reduce_to)
        if grey.shape != (height, width):
            matrix = matrix @ ReducedImage(grey, (width, height)).to_original()
    warped = cv2.warpAffine(grey, matrix, about.input_size, flags=cv2.INTER_LINEAR)
    image = np.repeat(warped[None].astype(np.float32), about.channels, axis=0)
    return (image - _per_channel(about.mean)) / _per_channel(about.std), geometry


def _per_channel(values: Sequence[float]) -> NDArray[np.float32]:
    return np.asarray(values, np.float32).reshape(-1, 1, 1)


def _as_grey(pixels: np.ndarray) -> np.ndarray:
    flat = pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels
    if flat.ndim == 3 and flat.shape[2] == 3 and flat.dtype == np.uint8 and flat.size:
        return cv2.cvtColor(flat, cv2.COLOR_BGR2GRAY)
    if flat.ndim != 2 or flat.dtype != np.uint8 or not flat.size:
        raise RunnerError(
            f"an array of shape {pixels.shape} and type {pixels.dtype} is no picture: give uint8, "
            "(h, w) grey or (h, w, 3) BGR"
        )
    return flat
