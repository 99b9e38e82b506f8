"""Wrong command lines for every tool: each must end in a line, and change nothing of the user's."""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any
from unittest import mock

from .doors import ALLOWED, ROOT, Ending, load_tool, run_apart
from .tally import Tally
from .workspace import CONVERTERS, preload, write_workspace

_MODEL = ("--config", "config.py", "--checkpoint", "best.pth", "--device", "cpu")
_LABELME = "raw/labelme/labelme/observer_a"
_ANALYSIS, _DEPLOYMENT = "tools/analysis_tools", "tools/deployment"
# A command line of each tool that is right, or nearly.
COMMANDS = MappingProxyType(
    {
        "train": ("tools/train.py", ["config.py", "--work-dir", "work", "--epochs", "1"]),
        "test": ("tools/test.py", ["config.py", "best.pth", "--work-dir", "work"]),
        "predict": (
            "tools/predict.py",
            ["data/images/phantom_0001.png", "odd/bad.png", *_MODEL, "--out", "out"],
        ),
        "measure anew": ("tools/predict.py", ["--from-labelme", _LABELME, "--out", "out"]),
        "measure": (f"{_ANALYSIS}/measure.py", ["points.json", "tracing.json", "--out", "m.csv"]),
        "eval_metric": (
            f"{_ANALYSIS}/eval_metric.py",
            ["theirs.csv", "data/annotations/train.json", "--out", "report", "--no-plots"],
        ),
        "compare": (f"{_ANALYSIS}/compare_reports.py", ["before", "after", "--json", "c.json"]),
        "select": (f"{_ANALYSIS}/select_difficult.py", ["before", "--worst", "2"]),
        "eval_ruler": (
            f"{_ANALYSIS}/eval_ruler.py",
            ["data/annotations/val.json", "--out", "rulers.json"],
        ),
        "browse": (f"{_ANALYSIS}/browse_dataset.py", ["config.py", "--out", "b", "--number", "1"]),
        "calibrate": (
            f"{_ANALYSIS}/calibrate_uncertainty.py",
            ["before/predictions.json", "best.pth", "--out", "u.json", "--splits", "2"],
        ),
        "export": (
            f"{_DEPLOYMENT}/export_onnx.py",
            ["config.py", "best.pth", "--out", "model.onnx"],
        ),
        "pack": (
            f"{_DEPLOYMENT}/pack_ruler_model.py",
            ["config.py", "best.pth", "--out", "ruler.pth"],
        ),
        "make ruler": (f"{_DEPLOYMENT}/make_ruler_model.py", ["--work-dir", "w", "--num", "1"]),
        "phantom": (
            "mmceph/phantom/__main__.py",
            ["--out", "p", "--num", "2", "--size", "96", "120", "--split", "1", "0", "0"],
        ),
        "guard": ("mmceph/guard.py", ["--json"]),
        "quickstart": ("tools/quickstart.py", ["--work-dir", "w", "--venv", "venv"]),
        "runtests": ("tools/runtests.py", ["--venv", "venv"]),
        "time loading": ("tools/benchmarks/loader.py", ["--number", "1", "--epochs", "1"]),
        "time rulers": ("tools/benchmarks/ruler_phantoms.py", ["--num", "1"]),
        "time prediction": (
            "tools/benchmarks/inference.py",
            ["config.py", "best.pth", "data/images/phantom_0001.png", "--rounds", "1"],
        ),
        **{
            f"convert {name}": (path, ["raw/" + name, "--out", "out", "--skip-bad"])
            for name, path in CONVERTERS.items()
        },
    }
)
# What a run may replace when it is told to: results of mmceph, and what it wrote into the data.
_OURS = ("results", "measured", "before", "after", "data")

NUMBERS = ("0", "-1", "nan", "inf", "-inf", "1e400", "1e-320", "0.5", "99999999999999999999", "",
           "x", "1,5", "0x10", "٣", "1 2", "--")  # fmt: skip
WORDS = ("", " ", "x", "isbi", "TYPO", "S,N", "l1=S", "l1=S,l1=N", "=", ",", "a=b=c", "é",
         "caf\udce9", "x" * 5000, "a\nb", "\x1b[2J", "%s", "{}", "*", "xpu", "cuda:99", "cpu:-1",
         "None", "[]", "model", "model.type=Gone", "model=3", "model.head=None", "train_cfg=x",
         "test_dataloader.batch_size=-1", "test_dataloader.dataset.pipeline=[]", "work_dir=3",
         "custom_imports.imports=gone", "default_scope=gone", "randomness.seed=x",
         "model.head.out_channels=0", "test_evaluator=[]", "a.b.c=1", "=1")  # fmt: skip
PLACES = ("gone", "gone/deeper/x.json", ".", "..", "odd", "odd/folder", "odd/empty", "config.py",
          "data", "data/images", "data/images/phantom_0001.png", "best.pth", "points.json",
          "theirs.csv", "before", "before/report.json", "before/predictions.json", "results",
          "raw/labelstudio/export.json", "raw/labelme", "data/annotations/train.json", "https://[::1/x",
          "n" * 300, "~", "odd/../odd", "con", "x.onnx", "new/x.onnx")  # fmt: skip


@cache
def parser_of(path: str) -> argparse.ArgumentParser:
    """A tool's parser, caught when it is first used."""

    class Caught(BaseException):
        pass

    def catch(self: argparse.ArgumentParser, *_: Any, **__: Any) -> None:
        raise Caught(self)

    names = ("parse_args", "parse_known_args", "parse_intermixed_args")
    patches = [mock.patch.object(argparse.ArgumentParser, name, catch) for name in names]
    for patch in patches:
        patch.start()
    try:
        load_tool(path).main()
    except Caught as caught:
        return caught.args[0]
    finally:
        for patch in patches:
            patch.stop()
    raise AssertionError(f"{path} has no parser")


def odd_files() -> list[str]:
    """The names in the workspace's ``odd`` folder."""
    return [f"odd/{name}" for name in sorted(os.listdir("odd"))]


def values_for(action: argparse.Action, odd: Sequence[str]) -> list[str]:
    """What may be given to an option, nearly all of it wrong."""
    if action.choices is not None:
        return [*WORDS[:6], *map(str, action.choices)]
    if action.type in (int, float) or getattr(action.type, "of_numbers", False):
        return list(NUMBERS)
    named = (action.metavar or action.dest or "").__str__().upper()
    if any(part in named for part in ("NAME", "KEY", "SET", "DEVICE", "NOTE", "ANALYSIS", "L,")):
        return [*WORDS, *odd[:3]]
    return [*PLACES, *odd, *WORDS[:4], *WORDS[11:15]]


def systematic(odd: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Every option of every tool with every value that fits it ill, one at a time."""
    lines = []
    for name, (path, base) in COMMANDS.items():
        actions = [a for a in parser_of(path)._actions if not isinstance(a, argparse._HelpAction)]
        for action in actions:
            if action.nargs == 0:
                lines.append((name, [*base, action.option_strings[0]]))
                continue
            for value in values_for(action, odd):
                lines.append((name, with_value(base, action, value)))
    return lines


def with_value(base: Sequence[str], action: argparse.Action, value: str) -> list[str]:
    """The command line with another value of an option, or of an argument."""
    count = action.nargs if isinstance(action.nargs, int) else 1
    words = list(base)
    if not action.option_strings:
        places = [i for i, word in enumerate(words) if not word.startswith("--")
                  and not (i and words[i - 1].startswith("--"))]  # fmt: skip
        if places:
            words[places[0]] = value
            return words
        return [value, *words]
    flag = action.option_strings[-1]
    if flag in words:
        at = words.index(flag)
        return [*words[:at], *words[at + 1 + count :], flag, *[value] * count]
    if value.startswith("-"):
        return [*words, f"{flag}={value}"] if count == 1 else [*words, flag, *[value] * count]
    return [*words, flag, *[value] * count]


def at_random(rng: random.Random, odd: Sequence[str]) -> tuple[str, list[str]]:
    """A command line with several things wrong, or shuffled words."""
    name = rng.choice(list(COMMANDS))
    path, base = COMMANDS[name]
    words = list(base)
    actions = [a for a in parser_of(path)._actions if not isinstance(a, argparse._HelpAction)]
    for _ in range(rng.choice([1, 2, 2, 3])):
        way = rng.randrange(7)
        action = rng.choice(actions)
        if way < 4:
            value = rng.choice(values_for(action, odd))
            if action.nargs == 0:
                words.append(action.option_strings[0])
            else:
                words = with_value(words, action, value)
        elif way == 4 and words:
            del words[rng.randrange(len(words))]
        elif way == 5 and words:
            words[rng.randrange(len(words))] = rng.choice([*NUMBERS, *WORDS, *PLACES, *odd])
        else:
            words.insert(rng.randrange(len(words) + 1), rng.choice([*NUMBERS, *WORDS, *PLACES]))
    return name, words


def run_line(name: str, words: Sequence[str], folder: Path, limit: float) -> Ending:
    """Run a tool with these words in a copy of the workspace."""
    path = COMMANDS[name][0]

    def work() -> int | None:
        sys.argv = [str(ROOT / path), *words]
        tool = load_tool(path)
        from mmceph.environment import fix

        fix.mend = lambda *_, **__: False  # it would install packages
        if not hasattr(tool, "finish"):
            return tool.main(list(words))
        for module in (tool, sys.modules["venv_setup"]):
            for command in ("run", "run_checked"):
                if hasattr(module, command):
                    setattr(module, command, refuse)
        return tool.finish(tool.main)

    return run_apart(work, folder, limit=limit)


def refuse(*_: Any, **__: Any) -> Any:
    """Stand in for the commands that quickstart and the like would run, pip among them."""
    raise sys.modules["step_runner"].StepFailed("not run in a campaign")


def snapshot(folder: Path) -> dict[str, str]:
    """Checksums of the files that are the user's."""
    found = {}
    for root, folders, names in os.walk(folder):
        if Path(root) == folder:
            folders[:] = [name for name in folders if name not in _OURS]
        for name in names:
            path = os.path.join(root, name)
            if not os.path.islink(path):
                with open(path, "rb") as stream:
                    found[os.path.relpath(path, folder)] = hashlib.md5(stream.read()).hexdigest()
    return found


def campaign(
    runs: int, seed: int, folder: Path, *, only: Sequence[str] = (), limit: float = 20.0
) -> Tally:
    """Run wrong command lines, half of them one wrong value at a time.

    Args:
        runs: How many.
        seed: Of the choice.
        folder: An empty folder to work in.
        only: Names of :data:`COMMANDS`; all if left out.
        limit: Seconds after which a command that goes on is stopped.
    """
    origin = folder / "origin"
    origin.mkdir()
    write_workspace(origin)
    preload()
    before = snapshot(origin)
    odd = [f"odd/{name}" for name in sorted(os.listdir(origin / "odd"))]
    rng = random.Random(f"command_line {seed}")
    each = systematic(odd)
    rng.shuffle(each)
    tally = Tally()
    for number in range(runs):
        own = random.Random(f"command_line {seed} {number}")
        name, words = each[number % len(each)] if number % 2 else at_random(own, odd)
        while only and name not in only:
            name, words = at_random(own, odd) if number % 2 == 0 else own.choice(each)
        place = folder / "a" / "run"
        shutil.copytree(origin, place, symlinks=True)
        ending = run_line(name, words, place, limit)
        allowed = (*ALLOWED, 3) if name == "guard" else ALLOWED
        loss = ending.loss(allowed) or changed(before, place)
        shown = " ".join(map(ascii, words))[:300]
        tally.add(None if loss is None else f"{name} {shown}: {loss}")
        tally.remark(f"status {ending.status}" + (" (stopped)" if ending.stopped else ""))
        shutil.rmtree(folder / "a")
    return tally


def changed(before: dict[str, str], folder: Path) -> str | None:
    """A file of the user's that is not as it was."""
    now = snapshot(folder)
    for name, checksum in before.items():
        if now.get(name) != checksum:
            return f"{name!a} was {'changed' if name in now else 'removed'}"
    return None
