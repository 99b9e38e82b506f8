"""Values with their place: what is wrong is named, whatever it is."""

from __future__ import annotations

import json

import pytest

from mmceph.errors import MmcephError
from mmceph.formats import FormatError, Item, open_json


class OwnError(MmcephError):
    """Of the test."""


HUGE = "a number of thousands of digits"
CONTENT = {
    "name": "a",
    "empty": "",
    "none": None,
    "count": 3,
    "size": 0.5,
    "yes": True,
    "huge": 10**5000,
    "nan": float("nan"),
    "infinite": float("inf"),
    "list": [1, 2.5],
    "names": ["a", "b"],
    "twice": ["a", "a"],
    "nested": [{"x": [1, "2"]}],
}


@pytest.fixture
def item():
    return Item(CONTENT, "f.json", error=OwnError, hint="make it again")


def test_what_is_right_is_given(item):
    assert item["name"].text() == item["name"].name() == "a"
    assert item["empty"].text() == ""
    assert item["count"].whole() == 3
    assert (item["count"].number(), item["size"].number(above=0.0)) == (3.0, 0.5)
    assert item["yes"].flag() is True
    assert item["list"].numbers(2) == item["list"].point() == (1.0, 2.5)
    assert item["names"].names() == ("a", "b")
    assert item.get("none") is item.get("gone") is item.nullable("none") is None
    assert [entry.value for entry in item["list"]] == [1, 2.5]
    assert list(item.entries()) == list(CONTENT)
    assert item["name"].text(("a", "b")) == "a"


@pytest.mark.parametrize(
    ("ask", "what"),
    [
        (lambda i: i["gone"], "gone is missing"),
        (lambda i: i["none"], "none is null"),
        (lambda i: i.nullable("gone"), "gone is missing"),
        (lambda i: i["count"].text(), "count is 3, not a text"),
        (lambda i: i["name"].text(("b",)), "name is 'a', not known here"),
        (lambda i: i["empty"].name(), "empty is empty"),
        (lambda i: i["yes"].whole(), "yes is True, not a whole number"),
        (lambda i: i["size"].whole(), "size is 0.5, not a whole number"),
        (lambda i: i["count"].whole(4), "count is 3, not a whole number of at least 4"),
        (lambda i: i["huge"].whole(), f"huge is {HUGE}, not a whole number"),
        (lambda i: i["huge"].number(), f"huge is {HUGE}, not a number"),
        (lambda i: i["nan"].number(), "nan is nan, not a number"),
        (lambda i: i["infinite"].number(), "infinite is inf, not a number"),
        (lambda i: i["yes"].number(), "yes is True, not a number"),
        (lambda i: i["size"].number(1.0), "size is 0.5, not a number of at least 1"),
        (lambda i: i["size"].number(above=0.5), "size is 0.5, not a number of more than 0.5"),
        (lambda i: i["count"].flag(), "count is 3, not true or false"),
        (lambda i: i["name"].items(), "name is 'a', not a list"),
        (lambda i: i["list"].items(3), "list has 2 items, not 3"),
        (lambda i: i["list"].entries(), "list is a list of 2, not an object"),
        (lambda i: i["twice"].names(), r"twice[1] is 'a' again"),
        (lambda i: i["nested"].items()[0]["x"].point(), r"nested[0].x[1] is '2', not a number"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(item, ask, what):
    with pytest.raises(OwnError) as raised:
        ask(item)
    assert str(raised.value) == f"f.json: {what}; make it again"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[" * 100_000, "is nested too deeply; again"),
        ("{", "is no valid JSON"),
        ("", "is empty"),
        ("[]", "its content is a list of 0, not an object; again"),
        ("null", "its content is null, not an object; again"),
        ('{"schema": true}', "its content is of schema True, not 1"),
        ('{"schema": [[]]}', "its content is of schema a list of 1, not 1"),
        ("{}", "its content is of schema null, not 1: by another program or version; again"),
    ],
)
def test_files_that_are_none_of_ours(tmp_path, text, what):
    path = tmp_path / "f.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FormatError) as raised:
        open_json(path, schema=1, hint="again")
    assert str(raised.value).startswith(f"{path}: {what}")


def test_a_file_that_is_not_there_is_not_called_damaged(tmp_path):
    with pytest.raises(FormatError, match=r"gone\.json: cannot be read \([^;]*$"):
        open_json(tmp_path / "gone.json", hint="it is damaged")


def test_a_file_is_opened(tmp_path):
    path = tmp_path / "f.json"
    path.write_text(json.dumps({"schema": 1, "a": 2}), encoding="utf-8")
    assert open_json(path, schema=1)["a"].whole() == 2
