"""What no tool takes on its command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from mmceph.arguments import (
    COUNT,
    POSITIVE,
    SEED,
    SHARE,
    Number,
    ToolParser,
    Whole,
    check_spacing,
    check_split,
)


@pytest.fixture
def parser():
    made = ToolParser(prog="tool")
    made.add_argument("inputs", nargs="*")
    made.add_argument("--name")
    made.add_argument("--note", type=str, default="")
    made.add_argument("--file", type=Path)
    made.add_argument("--whole", type=int)
    made.add_argument("--number", type=float, nargs="+")
    group = made.add_argument_group("in a group")
    group.add_argument("--seed", type=SEED)
    group.add_argument("--count", type=COUNT)
    group.add_argument("--rate", type=POSITIVE)
    group.add_argument("--share", type=SHARE)
    group.add_argument("--level", type=Number(0.5, below=1))
    return made


def test_what_is_right_is_taken(parser):
    words = [
        "a",
        "b",
        "--name",
        "x",
        "--file",
        "f",
        "--whole",
        "-3",
        "--number",
        "1",
        "2.5",
        "--seed",
        "4294967295",
        "--share",
        "1",
    ]
    args = parser.parse_args([*words, "--note", "", "--count", "1", "--rate", "1e-9"])
    assert args.inputs == ["a", "b"]
    assert (args.name, args.note, args.file, args.whole) == ("x", "", Path("f"), -3)
    assert (args.number, args.seed, args.count) == ([1.0, 2.5], 4294967295, 1)
    assert (args.rate, args.share, args.level) == (1e-9, 1.0, None)
    assert parser.parse_args([]).note == ""


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--name", ""], "argument --name: is empty"),
        (["--name", " "], "argument --name: is empty"),
        (["--file="], "argument --file: is empty"),
        (["a", ""], "argument inputs: is empty"),
        (["--whole", "1.5"], "argument --whole: 1.5 is not a whole number"),
        (["--whole", "9" * 5000], "is not a whole number"),
        (["--whole", "99999999999"], "99999999999: must be at most 2147483647"),
        (["--number", "1", "nan"], "argument --number: nan: must be a finite number"),
        (["--number", "1e400"], "argument --number: 1e400: must be a finite number"),
        (["--number", "1,5"], "argument --number: 1,5 is not a number"),
        (["--number", ""], "argument --number: '' is not a number"),
        (["--seed", "-1"], "argument --seed: -1: must be at least 0"),
        (["--seed", "4294967296"], "must be at most 4294967295"),
        (["--count", "0"], "argument --count: 0: must be at least 1"),
        (["--rate", "0"], "argument --rate: 0: must be above 0"),
        (["--rate", "inf"], "argument --rate: inf: must be a finite number"),
        (["--share", "1.1"], "argument --share: 1.1: must be at most 1"),
        (["--level", "1"], "argument --level: 1: must be below 1"),
        (["--level", "0.4"], "argument --level: 0.4: must be at least 0.5"),
        (["--level=--"], "argument --level: expected a value, not --"),
    ],
)
def test_what_is_wrong_is_named(parser, capsys, words, told):
    with pytest.raises(SystemExit) as stop:
        parser.parse_args(words)
    assert stop.value.code == 2
    assert told in capsys.readouterr().err


def test_a_range_needs_no_least(capsys):
    assert Whole()("-5") == -5


@pytest.mark.parametrize("given", [None, [0.1], [0.1, 0.2]])
def test_one_or_two_spacings(parser, given):
    check_spacing(parser, given)


def test_what_belongs_together(parser, capsys):
    for check in (
        lambda: check_spacing(parser, [1.0, 2.0, 3.0]),
        lambda: check_split(parser, [0.5, 0.5, 0.5]),
        lambda: check_split(parser, [0.0, 0.0, 0.0]),
    ):
        with pytest.raises(SystemExit):
            check()
    told = capsys.readouterr().err
    assert "--spacing: give one or two numbers" in told
    assert "--split 0.5 0.5 0.5: the three shares must add up to 1" in told
    check_split(parser, [0.7, 0.2, 0.1])
    check_split(parser, None)
