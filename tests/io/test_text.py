from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from mmceph.io.text import TextError, decode_text, read_json, read_text

NAMES = "file,subject\r\nJosé_Müller.png,1\r\nÀ gauche.png,2\r\n"
PERSIAN = "file,subject\nعلي رضا.png,1\nمحمد.png,2\n"
RUSSIAN = "file,subject\nИванов.png,1\nПётр Сидоров.png,2\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
@pytest.mark.parametrize("text", [NAMES, PERSIAN, RUSSIAN, '{"S": [1, 2]}'])
def test_unicode_needs_no_guess(encoding: str, text: str) -> None:
    found = decode_text(text.encode(encoding))
    assert (found.text, found.note) == (text, "")


@pytest.mark.parametrize(
    ("text", "page", "told"),
    [
        (NAMES, "cp1252", "Windows-1252 (Western European)"),
        (PERSIAN, "cp1256", "Windows-1256 (Arabic)"),
        (RUSSIAN, "cp1251", "Windows-1251 (Cyrillic)"),
        ('{"Größe": [1, 2]}', "cp1252", "Windows-1252"),
    ],
)
def test_code_pages_are_told_by_their_words(text: str, page: str, told: str) -> None:
    found = decode_text(text.encode(page))
    assert found.text == text
    assert f"is not UTF-8; read as {told}" in found.note


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xff\xfe{", "is UTF-16 that is damaged at byte 2"),
        ("José und Jürgen".encode() + b"\xc3 und", "is UTF-8 that is damaged at byte 17"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0", "is no text"),
        (b'{"a": "\0"}', "is no text"),
        (b"\xff\xd8\xff\xe0\x10JFIF", "is no text"),
    ],
)
def test_what_is_no_text(data: bytes, message: str) -> None:
    with pytest.raises(TextError, match=message):
        decode_text(data)


def test_files_are_bounded_and_named_by_the_reader(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with pytest.raises(TextError, match="cannot be read"):
        read_text(path)
    path.write_bytes(b" \n")
    with pytest.raises(TextError, match="is empty"):
        read_text(path)
    path.write_bytes(b"[" + b" " * 2**20)
    with pytest.raises(TextError, match="has 1 MB, more than the 0 MB"):
        read_text(path, limit=100)
    with pytest.raises(TextError, match="cannot be read"):
        read_text("a\0b")


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="this system has no endless file")
def test_an_endless_file_is_too_large() -> None:
    with pytest.raises(TextError, match="more than the 1 MB"):
        read_text("/dev/zero", limit=2**20)


def test_a_guess_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "names.txt"
    path.write_bytes("é=S".encode("cp1252"))
    notes: list[str] = []
    assert read_text(path, note=notes.append) == "é=S"
    assert len(notes) == 1
    with caplog.at_level(logging.WARNING):
        read_text(path)
    assert f"{path}: is not UTF-8" in caplog.text


def test_json_errors_say_where(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"a": 1,\n "b": }', encoding="utf-16")
    with pytest.raises(TextError, match=r"is no valid JSON \(.*line 2 column 7"):
        read_json(path)
    path.write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(TextError, match="nested too deeply"):
        read_json(path)
