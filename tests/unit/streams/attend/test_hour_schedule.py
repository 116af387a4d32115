"""Which class hours are judged, and when; what stays in the fact store."""

import re
from datetime import datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import pytest

from schemas.errors import BadMessageError, CorruptStateError
from schemas.messages import EngineChoice, Face, Mark, MarkBatch, Observation, Tick, Visitor, encode
from schemas.settings import Settings
from streams.attend.fact_store import FactStore
from streams.attend.hour_schedule import HourSchedule, without
from streams.reference.engine_schedule import EngineSchedule
from tests.unit.streams.paper import ENGINE, NINE, PaperReference, PaperRows, class_hour, observation

FIRST = class_hour(1).id

LATER = NINE + timedelta(days=30)
"""When the broker gets what a test says, unless the test says it."""


def after(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def no_vault() -> Any:
    raise AssertionError("nothing is sealed here")


@pytest.fixture
def reference() -> PaperReference:
    return PaperReference()


def registrar_of(table: dict[str, bytes], reference: PaperReference, **settings: Any) -> HourSchedule:
    fact_store = FactStore(PaperRows(table), reference.engine_of, no_vault)
    return HourSchedule(Settings(**settings), reference, fact_store)  # type: ignore[arg-type]


def take(schedule: HourSchedule, message: Any, came_at: datetime = LATER, *, behind: bool = False) -> list[str]:
    due = schedule.take(message, encode(message), came_at, behind=behind)
    for hour in due:
        schedule.judged(hour, schedule._reference.roster(hour).students, schedule._reference.roster_version(hour))
    return [hour.id for hour in due]


def marks(student: str = "201912345", at: float = 60) -> MarkBatch:
    return MarkBatch(
        id=f"m{at}", class_hour=FIRST, hall="E101", kind="mark", by="kim", at=after(at),
        marks=(Mark(student_id=student, verdict="present"), Mark(student_id="201954321", verdict="late")),
    )  # fmt: skip


def test_a_running_hour_is_judged_once_in_a_while_of_event_time(reference: PaperReference) -> None:
    schedule = registrar_of({}, reference, judge_every=timedelta(minutes=1))
    due = [bool(take(schedule, observation(seconds / 60))) for seconds in range(0, 190, 10)]
    assert [index * 10 for index, each in enumerate(due) if each] == [60, 120, 180]


@pytest.mark.parametrize(
    ("behind", "closed", "due"),
    [
        pytest.param(False, False, [15, 30, 45, 60, 75, 90, 105, 120], id="live"),
        pytest.param(True, False, [60, 120], id="more of the hall waits"),
        pytest.param(False, True, [60, 120], id="late frames of a closed hour"),
    ],
)
def test_a_live_hour_is_judged_each_15_seconds_but_never_holds_up_what_waits(
    reference: PaperReference, *, behind: bool, closed: bool, due: list[int]
) -> None:
    schedule = registrar_of({}, reference)
    if closed:
        take(schedule, Tick(hall="E101", at=after(60)))
    told = [seconds for seconds in range(0, 125, 5) if take(schedule, observation(seconds / 60), behind=behind)]
    assert told == due


def test_a_recording_is_judged_less_often_and_at_the_next_tick(reference: PaperReference) -> None:
    schedule = registrar_of({}, reference, judge_every=timedelta(minutes=1))
    assert not any(take(schedule, observation(minute, live=False)) for minute in range(10))
    assert take(schedule, observation(10, live=False)) == [FIRST]
    assert take(schedule, observation(11, live=False)) == []
    assert take(schedule, Tick(hall="E101", at=after(12))) == [FIRST]
    assert take(schedule, Tick(hall="E101", at=after(13))) == []


@pytest.mark.parametrize(
    ("every", "behind", "due"),
    [
        pytest.param(2, False, [3, 6, 9], id="played, somebody may watch"),
        pytest.param(2, True, [], id="more of the hall waits"),
        pytest.param(0.1, False, [], id="read in as fast as it goes"),
    ],
)
def test_a_recording_that_comes_in_slowly_is_judged_while_it_comes(
    reference: PaperReference, *, every: float, behind: bool, due: list[int]
) -> None:
    schedule = registrar_of({}, reference)
    came = [LATER + timedelta(seconds=every) * minute for minute in range(10)]
    told = [n for n in range(10) if take(schedule, observation(n, live=False), came[n], behind=behind)]
    assert told == due


def test_an_hour_closes_at_the_first_tick_after_its_grace_and_only_once(reference: PaperReference) -> None:
    schedule = registrar_of({}, reference)
    take(schedule, observation(0.2))
    assert take(schedule, Tick(hall="E101", at=after(51))) == [FIRST]
    assert not schedule.is_closed(class_hour(1))
    assert take(schedule, Tick(hall="E101", at=after(52))) == [FIRST]
    assert schedule.is_closed(class_hour(1))
    assert take(schedule, Tick(hall="E101", at=after(53))) == []


def test_frames_alone_never_close_an_hour(reference: PaperReference) -> None:
    schedule = registrar_of({}, reference)
    take(schedule, observation(1))
    take(schedule, observation(150, period=3))
    assert not schedule.is_closed(class_hour(1))


def test_an_hour_that_no_frame_showed_closes_too(reference: PaperReference) -> None:
    schedule = registrar_of({}, reference)
    take(schedule, observation(1))
    take(schedule, observation(130, period=3))
    assert take(schedule, Tick(hall="E101", at=after(300))) == [hour.id for hour in reference.all]


def test_hours_before_anything_was_heard_of_the_hall_close_too(reference: PaperReference) -> None:
    schedule = registrar_of({}, reference)
    assert take(schedule, Tick(hall="E101", at=after(300))) == [hour.id for hour in reference.all]
    assert take(schedule, Tick(hall="E101", at=after(301))) == []


def test_a_recording_of_an_hour_that_was_closed_without_it_is_final_again_when_no_more_of_it_comes(
    reference: PaperReference,
) -> None:
    schedule = registrar_of({}, reference)
    take(schedule, Tick(hall="E101", at=after(300)), after(300))
    for minute in range(12):
        take(schedule, observation(minute, live=False), after(400))
    assert not schedule.is_closed(class_hour(1))
    assert take(schedule, Tick(hall="E101", at=after(401)), after(401)) == [
        FIRST
    ]  # one frame came after the last judgement
    assert take(schedule, Tick(hall="E101", at=after(401.5)), after(401.5)) == []
    assert take(schedule, Tick(hall="E101", at=after(403)), after(403)) == [FIRST]
    assert schedule.is_closed(class_hour(1))
    assert take(schedule, Tick(hall="E101", at=after(404)), after(404)) == []


def test_while_a_recording_comes_in_over_a_restart_its_hour_is_not_called_final(reference: PaperReference) -> None:
    table: dict[str, bytes] = {}
    first = registrar_of(table, reference)
    take(first, Tick(hall="E101", at=after(300)), after(300))
    take(first, observation(1, live=False), after(400))
    again = registrar_of(table, reference)
    take(again, Tick(hall="E101", at=after(401)), after(401))
    assert not again.is_closed(class_hour(1))


@pytest.mark.parametrize("order", [(1, 130), (130, 1)], ids=["forwards", "backwards"])
def test_what_closes_does_not_depend_on_the_order_of_frames(reference: PaperReference, order: tuple[int, int]) -> None:
    schedule = registrar_of({}, reference)
    for minute in order:
        take(schedule, observation(minute, period=1 if minute == 1 else 3))
    assert len(take(schedule, Tick(hall="E101", at=after(300)))) == 3


def test_late_facts_reopen_nothing_but_are_judged(reference: PaperReference) -> None:
    schedule = registrar_of({}, reference)
    take(schedule, observation(1))
    take(schedule, Tick(hall="E101", at=after(60)))
    take(schedule, observation(1.5))
    assert take(schedule, Tick(hall="E101", at=after(61))) == [FIRST]
    assert schedule.is_closed(class_hour(1))


def test_the_same_observation_again_changes_nothing(reference: PaperReference) -> None:
    table: dict[str, bytes] = {}
    schedule = registrar_of(table, reference)
    take(schedule, observation(1))
    before = dict(table)
    take(schedule, Tick(hall="E101", at=after(1)))
    take(schedule, observation(1))
    assert take(schedule, Tick(hall="E101", at=after(2))) == []
    assert {key: table[key] for key in before if "|o|" in key} == {k: v for k, v in before.items() if "|o|" in k}


def test_a_mark_is_judged_at_once(reference: PaperReference) -> None:
    schedule = registrar_of({}, reference)
    assert take(schedule, marks()) == [FIRST]
    assert take(schedule, marks()) == []


def test_a_restart_finds_everything_in_the_table(reference: PaperReference) -> None:
    table: dict[str, bytes] = {}
    first = registrar_of(table, reference)
    for message in (observation(1), observation(2), marks(), Tick(hall="E101", at=after(60))):
        take(first, message)
    again = registrar_of(table, reference)
    assert again.fact_store.facts(FIRST).rank == first.fact_store.facts(FIRST).rank
    assert again.is_closed(class_hour(1))


def test_after_a_restart_facts_count_as_unjudged(reference: PaperReference) -> None:
    table: dict[str, bytes] = {}
    take(registrar_of(table, reference), observation(1))
    again = registrar_of(table, reference)
    assert take(again, Tick(hall="E101", at=after(3))) == [FIRST]


def test_observations_of_another_engine_do_not_count(reference: PaperReference) -> None:
    table: dict[str, bytes] = {}
    take(registrar_of(table, reference), observation(1, engine="other@1"))
    assert not [key for key in table if "|o|" in key]


def test_facts_are_forgotten_some_days_after_the_hour_closed(reference: PaperReference) -> None:
    table: dict[str, bytes] = {}
    schedule = registrar_of(table, reference, forget_after=timedelta(days=1))
    for message in (observation(1), marks(), Tick(hall="E101", at=after(60))):
        take(schedule, message)
    take(schedule, Tick(hall="E101", at=after(60 + 24 * 60)))
    assert [key for key in table if "|o|" in key]
    take(schedule, Tick(hall="E101", at=after(61 + 24 * 60)))
    assert {key.rpartition("|")[2] for key in table} == {"closed"}
    assert take(schedule, Tick(hall="E101", at=after(62 + 24 * 60))) == []


@pytest.mark.parametrize(
    ("face", "forgotten", "kept"),
    [
        pytest.param("201912345", "201912345", False, id="his own"),
        pytest.param(None, "201912345", False, id="nobody's, and most like him"),
        pytest.param(None, "201954321", True, id="nobody's, and more like another one"),
        pytest.param("201954321", "201912345", True, id="another one's"),
    ],
)
def test_a_look_that_may_be_his_is_taken_out(face: str | None, forgotten: str, kept: bool) -> None:
    cosines = np.array([0.99, 0.85], "<f2").tobytes()
    one = Face(box=(100, 100, 140, 150), score=0.9, cosines=cosines, student=face, look=b"sealed")
    [left] = without(observation(1, faces=(one,)), forgotten).faces
    assert (left.look is not None) == kept


def forget(schedule: HourSchedule, student: str) -> list[str]:
    _, due = schedule.forget(student)
    return [hour.id for hour in due]


def test_a_person_is_taken_out_of_the_facts(reference: PaperReference) -> None:
    table: dict[str, bytes] = {}
    schedule = registrar_of(table, reference)
    for message in (observation(1), observation(2, face="201954321"), marks()):
        take(schedule, message)
    assert forget(schedule, "201912345") == [FIRST]
    assert not [value for value in table.values() if b"201912345" in value]
    facts = schedule.fact_store.facts(FIRST)
    assert {each.students for each in facts.observations} == {("201954321",)}
    kept = [face.tolist() for each in facts.observations for face in each.whole().cosines]
    assert kept == [[pytest.approx(0.85, abs=1e-3)]] * 2
    assert forget(schedule, "201912345") == []


def test_the_version_of_an_hour_never_falls_by_forgetting(reference: PaperReference) -> None:
    schedule = registrar_of({}, reference)
    take(schedule, observation(1))
    before = schedule.fact_store.facts(FIRST).rank
    forget(schedule, "201912345")
    assert schedule.fact_store.facts(FIRST).rank + schedule.fact_store.erased(FIRST) == before + 1


def test_a_restart_alone_is_no_reason_to_judge_a_closed_hour_again(reference: PaperReference) -> None:
    table: dict[str, bytes] = {}
    first = registrar_of(table, reference)
    take(first, observation(1))
    take(first, Tick(hall="E101", at=after(60)))
    again = registrar_of(table, reference)
    assert take(again, Tick(hall="E101", at=after(61))) == []
    take(again, observation(2))
    assert registrar_of(table, reference).is_closed(class_hour(1))
    assert take(registrar_of(table, reference), Tick(hall="E101", at=after(62))) == []


def test_a_closed_hour_that_was_not_told_before_a_crash_is_judged_after_it(reference: PaperReference) -> None:
    table: dict[str, bytes] = {}
    first = registrar_of(table, reference)
    take(first, observation(1))
    tick = Tick(hall="E101", at=after(60))
    assert FIRST in [hour.id for hour in first.take(tick, encode(tick), LATER)]  # and it dies before judging
    assert FIRST in take(registrar_of(table, reference), tick)


def test_another_roster_is_a_reason_to_judge_again(reference: PaperReference) -> None:
    table: dict[str, bytes] = {}
    schedule = registrar_of(table, reference)
    take(schedule, observation(1))
    take(schedule, Tick(hall="E101", at=after(60)))
    reference.students = reference.students[:1]
    assert take(schedule, Tick(hall="E101", at=after(61))) == [hour.id for hour in reference.all[:1]]
    reference.students = ()
    assert take(registrar_of(table, reference), Tick(hall="E101", at=after(62))) == [FIRST]


def test_another_roster_of_a_section_that_shares_the_hall_is_a_reason_too(reference: PaperReference) -> None:
    table: dict[str, bytes] = {}
    schedule = registrar_of(table, reference)
    for message in (observation(1), Tick(hall="E101", at=after(60))):
        take(schedule, message)
    reference.version = 2
    assert take(schedule, Tick(hall="E101", at=after(61))) == [FIRST]
    assert take(schedule, Tick(hall="E101", at=after(62))) == []
    reference.version = 3
    assert take(registrar_of(table, reference), Tick(hall="E101", at=after(63))) == [FIRST]


def test_facts_of_another_engine_stay_out_after_a_restart_too(reference: PaperReference) -> None:
    table = {f"{FIRST}|o|front|x|other@1": encode(observation(1, engine="other@1"))}
    assert registrar_of(table, reference).fact_store.facts(FIRST).rank == 0


@pytest.mark.parametrize("name", ["foo", "a|b", "EA0017-1|yesterday|1", ""])
def test_facts_about_no_class_hour_are_refused(reference: PaperReference, name: str) -> None:
    with pytest.raises(BadMessageError, match="is not a class hour"):
        take(registrar_of({}, reference), msgspec.structs.replace(marks(), class_hour=name))


def test_hours_that_left_the_timetable_are_forgotten_in_time(reference: PaperReference) -> None:
    table: dict[str, bytes] = {}
    schedule = registrar_of(table, reference, forget_after=timedelta(days=1))
    take(schedule, observation(1))
    reference.all = reference.all[1:]
    take(schedule, Tick(hall="E101", at=after(24 * 60)))
    assert [key for key in table if "|o|" in key]
    take(schedule, Tick(hall="E101", at=after(3 * 24 * 60)))
    assert not [key for key in table if "|o|" in key]


def test_an_hour_is_forgotten_once(reference: PaperReference) -> None:
    table: dict[str, bytes] = {}
    schedule = registrar_of(table, reference, forget_after=timedelta(days=1))
    take(schedule, observation(1))
    for days in (1, 3):
        take(schedule, Tick(hall="E101", at=after(60 + days * 24 * 60)))
    before = dict(table)
    take(schedule, Tick(hall="E101", at=after(60 + 4 * 24 * 60)))
    assert table == before
    assert schedule.is_forgotten(class_hour(1))


def test_rows_of_an_hour_expire_a_year_after_it_was_closed_by_the_brokers_clock_and_it_stays_closed(
    reference: PaperReference,
) -> None:
    table: dict[str, bytes] = {}
    schedule = registrar_of(table, reference, forget_after=timedelta(days=1))
    take(schedule, observation(1))
    take(schedule, Tick(hall="E101", at=after(60)))
    schedule.fact_store.keep_rows(FIRST, [])
    later = LATER + timedelta(days=3)
    take(schedule, Tick(hall="E101", at=after(60 + 2 * 24 * 60)), later)
    assert f"{FIRST}|rows" in table
    for days, kept in ((366, True), (367, False)):
        now = LATER + timedelta(days=days)
        assert FIRST not in take(schedule, Tick(hall="E101", at=after(60 + 3 * 24 * 60)), now)
        assert (f"{FIRST}|rows" in table) == kept
    assert schedule.is_forgotten(class_hour(1))
    assert FIRST not in take(registrar_of(table, reference), Tick(hall="E101", at=after(60 + 4 * 24 * 60)), now)


def test_taking_a_stranger_out_leaves_a_fact_as_it_is() -> None:
    fact = observation(1)
    assert without(fact, "200000000") is fact


@pytest.mark.parametrize(
    ("student", "kept"),
    [
        pytest.param("201912345", b"look", id="a face that has another's name keeps its look"),
        pytest.param(None, None, id="a face without a name may be the visitor's"),
    ],
)
def test_a_visitor_is_taken_out(student: str | None, kept: bytes | None) -> None:
    face = observation(1).faces[0]
    visitor = Visitor(student_id="201877001", cosine=0.98)
    met = msgspec.structs.replace(face, student=student, look=b"look", visitor=visitor)
    fact = without(observation(1, faces=(face, met)), "201877001")
    assert isinstance(fact, Observation)
    assert fact.faces[0] is face
    assert (fact.faces[1].visitor, fact.faces[1].look) == (None, kept)
    assert fact.faces[1].cosines == face.cosines
    assert without(fact, "201877001") is fact


def test_cosines_keep_their_candidates() -> None:
    fact = without(observation(1), "201954321")
    assert isinstance(fact, Observation)
    assert np.frombuffer(fact.faces[0].cosines, "<f2").tolist() == pytest.approx([0.99], abs=1e-3)
    assert fact.faces[0].student == "201912345"


def test_the_hours_of_a_recording_close_when_no_more_of_it_comes(reference: PaperReference) -> None:
    schedule = registrar_of({}, reference)
    take(schedule, observation(1, live=False), came_at=after(1000))
    take(schedule, Tick(hall="E101", at=after(1001)))
    take(schedule, observation(2, live=False), came_at=after(1001))
    take(schedule, Tick(hall="E101", at=after(1002)))
    assert not schedule.is_closed(class_hour(1))
    assert len(take(schedule, Tick(hall="E101", at=after(1003)))) == 3
    assert schedule.is_closed(class_hour(1))


def test_who_knows_that_a_recording_is_complete_can_say_so(reference: PaperReference) -> None:
    schedule = registrar_of({}, reference)
    take(schedule, observation(1, live=False), came_at=after(1000))
    assert FIRST in take(schedule, Tick(hall="E101", at=after(1001), complete=True))
    assert schedule.is_closed(class_hour(1))


def test_what_is_complete_stays_closed_whatever_the_time_of_the_hall_says_until_more_of_it_comes(
    reference: PaperReference,
) -> None:
    table: dict[str, bytes] = {}
    schedule = registrar_of(table, reference)
    take(schedule, observation(1, live=False), came_at=after(1000))
    take(schedule, Tick(hall="E101", at=after(1001), complete=True))
    for number, each in enumerate((schedule, registrar_of(table, reference))):
        take(each, Tick(hall="E101", at=after(1001.5)))
        assert take(each, marks(at=1002 + number), came_at=after(1002)) == [FIRST]
        assert each.is_closed(class_hour(1)), "a mark opens no class hour"
    take(schedule, observation(2, live=False), came_at=after(1002))
    take(schedule, Tick(hall="E101", at=after(1002.5)))
    assert not schedule.is_closed(class_hour(1))


def test_facts_of_a_recording_that_just_came_are_not_forgotten_however_long_ago_its_hour_was(
    reference: PaperReference,
) -> None:
    schedule = registrar_of({}, reference)
    take(schedule, observation(1, live=False))
    take(schedule, Tick(hall="E101", at=after(1000), complete=True))
    take(schedule, Tick(hall="E101", at=LATER), came_at=LATER + timedelta(minutes=1))
    assert schedule.fact_store.has_facts(FIRST)
    assert not schedule.is_forgotten(class_hour(1))
    later = LATER + timedelta(days=1)
    take(schedule, Tick(hall="E101", at=later), came_at=later)
    assert schedule.is_forgotten(class_hour(1))


def test_a_class_hour_is_judged_by_what_its_engine_saw(reference: PaperReference) -> None:
    table: dict[str, bytes] = {}
    schedule = registrar_of(table, reference)
    choose(reference, 30, "new@1")
    for minute, period, engine in ((1, 1, ENGINE), (2, 1, "new@1"), (61, 2, ENGINE), (62, 2, "new@1+q8")):
        take(schedule, observation(minute, period=period, engine=engine))
    for each in (schedule, registrar_of(table, reference)):
        seen_by = {period: each.fact_store.facts(class_hour(period).id).observations for period in (1, 2)}
        assert {period: [one.engine for one in found] for period, found in seen_by.items()} == {
            1: [ENGINE], 2: ["new@1"]
        }  # fmt: skip


def test_when_another_engine_is_chosen_for_an_hour_what_the_first_one_saw_counts_no_more(
    reference: PaperReference,
) -> None:
    table: dict[str, bytes] = {}
    schedule = registrar_of(table, reference)
    take(schedule, observation(61, period=2))
    choose(reference, 60, "new@1")
    take(schedule, observation(61.5, period=2, engine="new@1"))
    second = class_hour(2).id
    for each in (schedule, registrar_of(table, reference)):
        assert [one.engine for one in each.fact_store.facts(second).observations] == ["new@1"]
    take(schedule, Tick(hall="E101", at=after(200)))
    choose(reference, 60, "third@1", said=1)
    again = registrar_of(table, reference)
    assert second not in take(again, Tick(hall="E101", at=after(201))), "nothing that it saw is no reason to judge"


def choose(reference: PaperReference, minute: float, engine: str, said: float = 0) -> None:
    choice = EngineChoice(engine=engine, at=after(minute), said_at=after(said), by="kim")
    reference.engine_schedule = EngineSchedule(ENGINE, [*reference.engine_schedule.said, choice])


def test_a_tick_from_the_future_moves_a_hall_no_further_than_the_brokers_clock(reference: PaperReference) -> None:
    schedule = registrar_of({}, reference)
    take(schedule, observation(1))
    tomorrow = Tick(hall="E101", at=after(24 * 60), complete=True)
    take(schedule, tomorrow, came_at=after(10))
    assert not any(schedule.is_closed(hour) for hour in reference.all)
    assert take(schedule, tomorrow, came_at=after(60)) == [FIRST]
    assert [schedule.is_closed(hour) for hour in reference.all] == [True, False, False]


def test_hours_of_a_recording_stay_open_over_a_restart_while_it_is_read_in(reference: PaperReference) -> None:
    table: dict[str, bytes] = {}
    first = registrar_of(table, reference)
    take(first, observation(1, live=False), came_at=after(300))
    again = registrar_of(table, reference)
    take(again, Tick(hall="E101", at=after(301)))
    assert not again.is_closed(class_hour(1))
    take(again, observation(2, live=False), came_at=after(301.5))
    assert FIRST in take(again, Tick(hall="E101", at=after(304)))
    assert again.is_closed(class_hour(1))


def test_an_hour_that_nobody_saw_and_that_was_not_told_before_a_crash_is_judged_after_it(
    reference: PaperReference,
) -> None:
    table: dict[str, bytes] = {}
    first = registrar_of(table, reference)
    take(first, Tick(hall="E101", at=after(1)))
    tick = Tick(hall="E101", at=after(60))
    assert [hour.id for hour in first.take(tick, encode(tick), LATER)] == [FIRST]  # and it dies before judging
    assert take(registrar_of(table, reference), tick) == [FIRST]


class Log(dict[str, bytes]):
    """A table that tells which of its rows went to the log."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[str] = []

    def __setitem__(self, key: str, value: bytes) -> None:
        self.written.append(key)
        super().__setitem__(key, value)


def test_an_observation_that_comes_again_is_written_again(reference: PaperReference) -> None:
    table = Log()
    schedule = registrar_of(table, reference)
    take(schedule, observation(1))
    before = list(table.written)
    assert take(schedule, observation(1)) == []
    assert table.written[len(before) :] == [key for key in before if "|o|" in key]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("recording|E101", b"yesterday"),
        (f"{FIRST}|closed", b'{"at":1}'),
        (f"{FIRST}|o|front|2026-03-09T00:01:00+00:00|{ENGINE}", b'{"schema":"observation/99"}'),
        ("nonsense", b"1"),
    ],
    ids=["moment", "closed", "fact", "key"],
)
def test_a_row_that_cannot_be_read_is_named_with_what_to_do_about_it(
    reference: PaperReference, key: str, value: bytes
) -> None:
    with pytest.raises(CorruptStateError, match=re.escape(key)) as corrupt:
        registrar_of({key: value}, reference).fact_store.facts(FIRST)
    assert "naul state drop" in corrupt.value.remedy
