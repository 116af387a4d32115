"""The timetable: what is accepted, what is refused and how it is said, what a load changes."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from enrollment.timetable import Change, TimetablePlan, Trace, plan, read_timetable, records, removal, write_timetable
from schemas.errors import RefusedError
from schemas.messages import ClassHour, HallDay, Roster, Student, decode
from schemas.rosters import Rosters
from schemas.settings import Settings

SEOUL = ZoneInfo("Asia/Seoul")
NEW_YORK = ZoneInfo("America/New_York")
DAY = date(2026, 11, 23)
BEFORE = datetime(2026, 11, 1, tzinfo=UTC)

Current = dict[str, HallDay]


def csv(*lines: str) -> bytes:
    return "\n".join(["section,hall,date,period,starts_at,ends_at", *lines]).encode()


def hour(section: str, hall: str, period: int, starts: str, ends: str) -> ClassHour:
    at = [datetime.combine(DAY, time.fromisoformat(each), SEOUL).astimezone(UTC) for each in (starts, ends)]
    return ClassHour(section=section, hall=hall, date=DAY, period=period, starts_at=at[0], ends_at=at[1])


def standing(*hours: ClassHour) -> Current:
    halls = {each.hall for each in hours}
    return {
        f"{hall}|{DAY}": HallDay(hall=hall, date=DAY, hours=tuple(h for h in hours if h.hall == hall)) for hall in halls
    }


def load(*lines: str, zone: ZoneInfo = SEOUL, current: Current | None = None, now: datetime = BEFORE) -> TimetablePlan:
    entries, problems, _ = read_timetable(csv(*lines), zone)
    return plan(entries, problems, "timetable.csv", current or {}, now)


def refused(*lines: str, zone: ZoneInfo = SEOUL, current: Current | None = None, now: datetime = BEFORE) -> str:
    with pytest.raises(RefusedError) as error:
        load(*lines, zone=zone, current=current, now=now)
    assert error.value.remedy == "Nothing of timetable.csv was applied."
    return error.value.message


def test_a_line_is_a_class_hour_in_the_sites_zone() -> None:
    (day,) = load("EA0017-1,E101,2026-11-23,1,09:00,09:50").days
    assert day == HallDay(hall="E101", date=DAY, hours=(hour("EA0017-1", "E101", 1, "09:00", "09:50"),))
    assert day.hours[0].starts_at == datetime(2026, 11, 23, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize("dash", "\u00ad\u2010\u2013\u2014\u2212\ufe63\uff0d")
def test_dashes_of_a_word_processor_make_no_other_hour(dash: str) -> None:
    (day,) = load(f"EA0017{dash}1,E{dash}101,2026{dash}11{dash}23,1,09:00,09:50").days
    assert day.hours == (hour("EA0017-1", "E-101", 1, "09:00", "09:50"),)


def test_a_spreadsheet_may_shorten_or_lengthen_times() -> None:
    (day,) = load("A,E101,2026-11-23,1,9:00,09:50:00").days
    assert day.hours == (hour("A", "E101", 1, "09:00", "09:50"),)


def test_hours_that_touch_do_not_overlap() -> None:
    (day,) = load("A,E101,2026-11-23,2,10:00,11:00", "A,E101,2026-11-23,1,09:00,10:00").days
    assert [each.period for each in day.hours] == [1, 2]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param(
            "EA0017-1,B12,2026-11-23,2,09:30,10:20",
            "section EA0017-1 meets already at this time, by line 2 (EA0017-1 on 2026-11-23, period 1); "
            "end one before the other begins, or keep one of them",
            id="two hours of a section at once",
        ),
        pytest.param(
            "EA0017-1,C3,2026-11-23,2,09:00,09:50",
            "section EA0017-1 meets already at this time, by line 2 (EA0017-1 on 2026-11-23, period 1); "
            "end one before the other begins, or keep one of them",
            id="two hours of a section in two halls",
        ),
        pytest.param(
            "EA0017-1,B12,2026-11-23,1,09:00,09:50",
            "EA0017-1 on 2026-11-23, period 1 is there already, in line 2; "
            "remove one of the two, or give it another period",
            id="a line twice",
        ),
        pytest.param(
            "EA0017-1,C3,2026-11-23,1,09:30,10:20",
            "EA0017-1 on 2026-11-23, period 1 is there already, in line 2, at another time; "
            "give it another period; or the same times, if it meets in both halls",
            id="a class hour in two halls at two times",
        ),
        pytest.param(
            "EA0017-1,B12,2026-11-23,1,11:00,11:50",
            "EA0017-1 on 2026-11-23, period 1 is there already, in line 2, at another time; "
            "give it another period; or the same times, if it meets in both halls",
            id="the same class hour twice",
        ),
        pytest.param(
            "A,C3,2026-11-23,1,10:00,09:50",
            "lasts from 10:00 to 09:50, which is 23 h 50 min; "
            "correct one of the two times; a class hour may cross midnight, and lasts 8 h at most",
            id="an end before the start",
        ),
        pytest.param(
            "A,C3,2026-11-23,1,10:00,10:00",
            "lasts from 10:00 to 10:00, which is 0 min; "
            "correct one of the two times; a class hour may cross midnight, and lasts 8 h at most",
            id="no length",
        ),
        pytest.param(
            "A,C3,2026-11-31,1,09:00,09:50", "'2026-11-31' is no date; write it like 2026-11-23", id="no date"
        ),
        pytest.param("A,C3,23.11.26,1,09:00,09:50", "'23.11.26' is no date; write it like 2026-11-23", id="other date"),
        pytest.param(
            "A,C3,2026-11-23,1,23:00,24:01",
            "'24:01' is no time of day; write it like 09:00; midnight is 00:00 or 24:00",
            id="no time",
        ),
        pytest.param("A,C3,0206-11-23,1,09:00,09:50", "0206-11-23 is in the year 206; correct the year", id="206"),
        pytest.param("A,C3,2226-11-23,1,09:00,09:50", "2226-11-23 is in the year 2226; correct the year", id="2226"),
        pytest.param("A,C3,2026-11-23,one,09:00,09:50", "'one' is no period; write a number like 1", id="no period"),
        pytest.param("A,C/3,2026-11-23,1,09:00,09:50", "'C/3' is no hall; write it like E101", id="hall with a slash"),
        pytest.param(",C3,2026-11-23,1,09:00,09:50", "'' is no section; write it like EA0017-1", id="no section"),
    ],
)
def test_a_bad_line_is_refused_with_file_line_and_remedy(line: str, message: str) -> None:
    assert refused("EA0017-1,B12,2026-11-23,1,09:00,09:50", line) == f"timetable.csv, line 3: {message}"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param(
            "A,B12,2026-03-08,1,02:30,03:30", "02:30 does not exist on 2026-03-08 in America/New_York", id="skipped"
        ),
        pytest.param(
            "A,B12,2026-11-01,1,00:30,01:30", "01:30 comes twice on 2026-11-01 in America/New_York", id="twice"
        ),
    ],
)
def test_times_at_which_the_clocks_change_are_refused(line: str, message: str) -> None:
    expected = f"timetable.csv, line 2: {message}; write a time that is there once"
    assert refused(line, zone=NEW_YORK) == expected


def test_an_hour_across_the_change_of_clocks_has_its_true_length() -> None:
    (day,) = load("A,B12,2026-03-08,1,01:30,03:30", zone=NEW_YORK).days
    assert day.hours[0].ends_at - day.hours[0].starts_at == timedelta(hours=1)


def test_all_problems_are_said_together() -> None:
    message = refused("A,B12,2026-11-23,x,9,10:00", "B,B12,2026-11-23,1,09:00,10:00", "B,B12,2026-11-23,2,09:30,10:30")
    assert message.splitlines() == [
        "timetable.csv, line 2: 'x' is no period; write a number like 1",
        "timetable.csv, line 2: '9' is no time of day; write it like 09:00; midnight is 00:00 or 24:00",
        "timetable.csv, line 4: section B meets already at this time, by line 3 (B on 2026-11-23, period 1); "
        "end one before the other begins, or keep one of them",
    ]


def test_a_file_without_class_hours_is_refused() -> None:
    assert refused() == "timetable.csv: names no class hour; write a line for each class hour below the header"


def test_another_departments_file_for_a_shared_hall_leaves_the_first_ones_hours() -> None:
    current = standing(hour("A", "E101", 1, "09:00", "09:50"))
    found = load("C,E101,2026-11-23,2,10:00,10:50", current=current)
    assert found.days == tuple(
        standing(hour("A", "E101", 1, "09:00", "09:50"), hour("C", "E101", 2, "10:00", "10:50")).values()
    )
    assert (found.removed, found.sections, found.first, found.last) == ((), ("C",), DAY, DAY)


def test_a_file_replaces_the_hours_of_its_sections_from_its_first_date_to_its_last() -> None:
    stands = (hour("A", "E101", 1, "09:00", "09:50"), hour("A", "E102", 2, "10:00", "10:50"))
    current = standing(*stands)
    found = load("A,E101,2026-11-23,1,09:00,09:50", "A,E101,2026-11-24,1,09:00,09:50", current=current)
    assert (found.same, found.removed, found.kept) == (stands[:1], stands[1:], ())
    assert {(day.hall, day.date.day): len(day.hours) for day in found.days} == {
        ("E101", 23): 1, ("E101", 24): 1, ("E102", 23): 0,
    }  # fmt: skip
    assert not load("A,E101,2026-11-24,1,09:00,09:50", current=current).removed


def test_what_has_begun_is_never_removed() -> None:
    stood = hour("A", "E101", 1, "09:00", "09:50")
    found = load("A,E101,2026-11-23,2,10:00,10:50", current=standing(stood), now=stood.starts_at)
    assert (found.removed, found.kept) == ((), (stood,))
    assert stood in found.days[0].hours


def test_two_sections_may_meet_in_one_hall_at_once_and_that_is_told() -> None:
    found = load("A,E101,2026-11-23,1,09:00,09:50", "B,E101,2026-11-23,1,09:30,10:20")
    assert [(one.section, other.section) for one, other in found.shared] == [("A", "B")]
    assert len(found.days[0].hours) == 2


def test_a_section_may_meet_in_two_halls_at_once() -> None:
    found = load("A,E102,2026-11-23,1,09:00,09:50", "A,E101,2026-11-23,1,09:00,09:50")
    (day,) = found.days
    assert (day.hall, day.hours[0].halls) == ("E102", ("E102", "E101"))


def test_the_hall_that_keeps_the_facts_of_an_hour_that_has_begun_goes_on_keeping_them() -> None:
    stood = hour("A", "E101", 1, "09:00", "09:50")
    lines = "A,E102,2026-11-23,1,09:00,09:50", "A,E101,2026-11-23,1,09:00,09:50"
    found = load(*lines, current=standing(stood), now=stood.starts_at)
    assert [(each.was.halls, each.now.halls) for each in found.changed] == [(("E101",), ("E101", "E102"))]


@pytest.mark.parametrize(
    ("starts", "ends", "minutes"), [("23:30", "00:20", 50), ("23:00", "24:00", 60), ("00:00", "00:50", 50)]
)
def test_an_hour_may_cross_midnight(starts: str, ends: str, minutes: int) -> None:
    (day,) = load(f"A,E101,2026-11-23,1,{starts},{ends}").days
    (found,) = day.hours
    assert (found.ends_at - found.starts_at, found.date) == (timedelta(minutes=minutes), DAY)


def test_an_hour_over_midnight_and_one_of_the_next_day_overlap() -> None:
    assert "meets already" in refused("A,E101,2026-11-23,1,23:30,00:20", "A,E101,2026-11-24,1,00:00,00:50")


def test_an_hour_that_stands_in_another_hall_is_moved() -> None:
    current = standing(hour("A", "E101", 1, "09:00", "09:50"), hour("B", "E101", 2, "10:00", "10:50"))
    found = load("A,E102,2026-11-23,1,09:00,09:50", current=current)
    assert found.changed == (Change(hour("A", "E101", 1, "09:00", "09:50"), hour("A", "E102", 1, "09:00", "09:50")),)
    assert {day.hall: [each.id for each in day.hours] for day in found.days} == {
        "E101": ["B|2026-11-23|2"],
        "E102": ["A|2026-11-23|1"],
    }


BEGUN = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("trace", "why"),
    [
        ("unknown", "whether it was judged there is not known, for the store does not answer"),
        ("marks", "it has marks"),
        ("frames", "frames of 'E101' were sent of its time"),
        ("verdicts", "it was judged there"),
    ],
)
def test_an_hour_that_has_begun_and_left_something_does_not_move(trace: Trace, why: str) -> None:
    current = standing(hour("A", "E101", 1, "09:00", "09:50"))
    for hall, remedy in (
        ("Q7", "leave it in 'E101'; if it met in both halls, write a line for each"),
        ("e101", "leave it in 'E101': e101 looks like E101"),
    ):
        entries, problems, _ = read_timetable(csv(f"A,{hall},2026-11-23,1,09:00,09:50"), SEOUL)
        with pytest.raises(RefusedError) as refused:
            plan(entries, problems, "timetable.csv", current, BEGUN, lambda _: trace)
        assert refused.value.message == (
            f"timetable.csv, line 2: A on 2026-11-23, period 1 has begun in hall 'E101' and cannot move to {hall!r}: "
            f"{why}; {remedy}"
        )
    assert load("A,Q7,2026-11-23,1,09:00,09:50", current=current, now=BEGUN - timedelta(seconds=1)).changed


def test_an_hour_of_which_nobody_could_be_seen_moves_although_it_has_begun_and_is_not_removed() -> None:
    stood = hour("A", "B12", 1, "09:00", "09:50")
    for trace in ("", "unobserved"):
        entries, problems, _ = read_timetable(csv("A,b12,2026-11-23,1,09:00,09:50"), SEOUL)
        found = plan(entries, problems, "timetable.csv", standing(stood), BEGUN, lambda _, trace=trace: trace)
        assert found.changed == (Change(stood, hour("A", "b12", 1, "09:00", "09:50")),)
    lists = Rosters([Roster(section="A", students=(Student(student_id="2001", name="N"),))])
    gone = removal("A", date.min, date.max, standing(stood), lists, BEGUN, lambda _: "unobserved")
    assert (gone.removed, gone.kept) == ((), (stood,))


def test_an_hour_of_which_nothing_was_said_moves_and_goes_although_it_has_begun() -> None:
    wrong, judged = hour("A", "e101", 1, "09:00", "09:50"), hour("A", "E101", 2, "10:00", "10:50")
    current, over = standing(wrong, judged), datetime(2026, 11, 23, 9, tzinfo=UTC)
    entries, problems, _ = read_timetable(csv("A,E101,2026-11-23,1,09:00,09:50"), SEOUL)

    def trace(each: ClassHour) -> Trace:
        return "verdicts" if each == judged else ""

    found = plan(entries, problems, "timetable.csv", current, over, trace)
    assert [(each.was, each.now.halls) for each in found.changed] == [(wrong, ("E101",))]
    assert {day.hall: [each.id for each in day.hours] for day in found.days} == {
        "e101": [],
        "E101": [wrong.id, judged.id],
    }
    lists = Rosters([Roster(section="A", students=(Student(student_id="2001", name="N"),))])
    gone = removal("A", date.min, date.max, current, lists, over, trace)
    assert (gone.removed, gone.kept) == ((wrong,), (judged,))


def test_a_section_that_has_begun_elsewhere_at_the_same_time_is_refused() -> None:
    stood = hour("A", "E101", 1, "09:00", "09:50")
    assert refused("A,E102,2026-11-23,2,09:30,10:20", current=standing(stood), now=stood.starts_at) == (
        "timetable.csv, line 2: section A meets already at this time: A on 2026-11-23, period 1 has begun, and stays "
        "as it was loaded; give the line the period of that class hour, or other times"
    )


def test_no_key_is_shown_to_people() -> None:
    stood = hour("A", "E101", 1, "09:00", "09:50")
    said = [
        refused("A,E102,2026-11-23,1,09:00,09:50", "A,E102,2026-11-23,1,09:00,09:50"),
        refused("A,E102,2026-11-23,1,09:00,09:50", "A,E102,2026-11-23,2,09:00,09:50"),
        refused("A,E102,2026-11-23,2,09:30,10:20", current=standing(stood), now=stood.starts_at),
        refused("A,E102,2026-11-23,1,09:00,09:50", current=standing(stood), now=stood.starts_at),
    ]
    assert not [each for each in said if "|" in each]


def test_what_was_read_as_which_is_said() -> None:
    _, _, read_as = read_timetable(csv("A,B12,2026-11-23,1,09:00,09:50"), SEOUL)
    assert read_as == "UTF-8, LF line ends"


lines = st.builds(
    lambda section, hall, period, start, length: (
        f"{section},{hall},2026-11-23,{period},{start // 60:02}:{start % 60:02},"
        f"{(start + length) // 60:02}:{(start + length) % 60:02}"
    ),
    st.sampled_from(["A", "B", "C", "D"]),
    st.sampled_from(["E101", "E102", "E103"]),
    st.integers(1, 9),
    st.integers(8 * 12, 18 * 12).map(lambda each: each * 5),
    st.integers(1, 24).map(lambda each: each * 5),
)


@example_settings(deadline=None)
@given(st.lists(st.lists(lines, min_size=1, max_size=4), min_size=1, max_size=4))
def test_whatever_is_accepted_never_overlaps_and_no_hour_stands_twice(files: list[list[str]]) -> None:
    current: Current = {}
    for file in files:
        try:
            found = load(*file, current=current)
        except RefusedError:
            continue
        for _, key, value, _, _ in records(Settings(), found.days):
            current[key.decode()] = decode(value, HallDay)
        hours = [each for day in current.values() for each in day.hours]
        assert len({each.id for each in hours}) == len(hours)
        for one, other in combinations(hours, 2):
            apart = one.ends_at <= other.starts_at or other.ends_at <= one.starts_at
            assert apart or one.section != other.section


@pytest.mark.parametrize("zone", [SEOUL, NEW_YORK, ZoneInfo("UTC")])
def test_class_hours_are_written_as_they_are_read(zone: ZoneInfo) -> None:
    lines = (
        '"A, evening",E101,2026-11-23,9,18:00,18:50:30',
        "자료-1,E 101,2026-11-24,1,23:00,00:50",
        "자료-1,E 102,2026-11-24,1,23:00,00:50",
    )
    read, problems, _ = read_timetable(csv(*lines), zone)
    assert not problems
    assert write_timetable([hour for _, hour in read], zone) == csv(*lines) + b"\n"


def test_class_hours_of_another_zone_are_not_written_as_others() -> None:
    with pytest.raises(RefusedError, match=r"A on 2026-11-23, period 1 cannot be written with times of America"):
        write_timetable([hour("A", "E101", 1, "09:00", "09:50")], NEW_YORK)


def test_hours_of_a_section_are_removed_but_for_those_that_have_verdicts() -> None:
    begun, coming, others = (
        hour("A", "E101", 1, "09:00", "09:50"),
        hour("A", "E101", 2, "10:00", "10:50"),
        hour("B", "E101", 3, "11:00", "11:50"),
    )
    current = standing(begun, coming, others)
    lists = Rosters([Roster(section="A", students=(Student(student_id="2001", name="N"),))])
    found = removal("A", date.min, date.max, current, lists, begun.starts_at)
    assert (found.removed, found.kept, found.days[0].hours) == ((coming,), (begun,), (begun, others))
    assert removal("A", date.min, date.max, current, Rosters(), begun.starts_at).removed == (begun, coming)
    with pytest.raises(RefusedError, match=r"section 'a' has no class hour; did you mean A"):
        removal("a", date.min, date.max, current, lists, BEFORE)


def test_what_a_file_has_no_longer_goes_within_the_days_of_which_it_says_all() -> None:
    stands = load("A,B12,2026-11-23,1,09:00,09:50", "A,B12,2026-11-30,1,09:00,09:50", "B,C1,2026-11-30,1,09:00,09:50")
    current = {f"{each.hall}|{each.date}": each for each in stands.days}
    entries, problems, _ = read_timetable(csv("A,B12,2026-11-23,1,09:00,09:50"), SEOUL)

    def gone(first: date | None, last: date | None) -> list[date]:
        it = plan(entries, problems, "t.ics", current, BEFORE, within=(first, last))
        return [each.date for each in it.removed]

    assert gone(None, None) == []
    assert gone(date(2026, 11, 1), date(2026, 11, 29)) == []
    assert gone(date(2026, 11, 1), date(2026, 11, 30)) == gone(None, date(2026, 12, 20)) == [date(2026, 11, 30)]
