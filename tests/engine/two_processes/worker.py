"""One process of two: runs the commands of a plan, one after the other, in one process group."""

from __future__ import annotations

import json
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.config import config as mmengine_config
from mmengine.dist import barrier, get_rank

from mmceph.engine.process_group import connected

ROOT = Path(__file__).resolve().parents[3]


def tool(name: str) -> Any:
    """A tool of the repository as a module."""
    spec = spec_from_file_location(f"tool_{name}", ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def quick_format(text: str, **_: Any) -> tuple[str, bool]:
    """In the place of yapf, which takes most of a small run's time to format its config."""
    return text, True


def main(plan: str) -> int:
    """Run the plan, a list of ``[tool, arguments]``; whoever writes a report leaves a note."""
    from mmceph.evaluation import testing

    write = testing.write_report

    def noted(*args: Any, out_dir: Path, **kwargs: Any) -> Any:
        Path(out_dir).parent.joinpath(f"reported_by_{get_rank()}").touch()
        return write(*args, out_dir=out_dir, **kwargs)

    testing.write_report = noted
    mmengine_config.FormatCode = quick_format
    with connected(Config({"launcher": "pytorch"})):
        for name, words in json.loads(Path(plan).read_text(encoding="utf-8")):
            status = tool(name).main([*words, "--launcher", "pytorch"])
            if status:
                return int(status)
            barrier()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
