"""The ruler's figures as a metric of mmengine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmengine.evaluator import BaseMetric

from ...analysis.calibration import RulerPolicy, judge_ruler
from ...registry import METRICS
from ..errors import EvaluationError
from ..ruler import RulerRecord, ruler_figures
from .ceph_metric import _record

_KEYS = {
    "P1_px": "p1_px",
    "P2_px": "p2_px",
    "P1_mm": "p1_mm",
    "P2_mm": "p2_mm",
    "along_px": "along_px",
    "scale_error_pct": "scale_pct",
    "scale_error_pct_median": "scale_pct_median",
    "scale_error_pct_p95": "scale_pct_p95",
    "scale_error_75mm": "length_error_mm",
    "abstained_pct": "abstained_pct",
    "abstained_without_pct": "abstained_pct_without",
}

# No ticks are read here, so the marks must do.
_NETWORK_ALONE = RulerPolicy(marks_alone_score=0.9)


@METRICS.register_module()
class RulerMetric(BaseMetric):
    """Places of P1 and P2, the scale they give, and abstentions, behind the prefix "ruler".

    Judges what the network alone says of the picture it was shown: ``RulerReader`` then looks
    again at full resolution and reads the ticks. Figures that there is nothing for (mm without a
    ruler, say) are left out. After :meth:`evaluate` the main process finds the single images in
    :attr:`records`. Needs a data set with the landmarks P1 and P2, such as ``RulerDataset``.

    Args:
        collect_device: How the processes of a run gather their results: "gpu" sends them over
            the connection of the processes, which need no GPU for it; "cpu" writes them to files.
        prefix: Replaces "ruler" in the keys.
        collect_dir: Folder that all processes share, for "cpu".
    """

    default_prefix = "ruler"

    def __init__(
        self,
        collect_device: str = "gpu",
        prefix: str | None = None,
        collect_dir: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix, collect_dir=collect_dir)
        self.records: list[RulerRecord] = []

    @property
    def names(self) -> tuple[str, ...]:
        """Landmark names in the data set's order.

        Raises:
            EvaluationError: P1 or P2 is not among them.
        """
        names = tuple((self.dataset_meta or {}).get("landmark_names") or ())
        if "P1" not in names or "P2" not in names:
            raise EvaluationError(
                "RulerMetric: the data set has no landmarks P1 and P2; use RulerDataset"
            )
        return names

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keep what the samples of one batch say; see :class:`CephMetric`."""
        names = self.names
        self.results.extend(_ruler_record(sample, names) for sample in data_samples)

    def compute_metrics(self, results: list[RulerRecord]) -> dict[str, float]:
        """The figures over all images; see the class for the keys."""
        self.records = list(results)
        figures = ruler_figures(self.records)
        values = {key: float(getattr(figures, field)) for key, field in _KEYS.items()}
        return {key: value for key, value in values.items() if not np.isnan(value)}


def _ruler_record(sample: Mapping[str, Any], names: Sequence[str]) -> RulerRecord:
    record = _record(sample, names)
    places = [names.index("P1"), names.index("P2")]
    p1, p2 = ((float(x), float(y)) for x, y in record.predicted[places])
    first, second = (float(score) for score in record.scores[places])
    return RulerRecord(
        file=record.file,
        image_size=record.image_size,
        marks=record.truth[places] if record.visible[places].all() else None,
        reading=judge_ruler(p1, p2, (first, second), policy=_NETWORK_ALONE),
        spacing=record.spacing,
    )
