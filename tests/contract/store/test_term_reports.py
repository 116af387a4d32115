"""What reports of a term ask of a store, on both engines: hours added up, a student's own, who slips away, all rows."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.messages import Absence, Attendance, Coverage
from schemas.settings import Settings
from sinks.store import Store
from sinks.term_reports import (
    HourTally,
    SlipRow,
    VerdictRow,
    decided_hours,
    hour_tallies,
    slips,
    student_rows,
    verdict_rows,
)
from tests.benchmarks.paper_term import MONDAY, fill_term, paper_term
from tests.contract.store.test_store import put

DAY = date(2026, 3, 9)
NINE = datetime(2026, 3, 9, tzinfo=UTC)
FIRST, LAST = date(2026, 3, 1), date(2026, 6, 30)


def at(minute: int) -> datetime:
    return NINE + timedelta(minutes=minute)


class TermReportsContract:
    @pytest.fixture
    def told(self, opened: Store, verdict: Attendance, coverage: Coverage) -> Store:
        """A class hour with each class of verdict, one that runs, one of another section without coverage, a replay."""
        usual: dict[str, Any] = {
            "section": "EA1", "date": DAY, "period": 1, "class_hour": f"EA1|{DAY}|1", "hall": "E101", "final": True,
            "absences": (), "withdrawn": False, "arrived_at": NINE, "departed_at": None, "version": 5,
        }  # fmt: skip
        words = ("present", "late", "left_early", "absent", "unobserved", "excused", "official_leave")
        rows = [
            replace(verdict, **usual | {"student_id": f"s{n}", "name": f"'=이름{n}", "verdict": word})
            for n, word in enumerate(words)
        ]
        rows[0] = replace(
            rows[0],
            absences=(
                Absence(departed_at=at(10), returned_at=at(20)),
                Absence(departed_at=at(30), returned_at=at(32)),
            ),
        )
        rows[2] = replace(rows[2], absences=(Absence(departed_at=at(40)),), departed_at=at(40))
        rows[3] = replace(rows[3], absences=(Absence(departed_at=at(1)),))  # an absent one is away, but slips nowhere
        older = replace(rows[3], verdict="present", version=4)
        gone = replace(rows[0], student_id="s8", withdrawn=True)
        runs = replace(rows[0], period=2, class_hour=f"EA1|{DAY}|2", final=False)
        lone = replace(rows[0], section="CS1", class_hour=f"CS1|{DAY}|1")
        other = replace(rows[0], run="model-2", verdict="absent")
        hour = replace(
            coverage, section="EA1", date=DAY, period=1, class_hour=f"EA1|{DAY}|1", hall="E101", starts_at=NINE,
            ends_at=at(50), gaps=(), final=True,
        )  # fmt: skip
        second = replace(hour, period=2, class_hour=f"EA1|{DAY}|2", final=False)
        put(opened, *rows, older, gone, runs, lone, other, hour, second, replace(hour, run="model-2"))
        return opened

    def test_each_class_of_verdict_is_counted_once_and_only_of_closed_hours(self, told: Store) -> None:
        assert hour_tallies(told, FIRST, LAST, None) == [
            HourTally("EA1", DAY, 1, "E101", NINE, 1, 1, 1, 1, 1, 1, 1)
        ]  # fmt: skip
        assert hour_tallies(told, FIRST, LAST, {"CS1"}) == []
        assert hour_tallies(told, FIRST, LAST, set()) == []
        assert hour_tallies(told, DAY + timedelta(days=1), LAST, None) == []
        assert len(hour_tallies(told, DAY, DAY, ["EA1"])) == 1

    def test_a_student_finds_his_row_and_no_other(self, told: Store) -> None:
        [row] = student_rows(told, "s2", FIRST, LAST, None)
        assert (row.section, row.verdict, row.starts_at, row.ends_at, row.hall) == (
            "EA1",
            "left_early",
            NINE,
            at(50),
            "E101",
        )
        assert (row.name, row.departed_at) == ("'=이름2", at(40))
        assert student_rows(told, "s2", FIRST, LAST, {"CS1"}) == []
        assert student_rows(told, "s8", FIRST, LAST, None) == [], "withdrawn"
        assert student_rows(told, "' OR 1 = 1 --", FIRST, LAST, None) == []

    def test_who_slips_away_with_returns_and_minutes(self, told: Store) -> None:
        assert slips(told, FIRST, LAST, None) == [
            SlipRow("EA1", "s0", "'=이름0", 1, 0, 0, 2, 12.0),
            SlipRow("EA1", "s2", "'=이름2", 1, 1, 1, 0, 10.0),
        ]

    def test_every_row_and_what_is_decided(self, told: Store) -> None:
        rows = list(verdict_rows(told, FIRST, LAST, None))
        assert [each.verdict for each in rows] == [
            "present", "late", "left_early", "absent", "unobserved", "excused", "official_leave"
        ]  # fmt: skip
        assert rows[0] == VerdictRow(
            "EA1", DAY, 1, "E101", NINE, at(50), "s0", "'=이름0", "present", NINE, None, "camera"
        )
        decided = decided_hours(told, FIRST, LAST, ["EA1"])
        assert {student: count for (_, student), count in decided.items()} == {
            "s0": 1, "s1": 1, "s2": 1, "s3": 1, "s4": 0, "s5": 0, "s6": 0
        }  # fmt: skip

    def test_a_term_adds_up_to_its_rows(self, opened: Store) -> None:
        term = paper_term(sections=6, weeks=3, a_week=2, students=60, roster=20)
        count = fill_term(opened, term)
        last = MONDAY + timedelta(weeks=3)
        tallies = hour_tallies(opened, MONDAY, last, None)
        assert len(tallies) == 36
        assert sum(sum(each[5:]) for each in tallies) == count == 720
        rows = list(verdict_rows(opened, MONDAY, last, None))
        assert len(rows) == count
        section, students = next(iter(term.students.items()))
        mine = [each for each in rows if each.student_id == students[0].student_id]
        found = student_rows(opened, students[0].student_id, MONDAY, last, None)
        key = ("section", "date", "period", "verdict", "starts_at", "hall")
        assert {tuple(getattr(each, name) for name in key) for each in found} == {
            tuple(getattr(each, name) for name in key) for each in mine
        }
        assert {each.section for each in slips(opened, MONDAY, last, [section])} <= {section}
        minutes = [each.minutes for each in slips(opened, MONDAY, last, None)]
        assert minutes == sorted(minutes, reverse=True)
        assert minutes


class TestEmbeddedTermReports(TermReportsContract):
    @pytest.fixture
    def settings(self, embedded: Settings) -> Settings:
        return embedded


class TestServerTermReports(TermReportsContract):
    @pytest.fixture
    def settings(self, server: Settings) -> Settings:
        return server
