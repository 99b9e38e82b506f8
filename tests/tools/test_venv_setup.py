from __future__ import annotations

import ast
import importlib
import re
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"


@pytest.fixture
def load(monkeypatch):
    """Import one of the tools, which find each other because they lie side by side."""
    monkeypatch.syspath_prepend(str(TOOLS))
    for name in ("step_runner", "venv_setup", "quickstart", "runtests"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield importlib.import_module
    for name in ("step_runner", "venv_setup", "quickstart", "runtests"):
        sys.modules.pop(name, None)


@pytest.fixture
def setup(load):
    return load("venv_setup")


@pytest.fixture
def steps(load):
    return load("step_runner").Steps(total=2)


STANDALONE = ["step_runner", "venv_setup", "quickstart", "runtests"]
OF_MMCEPH = [
    "__init__",
    "arguments",
    "cli",
    "crash_log",
    "errors",
]  # standard library, too


@pytest.mark.parametrize(
    "path",
    [f"tools/{name}.py" for name in STANDALONE] + [f"mmceph/{name}.py" for name in OF_MMCEPH],
)
def test_old_pythons_can_read_it_and_it_needs_only_the_standard_library(path):
    text = (TOOLS.parent / path).read_text(encoding="utf-8")
    tree = ast.parse(text, feature_version=(3, 8))
    own = {"", "mmceph", *(f"mmceph.{name}" for name in OF_MMCEPH), "mmceph.engine.checkpoint"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        else:
            continue
        for module in modules:
            top = module.split(".")[0]
            assert (
                module in own or top in sys.stdlib_module_names or (TOOLS / f"{top}.py").is_file()
            ), module


def test_old_python_gets_a_clear_message(setup):
    with pytest.raises(setup.StepFailed, match=r"needs Python 3\.10 or later.*Python 3\.9\.18"):
        setup.require_version((3, 9, 18), "python3.9")
    setup.require_version((3, 10, 0), "python3.10")


def test_failing_command_is_shown_with_its_last_25_lines(setup):
    program = "import sys; print(*range(40), sep='\\n'); sys.exit('broken here')"
    with pytest.raises(setup.StepFailed) as caught:
        setup.run_checked([sys.executable, "-c", program], telling=("nothing",))
    lines = str(caught.value).splitlines()
    assert lines[0] == "This command failed with exit code 1:"
    assert sys.executable in lines[2]
    assert len([line for line in lines if line.startswith("    | ")]) == 25
    assert lines[-1] == "    | broken here" or "    | broken here" in lines


def test_command_that_cannot_be_started(setup):
    with pytest.raises(setup.StepFailed, match="no_such_program"):
        setup.run_checked(["no_such_program_here"])


def test_only_telling_lines_are_shown(load, capsys):
    program = "print('Collecting x'); print('  Downloading y'); print('z')"
    code, tail = load("step_runner").run([sys.executable, "-c", program], telling=("Downloading ",))
    assert (code, tail) == (0, ["Collecting x", "  Downloading y", "z"])
    assert capsys.readouterr().out == "    Downloading y\n"


def test_a_folder_of_someone_else_is_left_alone(setup, steps, tmp_path):
    (tmp_path / "thesis.docx").touch()
    with pytest.raises(setup.StepFailed, match="is no virtual environment"):
        setup.ensure_venv(tmp_path, None, False, steps)


def test_an_environment_of_someone_else_is_left_alone(setup, steps, tmp_path, monkeypatch):
    (tmp_path / "pyvenv.cfg").touch()
    with pytest.raises(setup.StepFailed, match="--adopt"):
        setup.ensure_venv(tmp_path, None, False, steps)
    monkeypatch.setattr(setup, "venv_python", lambda venv: Path(sys.executable))
    monkeypatch.setattr(setup, "_has_pip", lambda executable: True)
    assert setup.ensure_venv(tmp_path, None, True, steps) == tuple(sys.version_info[:3])


@pytest.fixture
def made(setup, tmp_path, monkeypatch):
    """Commands that would be run; ``-m venv`` makes a folder that looks like an environment."""
    commands = []

    def record(command, **_options):
        commands.append([str(part) for part in command])
        if "venv" in commands[-1]:
            Path(commands[-1][-1], "pyvenv.cfg").touch()

    monkeypatch.setattr(setup, "run_checked", record)
    monkeypatch.setattr(setup, "venv_python", lambda venv: Path(sys.executable))
    monkeypatch.setattr(setup, "_has_pip", lambda executable: (tmp_path / "v/pyvenv.cfg").exists())
    return commands


def test_environment_is_made_once(setup, steps, made, tmp_path):
    for _ in range(2):
        setup.ensure_venv(tmp_path / "v", None, False, steps)
    assert made == [[sys.executable, "-m", "venv", str(tmp_path / "v")]]


def test_install_is_skipped_until_a_requirement_changes(setup, steps, made, tmp_path, monkeypatch):
    root = tmp_path / "repository"
    (root / "requirements").mkdir(parents=True)
    for name in (*setup.RUNTIME, *setup.MMPOSE, "../setup.py", "../pyproject.toml"):
        (root / "requirements" / name).write_text("x\n")
    monkeypatch.setattr(setup, "ROOT", root)
    venv = tmp_path / "v"
    setup.ensure_venv(venv, None, False, steps)
    made.clear()
    for _ in range(2):
        setup.install(venv, setup.RUNTIME + setup.MMPOSE, steps)
    assert len(made) == 3  # everything, mmpose and mmdet without dependencies, mmceph
    assert [("--no-deps" in command) for command in made] == [False, True, True]
    assert [command[-1] for command in made[:2]] == [
        str(root / "requirements" / "mmpose.txt"),
        str(root / "requirements" / "mmpose_nodeps.txt"),
    ]
    assert made[2][-2:] == ["-e", str(root)]
    setup.install(venv, setup.RUNTIME, steps)  # a part of what is there
    assert len(made) == 3
    (root / "requirements" / "mmpose.txt").write_text("y\n")
    setup.install(venv, setup.RUNTIME, steps)
    assert len(made) == 3  # not asked for
    setup.install(venv, setup.RUNTIME + setup.MMPOSE, steps)
    assert len(made) == 6


@pytest.fixture
def unpinned(setup, tmp_path, monkeypatch):
    """A new environment and a repository whose requirements are empty."""
    (tmp_path / "requirements").mkdir()
    for name in ("requirements/runtime.txt", "setup.py", "pyproject.toml"):
        (tmp_path / name).touch()
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    (tmp_path / "v").mkdir()
    return tmp_path / "v"


@pytest.mark.parametrize(("free", "warned"), [(6.8, True), (7.0, False)])
def test_little_space_is_said_before_the_first_install(
    setup, steps, unpinned, monkeypatch, capsys, free, warned
):
    monkeypatch.setattr(setup, "free_gb", lambda folder: free)
    monkeypatch.setattr(setup, "run_checked", lambda *_, **__: None)
    setup.install(unpinned, setup.RUNTIME, steps)
    text = capsys.readouterr().out
    assert ("too little space" in text) is warned
    assert (f"6.8 GB for {unpinned}" in text) is warned
    (setup.ROOT / "setup.py").write_text("x")  # later ones add little
    setup.install(unpinned, setup.RUNTIME, steps)
    assert "too little space" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("last_line", "advised"),
    [
        ("OSError: [Errno 28] No space left on device", True),
        ("OSError: [WinError 112] There is not enough space on the disk", True),
        ("No matching distribution found", False),
    ],
)
def test_full_disk_is_told_from_other_failures(
    setup, steps, unpinned, monkeypatch, last_line, advised
):
    program = [sys.executable, "-c", f"import sys; sys.exit({last_line!r})"]
    real = setup.run_checked
    monkeypatch.setattr(setup, "run_checked", lambda command, **options: real(program, **options))
    with pytest.raises(setup.StepFailed, match=re.escape(last_line)) as caught:
        setup.install(unpinned, setup.RUNTIME, steps)
    assert ("The disk is full." in str(caught.value)) is advised
    assert ("--venv and set TMPDIR" in str(caught.value)) is advised
    assert not (unpinned / setup.STAMP).exists()  # the next run installs again


def test_line_ends_do_not_count_as_a_change(setup, tmp_path, monkeypatch):
    (tmp_path / "requirements").mkdir()
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    found = []
    for ending in (b"\n", b"\r\n"):
        for name in ("requirements/runtime.txt", "setup.py", "pyproject.toml"):
            (tmp_path / name).write_bytes(b"torch" + ending)
        found.append(setup.hashes(setup.RUNTIME))
    assert found[0] == found[1]


def test_mmpose_only_where_its_wheels_are(setup, steps, capsys):
    assert [setup.wants_mmpose((3, minor, 1), steps) for minor in (10, 13, 14)] == [
        True,
        True,
        False,
    ]
    assert "wheels for Python 3.10 to 3.13 only" in capsys.readouterr().out


def test_children_do_not_inherit_another_python(load, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    environment = load("step_runner").child_environment(MMCEPH_DISABLE_MMPOSE=1)
    assert "PYTHONPATH" not in environment
    assert environment["MMCEPH_DISABLE_MMPOSE"] == "1"
