from __future__ import annotations

from pathlib import Path

import pytest

from mmceph.analysis import MEASUREMENTS
from mmceph.analysis.describe import main, measurements_page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "measurements.md"


def test_the_page_is_what_the_table_says():
    assert PAGE.read_text(encoding="utf-8") == measurements_page(), (
        "run: python -m mmceph.analysis.describe docs/measurements.md"
    )


def test_every_measurement_is_on_the_page():
    text = measurements_page()
    assert all(f"| `{key}` |" in text for key in MEASUREMENTS)


def test_table_rows_have_one_width():
    widths: set[int] = set()
    for line in measurements_page().splitlines():
        if not line.startswith("|"):
            assert len(widths) <= 1
            widths = set()
        else:
            widths.add(line.replace("\\|", "").count("|"))


def test_written_to_a_file_or_printed(tmp_path, capsys):
    main([str(tmp_path / "page.md")])
    main([])
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == capsys.readouterr().out


def test_a_page_of_the_users_is_not_written_over(tmp_path):
    page = tmp_path / "a.md"
    for _ in range(2):
        main([str(page)])
    page.write_text("# mine", encoding="utf-8")
    with pytest.raises(SystemExit, match="no page that this command wrote"):
        main([str(page)])
    assert page.read_text(encoding="utf-8") == "# mine"
