"""What a student contests and what is answered, through a real Kafka, attend, the store and a replay."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from enrollment.loaded import appeals, mark_batches
from infra.operations.appeals.appeal_register import AppealRegister
from infra.operations.appeals.appeals import (
    AnsweredMeanwhileError,
    AppealAnswer,
    AppealRequest,
    Registers,
    answer_appeal,
    ask,
    own_row,
    withdraw,
)
from infra.operations.class_hours.hour_register import HourRegister
from infra.operations.terms.deadlines import Deadlines
from schemas.errors import RefusedError
from schemas.settings import Settings
from streams.replay import replay as tables_of
from tests.integration.streams.conftest import workers
from tests.integration.streams.paper_hall import HOUR, OVER, SOURCES, Hall

NOW = HOUR.ends_at + timedelta(hours=2)
LATER = replace(HOUR, period=2, starts_at=HOUR.ends_at + timedelta(hours=3), ends_at=HOUR.ends_at + timedelta(hours=4))


@pytest.fixture
def worker(site: Settings) -> Iterator[Any]:
    with workers(site) as make:
        yield make


@pytest.fixture
def hall(site: Settings) -> Hall:
    made = Hall(site)
    made.prepare()
    made.meet(made.hour, LATER)
    return made


@pytest.fixture
def registers(site: Settings) -> Iterator[Registers]:
    with closing(HourRegister(site)) as hours, closing(AppealRegister(site)) as asked:
        yield Registers(hours, asked)


def excuse(hall: Hall, number: int = 3, **other: Any) -> AppealRequest:
    """What a student asks of the class hour to come."""
    return AppealRequest(**({
        "id": "f1", "class_hour": LATER.id, "student": hall.lecture.names[number], "seen": "",
        "wished": "official_leave", "starts_at": LATER.starts_at, "ends_at": LATER.ends_at, "reason": " 예비군\n훈련 ",
    } | other))  # fmt: skip


def says(appeal: str, name: str = "a1", **other: Any) -> AppealAnswer:
    return AppealAnswer(
        **({"id": name, "appeal": appeal, "verdict": "official_leave", "by": "kim", "reason": "so it is"} | other)
    )


def test_an_appeal_and_its_answer_survive_a_rejudgement_and_a_replay(
    hall: Hall, registers: Registers, worker: Any
) -> None:
    """The whole way: judged, contested, answered, judged again by late frames, replayed."""
    site, student = hall.settings, hall.lecture.names[0]  # who came late
    attend, sink = worker("attend").start(), worker("sink").start()

    def settled() -> Any:
        attend.until(SOURCES)
        sink.until(("sightings", "attendance"))
        return own_row(site, hall.hour, student)

    hall.tell(*(replace(each, live=True) for each in hall.observations[:40]))
    hall.tell(replace(OVER, at=datetime.now(UTC)))
    row = settled()
    assert (row.verdict, row.source, row.final) == ("late", "camera", 1)
    wanted = excuse(
        hall, 0, class_hour=HOUR.id, seen="late", wished="present", starts_at=HOUR.starts_at,
        ends_at=HOUR.starts_at + timedelta(minutes=15), reason="I sat behind the pillar.",
    )  # fmt: skip
    state = ask(site, registers, wanted, Deadlines(appeal=NOW + timedelta(days=1)), NOW)
    assert (state.asked.contested, state.asked.hall, state.asked.engine) == ("late", "E101", row.engine)
    for no_better in ("late", "absent"):
        with pytest.raises(RefusedError, match="no better for the student than what is contested"):
            answer_appeal(site, registers, says(state.id, verdict=no_better), NOW)
    answered = answer_appeal(site, registers, says(state.id, verdict="present", reason="he did"), NOW)
    assert answered.word == "upheld"
    before = settled()
    assert (before.verdict, before.source, before.reason) == ("present", "kim", "he did")

    hall.tell(*(replace(each, live=True) for each in hall.observations[40:]))
    hall.tell(replace(OVER, at=datetime.now(UTC)))
    after = settled()
    assert after.version > before.version
    assert (after.verdict, after.source, after.reason) == ("present", "kim", "he did")
    again = tables_of(site, HOUR.starts_at, HOUR.ends_at, from_sightings=True).attendance.to_pylist()
    replayed = {each["student_id"]: each for each in again}[student]
    assert (replayed["verdict"], replayed["source"], replayed["reason"]) == ("present", "kim", "he did")
    assert registers.appeals.now().by_id[state.id] == answered
    with pytest.raises(RefusedError, match="kim has answered this already"):
        ask(site, registers, replace(wanted, id="f2", seen="present"), Deadlines(), NOW)
    assert [attend.stop(), sink.stop()] == [0, 0]


def test_leave_that_was_allowed_beforehand_holds_when_the_class_hour_is_over(
    hall: Hall, registers: Registers, worker: Any
) -> None:
    site, student = hall.settings, hall.lecture.names[3]
    attend, sink = worker("attend").start(), worker("sink").start()
    state = ask(site, registers, excuse(hall), Deadlines(), NOW)
    assert (state.asked.reason, state.asked.contested, state.asked.engine) == ("예비군 훈련", None, "")
    assert ask(site, registers, excuse(hall), Deadlines(), NOW) == state, "sent twice it is asked once"
    answer_appeal(site, registers, says(state.id), NOW)
    attend.until(SOURCES)
    hall.tell(replace(OVER, at=datetime.now(UTC)))
    attend.until(SOURCES)
    sink.until(("sightings", "attendance"))
    row = own_row(site, LATER, student)
    assert row is not None
    assert (row.verdict, row.source, row.final, row.reason) == ("official_leave", "kim", 1, "so it is")
    other = own_row(site, LATER, hall.lecture.names[4])
    assert other is not None
    assert other.verdict == "unobserved"
    assert [attend.stop(), sink.stop()] == [0, 0]


def test_of_ten_who_answer_at_the_same_moment_one_does(hall: Hall, registers: Registers) -> None:
    state = ask(hall.settings, registers, excuse(hall), Deadlines(), NOW)

    def one(number: int) -> str:
        given = says(state.id, f"a{number}", by=f"p{number}", verdict=("excused", None)[number % 2])
        try:
            answer_appeal(hall.settings, registers, given, NOW)
        except AnsweredMeanwhileError as error:
            return f"after {error.state.answer.by}" if error.state.answer else "after nobody"
        return given.by

    with ThreadPoolExecutor(10) as threads:
        said = list(threads.map(one, range(10)))
    [winner] = {each.removeprefix("after ") for each in said}
    assert said.count(winner) == 1
    assert len(appeals(hall.settings)) == 2
    assert len(mark_batches(hall.settings)) == (int(winner[1:]) % 2 == 0)


def test_what_broke_off_after_the_mark_is_answered_when_it_is_sent_again(
    hall: Hall, registers: Registers, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = ask(hall.settings, registers, excuse(hall), Deadlines(), NOW)

    def cut(_: Any) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(registers.appeals, "tell", cut)
        with pytest.raises(ConnectionError):
            answer_appeal(hall.settings, registers, says(state.id), NOW)
    assert registers.appeals.now().by_id[state.id].word == "open"
    assert answer_appeal(hall.settings, registers, says(state.id), NOW + timedelta(minutes=1)).word == "upheld"
    assert len(mark_batches(hall.settings)) == 1


def test_what_is_anothers_or_over_is_refused(hall: Hall, registers: Registers) -> None:
    site, names = hall.settings, hall.lecture.names
    state = ask(site, registers, excuse(hall), Deadlines(), NOW)
    theirs = ask(site, registers, excuse(hall, 4), Deadlines(), NOW)
    assert theirs.id != state.id, "the same form of another student is another appeal"
    for said, refused in {
        "there is no such appeal": lambda: withdraw(registers, theirs.id, names[3], NOW),
        "you have asked about this class hour already": lambda: ask(
            site, registers, excuse(hall, id="f2"), Deadlines(), NOW
        ),
        "no student '209999999'": lambda: ask(site, registers, excuse(hall, student="209999999"), Deadlines(), NOW),
        "this class hour is on": lambda: ask(
            site, registers, excuse(hall, 5), Deadlines(), LATER.starts_at + timedelta(minutes=1)
        ),
        "a reason is missing": lambda: answer_appeal(site, registers, says(state.id, reason="\n"), NOW),
    }.items():
        with pytest.raises(RefusedError, match=said):
            refused()
    assert withdraw(registers, state.id, names[3], NOW).word == "withdrawn"
    with pytest.raises(AnsweredMeanwhileError, match="withdrawn"):
        answer_appeal(site, registers, says(state.id), NOW)
    assert not mark_batches(site)
    assert ask(site, registers, excuse(hall, id="f3"), Deadlines(), NOW).word == "open", "and asked anew"
