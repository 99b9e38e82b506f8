from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from mmceph.converters import ConversionError
from mmceph.converters.labels import make_label_map, parse_names
from mmceph.landmarks import get_landmark_set

ISBI = get_landmark_set("isbi19")


def test_names_from_text_lines_and_json(tmp_path: Path) -> None:
    expected = {"l1": "S", "l2": "Pog`", "l3": "my point"}
    assert parse_names("l1=S, l2=Pog',l3=my point") == expected
    lines = tmp_path / "names.txt"
    lines.write_text("# ours\nl1=S\nl2=Pog'  # soft\n\nl3=my point\n", encoding="utf-8")
    assert parse_names(str(lines)) == expected
    objects = tmp_path / "names.json"
    objects.write_text('{"l1": "S", "l2": "Pog\'", "l3": "my point"}', encoding="utf-8")
    assert parse_names(str(objects)) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nowhere.txt", "neither LABEL=LANDMARK"),
        ("l1=S,l1=N", "'l1' stands twice"),
        ("l1=UL,l2=Ls", "'Ls' is given to two labels"),
        ("l1=", "lacks one side"),
        ("l1=S,l2", "'l2' is not LABEL=LANDMARK"),
        (",=", "lacks one side"),
    ],
)
def test_bad_names(text: str, message: str) -> None:
    with pytest.raises(ConversionError, match=message):
        parse_names(text)


def test_numbers_count_only_in_a_set_the_user_named() -> None:
    labels = make_label_map(["l1", "l19"], ISBI)
    assert labels.landmark("l1") == "S"
    assert labels.landmark("l19") == "Ar"
    assert labels.landmark("l20") is None
    assert make_label_map(["L1", "S"], ISBI).landmark("L1") == "LIT"  # the incisor


def test_names_go_before_aliases() -> None:
    labels = make_label_map(["L1"], ISBI, {"L1": "S"})
    assert labels.landmark("L1") == "S"
    assert labels.landmark("UL") == "Ls"


def test_names_alone_make_the_set_in_their_order() -> None:
    labels = make_label_map([], None, {"b": "N", "a": "mine"})
    assert labels.landmark_set.names == ("N", "mine")
    assert labels.landmark("a") == "mine"
    assert labels.landmark("l1") is None


def test_names_must_be_in_the_set() -> None:
    with pytest.raises(ConversionError, match="'Co' is not in the set isbi19"):
        make_label_map([], ISBI, {"l1": "Co"})


def test_without_set_or_names_the_labels_decide() -> None:
    assert make_label_map(["UL", "Sella"]).landmark_set.name == "isbi19"
    assert make_label_map(["R", "box"], ignore=["box"]).landmark_set.name == "aariz29"
    for labels in (["l1", "l2"], ["S", "l2"], ["tooth"], []):
        with pytest.raises(ConversionError, match="--landmark-set"):
            make_label_map(labels)


@pytest.mark.parametrize("label", ["box", "my box", "-x", "it's", "Röntgen"])
def test_the_advice_on_an_unknown_label_works(label: str) -> None:
    text = make_label_map([label], ISBI).unknown_message(label)
    names, ignore = (
        shlex.split(text[text.index(option) + len(option) :].lstrip(" ="))[0].rstrip(",")
        for option in ("--names", "--ignore")
    )
    assert parse_names(names.replace("LANDMARK", "Sella")) == {label: "S"}
    assert ignore == label
    assert "--names=" in text if label.startswith("-") else "--names " in text


@pytest.mark.parametrize("label", ["a,b", "a=b", "#1", "two\nlines"])
def test_a_label_that_no_option_can_hold_must_be_renamed(label: str) -> None:
    text = make_label_map([label], ISBI).unknown_message(label)
    assert "rename it" in text
    assert "--" not in text


def test_near_miss_is_suggested() -> None:
    assert "did you mean 'Pog'" in make_label_map([], ISBI).unknown_message("pog")


def test_another_sets_landmark_is_no_mistake() -> None:
    labels = make_label_map([], ISBI)
    assert labels.landmark("P1") is None
    assert labels.is_other_landmark("P1")
    assert not labels.is_other_landmark("box")
