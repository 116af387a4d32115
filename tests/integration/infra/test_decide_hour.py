"""Decisions on a real Kafka: acknowledged, refused where somebody else was faster, taken back, and kept by replays."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from enrollment.loaded import mark_batches
from infra.cli.mark import command as mark_command
from infra.operations.class_hours.decide_hour import (
    Decision,
    MarkedMeanwhileError,
    Rest,
    decide,
    decide_rest_as_judged,
    hour_to_decide,
    undoing,
)
from infra.operations.class_hours.evidence_texts import sentences
from infra.operations.class_hours.hour_evidence import hour_evidence
from infra.operations.class_hours.hour_register import TICK, HourRegister
from infra.operations.runs.manage_runs import truths_of
from producers.login import mark_author
from schemas.errors import RefusedError
from schemas.messages import Attendance, MarkBatch, decode
from schemas.settings import Settings
from sinks.rows import AttendanceRow, attendance_row
from sinks.runs.truth import MARKS
from sinks.store import open_for_reading, open_store
from streams.replay import replay as tables_of
from tests.examples import example
from tests.integration.streams.conftest import workers
from tests.integration.streams.paper_hall import HOUR, OVER, SOURCES, Hall

NOW = HOUR.ends_at + timedelta(hours=2)


@pytest.fixture
def worker(site: Settings) -> Iterator[Any]:
    """Make a worker of a part on the site of the test."""
    with workers(site) as make:
        yield make


@pytest.fixture
def hall(site: Settings) -> Hall:
    made = Hall(site)
    made.prepare()
    return made


@pytest.fixture
def register(site: Settings) -> Iterator[HourRegister]:
    with closing(HourRegister(site)) as made:
        yield made


def says(hall: Hall, verdict: Any = "present", **other: Any) -> Decision:
    return Decision(**({
        "id": uuid4().hex, "class_hour": hall.hour.id, "student": hall.lecture.names[3], "verdict": verdict,
        "by": "kim", "seen": "",
    } | other))  # fmt: skip


def on_record(hall: Hall) -> list[MarkBatch]:
    return list(mark_batches(hall.settings).values())


def test_a_decision_is_on_record_when_it_returns_and_twice_it_counts_once(hall: Hall, register: HourRegister) -> None:
    other = hall.lecture.names[5]
    mine = says(hall, "absent", reason=" 다른\n학생 ", looks_like=other)
    done = decide(hall.settings, register, mine, NOW)
    [batch] = on_record(hall)
    assert (batch.id, batch.by, batch.at, batch.reason, batch.kind) == (mine.id, "kim", NOW, "다른 학생", "mark")
    [mark] = batch.marks
    assert (mark.student_id, mark.verdict, mark.looks_like, mark.confirmed) == (mine.student, "absent", other, False)
    assert (done.mark.batch, done.before) == (mine.id, None)
    again = decide(hall.settings, register, mine, NOW + timedelta(minutes=1))
    assert again == done
    assert on_record(hall) == [batch]
    with pytest.raises(RefusedError, match="somebody else"):
        decide(hall.settings, register, replace(mine, student=hall.lecture.names[4]), NOW)


def test_the_second_is_shown_what_the_first_said_and_then_decides(hall: Hall, register: HourRegister) -> None:
    first = decide(hall.settings, register, says(hall, "late", reason="train"), NOW)
    theirs = says(hall, "present", by="lee")
    with pytest.raises(MarkedMeanwhileError) as refused:
        decide(hall.settings, register, theirs, NOW + TICK)
    other = refused.value.other
    assert (other.by, other.verdict, other.at, other.reason) == ("kim", "late", NOW, "train")
    assert len(on_record(hall)) == 1
    # The clock of the other machine is behind: the later decision holds all the same.
    done = decide(hall.settings, register, replace(theirs, seen=other.batch), NOW - timedelta(minutes=5))
    assert (done.mark.verdict, done.mark.at, done.before) == ("present", NOW + TICK, first.mark)
    mine = decide(hall.settings, register, says(hall, "absent", by="lee"), NOW)
    assert mine.before == done.mark, "nobody is in his own way"


def test_a_mark_of_the_command_line_is_seen_too(hall: Hall, register: HourRegister) -> None:
    settings, student = hall.settings, hall.lecture.names[3]
    (settings.home / "naul.toml").write_text(f'kafka = "{settings.kafka}"\nprefix = "{settings.prefix}"\n', "utf-8")
    by = mark_author(settings)
    line = [student, "--section", hall.hour.section, "--date", str(hall.hour.date), "--period", "1"]

    def run(*more: str) -> Any:
        return CliRunner().invoke(mark_command, [*line, *more, "--home", str(settings.home)], standalone_mode=False)

    assert isinstance(run("--take-back").exception, RefusedError)
    assert "is marked late" in run("--verdict", "late").output
    with pytest.raises(MarkedMeanwhileError, match=f"{by} marked late"):
        decide(settings, register, says(hall), NOW)
    said = run("--take-back", "--reason", "wrong row").output
    assert f"학생 3 ({student}): what was marked in" in said
    assert "as the camera judged again" in said
    with pytest.raises(MarkedMeanwhileError, match=f"{by} took back what was marked"):
        decide(settings, register, says(hall), NOW)
    assert "nothing to take back" in str(run("--take-back").exception)
    assert "leave out --verdict" in str(run("--take-back", "--verdict", "late").exception)


def test_of_ten_who_decide_at_the_same_moment_one_does(hall: Hall, register: HourRegister) -> None:
    def one(number: int) -> str:
        try:
            return decide(hall.settings, register, says(hall, "late", by=f"p{number}"), NOW).mark.by
        except MarkedMeanwhileError as error:
            return f"after {error.other.by}"

    with ThreadPoolExecutor(10) as threads:
        said = list(threads.map(one, range(10)))
    [winner] = {each.removeprefix("after ") for each in said}
    assert said.count(winner) == 1
    [batch] = on_record(hall)
    assert batch.by == winner


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"class_hour": "EA0017-1|2099-01-01|1"}, "there is no class hour"),
        ({"class_hour": "no hour"}, "there is no class hour"),
        ({"student": "209999999"}, "no student '209999999' in section EA0017-1"),
        ({"looks_like": "209999999"}, "nobody has the student id"),
        ({"looks_like": "201900003"}, "cannot be taken for himself"),
        ({"verdict": None}, "nobody marked 201900003"),
        ({"verdict": None, "looks_like": "201900004"}, "names nobody else"),
        ({"reason": "x" * 501}, "501 characters"),
    ],
)
def test_what_cannot_be_decided_is_refused_and_nothing_of_it_sent(
    hall: Hall, register: HourRegister, wrong: dict[str, Any], what: str
) -> None:
    with pytest.raises(RefusedError, match=what):
        decide(hall.settings, register, says(hall, **wrong), NOW)
    assert on_record(hall) == []


def test_what_is_new_in_the_topics_is_known_at_the_next_question(hall: Hall, register: HourRegister) -> None:
    assert register.hour(HOUR.id) == hall.hour
    new = replace(hall.hour, period=2, starts_at=HOUR.ends_at, ends_at=HOUR.ends_at + timedelta(minutes=50))
    with pytest.raises(RefusedError):
        register.hour(new.id)
    hall.meet(hall.hour, new)
    assert register.hour(new.id) == new
    assert register.student(new, hall.lecture.names[0]).name == "학생 0"


def test_while_a_class_hour_runs_the_rest_of_it_cannot_be_right(hall: Hall, register: HourRegister) -> None:
    said = decode(example("attendance"), Attendance)
    rows = [
        attendance_row(replace(
            said, date=HOUR.date, student_id=each.student_id, name=each.name, judged=None, doubts=(), final=False
        ))
        for each in hall.students
    ]  # fmt: skip
    with open_store(hall.settings) as store:
        store.insert("attendance_rows", AttendanceRow._fields, rows)
    it = hour_to_decide(hall.settings, register, HOUR.id)
    assert (len(it.others), it.covered) == (len(rows), None)
    rest = Rest(id="r", class_hour=HOUR.id, by="kim", seen={each.student_id: each.verdict for each in it.others})
    with pytest.raises(RefusedError, match="not judged to its end"):
        decide_rest_as_judged(hall.settings, register, rest, NOW)
    assert on_record(hall) == []


def test_from_doubts_to_decisions_and_back(hall: Hall, register: HourRegister, worker: Any) -> None:
    """The whole way: judged, decided, confirmed, taken back, and judged again."""
    site, names = hall.settings, hall.lecture.names
    attend, sink = worker("attend").start(), worker("sink").start()

    def settled() -> Any:
        attend.until(SOURCES)
        sink.until(("sightings", "attendance"))
        return hour_to_decide(site, register, HOUR.id)

    # Live, for a worker's own ticks would open the class hour of a recording again for two minutes.
    hall.tell(*(replace(each, live=True) for each in hall.observations[:22]))
    hall.tell(replace(OVER, at=datetime.now(UTC)))
    judged = settled()
    doubted = {each.student_id: [one.code for one in each.doubts] for each in judged.doubtful}
    assert doubted[names[3]] == ["too_little"]
    shown = {each.student_id: each.verdict for each in judged.others}
    assert shown
    assert judged.decided == ()

    # One is decided, one was wrong on the screen by now; the rest is right as judged.
    done = decide(site, register, says(hall, "present", reason="was at the door"), NOW)
    changed, *right = shown
    rest = Rest(id="rest", class_hour=HOUR.id, by="kim", seen=shown | {changed: "absent", names[3]: "unobserved"})
    confirmed = decide_rest_as_judged(site, register, rest, NOW)
    assert (set(confirmed.confirmed), set(confirmed.left)) == ({*right}, {changed, names[3]})
    assert decide_rest_as_judged(site, register, rest, NOW) == confirmed, "the same again is the same"
    at_once = hour_to_decide(site, register, HOUR.id)
    after = settled()
    for it in (at_once, after):  # whether or not the store has heard of it
        assert {each.student_id for each in it.decided} == {names[3], *right}
        assert {each.student_id for each in it.others} == {changed}
        assert {each.student_id for each in it.doubtful} == {*doubted} - {names[3]}
    assert len(on_record(hall)) == 2
    mine = next(each for each in after.decided if each.student_id == names[3])
    assert (mine.verdict, mine.camera_verdict, mine.seen) == ("present", "unobserved", done.mark.batch)
    with open_for_reading(site) as store:  # at the rest nobody looked one by one: the camera is not judged by it
        assert {key[3] for key in truths_of(site, store, MARKS)} == {names[3]}
    corrected = decide(site, register, says(hall, "absent", student=right[0]), NOW + TICK)
    assert decide(site, register, undoing(corrected, "undone", HOUR.id, "kim"), NOW + 2 * TICK).mark.in_bulk

    row = hall.rows()[names[3]]
    again = tables_of(site, HOUR.starts_at, HOUR.ends_at, from_sightings=True).attendance.to_pylist()
    replayed = {each["student_id"]: each for each in again}
    assert (replayed[names[3]]["verdict"], replayed[names[3]]["source"]) == ("present", "kim")
    assert {replayed[each]["source"] for each in right} == {"kim"}

    evidence = hour_evidence(site, register, HOUR.id, names[3], NOW)
    told = sentences(evidence, "en", site.zone)
    assert "kim said so; the camera says: unobserved." in told
    assert any("kim marked present; the reason: was at the door." in each for each in told)
    assert any("The hall could be seen for 22 of 50 minutes only." in each for each in told)
    assert (evidence.segments[0].starts_at, evidence.segments[-1].ends_at) == (HOUR.starts_at, HOUR.ends_at)
    assert evidence.segments[-1].kind == "no_frame"

    undone = decide(site, register, undoing(done, "undo", HOUR.id, "kim"), NOW)
    assert undone.before == done.mark
    back = settled()
    assert {each.student_id for each in back.doubtful} == {*doubted}
    after_all = hall.rows()[names[3]]
    assert (after_all.verdict, after_all.source, after_all.review, after_all.judged) == (
        "unobserved",
        "camera",
        True,
        None,
    )
    assert after_all.version > row.version
    again = tables_of(site, HOUR.starts_at, HOUR.ends_at, from_sightings=True).attendance.to_pylist()
    assert {each["student_id"]: each["source"] for each in again}[names[3]] == "camera"
    told = sentences(hour_evidence(site, register, HOUR.id, names[3], datetime.now(UTC)), "en", site.zone)
    assert any("kim took back what was marked" in each for each in told)
    assert [attend.stop(), sink.stop()] == [0, 0]
