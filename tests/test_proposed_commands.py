"""Every command that the pages, the messages and the tools' own help propose is one that works."""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
import io
import json
import re
import shlex
import shutil
import subprocess
import sys
import tokenize
import venv
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement

from mmceph.environment import advice, bounds, remedies
from mmceph.environment.installed import find_all
from mmceph.environment.versions import satisfies

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
SOURCES = [
    ROOT / "setup.py",
    *(p for d in ("mmceph", "tools", "configs") for p in (ROOT / d).rglob("*.py")),
]
START = re.compile(
    r"(?<![\w./-])(?:python3? (?:-m (?:mmceph|pip|mim|pytest|tests)\b|tools/)"
    r"|pip (?:un)?install |mim (?:install|list|run|train|test)\b)"
)
# Where a command in running text ends; in the tools' own docstrings columns follow it.
END = re.compile(r"[`\n;()]|\": |, | \[|\.(?=\s|$)| #|   |&&|$")
FOLDERS = ("FOLDER", "DIR", "RAW")  # what some parsers look for


class Command(NamedTuple):
    place: str
    text: str
    exact: bool  # nothing but the command, so that every word of it counts


def commands_of(text: str, place: str, exact: bool) -> Iterator[Command]:
    text = re.sub(r"\\+\n\s*", "", text)
    for start in START.finditer(text):
        end = END.search(text, start.end())
        assert end is not None
        command = text[start.start() : end.start()].rstrip(" :'")
        yield Command(place, command.rstrip(".") if command[-2:-1] != " " else command, exact)


def in_page(path: Path) -> Iterator[Command]:
    text = path.read_text(encoding="utf-8")
    fences = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)
    for block in fences.finditer(text):
        if block[1] in ("", "sh", "bash"):
            yield from commands_of(block[2], path.name, True)
    for span in re.finditer(r"`([^`\n]+)`", fences.sub("", text)):
        yield from commands_of(span[1], path.name, True)


def in_source(path: Path) -> Iterator[Command]:
    place = path.relative_to(ROOT).as_posix()
    source = path.read_text(encoding="utf-8")
    nodes = list(ast.walk(ast.parse(source)))
    pieces = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in nodes:
        if id(node) in pieces:
            continue
        if isinstance(node, ast.JoinedStr):  # what is put in is a word of its own
            texts = [str(p.value) if isinstance(p, ast.Constant) else "X" for p in node.values]
            yield from commands_of("".join(texts), place, False)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from commands_of(node.value, place, False)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield from commands_of(token.string, place, False)


def all_commands() -> list[Command]:
    found = [c for page in PAGES for c in in_page(page)]
    found += [c for source in SOURCES for c in in_source(source)]
    return sorted({(c.text, c.exact): c for c in found}.values())


COMMANDS = all_commands()
OURS = [c for c in COMMANDS if c.text.startswith("python") and " -m mim" not in c.text]
PIP = [c for c in COMMANDS if c.text.startswith("pip")]
MIM = [c for c in COMMANDS if " mim" in c.text or c.text.startswith("mim")]


def load(path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(path.parent))
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    spec = importlib.util.spec_from_file_location(f"proposed_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return tool


def parse(words: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the tool's own parser read a command; SystemExit where it cannot."""
    program, *arguments = words[1:] if words[1] != "-m" else words[2:]
    if program == "tools/x.py":
        return  # any tool, in an example
    if program == "mmceph.guard":
        load(ROOT / "mmceph" / "guard.py", monkeypatch)._parse(arguments)
    elif program == "mmceph.phantom":
        from mmceph.phantom.__main__ import _parser

        _parser().parse_args(arguments)
    elif program == "tests.campaign":
        assert (ROOT / "tests" / "campaign" / f"{arguments[0]}.py").is_file(), arguments[0]
    elif program == "mmceph.analysis.describe":
        assert len(arguments) == 1
    elif program == "tools/runtests.py":
        load(ROOT / program, monkeypatch).venv_setup.parser("").parse_known_args(arguments)
    elif program.startswith("tools/dataset_converters/"):
        assert program.endswith("/X.py") or (ROOT / program).is_file(), program
        shared = load(ROOT / "tools" / "dataset_converters" / "_converter_tool.py", monkeypatch)
        shared.parse_args("", "", arguments)
    else:
        tool = load(ROOT / program, monkeypatch)
        (getattr(tool, "parse_args", None) or tool.parse_arguments)(arguments)


def expanded(text: str) -> list[str]:
    """A command for each of the names in braces."""
    braces = re.search(r"\{([\w,]+)\}", text)
    if braces is None:
        return [text.replace(" ...", "").replace("THIS", "CONFIG")]
    parts = [text[: braces.start()] + name + text[braces.end() :] for name in braces[1].split(",")]
    return [command for part in parts for command in expanded(part)]


def test_commands_are_found() -> None:
    assert len(OURS) > 60
    assert len(PIP) > 8
    assert len(MIM) > 5


@pytest.mark.parametrize("command", OURS, ids=lambda c: f"{c.place}: {c.text[:60]}")
def test_the_tools_understand_what_is_proposed(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in FOLDERS:
        (tmp_path / name).mkdir()
    for text in expanded(command.text):
        words = shlex.split(text)
        for config in (word for word in words if word.startswith("configs/")):
            assert (ROOT / config).is_file(), config
        # In running text the sentence goes on after the command, but not before its last flag.
        flags = [n + 1 for n, word in enumerate(words) if word.startswith("--")]
        shortest = len(words) if command.exact else max([2 + (words[1] == "-m"), *flags])
        for length in range(len(words), shortest - 1, -1):
            if not command.exact and length == shortest and not flags:
                break  # the tool's name alone
            try:
                parse(words[:length], monkeypatch)
                break
            except SystemExit:
                continue
        else:
            pytest.fail(f"{command.place}: the tool refuses {text}")


@pytest.mark.parametrize("command", PIP + MIM, ids=lambda c: f"{c.place}: {c.text[:60]}")
def test_pip_and_mim_are_told_what_they_know(command: Command) -> None:
    words = shlex.split(command.text)
    if words[0] == "pip":
        options = [word for word in words if word.startswith("-")]
        assert set(options) <= {"-r", "-e", "-y", "--no-deps", "--no-build-isolation"}
    for before, word in pairwise(words):
        if before == "-r":
            assert (ROOT / word).is_file(), word
    if words[:2] == ["mim", "run"]:
        assert words[2] == "mmceph"
        assert len(list((ROOT / "tools").rglob(f"{words[3]}.py"))) == 1


def proposed_requirements() -> list[list[str]]:
    """What each proposed ``pip install`` asks for, those made for this environment included."""
    texts = [c.text for c in PIP if c.text != "pip install mmpose"]  # named as one that fails
    texts += [advice.install_extra(name) for name in bounds.EXTRAS]
    texts += [advice.install_command(bounds.ONNXRUNTIME_SPEC, "matplotlib")]
    texts += [r.as_text() for r in (remedies.pure_python_mmcv(()), remedies.mmpose_set(find_all()))]
    found = []
    for words in (shlex.split(part) for text in texts for part in text.split(" && ")):
        # A checkout is no package, and what comes without its dependencies brings no numpy.
        if words[1] == "install" and not {"-r", "-e", "--no-deps", "--no-build-isolation"} & set(
            words
        ):
            given = [word for word in words[2:] if not word.startswith(("-", "git+", "no-such"))]
            found.append([part for word in given for part in without_mmceph(word)])
    return [requirements for requirements in found if requirements]


def without_mmceph(requirement: str) -> list[str]:
    """An extra of ours as what it stands for: there is no mmceph to be had from an index."""
    extra = re.fullmatch(r"mmceph\[([\w,]+)\]", requirement)
    if extra is None:
        return [requirement]
    text = (ROOT / "requirements" / "optional.txt").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^# \[(\w+)\]\n((?:[^#].*\n)+)", text, re.M))
    return [line for name in extra[1].split(",") for line in sections[name].splitlines()]


def pinned_environment(folder: Path) -> Path:
    """An interpreter for which the pinned set is installed, and nothing of the extras.

    pip asks the metadata what is there; the packages themselves are not needed for that.
    """
    venv.create(folder, with_pip=False)
    site = next(folder.glob("[Ll]ib/**/site-packages"))
    names = ("runtime.txt", "mmpose.txt", "mmpose_nodeps.txt")
    lines = [
        line
        for name in names
        for line in (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    wanted = [Requirement(line) for line in lines]
    todo = [r.name for r in wanted if r.marker is None or r.marker.evaluate()]
    seen: set[str] = set()
    while todo:
        name = todo.pop().lower().replace("_", "-")
        try:
            found = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            if name in ("mmpose", "torch", "numpy"):
                pytest.skip(f"the pinned set is not installed here: {name} is missing")
            continue
        if name in seen:
            continue
        seen.add(name)
        source = Path(str(found._path))  # type: ignore[attr-defined]
        shutil.copytree(source, site / source.name)
        needs = [] if name in ("mmpose", "mmdet") else map(Requirement, found.requires or ())
        todo += [r.name for r in needs if r.marker is None or r.marker.evaluate({"extra": ""})]
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


@pytest.mark.mmpose
def test_what_pip_is_asked_for_leaves_numpy_and_torch_in_place(tmp_path: Path) -> None:
    python = pinned_environment(tmp_path / "env")
    proposed = proposed_requirements()
    bounded = [r for r in proposed if any(word.startswith("numpy") for word in r)]
    free = [r for r in proposed if r not in bounded]
    assert len(bounded) > 4
    assert ["pycocotools"] in free
    pinned = importlib.metadata.version("numpy")
    for word in (word for r in bounded for word in r if word.startswith("numpy")):
        assert satisfies(pinned, word.removeprefix("numpy")), word
    # All of the others at once, since each resolution takes seconds.
    report = tmp_path / "report.json"
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check",
         "--no-input", "install", "--dry-run", "--quiet", "--retries", "0", "--report",
         str(report), *sorted({word for r in free for word in r})],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    if "(from versions: none)" in done.stderr:
        pytest.skip(f"no package index answers: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    brought = json.loads(report.read_text(encoding="utf-8"))["install"]
    names = {one["metadata"]["name"].lower() for one in brought}
    assert names >= {"onnx", "onnxruntime", "pydicom"}
    assert not {"numpy", "torch", "torchvision", "mmengine", "opencv-python"} & names
