from __future__ import annotations

import pytest

from mmceph.converters import ConversionError
from mmceph.converters.points_table import PointsTable, read_points_table

ROWS = [("1.png", "a", "S", "10.5", "20"), ("1.png", "a", "N", "30", "12.25")]
PLACES = {("1.png", "a", "S"): (10.5, 20.0), ("1.png", "a", "N"): (30.0, 12.25)}


def places(table: PointsTable) -> dict[tuple[str, str, str], tuple[float, float]]:
    return {(p.image, p.observer, p.label): p.place for p in table.points}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("comma", [False, True])
@pytest.mark.parametrize(
    "titles",
    [
        ("image", "observer", "landmark", "x", "y"),
        ("File Name", "Rater", "Label", "X (px)", "Y (px)"),
        ("path", "annotator", "name", "x_coordinate", "y_coordinate"),
    ],
)
def test_a_line_a_point(titles: tuple[str, ...], delimiter: str, comma: bool) -> None:
    def cell(text: str) -> str:
        text = text.replace(".", ",") if comma and text[0].isdigit() and "png" not in text else text
        return f'"{text}"' if delimiter in text else text

    text = "\r\n".join(delimiter.join(map(cell, row)) for row in (titles, *ROWS))
    table = read_points_table(text)
    assert places(table) == PLACES
    assert (table.images, table.unused) == (["1.png"], ())


@pytest.mark.parametrize(
    "titles", ["S_x,S_y,N_x,N_y", "x_S,y_S,x_N,y_N", "S X,S Y,N X (px),N Y (px)"]
)
def test_a_line_an_image(titles: str) -> None:
    table = read_points_table(f"file,rater,{titles}\n1.png,a,10.5,20,30,12.25\n2.png,a,,,nan,nan\n")
    assert places(table) == PLACES
    assert table.images == ["1.png", "2.png"]


def test_numbered_pairs_and_a_name_beside_the_landmark() -> None:
    table = read_points_table("image,x1,y1,x2,y2\na,1,2,3,4\n")
    assert [(p.label, p.place) for p in table.points] == [("1", (1, 2)), ("2", (3, 4))]
    table = read_points_table("name,landmark,x,y\na.png,S,1,2\n")
    assert [(p.image, p.label) for p in table.points] == [("a.png", "S")]


def test_our_own_table_of_predictions() -> None:
    text = "file,width,height,spacing_x,spacing_y,S_x,S_y,S_score\na,80,60,0.1,0.1,1,2,0.9\n"
    assert places(read_points_table(text)) == {("a", "", "S"): (1, 2)}


def test_more_columns() -> None:
    text = "image,landmark,x,y,patient,width,height,comment\na,S,1,2,P1,80,60,good\n"
    table = read_points_table(text)
    assert (table.subjects, table.sizes, table.unused) == (
        {"a": "P1"},
        {"a": (80, 60)},
        ("comment",),
    )


def test_an_image_of_its_own_name() -> None:
    with pytest.raises(ConversionError, match="no column 'image'"):
        read_points_table("name,x,y\nS,1,2\n")
    table = read_points_table("name,x,y\nS,1,2\n", need_image=False)
    assert places(table) == {("", "", "S"): (1, 2)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("image,S,N\na,1,2\n", "neither landmark, x and y nor pairs"),
        ("image,landmark,x,y\na,S,1,5,2,5\n", "line 2: 6 cells"),
        ("image,landmark,x,y\na,S,,2\n", "line 2: S of a: has y alone"),
        ("image,landmark,x,y\na,S,one,2\n", "line 2: S of a: 'one' and '2' are not two numbers"),
        ("image,landmark,x,y\na,,1,2\n", "line 2: names no landmark"),
        ("image,landmark,x,y\n,S,1,2\n", "line 2: names no image"),
        ("image,S_x,S_y\na,1,2\n\na,1,2\n", "line 4: image 'a' comes twice"),
        ("image,S_x,S_x,S_y\na,1,2,3\n", "names S twice"),
        (
            "image,landmark,x,y,patient\na,S,1,2,P\na,N,1,2,Q\n",
            "line 3: image 'a' has two subjects",
        ),
        ("image,landmark,x,y,width,height\na,S,1,2,0,4\n", "0 x 4 is no size in px"),
        ("image;landmark;x;y\na;S;1,5;2\na;N;1.5;2\n", "decimal comma"),
    ],
)
def test_what_is_wrong_is_named(text: str, message: str) -> None:
    with pytest.raises(ConversionError, match=message):
        read_points_table(text)
