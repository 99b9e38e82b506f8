from __future__ import annotations

from pathlib import Path

import pytest

from mmceph.converters import Case, ConversionError, Problems, split_cases
from mmceph.converters.subjects import assign_subjects, read_subjects, read_table


@pytest.mark.parametrize("text", ["file,subject\na.png,7\n", "\ufeffSubject; File\n7;a.png\n"])
def test_tables_as_people_save_them(tmp_path: Path, text: str) -> None:
    path = tmp_path / "s.csv"
    path.write_text(text, encoding="utf-8")
    assert read_subjects(path) == {"a.png": "7"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("name,subject\na,b\n", "lacks the column 'file'"),
        ("file,subject\na.png,\n", "row 2 lacks file or subject"),
        ("file,subject\na.png\n", "row 2 lacks file or subject"),
        ("file,subject\na.png,1\na.png,2\n", "row 3: a.png has two subjects"),
    ],
)
def test_tables_that_cannot_be_used(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "s.csv"
    path.write_text(text)
    with pytest.raises(ConversionError, match=message):
        read_subjects(path)


def test_rows_that_are_longer_or_blank(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("file,subject\n\na.png,1,more\n ,\n")
    assert read_table(path, ("file",)) == [{"file": "a.png", "subject": "1"}]


def test_names_paths_and_stems_fit() -> None:
    cases = [
        Case(f"../raw/{n}", 9, 9, subject="own") for n in ("a/1.png", "b/1.png", "2.png", "3.png")
    ]
    problems = Problems()
    table = {"a/1.png": "X", "b/1.png": "Y", "2": "X", "9.png": "Z"}
    assigned = assign_subjects(cases, table, problems)
    assert [case.subject for case in assigned] == ["X", "Y", "X", "own"]
    assert [str(p) for p in problems.warnings] == [
        "--subjects: 1 images are not in it, each its own subject: ../raw/3.png",
        "--subjects: 1 rows fit no image: 9.png",
    ]


def test_images_of_a_subject_stay_together() -> None:
    cases = [Case(f"{i}.png", 9, 9) for i in range(40)]
    table = {f"{i}.png": f"s{i % 8}" for i in range(40)}
    assigned = assign_subjects(cases, table, Problems())
    splits = split_cases(assigned, (0.5, 0.25, 0.25), seed=3)
    homes = [{case.subject for case in part} for part in splits.values()]
    assert [len(home) for home in homes] == [4, 2, 2]
    assert not homes[0] & homes[1]
    assert not homes[1] & homes[2]
