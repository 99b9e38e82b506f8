from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from mmceph.landmarks import (
    LandmarkError,
    LandmarkSet,
    as_config,
    as_landmark_set,
    describe_landmarks,
    get_landmark_set,
    landmarks_flag,
    landmarks_info,
    parse_landmarks,
    read_landmarks,
)

OWN = ("S", "N", "Pog`", "chin", "ear")


def write(path: Path, content: Any) -> str:
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    "text", ["S,N,Pog',chin,ear", "S, N, soft pogonion , chin,ear", "sella,nasion,Pg`,chin,ear"]
)
def test_names_on_the_command_line(text: str) -> None:
    chosen = parse_landmarks(text)
    assert (chosen.name, chosen.names) == ("custom5", OWN)
    assert chosen.full_names["S"] == "Sella"
    assert chosen.definitions["ear"] == ""


def test_own_names_are_not_taken_for_others() -> None:
    # All are near the name of a landmark that mmceph knows.
    assert parse_landmarks("chin,angle,ear,s,Sela").names == ("chin", "angle", "ear", "s", "Sela")


def test_a_known_set_by_name_or_by_its_names() -> None:
    isbi = get_landmark_set("isbi19")
    assert parse_landmarks("isbi19") is isbi
    assert parse_landmarks(",".join(isbi.names)) is isbi
    assert parse_landmarks("S").names == ("S",)
    assert parse_landmarks("ear,").names == ("ear",)


@pytest.mark.parametrize(
    "content",
    [
        "# mine\n\nS\nnasion # N\nPog\u2019\nchin\near\n",
        "\ufeffS\r\nN\r\nPog`\r\nchin\r\near",
        "S,N,Pog`,chin,ear",
        ["S", "N", "Pog`", "chin", "ear"],
        {"landmarks": ["S", "N", "Pog`", "chin", "ear"]},
        {"categories": [{"keypoints": ["S", "N", "Pog`", "chin", "ear"]}]},
    ],
)
def test_files_of_every_form(tmp_path: Path, content: Any) -> None:
    chosen = parse_landmarks(write(tmp_path / "mine.txt", content))
    assert chosen.names == OWN
    assert chosen.name == ("custom5" if "categories" in content else "mine")


def test_a_file_with_all_it_can_hold(tmp_path: Path) -> None:
    content = {
        "name": "frontal",
        "landmarks": ["S", "left", "right"],
        "difficult": ["sella"],
        "mirror_pairs": [["left", "right"]],
    }
    chosen = read_landmarks(write(tmp_path / "mine.json", content))
    wanted = LandmarkSet("frontal", ("S", "left", "right"), ("S",), (("left", "right"),))
    assert chosen == wanted
    # What a config and an annotation file hold of it gives the same again.
    assert as_landmark_set(json.loads(json.dumps(as_config(chosen)))) == wanted
    annotations = {"info": landmarks_info(chosen), "categories": [{"keypoints": chosen.names}]}
    assert read_landmarks(write(tmp_path / "train.json", annotations)) == wanted


def test_an_annotation_file_of_a_known_set(tmp_path: Path) -> None:
    aariz = get_landmark_set("aariz29")
    content = {"info": landmarks_info(aariz), "categories": [{"keypoints": list(aariz.names)}]}
    assert read_landmarks(write(tmp_path / "a.json", content)) is aariz
    content["categories"][0]["keypoints"].pop()  # type: ignore[index]
    assert read_landmarks(write(tmp_path / "a.json", content)).name == "custom28"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("isbi91", "no known landmark set; did you mean 'isbi19'"),
        ("gone.json", "gone.json: no such file"),
        ("a/b", "a/b: no such file"),
        (".", r"is a folder; name a file in it"),
        ("U1,UIT", "'UIT' and 'UIT', which are one landmark"),
        ("S,{N}", "'{N}' is no landmark's name"),
        (",", "names no landmark"),
        ("", "no known landmark set"),
        ("S," + "x" * 70, "is no landmark's name"),
    ],
)
def test_what_is_no_list_is_one_line(text: str, message: str) -> None:
    with pytest.raises(LandmarkError, match=message) as error:
        parse_landmarks(text)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith(f"--landmarks {text}: ")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("# only", "names no landmark"),
        ("dataset_info = dict(keypoint_info={})", "is no landmark's name"),
        ('{"landmarks": [', "no valid JSON"),
        ("[" * 100_000, "nested too deeply"),
        ({"shapes": []}, "holds no landmark list"),
        ({"landmarks": "S,N"}, "must be a list of names"),
        ({"landmarks": ["S", 3]}, "3 is no landmark's name"),
        ({"landmarks": [["S"]]}, "is no landmark's name"),
        ({"landmarks": ["S"], "dificult": []}, "'dificult' is unknown; a list has name, landmarks"),
        ({"landmarks": ["S"], "difficult": ["N"]}, "not in the set"),
        ({"landmarks": ["S"], "difficult": "S"}, "difficult must be a list of names"),
        ({"landmarks": ["S", "N"], "mirror_pairs": [["S"]]}, "list of pairs"),
        ({"landmarks": ["S", "N"], "mirror_pairs": 3}, "list of pairs"),
        ({"landmarks": ["S"], "name": "isbi19"}, "is the name of another set"),
        ({"landmarks": ["S"], "name": 3}, "name 3 is no text"),
        ({"categories": [{}]}, r"categories\[0\].keypoints is no list"),
        ({"categories": []}, r"categories\[0\].keypoints is no list"),
    ],
)
def test_files_that_are_no_list_are_one_line(tmp_path: Path, content: Any, message: str) -> None:
    path = write(tmp_path / "mine.json", content)
    with pytest.raises(LandmarkError, match=message) as error:
        parse_landmarks(path)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith(f"{path}: ")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "cp1252"])
def test_files_of_windows_are_read(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "mine.txt").write_bytes("S\r\nN\r\nNasenflügel\r\n".encode(encoding))
    assert read_landmarks(tmp_path / "mine.txt").names == ("S", "N", "Nasenflügel")


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_bytes(b"S\nN\0\x01\x02\n")
    with pytest.raises(LandmarkError, match=r"mine\.txt: is no text"):
        read_landmarks(tmp_path / "mine.txt")


@pytest.mark.parametrize(
    "names",
    [
        ("S", "ear"),
        ("ear",),
        ("N`", "Pog`", "my point", "L (1)"),
        ("kulak", "çene"),
        get_landmark_set("aariz29").names,
        ("$HOME", "S"),
    ],
)
def test_the_flag_that_is_proposed_gives_the_list(tmp_path: Path, names: tuple[str, ...]) -> None:
    file = write(tmp_path / "train.json", {"categories": [{"keypoints": list(names)}]})
    words = shlex.split(landmarks_flag(LandmarkSet("mine", names), file))
    assert words[0] == "--landmarks"
    assert len(words) == 2
    assert parse_landmarks(words[1]).names == names


def test_a_list_is_described_with_what_is_not_known() -> None:
    text = describe_landmarks(LandmarkSet("mine", ("S", "ear"), ("ear",)))
    assert text == (
        "2 landmarks (mine): S, ear; your own, without a definition or measurements: ear; "
        "difficult: ear"
    )
