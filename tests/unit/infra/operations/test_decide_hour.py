"""A class hour as a person decides it: what asks for him, what is settled, and in which words."""

import re
from datetime import datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from infra.operations.class_hours.decide_hour import Decided, MarkedMeanwhileError, doubts_of, to_decide, undoing
from infra.operations.class_hours.doubt_texts import doubt_text
from infra.operations.class_hours.hour_register import TICK, StandingMark, after, said_of, standing
from schemas.messages import Attendance, CameraVerdict, Coverage, DoubtCode, Mark, MarkBatch, decode
from schemas.rivals import rival_in, without_rival
from sinks.rows import AttendanceRow, attendance_row, coverage_row
from streams.judgement.doubts import REASONS, in_words
from tests.examples import example
from tests.unit.streams.paper import NINE, class_hour

HOUR = class_hour(1)
COVERED = coverage_row(decode(example("coverage"), Coverage))
LATER = NINE + timedelta(hours=1)


def row(student: str, doubts: tuple[DoubtCode, ...] = (), **other: Any) -> AttendanceRow:
    """What the camera says of a student: with doubts he is to be decided."""
    said = replace(
        decode(example("attendance"), Attendance), student_id=student, name=f"학생 {student}", judged=None,
        doubts=doubts, review=bool(doubts), reason=in_words(doubts, "1002"), confidence=0.5,
    )  # fmt: skip
    return attendance_row(replace(said, **other))


def batch(name: str = "m1", at: datetime = LATER, by: str = "kim", **verdicts: Any) -> MarkBatch:
    marks = tuple(Mark(student_id=each.removeprefix("s"), verdict=said) for each, said in verdicts.items())
    return MarkBatch(id=name, class_hour=HOUR.id, hall="E101", kind="mark", by=by, at=at, marks=marks)


def test_the_doubtful_come_least_certain_first_and_nobody_is_decided_by_silence() -> None:
    rows = [
        row("1001"), row("1002", ("like_him",), confidence=0.7), row("1003", ("too_little",), confidence=0.0),
        row("1004", ("far_away",)), row("1005", ("far_away",), withdrawn=True),
    ]  # fmt: skip
    it = to_decide(HOUR, rows, COVERED, {})
    assert [each.student_id for each in it.doubtful] == ["1003", "1004", "1002"]
    assert [each.student_id for each in it.others] == ["1001"]
    assert it.decided == ()
    assert {each.seen for each in (*it.doubtful, *it.others)} == {""}


def test_a_mark_holds_before_the_store_has_heard_of_it() -> None:
    it = to_decide(HOUR, [row("1001", ("like_him",))], COVERED, standing([batch(s1001="late")]))
    [mine] = it.decided
    assert (mine.verdict, mine.camera_verdict, mine.seen, mine.review) == ("late", "present", "m1", False)
    assert [each.code for each in mine.doubts] == ["like_him"], "why it was asked is still told"


def test_what_was_taken_back_is_doubtful_again_before_the_store_has_heard_of_it() -> None:
    marked = row(
        "1001", ("like_him",), verdict="late", source="kim", review=False,
        judged=CameraVerdict(verdict="unobserved", confidence=0.5, review=True),
    )  # fmt: skip
    marks = standing([batch(s1001="late"), batch("m2", LATER + TICK, s1001="as_judged")])
    [mine] = to_decide(HOUR, [marked], COVERED, marks).doubtful
    assert (mine.verdict, mine.seen, mine.decided) == ("unobserved", "m2", False)


def test_who_was_marked_by_an_older_naul_is_unobserved_when_that_is_taken_back() -> None:
    old = row("1001", verdict="late", source="kim")
    assert old.camera_verdict == ""
    [mine] = to_decide(HOUR, [old], COVERED, standing([batch(s1001="as_judged")])).others
    assert mine.verdict == "unobserved"


MARKS = st.lists(
    st.builds(
        lambda name, at, verdict: batch(name, LATER + timedelta(seconds=at), s1001=verdict),
        st.sampled_from("abcde"), st.integers(0, 3), st.sampled_from(["present", "late", "as_judged"]),
    ),
    max_size=6,
)  # fmt: skip


@given(MARKS, st.randoms())
def test_the_order_in_which_marks_were_read_does_not_matter(batches: list[MarkBatch], random: Any) -> None:
    batches = list({each.id: each for each in batches}.values())
    shuffled = random.sample(batches, len(batches))
    assert standing(shuffled) == standing(batches)
    history = said_of(shuffled, "1001")
    assert history == said_of(batches, "1001")
    assert (history[-1] if history else None) == standing(batches).get("1001")
    assert [(each.at, each.batch) for each in history] == sorted((each.at, each.id) for each in batches)


def test_a_decision_holds_even_where_the_clock_of_whoever_marked_before_was_ahead() -> None:
    before = standing([batch(at=LATER, s1001="late")])["1001"]
    assert after(NINE, [before]) == LATER + TICK
    assert after(LATER + 2 * TICK, [before]) == LATER + 2 * TICK
    assert after(NINE, []) == NINE


def test_undoing_puts_back_what_held_before_whoever_had_said_it() -> None:
    late, absent = standing([batch(s1001="late")])["1001"], standing([batch("m2", s1001="absent")])["1001"]
    back = undoing(Decided(late, None), "u", HOUR.id, "kim")
    assert (back.id, back.student, back.verdict, back.seen) == ("u", "1001", None, "m1")
    back = undoing(Decided(absent, replace(late, reason="train", confirmed=True)), "u", HOUR.id, "kim")
    assert (back.verdict, back.seen, back.reason, back.confirmed) == ("late", "m2", "train", True)
    taken_back = replace(late, verdict="as_judged")
    assert undoing(Decided(absent, taken_back), "u", HOUR.id, "kim").verdict is None


def test_a_conflict_says_who_what_when_and_why() -> None:
    other = StandingMark(batch="x", student_id="1001", verdict="late", by="lee", at=LATER, reason="train")
    error = MarkedMeanwhileError(other)
    assert error.other is other
    assert error.message == "lee marked late of 1001 at 2026-03-09T01:00:00+00:00 (train)"
    assert "took back" in MarkedMeanwhileError(replace(other, verdict="as_judged")).message


# ---------------------------------------------------------------- in words


def doubt(code: DoubtCode, **other: Any) -> str:
    [found] = doubts_of(row("1001", (code,), **other), COVERED, {"1002": "이하늘"})
    return doubt_text("en", found)


@pytest.mark.parametrize(
    ("code", "other", "text"),
    [
        ("too_alike", {}, "Between two students: it may as well be 1002 이하늘."),
        ("too_alike", {"source": "kim", "reason": ""}, "Between two students who are too alike to tell apart."),
        ("like_him", {"p": 0.412}, "Somebody who may be this student was there (41% likely)."),
        ("too_little", {"seconds_covered": 610}, "The hall could be seen for 10 of 50 minutes only."),
    ],
)  # fmt: skip
def test_a_doubt_is_told_with_its_values(code: DoubtCode, other: dict[str, Any], text: str) -> None:
    assert doubt(code, **other) == text


def test_a_doubt_that_an_older_naul_had_only_in_words_is_told_in_these() -> None:
    [found] = doubts_of(row("1001", reason="no face enrolled", review=True), COVERED, {})
    assert doubt_text("ko", found) == "no face enrolled"


@pytest.mark.parametrize("code", get_args(DoubtCode))
@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_doubt_of_the_judgement_is_told_in_both_languages(language: str, code: DoubtCode) -> None:
    [found] = doubts_of(row("1001", (code,)), COVERED, {})
    text = doubt_text(language, found)
    assert text.endswith(".")
    assert bool(re.search("[가-힣]", text)) == (language == "ko")


def test_a_row_has_its_doubts_in_english_and_whom_it_means_is_read_from_there() -> None:
    assert set(REASONS) == set(get_args(DoubtCode))
    text = in_words(("another_class", "too_alike", "one_photo"), "201912345")
    assert text == f"{REASONS['another_class']}; this student or 201912345 was seen; they are too alike to tell apart"
    assert rival_in(text) == "201912345"
    assert rival_in("he was there") == ""
    assert without_rival(text, "201954321") == text
    assert rival_in(without_rival(text, "201912345")) == ""
    assert "201912345" not in without_rival(text, "201912345")
