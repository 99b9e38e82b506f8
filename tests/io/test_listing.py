from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from mmceph.io import is_of_the_system, leads_out, links_out, list_files, name_key


def link(path: Path, target: Path) -> None:
    try:
        path.symlink_to(target, target_is_directory=target.is_dir())
    except OSError:
        pytest.skip("links cannot be made here")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (
        "in/b.png", "in/a.png", "in/._a.png", "in/.DS_Store", "in/Thumbs.db", "in/sub/c.png",
        "in/__MACOSX/a.png", "in/.ipynb_checkpoints/a.json", "in/out/images/a.png", "secret.png",
    ):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path / "in"


def names(paths: list[Path], folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in paths]


def test_a_folder_is_listed_without_what_systems_leave(folder: Path) -> None:
    assert names(list_files(folder), folder) == ["a.png", "b.png"]
    found = list_files(folder, recursive=True, leave_out=[folder / "out"])
    assert names(found, folder) == ["a.png", "b.png", "sub/c.png"]
    with pytest.raises(OSError, match="none"):
        list_files(folder / "none")


def test_links_that_lead_out_are_told_from_the_rest(folder: Path) -> None:
    link(folder / "same.png", folder / "a.png")
    link(folder / "sub/up.png", folder / "a.png")
    link(folder / "out.png", folder.parent / "secret.png")
    link(folder / "sub/all", folder.parent)
    link(folder / "ring", folder / "ring")
    assert names(links_out(folder), folder) == ["out.png", "ring"]
    assert names(links_out(folder, recursive=True), folder) == ["out.png", "ring", "sub/all"]
    assert leads_out(folder / "../secret.png", folder)
    assert not leads_out(folder / "sub/../a.png", folder)
    link(folder.parent / "alias", folder)
    assert links_out(folder.parent / "alias") == [
        folder.parent / "alias" / name for name in ("out.png", "ring")
    ]
    assert "secret.png" not in " ".join(names(list_files(folder, recursive=True), folder))


def test_one_name_in_two_spellings() -> None:
    spelt = "José_Straße.PNG"
    keys = {name_key(unicodedata.normalize(form, spelt)) for form in ("NFC", "NFD")}
    assert keys == {name_key("josé_strasse.png")}
    assert name_key("Jose.png") not in keys
    assert is_of_the_system("DESKTOP.INI")
    assert not is_of_the_system("a.png")
