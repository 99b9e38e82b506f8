"""Mean radial error and success detection rate as a metric of mmengine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

import numpy as np
from mmengine.evaluator import BaseMetric

from ...functional.sdr import success_detection_rate
from ...functional.summary import summarise
from ...registry import METRICS
from ..errors import EvaluationError
from ..figures import THRESHOLDS_MM, difficult_mask, threshold_key
from ..records import (
    CephRecord,
    ErrorTable,
    annotated_points,
    annotation_fields,
    error_table,
)


@METRICS.register_module()
class CephMetric(BaseMetric):
    """MRE and SDR of cephalometric landmarks, in mm where the spacing is known.

    Works with :class:`mmceph.datasets.CephDataset`, which brings spacing, file and observers in
    ``raw_ann_info``, and with any top-down data set of MMPose (then in px only). Keys, behind
    the prefix "ceph": ``MRE``, ``SDR_2.0mm`` ... (percent), ``MRE_px``, and ``MRE_difficult``
    and ``MRE_healthy`` where difficult landmarks are named. Millimetre keys are there only when
    at least one image has a spacing; they are over the images that have one. After
    :meth:`evaluate` the main process finds the single images in :attr:`records`.

    Args:
        thresholds: SDR thresholds in mm; an error equal to one counts as found.
        difficult: Names of the difficult landmarks. None takes the data set's "difficult".
        collect_device: How the processes of a run gather their results: "gpu" sends them over
            the connection of the processes, which need no GPU for it; "cpu" writes them to files.
        prefix: Replaces "ceph" in the keys.
        collect_dir: Folder that all processes share, for "cpu".
    """

    default_prefix = "ceph"

    def __init__(
        self,
        thresholds: Sequence[float] = THRESHOLDS_MM,
        difficult: Sequence[str] | None = None,
        collect_device: str = "gpu",
        prefix: str | None = None,
        collect_dir: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix, collect_dir=collect_dir)
        self.thresholds = tuple(float(t) for t in thresholds)
        if not self.thresholds or min(self.thresholds) <= 0:
            raise ValueError(f"thresholds must be positive mm, got {list(thresholds)}")
        self._difficult = None if difficult is None else tuple(difficult)
        self.records: list[CephRecord] = []

    @property
    def names(self) -> tuple[str, ...]:
        """Landmark names in the data set's order.

        Raises:
            EvaluationError: The data set has handed over no names.
        """
        meta = self.dataset_meta or {}
        if meta.get("landmark_names"):
            return tuple(meta["landmark_names"])
        by_index = meta.get("keypoint_id2name")
        if not by_index:
            raise EvaluationError(
                "CephMetric: the data set's metainfo has neither landmark_names nor "
                "keypoint_id2name; use CephDataset or a data set with keypoint_info"
            )
        return tuple(by_index[index] for index in sorted(by_index))

    @property
    def difficult(self) -> tuple[str, ...]:
        """Names of the difficult landmarks as the data set writes them; may be empty."""
        wanted = self._difficult
        if wanted is None:
            wanted = tuple((self.dataset_meta or {}).get("difficult") or ())
        names = np.array(self.names, dtype=object)
        return tuple(names[difficult_mask(self.names, wanted)])

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keep what the samples of one batch say.

        Args:
            data_batch: Not used.
            data_samples: Dicts with pred_instances (keypoints (1, K, 2) in px of the original
                image, keypoint_scores (1, K)), gt_instances (keypoints, keypoints_visible) and
                the image's meta information.

        Raises:
            EvaluationError: A prediction is not finite or has another number of landmarks.
        """
        names = self.names
        self.results.extend(_record(sample, names) for sample in data_samples)

    def compute_metrics(self, results: list[CephRecord]) -> dict[str, float]:
        """The figures over all images; see the class for the keys."""
        self.records = _with_distinct_files(results)
        if not self.records:
            raise EvaluationError("CephMetric: no image was tested; is the test data set empty?")
        errors = error_table(self.records)
        metrics = {"MRE_px": summarise(errors.px).mean}
        if np.isnan(metrics["MRE_px"]):
            raise EvaluationError("CephMetric: not one image has a visible landmark")
        mre = summarise(errors.mm).mean
        if not np.isnan(mre):
            metrics["MRE"] = mre
            for threshold in self.thresholds:
                key = f"SDR_{threshold_key(threshold)}mm"
                metrics[key] = success_detection_rate(errors.mm, threshold)
            metrics.update(self._group_means(errors))
        return metrics

    def _group_means(self, errors: ErrorTable) -> dict[str, float]:
        mask = difficult_mask(self.names, self.difficult)
        if not mask.any():
            return {}
        means = {
            "MRE_difficult": summarise(errors.mm[:, mask]).mean,
            "MRE_healthy": summarise(errors.mm[:, ~mask]).mean,
        }
        return {key: mean for key, mean in means.items() if not np.isnan(mean)}


def _record(sample: Mapping[str, Any], names: Sequence[str]) -> CephRecord:
    annotation = sample.get("raw_ann_info")
    annotation = annotation if isinstance(annotation, Mapping) else {}
    path = sample.get("img_path")
    file = annotation.get("file_name") or path or f"image {sample.get('img_id', '?')}"
    prediction, truth = sample["pred_instances"], sample["gt_instances"]
    if len(prediction["keypoints"]) == 0:
        raise EvaluationError(
            f"{file}: the model gave no prediction; CephMetric needs a top-down model"
        )
    predicted = _first(prediction["keypoints"])[:, :2]
    if len(predicted) != len(names):
        raise EvaluationError(
            f"{file}: the model predicts {len(predicted)} landmarks, the data set has "
            f"{len(names)}; let the head's out_channels and the landmark set agree"
        )
    broken = np.flatnonzero(~np.isfinite(predicted).all(axis=1))
    if broken.size:
        raise EvaluationError(
            f"{file}: the prediction for landmark {names[broken[0]]} is "
            f"{predicted[broken[0]].tolist()}; the weights have probably diverged "
            "(lower the learning rate)"
        )
    visible = _first(truth["keypoints_visible"])
    scores = prediction.get("keypoint_scores")
    return CephRecord(
        file=str(file),
        image_size=_image_size(sample, annotation, str(file)),
        predicted=predicted,
        scores=np.ones(len(names)) if scores is None else _first(scores).reshape(-1),
        truth=annotated_points(annotation, _first(truth["keypoints"])[:, :2]),
        # MMPose's later pipelines pack (visible, weight) pairs.
        visible=(visible if visible.ndim == 1 else visible[:, 0]) > 0,
        image_path=None if path is None else str(path),
        **annotation_fields(annotation),
    )


def _first(value: Any) -> np.ndarray:
    """The first (and in a top-down test only) instance as float64."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    array = np.asarray(value, np.float64)
    return array[0]


def _image_size(sample: Mapping, annotation: Mapping, file: str) -> tuple[int, int]:
    if annotation.get("width") and annotation.get("height"):
        return int(annotation["width"]), int(annotation["height"])
    if "ori_shape" not in sample:
        raise EvaluationError(
            f"{file}: neither width and height nor ori_shape came with the sample"
        )
    height, width = sample["ori_shape"][:2]
    return int(width), int(height)


def _with_distinct_files(records: list[CephRecord]) -> list[CephRecord]:
    """Short file names where they tell the images apart, and a number where paths do not.

    Stock data sets give an absolute path, which says more about the machine than a report
    should, and may hold several instances of one image.
    """
    paths = {r.file for r in records if r.file == r.image_path}
    short = Counter(PurePath(path).name for path in paths)
    seen: Counter[str] = Counter()
    for record in records:
        name = PurePath(record.file).name
        if record.file in paths and short[name] == 1:
            record.file = name
        seen[record.file] += 1
        if seen[record.file] > 1:
            record.file = f"{record.file}#{seen[record.file]}"
    return records
