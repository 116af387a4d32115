"""Text from outside: how it is cleaned, and what somebody may have meant."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.ids import student_id
from schemas.texts import cleaned, folded, nearest, written_plainly


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (unicodedata.normalize("NFD", "공학관"), "공학관"),
        ("홍\u00a0길동", "홍 길동"),
        ("홍\u3000길동\u2003", "홍 길동"),
        ("\ufeff김하나\u200b", "김하나"),
        ("\u202a201912345\u202c", "201912345"),
        ("\uff25\uff11\uff10\uff11", "E101"),
        (" E101 ", "E101"),
        ("김  하나", "김 하나"),
    ],
)
def test_what_nobody_sees_makes_no_other_name(written: str, kept: str) -> None:
    assert cleaned(written) == kept


DASHES = "\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
"""As Word, HWP, Excel and Korean keyboards write them."""


@pytest.mark.parametrize("dash", DASHES)
def test_every_dash_of_an_id_is_one_and_that_of_a_person_stays(dash: str) -> None:
    assert written_plainly(f" CS2001{dash}2") == "CS2001-2"
    assert student_id(f"2019{dash}12345") == "2019-12345"
    assert dash in "\u00ad\uff0d" or cleaned(f"김{dash}하나") == f"김{dash}하나"


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert cleaned(cleaned(text)) == cleaned(text)
    assert written_plainly(written_plainly(text)) == written_plainly(text)


def test_control_characters_stay_so_that_they_are_refused() -> None:
    assert cleaned("E1\n01\x07") == "E1\n01\x07"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("202100001.0", "202100001"),
        ("0012345", "12345"),
        ("20dcs076", "20DCS076"),
        ("CS2001-02", "CS2001-2"),
        ("CS2001_2", "cs2001 2"),
        ("2019/123", "2019-123"),
    ],
)
def test_two_ways_to_write_one_name(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(("one", "other"), [("CS2001-2", "CS20012"), ("1-23", "12-3"), ("100", "1"), ("E101", "E102")])
def test_two_names(one: str, other: str) -> None:
    assert folded(one) != folded(other)


def test_a_name_that_is_only_written_otherwise_is_nearer_than_one_that_looks_alike() -> None:
    assert nearest("0012345", ["0012346", "12345"]) == "12345"
    assert nearest("CS2001-02", ["CS2001-03", "CS2001-2"]) == "CS2001-2"
    assert nearest("E11", ["E101", "B12"]) == "E101"
    assert nearest("xyz", ["E101"]) is None
    assert nearest("xyz", []) is None


@pytest.mark.parametrize(
    ("text", "known", "meant"),
    [
        ("CS2001-02", ["CS3001-1", "CS2001-2", "CS2001-12"], "CS2001-2"),
        ("cs2001-2", ["CS2001-02", "CS2001-2"], "CS2001-2"),
        ("ma1010-1", ["CS1010-1", "MA1010-1"], "MA1010-1"),
        ("B 12", ["b-12", "B12", "b12"], "B12"),
        ("B12", ["B12", "b12"], "b12"),
        ("공학관101", ["공학관 102", "공학관 101"], "공학관 101"),
        ("B21", ["B12", "C99"], "B12"),
        ("CS2001", ["EA2001-1", "CS2001-1"], "CS2001-1"),
        ("dlib", ["centerface-dlib", "face-recognition"], "centerface-dlib"),
        ("attendence", ["attendance", "departures"], "attendance"),
        ("centrface", ["centerface-dlib", "face-recognition"], "centerface-dlib"),
        ("PH2001-1", ["CS3001-1", "CS2001-2"], None),
        ("CS3001-1", ["CS2001-2"], None),
        ("C99", ["b12", "B12"], None),
        ("ZZ", ["A1", "Z"], None),
        ("202100001", ["202199999", "202100110"], None),
    ],
)
def test_only_what_is_really_near_is_named_and_what_differs_in_writing_first(
    text: str, known: list[str], meant: str | None
) -> None:
    assert nearest(text, known) == meant
