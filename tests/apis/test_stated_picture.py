from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from mmceph.apis.stated_picture import PictureError, find_stated_picture


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """``results/labelme/a.json`` beside ``results/a.png``, pictures elsewhere, a stranger's one."""
    for name in ("results/labelme/b.png", "results/a.png", "images/1.png", "other/secret.png"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(cv2.imencode(".png", np.zeros((4, 6), np.uint8))[1].tobytes())
    return tmp_path


def find(study: Path, written: str, **more) -> Path:
    return find_stated_picture(study / "results" / "labelme" / "a.json", written, **more).resolve()


def test_pictures_around_the_file(study: Path):
    assert find(study, "b.png") == study / "results/labelme/b.png"
    assert find(study, "../a.png") == study / "results/a.png"
    assert find(study, "..\\a.png") == study / "results/a.png"
    observer = study / "results" / "labelme" / "observer" / "a.json"
    assert find_stated_picture(observer, "../../a.png").resolve() == study / "results/a.png"


def test_the_picture_that_was_predicted_on_may_lie_anywhere(study: Path):
    found = find(study, "../../images/1.png", predicted_on="images/1.png")
    assert found == study / "images/1.png"
    # What an editor on Windows makes of it, of a prediction made there.
    again = find(study, "..\\..\\images\\1.png", predicted_on="C:\\films\\1.png")
    assert again == found


@pytest.mark.parametrize(
    "written",
    [
        "/etc/passwd",
        "/dev/zero",
        "C:/other/secret.png",
        "C:secret.png",
        "//host/share/1.png",
        "\\\\host\\share\\1.png",
        "https://a.b/1.png",
        "../../other/secret.png",
        "../../images/1.png/../../other/secret.png",
        "sub/../../../other/secret.png",
        "NUL",
        "../COM1.png",
        "1.png\0.txt",
        "..",
        "",
    ],
)
def test_nothing_else_is_opened(study: Path, written: str):
    with pytest.raises(PictureError, match="is not opened; name its folder with --images"):
        find(study, written, predicted_on="images/1.png")


def test_a_name_alone_does_not_open_what_is_no_picture(study: Path):
    (study / "keys.txt").write_text("x", encoding="utf-8")
    with pytest.raises(PictureError, match="lies elsewhere"):
        find(study, "../../keys.txt", predicted_on="keys.txt")


def test_links_that_lead_out_are_elsewhere_too(study: Path):
    try:
        (study / "results" / "c.png").symlink_to(study / "other" / "secret.png")
    except OSError:
        pytest.skip("links cannot be made here")
    with pytest.raises(PictureError, match="lies elsewhere"):
        find(study, "../c.png")


def test_a_folder_of_the_users_decides_by_name(study: Path):
    images = study / "images"
    assert find(study, "/home/else/1.png", images=images) == images / "1.png"
    with pytest.raises(PictureError, match=r"images: holds no picture called 'secret.png'"):
        find(study, "../other/secret.png", images=images)
