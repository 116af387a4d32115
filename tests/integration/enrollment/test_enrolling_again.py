"""Photos of another face never replace enrolled ones unasked, and a photo in the wrong folder is named."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from enrollment.loaded import enrollments
from schemas.settings import Settings

Naul = Callable[..., Result]
Portrait = Callable[[int, int, Path], Path]


@pytest.fixture
def photos(tmp_path: Path, portrait: Portrait) -> Path:
    """Three people of a roster with three photos each."""
    for person in (1, 2, 3):
        for picture in (1, 2, 3):
            portrait(person, picture, tmp_path / "photos" / f"20210000{person}" / f"{picture}.png")
    return tmp_path / "photos"


@pytest.fixture
def enrolled(run: Naul, photos: Path, tmp_path: Path) -> Naul:
    """A site where these are enrolled."""
    lines = ["section,student_id,name", *(f"A,20210000{each},N{each}" for each in range(1, 6))]
    (tmp_path / "roster.csv").write_text("\n".join(lines) + "\n", "utf-8")
    run("roster", "load", str(tmp_path / "roster.csv"))
    assert "Enrolled 3, replaced 0, unchanged 0" in run("enroll", str(photos), "--consent-on-file").output
    return run


def held(run: Naul, site: Settings, folder: Path, *said: str) -> str:
    """Enrol a folder of which something must be asked for, and hold that nothing enrolled was touched by it."""
    before = enrollments(site)
    result = run("enroll", str(folder), "--consent-on-file")
    assert (result.exception, result.return_value) == (None, 1), result.output
    after = enrollments(site)
    assert {student: after[student] for student in before} == before
    for text in said:
        assert text in result.output, (text, result.output)
    return result.output


def test_two_swapped_folders_are_told_and_asked_for(enrolled: Naul, site: Settings, photos: Path) -> None:
    one, two = photos / "202100001", photos / "202100002"
    one.rename(photos / "aside")
    two.rename(one)
    (photos / "aside").rename(two)
    output = held(
        enrolled,
        site,
        photos,
        "202100001: these photos are not like the enrolled ones; they are like 202100002's (cosine ",
        "202100002: these photos are not like the enrolled ones; they are like 202100001's (cosine ",
        "Left as they are: 202100001, 202100002.",
        "Enrolled 0, replaced 0, unchanged 1",
    )
    assert "202100003: these" not in output
    meant = enrolled("enroll", str(photos), "--consent-on-file", "--yes")
    assert meant.return_value == 0
    assert "Enrolled 0, replaced 2, unchanged 1" in meant.output


def test_photos_of_somebody_unrelated_are_told_and_asked_for_and_others_go_on(
    enrolled: Naul, site: Settings, photos: Path, portrait: Portrait
) -> None:
    for picture in (1, 2, 3):
        portrait(20, picture, photos / "202100001" / f"{picture}.png")
        portrait(2, picture + 3, photos / "202100002" / f"{picture}.png")
        portrait(4, picture, photos / "202100004" / f"{picture}.png")
    result = enrolled("enroll", str(photos), "--consent-on-file")
    assert result.return_value == 1
    assert "202100001: these photos are not like the enrolled ones.\n" in result.output
    assert "202100002: these" not in result.output
    assert "Enrolled 1, replaced 1, unchanged 1, without a usable photo 0." in result.output
    assert {student: each.version for student, each in enrollments(site).items()} == {
        "202100001": 1,
        "202100002": 2,
        "202100003": 1,
        "202100004": 1,
    }


def test_some_photos_of_somebody_else_among_a_students_own_are_told(
    enrolled: Naul, site: Settings, photos: Path, portrait: Portrait
) -> None:
    portrait(20, 1, photos / "202100001" / "4.png")
    portrait(20, 2, photos / "202100001" / "5.png")
    held(enrolled, site, photos, "202100001: 4.png, 5.png: not like the enrolled ones.")


def test_a_mixed_folder_does_not_replace_photos_that_agree_and_each_stray_is_named(
    enrolled: Naul, site: Settings, photos: Path, portrait: Portrait
) -> None:
    portrait(2, 4, photos / "202100001" / "2.png")
    portrait(3, 4, photos / "202100001" / "3.png")
    output = held(
        enrolled,
        site,
        photos,
        "202100001: 2.png, 3.png: not like the enrolled ones.",
        "1.png, 2.png, 3.png: unlike the rest",
        f"{photos}/202100001/2.png looks like 202100002: is it in the wrong folder?",
        f"{photos}/202100001/3.png looks like 202100003: is it in the wrong folder?",
    )
    assert output.count("wrong folder?") == 2


def test_a_stray_of_a_first_enrolment_is_named(enrolled: Naul, tmp_path: Path, portrait: Portrait) -> None:
    for picture in (1, 2):
        portrait(4, picture, tmp_path / "new" / "202100004" / f"{picture}.png")
        portrait(5, picture, tmp_path / "new" / "202100005" / f"{picture}.png")
    portrait(5, 3, tmp_path / "new" / "202100004" / "3.png")
    output = enrolled("enroll", str(tmp_path / "new"), "--consent-on-file").output
    assert f"{tmp_path}/new/202100004/3.png looks like 202100005: is it in the wrong folder?" in output
    assert output.count("wrong folder?") == 1


def test_only_an_id_on_no_roster_is_proposed_to_be_erased(enrolled: Naul, tmp_path: Path, portrait: Portrait) -> None:
    for picture in (4, 5):
        portrait(1, picture, tmp_path / "new" / "202100004" / f"{picture}.png")
        portrait(2, picture, tmp_path / "new" / "202199999" / f"{picture}.png")
    output = enrolled("enroll", str(tmp_path / "new"), "--consent-on-file").output
    assert "erase it: `naul forget 202199999`" in output
    assert output.count("naul forget") == 1
    assert "202100001 and 202100004 have the same face" in output
    assert "enrol the right ones of both" in output


@pytest.mark.parametrize("name", ["2021", "20261", "2026011"])
def test_a_folder_of_a_year_or_a_term_is_no_student(
    enrolled: Naul, site: Settings, tmp_path: Path, portrait: Portrait, name: str
) -> None:
    for person in (11, 12, 13, 14):
        portrait(person, 1, tmp_path / "year" / name / f"{person}.png")
    for words in (["--dry-run"], ["--consent-on-file"]):
        result = enrolled("enroll", str(tmp_path / "year"), *words)
        assert f"Not taken, {tmp_path}/year/{name}: no roster has a student or a section {name}" in result.output
    assert name not in enrollments(site)


def test_an_id_on_no_roster_whose_photos_disagree_is_not_taken(
    enrolled: Naul, site: Settings, tmp_path: Path, portrait: Portrait
) -> None:
    for person in (11, 12, 13, 14):
        portrait(person, 1, tmp_path / "class" / "202612345" / f"{person}.png")
        portrait(15, person - 10, tmp_path / "class" / "202600015" / f"{person}.png")
    result = enrolled("enroll", str(tmp_path / "class"), "--consent-on-file", "--yes")
    assert result.return_value == 1
    assert "Not taken, 202612345: no roster has this id, and its photos are unlike each other." in result.output
    assert {"202612345", "202600015"} & set(enrollments(site)) == {"202600015"}


def test_a_folder_without_a_photo_is_said_to_have_none_and_is_nobody_of_the_count(enrolled: Naul, photos: Path) -> None:
    shutil.rmtree(photos / "202100002")
    (photos / "202100002").mkdir()
    (photos / "202100002" / "notes.txt").write_text("", "utf-8")
    result = enrolled("enroll", str(photos), "--dry-run")
    assert result.return_value == 1
    assert f"{photos}: 2 people, 6 photos." in result.output
    assert "  202100002: no photo\n" in result.output


def test_a_version_without_a_reason_says_what_it_replaced(enrolled: Naul, photos: Path, portrait: Portrait) -> None:
    portrait(1, 4, photos / "202100001" / "4.png")
    enrolled("enroll", str(photos), "--consent-on-file")
    first, second = enrolled("people", "show", "202100001").output.splitlines()[1:3]
    assert "replace" not in first
    assert second.endswith("4 photos replace 3 of version 1")
