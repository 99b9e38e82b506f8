"""mmengine's Runner, with files that any system can write and no kill can spoil."""

from __future__ import annotations

import ast
import io
import os
import tokenize
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.dist import master_only
from mmengine.logging import MMLogger
from mmengine.runner import Runner as MmengineRunner
from torch import nn
from torch.utils.data import DataLoader

from mmceph.engine.loader_failures import clear_loader_failures, watch_workers
from mmceph.io import write_text_atomic
from mmceph.io.ours import set_aside


class Runner(MmengineRunner):
    """A Runner whose log is UTF-8 and whose config is saved whole.

    mmengine opens the log in the system's code page: on a Windows whose code page cannot spell a
    folder's name, every line that holds it is lost with a traceback.
    """

    def build_logger(
        self, log_level: int | str = "INFO", log_file: str | None = None, **kwargs: Any
    ) -> MMLogger:
        """Build the logger; mmengine takes its file handler by name from ``logging.handlers``."""
        # It never begins a second file, since no size is given.
        handler = {"type": "RotatingFileHandler", "encoding": "utf-8", "errors": "backslashreplace"}
        kwargs.setdefault("file_handler_cfg", handler)
        return super().build_logger(log_level=log_level, log_file=log_file, **kwargs)

    @staticmethod
    def build_dataloader(
        dataloader: DataLoader | dict[str, Any],
        seed: int | None = None,
        diff_rank_seed: bool = False,
    ) -> DataLoader:
        """Build a loader whose processes end, with a reason, where they cannot go on."""
        loader = MmengineRunner.build_dataloader(dataloader, seed, diff_rank_seed)
        watch_workers(loader)
        return loader

    def train(self) -> nn.Module:
        """Train.

        Raises:
            LoaderError: The processes that load pictures cannot go on.
        """
        with clear_loader_failures():
            return super().train()

    def test(self) -> dict[str, Any]:
        """Test; raises as :meth:`train` does."""
        with clear_loader_failures():
            return dict(super().test())

    @master_only
    def dump_config(self) -> None:
        """Save the config that runs to the work folder; never over one that was written by hand."""
        source = self.cfg.filename
        name = f"{self.timestamp}.py" if source is None else Path(source).name
        path = Path(self.work_dir, name)
        if path.exists() and not _is_dump(path):
            if source is not None and os.path.realpath(source) == os.path.realpath(path):
                saved = Path(self.log_dir, "vis_data", "config.py")
                self.logger.info(f"{path} stays as it was written; what runs is in {saved}")
                return
            self.logger.info(f"{path} is not of a training, and is now {set_aside(path)}")
        write_text_atomic(path, self.cfg.dump())


def _is_dump(path: Path) -> bool:
    """Whether a config is one that was saved: without comments, and the same when saved again."""
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            return bool(Config.fromfile(path).dump() == text)
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        if any(token.type == tokenize.COMMENT for token in tokens):
            return False
        again = Config.fromfile(path).dump()
        return ast.dump(ast.parse(text)) == ast.dump(ast.parse(again))
    except Exception:  # noqa: BLE001 - a config is code, and may be cut short
        return False
