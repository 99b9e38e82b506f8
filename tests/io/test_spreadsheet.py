from __future__ import annotations

import re

import pytest

from mmceph.io.spreadsheet import Numbers, read_table, title_key
from mmceph.io.text import TextError


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_delimiter_and_line_end(delimiter: str, end: str) -> None:
    lines = [["File Name", "x", "y"], ["a.png", "1", "2"], [], ["b.png", "", ""], ["", "", ""]]
    table = read_table(end.join(delimiter.join(line) for line in lines) + end)
    assert table.titles == ("File Name", "x", "y")
    assert [(row.line, row.cells) for row in table.rows] == [
        (2, ("a.png", "1", "2")),
        (4, ("b.png", "", "")),
    ]


def test_what_spreadsheets_add() -> None:
    text = 'sep=;\r\n"a, b";c;;\r\n"1\r\n2";\'=3;;\r\n4;5;;\r\n'
    table = read_table(text)
    assert table.titles == ("a, b", "c")
    assert [(row.line, row.cells) for row in table.rows] == [(3, ("1\r\n2", "=3")), (5, ("4", "5"))]


def test_long_cells_are_read_and_long_lines_refused() -> None:
    assert read_table(f"a\n{'x' * 200_000}\n").rows[0].cells == ("x" * 200_000,)
    with pytest.raises(TextError, match="line 3: 4 cells, and the first line names 2 columns"):
        read_table("x,y\n1,2\n1,5,2,5\n").require_width()
    assert read_table("x\n1,2\n").rows[0].cells == ("1",)


def test_titles_are_found_in_any_spelling() -> None:
    assert title_key(" X (px) ") == "x px"
    table = read_table("File_Name,X.px,y\n")
    assert (table.column("image", "file name"), table.column("x px"), table.column("z")) == (
        0,
        1,
        None,
    )
    with pytest.raises(TextError, match="the column 'x' twice"):
        read_table("x,X\n").column("x")


def test_decimal_points_and_commas() -> None:
    assert [Numbers(["1.5", "-2", "1e3"]).value(cell) for cell in ("1.5", "-2", "1e3")] == [
        1.5,
        -2,
        1e3,
    ]
    commas = Numbers(["834,127", "2", "nan", ""])
    assert [commas.value(cell) for cell in ("834,127", "2", ",5")] == [834.127, 2, 0.5]
    for cell in ("1.5", "1.234,5", "x", "1_0", "inf", "0x1"):
        with pytest.raises(ValueError, match=re.escape(cell)):
            commas.value(cell)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["1,5", "2.5"], r"decimal comma \(1,5\) and with a decimal point \(2.5\)"),
        (["1,234", "834"], "1,234 may be 1.234 or 1234"),
    ],
)
def test_numbers_that_may_be_two_things(cells: list[str], message: str) -> None:
    with pytest.raises(TextError, match=message):
        Numbers(cells)
