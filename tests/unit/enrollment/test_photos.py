"""Whose photo a file is, by its name."""

from pathlib import Path

import pytest

from enrollment.photos import find_photos
from schemas.errors import RefusedError


def folder(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            path.mkdir()
        else:
            path.write_bytes(b"")
    return root


def people(root: Path) -> dict[str, list[str]]:
    return {
        student: [str(each.relative_to(root)) for each in photos]
        for student, photos in find_photos(root).people.items()
    }


def ignored(root: Path) -> dict[str, str]:
    return {str(each.path.relative_to(root)): each.why for each in find_photos(root).ignored}


def test_a_folder_a_student_a_file_a_student_and_files_with_an_ending(tmp_path: Path) -> None:
    folder(tmp_path, "1001/a.jpg", "1001/b.png", "1002.jpg", "1002_left.jpg", "1001_3.jpeg")
    assert people(tmp_path) == {
        "1001": ["1001/a.jpg", "1001/b.png", "1001_3.jpeg"],
        "1002": ["1002.jpg", "1002_left.jpg"],
    }
    assert ignored(tmp_path) == {}


def test_endings_in_capitals_are_photos(tmp_path: Path) -> None:
    folder(tmp_path, "1001/A.JPG", "1002.PNG")
    assert people(tmp_path) == {"1001": ["1001/A.JPG"], "1002": ["1002.PNG"]}


def test_whatever_is_nobodys_photo_is_named_with_its_reason(tmp_path: Path) -> None:
    folder(
        tmp_path,
        "1001/a.jpg",
        "1001/.DS_Store",
        "1001/notes.txt",
        "1001/old/b.jpg",
        "1001/1001/b.jpg",
        ".hidden/a.jpg",
        "me.jpg",
        "group picture/a.jpg",
        "1002.gif",
    )
    assert people(tmp_path) == {"1001": ["1001/a.jpg"]}
    assert ignored(tmp_path) == {
        "1001/.DS_Store": "hidden",
        "1001/notes.txt": "not a .jpg or .png",
        "1001/1001": "a folder in a student's folder",
        "1001/old": "a folder in a student's folder",
        ".hidden": "hidden",
        "me.jpg": "'me' is not a student id",
        "group picture": "'group picture' is not a student id",
        "1002.gif": "not a .jpg or .png",
    }


def test_a_students_folder_without_photos_is_not_passed_over(tmp_path: Path) -> None:
    folder(tmp_path, "1001/", "1002.jpg")
    assert people(tmp_path) == {"1001": [], "1002": ["1002.jpg"]}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        pytest.param([], "no photo in .* is named after a student", id="empty"),
        pytest.param(["me.jpg"], "no photo in .* is named after a student", id="nobody's"),
    ],
)
def test_a_folder_without_people_is_refused(tmp_path: Path, names: list[str], message: str) -> None:
    folder(tmp_path, *names)
    with pytest.raises(RefusedError, match=message):
        find_photos(tmp_path)


def test_a_file_instead_of_a_folder_is_refused(tmp_path: Path) -> None:
    photo = tmp_path / "1001.jpg"
    photo.write_bytes(b"")
    with pytest.raises(RefusedError, match="is no folder"):
        find_photos(photo)
