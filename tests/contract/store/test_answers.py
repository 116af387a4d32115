"""Reports and analytics over a term that fits on a page, computed by hand. One suite, two real engines.

Section EA (hall E101): Monday 9 and Monday 16 March, 09:00, and Tuesday 17 March, 13:00. Section CS (hall E102):
Monday 9 March, 09:00, of which the camera was dark for 30 minutes. Times of Seoul.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from schemas.errors import RefusedError
from schemas.ids import class_hour_id
from schemas.messages import (
    Absence,
    Attendance,
    Coverage,
    Face,
    FrameRef,
    Gap,
    Message,
    Observation,
    TermRule,
    Visitor,
    encode,
)
from schemas.settings import Settings
from sinks.batch import Batch, write
from sinks.hall_rows import rows_of_hall
from sinks.reports import Filters, ask, attendance, coverage, departures
from sinks.rows import attendance_row, coverage_row
from sinks.store import Store, open_store
from sinks.term_rows import TermCounts, term_rows

SEOUL = ZoneInfo("Asia/Seoul")
MON, MON2, TUE = date(2026, 3, 9), date(2026, 3, 16), date(2026, 3, 17)
HOURS = {("EA", MON): ("E101", 9), ("EA", MON2): ("E101", 9), ("EA", TUE): ("E101", 13), ("CS", MON): ("E102", 9)}
NAMES = {"2019001": "김나얼", "2019002": "이하나", "2019003": "박둘"}
TERM = {
    ("EA", MON): {"2019001": "present", "2019002": "late", "2019003": "left_early"},
    ("EA", MON2): {"2019001": "present", "2019002": "absent", "2019003": "left_early"},
    ("EA", TUE): {"2019001": "late", "2019002": "absent", "2019003": "absent"},
    ("CS", MON): {"2019001": "unobserved", "2019002": "present"},
}
"""Late is ten minutes after the start on Mondays and twenty on Tuesday; early is twenty minutes before the end."""


def starts_at(section: str, day: date) -> datetime:
    return datetime(day.year, day.month, day.day, HOURS[section, day][1], tzinfo=SEOUL).astimezone(UTC)


def verdict(section: str, day: date, student: str, word: str, run: str = "live") -> Attendance:
    start = starts_at(section, day)
    there = word in ("present", "late", "left_early")
    late = timedelta(minutes=0 if word != "late" else 20 if day == TUE else 10)
    left = start + timedelta(minutes=30) if word == "left_early" else None
    break_ = Absence(departed_at=start + timedelta(minutes=12), returned_at=start + timedelta(minutes=18))
    return Attendance(
        run=run,
        class_hour=class_hour_id(section, day, 1),
        section=section,
        hall=HOURS[section, day][0],
        date=day,
        period=1,
        student_id=student,
        name=NAMES[student],
        verdict=word,  # type: ignore[arg-type]
        arrived_at=start + late if there else None,
        departed_at=left,
        absences=(Absence(departed_at=left, gone_by=left + timedelta(minutes=5)),)
        if left
        else (break_,)
        if (student, day) == ("2019001", MON) and there
        else (),
        seconds_present=1800 if left else 2990 if there else 0,
        seconds_covered=3000,
        confidence=0.6 if word == "unobserved" else 0.99,
        review=word == "unobserved",
        reason="dark" if word == "unobserved" else "",
        source="camera",
        final=True,
        version=3,
        engine="centerface-dlib@1",
        policy="p",
    )


def covered(section: str, day: date) -> Coverage:
    start = starts_at(section, day)
    gap = Gap(starts_at=start + timedelta(minutes=10), ends_at=start + timedelta(minutes=40))
    dark = section == "CS"
    return Coverage(
        run="live",
        class_hour=class_hour_id(section, day, 1),
        section=section,
        hall=HOURS[section, day][0],
        date=day,
        period=1,
        starts_at=start,
        ends_at=start + timedelta(minutes=50),
        frames=100 if dark else 250,
        seconds_covered=1200 if dark else 3000,
        gaps=(gap,) if dark else (),
        unknown_faces=0.5 if dark else 2,
        final=True,
        version=3,
        engine="centerface-dlib@1",
        policy="p",
    )


def in_two_halls() -> list[Attendance | Coverage]:
    """Return what a run says of a Monday at nine that two halls claim.

    2019001 is in E102 all the time and leaves E101 for six minutes; 2019002 is seen there from a minute before he
    leaves E101; 2019003 was seen in E101 alone, and stands in the other list because a person said so.
    """
    over = starts_at("EA", MON) + timedelta(minutes=29)
    told = [
        verdict("EA", MON, "2019001", "present"),
        msgspec.structs.replace(verdict("CS", MON, "2019001", "present"), absences=()),
        verdict("EA", MON, "2019002", "left_early"),
        msgspec.structs.replace(verdict("CS", MON, "2019002", "late"), arrived_at=over),
        verdict("EA", MON, "2019003", "present"),
        msgspec.structs.replace(verdict("CS", MON, "2019003", "present"), arrived_at=None, source="kim"),
        covered("EA", MON),
        covered("CS", MON),
    ]
    return [msgspec.structs.replace(each, run="twice") for each in told]


def elsewhere() -> Iterator[tuple[str, Message]]:
    """Yield what a run says of a Monday at nine in E101, and whom the camera of E102 shows, with the topic.

    2019001 left E101 for six minutes at twelve past. E102 shows somebody like him before, then and after, four frames
    of somebody like 2019002, and a student of its own course who is like 2019003.
    """
    for student in ("2019001", "2019002", "2019003"):
        yield "attendance", msgspec.structs.replace(verdict("EA", MON, student, "present"), run="elsewhere")
    yield "attendance", msgspec.structs.replace(covered("EA", MON), run="elsewhere")
    for number in range(40):
        at = starts_at("CS", MON) + timedelta(seconds=30 * number)
        faces = [("2019001", None), ("2019003", "2020001"), *[("2019002", None)] * (number % 10 == 0)]
        yield (
            "sightings",
            Observation(
                hall="E102",
                camera="front",
                captured_at=at,
                engine="centerface-dlib@1",
                frame=FrameRef(topic="frames", partition=0, offset=number),
                live=True,
                width=1280,
                height=720,
                class_hour=class_hour_id("CS", MON, 1),
                faces=tuple(
                    Face(
                        box=(0, 0, 40, 50),
                        score=0.9,
                        student=student,
                        visitor=Visitor(student_id=visitor, cosine=0.97),
                    )
                    for visitor, student in faces
                ),
            ),
        )


def fill(store: Store) -> None:
    batch = Batch("live")
    for (section, day), verdicts in TERM.items():
        batch.take("attendance", b"", encode(covered(section, day)))
        for student, word in verdicts.items():
            batch.take("attendance", b"", encode(verdict(section, day, student, word)))
    batch.take("attendance", b"", encode(verdict("EA", MON, "2019001", "absent", run="replay")))
    for student, word in {"2019001": "absent", "2019002": "excused", "2019003": "official_leave"}.items():
        batch.take("attendance", b"", encode(verdict("EA", MON, student, word, run="leave")))
    for message in in_two_halls():
        batch.take("attendance", b"", encode(message))
    write(store, batch)
    batch = Batch("elsewhere")
    for topic, each in elsewhere():
        batch.take(topic, b"", encode(each))
    write(store, batch)


Rows = list[tuple[Any, ...]]


class AnswersContract:
    """The store is filled once: nothing here changes it."""

    def test_attendance_has_the_columns_of_the_contract_in_order(self, filled: Store) -> None:
        assert attendance(filled, SEOUL).columns == (
            "date", "period", "section", "hall", "student_id", "name", "verdict", "arrived_at", "departed_at",
            "minutes_present", "minutes_covered", "confidence", "review", "source", "final", "version", "reason",
        )  # fmt: skip

    def test_attendance_is_sorted_and_in_the_sites_time(self, filled: Store) -> None:
        rows = attendance(filled, SEOUL, Filters(date=MON)).rows
        assert [row[2:5] for row in rows] == [
            ("CS", "E102", "2019001"), ("CS", "E102", "2019002"),
            ("EA", "E101", "2019001"), ("EA", "E101", "2019002"), ("EA", "E101", "2019003"),
        ]  # fmt: skip
        assert rows[4] == (
            MON, 1, "EA", "E101", "2019003", "박둘", "left_early", datetime(2026, 3, 9, 9, 0, tzinfo=SEOUL),
            datetime(2026, 3, 9, 9, 30, tzinfo=SEOUL), 30.0, 50.0, 0.99, False, "camera", True, 3, "",
        )  # fmt: skip
        assert rows[4][7].isoformat() == "2026-03-09T09:00:00+09:00"

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            pytest.param({}, 11, id="everything that is live"),
            pytest.param({"section": "CS"}, 2, id="a section"),
            pytest.param({"hall": "E101"}, 9, id="a hall"),
            pytest.param({"student": "2019003"}, 3, id="a student"),
            pytest.param({"student": "2019002", "date": MON}, 2, id="a student on a day"),
            pytest.param({"run": "replay"}, 1, id="a replay"),
            pytest.param({"section": "' OR 1=1 --"}, 0, id="no section of such a name"),
        ],
    )
    def test_filters_narrow(self, filled: Store, filters: dict[str, Any], expected: int) -> None:
        assert len(attendance(filled, SEOUL, Filters(**filters)).rows) == expected

    def test_departures_have_their_return_whatever_the_verdict(self, filled: Store) -> None:
        at = datetime(2026, 3, 9, 9, 0, tzinfo=SEOUL)
        table = departures(filled, SEOUL, Filters(date=MON))
        assert table == (
            ("date", "period", "section", "hall", "student_id", "name", "departed_at", "gone_by", "returned_at"),
            [
                (MON, 1, "EA", "E101", "2019001", "김나얼", at.replace(minute=12), None, at.replace(minute=18)),
                (MON, 1, "EA", "E101", "2019003", "박둘", at.replace(minute=30), at.replace(minute=35), None),
            ],
        )

    def test_a_term_is_added_up_for_its_rule(self, filled: Store) -> None:
        rule = TermRule(late_absent_after=15, block_minutes=5)
        assert term_rows(filled, ["EA"], MON, TUE, rule) == [
            ("EA", "2019001", "김나얼", TermCounts(late=1, too_late=1, too_late_minutes=50)),
            ("EA", "2019002", "이하나", TermCounts(absent=2, late=1, absent_minutes=100, late_minutes=10)),
            ("EA", "2019003", "박둘", TermCounts(absent=1, left_early=2, absent_minutes=50, left_early_minutes=40)),
        ]
        blocks = term_rows(filled, ["EA"], MON, MON, TermRule(block_minutes=15))
        assert [each.counts.late_minutes + each.counts.left_early_minutes for each in blocks] == [0, 0, 15]
        (one,) = term_rows(filled, ["EA", "CS"], MON2, TUE, TermRule(), "2019001")
        assert one.counts == TermCounts(late=1, late_minutes=20), "of the others nothing"
        (unseen,) = term_rows(filled, ["CS"], MON, MON, TermRule(), "2019001")
        assert unseen.counts == TermCounts(unobserved=1)
        assert term_rows(filled, [], MON, TUE, rule) == []
        for each in term_rows(filled, ["EA"], MON, TUE, rule):  # asked in another way, it is the same
            assert term_rows(filled, ["EA"], MON, TUE, rule, each.student_id) == [each]

    def test_coverage_tells_the_share_and_the_gaps(self, filled: Store) -> None:
        shown = ("section", "minutes_covered", "minutes_total", "share", "gaps", "gap_reasons")
        rows = coverage(filled, SEOUL, Filters(date=MON)).dicts()
        assert [tuple(row[name] for name in shown) for row in rows] == [
            ("CS", 20.0, 50.0, 0.4, 1, "no_frames 1"), ("EA", 50.0, 50.0, 1.0, 0, "")
        ]  # fmt: skip
        assert len(coverage(filled, SEOUL, Filters(student="2019003")).rows) == 3

    @pytest.mark.parametrize(
        ("name", "given", "expected"),
        [
            ("rate_by_section", {}, [("CS", 1, 2, 1, 0, 1, 0, 1.0), ("EA", 3, 3, 6, 3, 0, 0, 0.6667)]),
            (
                "rate_by_section",
                {"from_date": "2026-03-16", "to_date": "2026-03-16"},
                [("EA", 1, 3, 2, 1, 0, 0, 0.6667)],
            ),
            ("rate_by_section", {"run": "replay"}, [("EA", 1, 1, 0, 1, 0, 0, 0.0)]),
            ("rate_by_section", {"run": "leave"}, [("EA", 1, 3, 0, 1, 0, 2, 0.0)]),
            ("rate_by_section", {"run": "nobody's"}, []),
            ("rate_by_week", {}, [(MON, "CS", 1, 0, 1.0), (MON, "EA", 3, 0, 1.0), (MON2, "EA", 3, 3, 0.5)]),
            ("rate_by_weekday", {}, [(1, 3, 6, 1, 0.8571), (2, 1, 1, 2, 0.3333)]),
            ("rate_by_hour", {}, [(9, 3, 6, 1, 0.8571), (13, 1, 1, 2, 0.3333)]),
            ("slipping_away", {}, [("EA", "2019003", "박둘", 2, 2, 1.0, 20.0)]),
            ("departure_minutes", {}, [("EA", 10, 1, 1), ("EA", 30, 2, 0)]),
            ("late_arrivals", {}, [("EA", "2019001", "김나얼", 1, 20.0), ("EA", "2019002", "이하나", 1, 10.0)]),
            ("hall_use", {}, [("E101", 3, 2.0, 3, 2.0), ("E102", 1, 1.0, 1, 0.5)]),
            ("student_trend", {"student": "2019001"}, [(MON, 2, 1, 0, 0, 0, 0, 1.0), (MON2, 2, 2, 1, 0, 0, 0, 1.0)]),
            (
                "coverage_gaps",
                {},
                [("E102", MON, 1, "CS", datetime(2026, 3, 9, 9, 10, tzinfo=SEOUL),
                  datetime(2026, 3, 9, 9, 40, tzinfo=SEOUL), 30.0, "")],
            ),
            (
                "two_halls",
                {},
                [(MON, "2019002", "이하나", "E101", "EA", 1, "E102", "CS", 1,
                  datetime(2026, 3, 9, 9, 10, tzinfo=SEOUL), datetime(2026, 3, 9, 9, 50, tzinfo=SEOUL), 40.0)],
            ),
            ("two_halls", {"run": "replay"}, []),
            ("review_list", {}, [(MON, 1, "CS", "E102", "2019001", "김나얼", "unobserved", 0.6, "camera", "dark")]),
        ],
    )  # fmt: skip
    def test_a_query_tells_what_a_person_counts(
        self, filled: Store, name: str, given: dict[str, str], expected: Rows
    ) -> None:
        assert ask(filled, SEOUL, name, given).rows == expected

    def test_a_hall_as_it_is_now_is_its_latest_class_hour(self, filled: Store) -> None:
        hour, *verdicts = rows_of_hall(filled, "E101")
        assert hour == coverage_row(covered("EA", TUE))
        assert sorted(verdicts) == [
            attendance_row(verdict("EA", TUE, student, word)) for student, word in TERM["EA", TUE].items()
        ]

    def test_and_those_that_run_with_it_although_another_hall_keeps_their_facts(self, filled: Store) -> None:
        also = [class_hour_id("EA", MON, 1)]
        assert {(row.section, row.date, row.hall) for row in rows_of_hall(filled, "E102", also)} == {
            ("CS", MON, "E102"),
            ("EA", MON, "E101"),
        }

    def test_of_a_hall_that_nobody_knows_there_is_nothing(self, filled: Store) -> None:
        assert list(rows_of_hall(filled, "B12")) == []

    def test_who_is_seen_in_two_halls_at_the_same_time_is_flagged(self, filled: Store) -> None:
        def clock(hour: int, minute: int) -> datetime:
            return datetime(2026, 3, 9, hour, minute, tzinfo=SEOUL)

        assert ask(filled, SEOUL, "two_halls", {"run": "twice"}).rows == [
            (MON, "2019001", "김나얼", "E101", "EA", 1, "E102", "CS", 1, clock(9, 0), clock(9, 12), 12.0),
            (MON, "2019001", "김나얼", "E101", "EA", 1, "E102", "CS", 1, clock(9, 18), clock(9, 50), 32.0),
        ]

    def test_who_is_here_and_seen_as_a_visitor_elsewhere_is_flagged(self, filled: Store) -> None:
        """A frame every half minute: 25 before he left, four after he came back."""
        (row,) = ask(filled, SEOUL, "seen_elsewhere", {"run": "elsewhere"}).rows
        assert row == (
            MON, "2019001", "김나얼", "E101", "EA", 1, "E102", "CS", 1,
            datetime(2026, 3, 9, 9, 0, tzinfo=SEOUL), datetime(2026, 3, 9, 9, 19, 30, tzinfo=SEOUL), 29,
        )  # fmt: skip
        assert ask(filled, SEOUL, "seen_elsewhere").rows == []

    def test_a_query_or_parameter_that_does_not_exist_is_named(self, filled: Store) -> None:
        with pytest.raises(RefusedError, match="rate_by_moon"):
            ask(filled, SEOUL, "rate_by_moon")
        with pytest.raises(RefusedError, match="moon"):
            ask(filled, SEOUL, "rate_by_week", {"moon": "full"})
        with pytest.raises(RefusedError, match="student"):
            ask(filled, SEOUL, "student_trend")


class TestEmbedded(AnswersContract):
    @pytest.fixture(scope="class")
    @classmethod
    def filled(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
        with open_store(Settings(home=tmp_path_factory.mktemp("answers"))) as store:
            fill(store)
            yield store


class TestServer(AnswersContract):
    @pytest.fixture(scope="class")
    @classmethod
    def filled(cls, clickhouse: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
        with open_store(Settings(home=tmp_path_factory.mktemp("answers"), prefix="answers", store=clickhouse)) as store:
            fill(store)
            yield store
