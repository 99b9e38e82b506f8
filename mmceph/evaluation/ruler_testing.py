"""The ruler's table after a test: what ``tools/test.py`` prints for configs with a RulerMetric."""

from __future__ import annotations

from mmengine.config import Config
from mmengine.runner import Runner

from ..io import json_bytes
from .mean_shape import MeanShapeError, training_mean_shape
from .metrics import RulerMetric
from .ruler import constant_records, format_ruler_table, ruler_figures, ruler_report_content


def ruler_report(runner: Runner, cfg: Config) -> tuple[str, dict[str, bytes]] | None:
    """The ruler's table and ``ruler.json``, a file of the report; on the main process only.

    Args:
        runner: A runner whose ``test()`` is done.
        cfg: Its config, whose training annotations make the constant answer.

    Returns:
        The table and the file by its name; None where no RulerMetric was in use.
    """
    metrics = runner.test_loop.evaluator.metrics
    metric = next((item for item in metrics if isinstance(item, RulerMetric)), None)
    if metric is None:
        return None
    columns = {"model": ruler_figures(metric.records)}
    note = (
        "\nThe network alone, on whole pictures; tools/analysis_tools/eval_ruler.py tests the"
        "\nreader, which looks again at full resolution and reads the ticks."
    )
    try:
        if cfg.get("train_dataloader") is None:
            raise MeanShapeError("the config has no train_dataloader")
        mean = training_mean_shape(cfg.train_dataloader.dataset, ("P1", "P2"))
        columns["constant"] = ruler_figures(constant_records(metric.records, mean))
    except MeanShapeError as error:
        note += f"\nNo constant answer to compare with: {error}"
    content = json_bytes(ruler_report_content(columns, metric.records))
    return format_ruler_table(columns) + note, {"ruler.json": content}
