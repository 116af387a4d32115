"""From a judgement to messages, and from one judgement to the next."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as replace_fields

from schemas.messages import Attendance, CameraVerdict, Presence
from schemas.settings import Policy
from streams.attend.outgoing import (
    News,
    Provenance,
    PublishedEvents,
    attendance,
    changes,
    coverage,
    presence,
    remarked,
    unlike,
)
from streams.judgement.judge import HourJudgement, StudentJudgement
from streams.judgement.observations import Facts, Marked
from streams.judgement.timeline import AwayInterval
from tests.unit.streams.paper import NINE, PaperReference, class_hour

HOUR = class_hour(1)
TELLING = Provenance("live", HOUR, "test@1", Policy())
ROSTER = PaperReference().students
START = NINE.timestamp()


def judged(version: int = 7, **students: StudentJudgement) -> HourJudgement:
    known = {each.student_id: StudentJudgement("unobserved") for each in ROSTER}
    return HourJudgement(
        version=version,
        frames=3,
        covered=((START, START + 60),),
        gaps=((START + 60, START + 3000),),
        reasons=("",),
        seconds_covered=60.0,
        unknown_faces=1.5,
        students=known | {name.removeprefix("s"): one for name, one in students.items()},
    )


def stay(*absences: tuple[float, float | None], arrived: float | None = 0) -> StudentJudgement:
    return StudentJudgement(
        "present",
        arrived_at=None if arrived is None else START + arrived,
        absences=tuple(
            AwayInterval(START + left, None if back is None else START + back, START + left + 300)
            for left, back in absences
        ),
        departed_at=START + absences[-1][0] if absences and absences[-1][1] is None else None,
    )


def kinds(events: list[Presence]) -> list[tuple[str, int, bool]]:
    return sorted((each.kind, each.ordinal, each.retracted) for each in events)


def test_there_is_a_row_for_everybody_on_the_roster() -> None:
    rows = list(attendance(TELLING, judged(s201912345=stay((600, 1200))), ROSTER, final=True))
    assert [(row.student_id, row.name, row.verdict) for row in rows] == [
        ("201912345", "김나얼", "present"),
        ("201954321", "이하늘", "unobserved"),
    ]
    assert rows[0].absences[0].departed_at == datetime(2026, 3, 9, 0, 10, tzinfo=UTC)
    assert rows[0].absences[0].gone_by == datetime(2026, 3, 9, 0, 15, tzinfo=UTC)
    assert {(row.version, row.final, row.class_hour) for row in rows} == {(7, True, HOUR.id)}


def test_how_likely_somebody_was_seen_is_told_whatever_a_person_says_then() -> None:
    seen = StudentJudgement("absent", confidence=0.5, p=0.412345)
    marked = replace(seen, verdict="present", confidence=1.0, source="kim")
    for one in (seen, marked):
        row, other = attendance(TELLING, judged(s201912345=one), ROSTER, final=True)
        assert (row.p, other.p) == (0.4123, 0.0)
    mark = Marked("1", START, "kim", "", "mark", {"201912345": "present"})
    [again] = remarked([row], Facts().with_marks(mark))
    assert (again.verdict, again.confidence, again.p) == ("present", 1.0, 0.4123)


def said(at: float, verdict: str, name: str = "1") -> Marked:
    return Marked(name, START + at, "kim", "why", "mark", {"201912345": verdict})  # type: ignore[dict-item]


def facts(*marks: Marked) -> Facts:
    found = Facts()
    for each in marks:
        found = found.with_marks(each)
    return found


def told(*marks: Marked) -> Attendance:
    """The row of a class hour whose facts are gone, told again for each mark as it came."""
    doubted = StudentJudgement("unobserved", confidence=0.4, p=0.4).doubted("like_him", "one_photo")
    [row, _] = attendance(TELLING, judged(s201912345=doubted), ROSTER, final=True)
    for number in range(len(marks)):
        for again in remarked([row], facts(*marks[: number + 1])):
            assert again.version > row.version
            row = again
    return row


def test_when_the_facts_are_gone_a_mark_is_still_taken_back() -> None:
    assert told(said(1, "late")).judged == CameraVerdict(
        verdict="unobserved", confidence=0.4, review=True, reason="somebody like him was seen, not surely enough"
    )
    again = told(said(1, "late"), said(2, "present", "2"), said(3, "as_judged", "3"))
    assert replace_fields(again, marked_at=None, version=7) == told()
    assert again.marked_at == datetime.fromtimestamp(START + 3, UTC)
    assert (told().doubts, told().judged) == (("like_him", "one_photo"), None)


def test_what_an_older_naul_marked_claims_nothing_when_it_is_taken_back() -> None:
    old = replace_fields(told(said(1, "late")), judged=None, doubts=())
    [row] = remarked([old], facts(said(2, "as_judged")))
    assert (row.verdict, row.source, row.review, row.doubts) == ("unobserved", "camera", True, ("not_kept",))
    assert "no longer kept" in row.reason


def test_a_mark_that_comes_late_does_not_win_over_a_later_one_whose_fact_is_gone() -> None:
    row = told(said(5, "late"))
    assert remarked([row], facts(said(4, "absent", "2"))) == []
    back = told(said(5, "late"), said(6, "as_judged", "2"))
    assert remarked([back], facts(said(4, "absent", "3"))) == []


@given(st.lists(st.sampled_from(["present", "late", "absent", "as_judged"]), max_size=5), st.data())
def test_marks_of_a_class_hour_whose_facts_are_gone_may_come_in_any_order(
    verdicts: list[str], data: st.DataObject
) -> None:
    marks = [said(at, verdict, str(at)) for at, verdict in enumerate(verdicts)]
    row = told(*data.draw(st.permutations(marks)))
    expected = told(marks[-1]) if marks else told()
    assert replace_fields(row, version=0) == replace_fields(expected, version=0)


def test_coverage_tells_the_gaps() -> None:
    found = coverage(TELLING, judged(), final=False)
    assert (found.frames, found.seconds_covered, found.unknown_faces, found.final) == (3, 60.0, 1.5, False)
    assert [(gap.starts_at.timestamp(), gap.ends_at.timestamp()) for gap in found.gaps] == [(START + 60, START + 3000)]


def test_arrival_departure_and_return_are_events() -> None:
    events = presence(TELLING, judged(s201912345=stay((600, 1200), (1800, None))))
    assert kinds(list(events.values())) == [
        ("arrived", 0, False), ("departed", 0, False), ("departed", 1, False), ("returned", 0, False),
    ]  # fmt: skip


def test_a_return_ends_the_departure_that_was_told() -> None:
    gone = presence(TELLING, judged(1, s201912345=stay((600, None))))
    back = presence(TELLING, judged(2, s201912345=stay((600, 1200))))
    told = changes(gone, back, 2)
    assert kinds(told) == [("departed", 0, False), ("returned", 0, False)]
    assert {event.version for event in told} == {2}


def test_what_is_unchanged_is_not_told_again() -> None:
    first = presence(TELLING, judged(1, s201912345=stay()))
    assert changes(first, presence(TELLING, judged(9, s201912345=stay())), 9) == []


def test_what_later_facts_contradict_is_taken_back_with_a_higher_version() -> None:
    first = presence(TELLING, judged(5, s201912345=stay((600, None))))
    told = changes(first, presence(TELLING, judged(6, s201912345=stay())), 6)
    assert kinds(told) == [("departed", 0, True)]
    assert told[0].version == 6


times = st.lists(st.integers(0, 3000), max_size=6, unique=True).map(sorted)


def life(marks: list[int]) -> StudentJudgement:
    arrived, rest = (marks[0], marks[1:]) if marks else (None, [])
    return stay(
        *((rest[i], rest[i + 1] if i + 1 < len(rest) else None) for i in range(0, len(rest), 2)), arrived=arrived
    )


@given(st.lists(times, min_size=1, max_size=5))
def test_whoever_heard_every_change_knows_what_holds(story: list[list[int]]) -> None:
    heard: dict[str, Presence] = {}
    said: PublishedEvents = {}
    for version, marks in enumerate(story, 1):
        now = presence(TELLING, judged(version, s201912345=life(marks)))
        for event in changes(said, now, version):
            assert event.id not in heard or event.version > heard[event.id].version
            heard[event.id] = event
        said = now
    standing = {name: (event.at, event.returned_at) for name, event in heard.items() if not event.retracted}
    assert standing == {name: (event.at, event.returned_at) for name, event in said.items()}


@pytest.mark.parametrize("final", [True, False])
def test_a_row_says_whether_its_hour_is_closed(final: bool) -> None:
    assert {row.final for row in attendance(TELLING, judged(), ROSTER, final=final)} == {final}


# ---------------------------------------------------------------- rows that are told of a running hour


def running(version: int, **students: StudentJudgement) -> list[Attendance]:
    return list(attendance(TELLING, judged(version, **students), ROSTER, final=False))


def heard(news: News, rows: list[Attendance]) -> list[str]:
    """Return of whom a row is told."""
    told = news.of(rows)
    news.told(told)
    return [row.student_id for row in told]


def test_of_a_running_hour_a_row_is_told_when_it_says_something_new() -> None:
    news, both = News(), [each.student_id for each in ROSTER]
    assert heard(news, running(7)) == both
    assert heard(news, running(8)) == [], "a higher version alone is no news"
    assert heard(news, running(9, s201912345=stay())) == both[:1]
    assert heard(news, running(10, s201912345=stay((600, None)))) == both[:1]


def test_what_grows_with_every_frame_is_told_with_what_else_is_new() -> None:
    news, one = News(), replace(stay(), seconds_present=10, p=0.9, confidence=0.9, looks=1)
    heard(news, running(7, s201912345=one))
    longer = replace(one, seconds_present=25, p=0.95, confidence=0.95, looks=2)
    assert heard(news, running(8, s201912345=longer)) == []
    away = replace(stay((600, None)), seconds_present=25)
    [told] = news.of(running(9, s201912345=away))
    assert (told.student_id, told.seconds_present) == ("201912345", 25)


def test_a_row_that_is_told_keeps_the_version_at_which_it_was() -> None:
    news = News()
    first, second = running(7), running(9, s201912345=stay())
    news.told(news.of(first))
    assert [(row.student_id, row.version) for row in news.of(second)] == [("201912345", 9)]


def test_of_a_closed_hour_that_is_judged_again_only_what_changed_is_told() -> None:
    first = list(attendance(TELLING, judged(7, s201912345=stay()), ROSTER, final=True))
    longer = replace(stay(), seconds_present=25)
    again = list(attendance(TELLING, judged(9, s201912345=longer), ROSTER, final=True))
    assert unlike(first, []) == first
    assert [row.student_id for row in unlike(again, first)] == ["201912345"], "what grew is told when it is final"
    assert unlike(again, again) == []


@given(st.lists(times, min_size=1, max_size=6))
def test_whoever_heard_the_news_knows_what_holds(story: list[list[int]]) -> None:
    news, known = News(), {}
    for version, marks in enumerate(story, 1):
        rows = running(version, s201912345=life(marks))
        for row in news.of(rows):
            assert row.student_id not in known or row.version > known[row.student_id].version
            known[row.student_id] = row
        news.told([known[row.student_id] for row in rows])
        assert {name: (row.verdict, row.arrived_at, row.absences) for name, row in known.items()} == {
            row.student_id: (row.verdict, row.arrived_at, row.absences) for row in rows
        }
