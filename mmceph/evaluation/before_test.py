"""What is seen to before minutes of testing, so that no finished test is lost."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePath

from mmengine.runner import Runner

from .errors import EvaluationError
from .metrics import CephMetric
from .report import locked_report, require_common


@contextmanager
def reporting_to(out_dir: str | Path) -> Iterator[None]:
    """See that a report can be written to a folder, and keep it for this process.

    Args:
        out_dir: Folder of the report.

    Raises:
        EvaluationError: The folder cannot be made, is a file, or takes no files.
        OwnershipError: It holds files of others.
        FolderLockedError: Another process reports to it.
    """
    with ExitStack() as stack:
        try:
            if Path(out_dir).is_file():
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
            stack.enter_context(locked_report(out_dir))
        except OSError as error:
            reason = error.strerror or str(error)
            raise EvaluationError(
                f"{out_dir}: the report cannot be written there ({reason}); name another --out "
                "folder"
            ) from error
        yield


def require_comparable(runner: Runner, other: str | Path) -> None:
    """See that another report has an image and a landmark in common with what will be tested.

    Args:
        runner: The runner before its ``test()``; its test loop is built.
        other: The other run's report.json, or its folder.

    Raises:
        EvaluationError: The other report cannot be read or has nothing in common.
    """
    loop = runner.test_loop
    metric = next((m for m in loop.evaluator.metrics if isinstance(m, CephMetric)), None)
    if metric is not None:
        require_common(metric.names, set(_files(loop.dataloader.dataset)), other)


def _files(dataset: object) -> Iterator[str]:
    """What a report may call the data set's images; see CephMetric."""
    for index in range(len(dataset)):  # type: ignore[arg-type]
        info = dataset.get_data_info(index)  # type: ignore[attr-defined]
        annotation = info.get("raw_ann_info")
        name = annotation.get("file_name") if isinstance(annotation, dict) else None
        if name:
            yield str(name)
        elif info.get("img_path"):
            yield from (str(info["img_path"]), PurePath(info["img_path"]).name)
