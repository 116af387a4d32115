"""What a store refuses is told from a store that cannot work: the one is put aside, the other is waited for."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.errors import RefusedError, UnavailableError
from schemas.messages import Attendance, Observation, encode
from schemas.settings import Settings
from sinks.batch import write
from sinks.insertion import Insertion, Limits, StoredMessage
from sinks.rows import AttendanceRow, attendance_row
from sinks.store import Store
from sinks.store.port import RefusedRowsError

UNSTORABLE = "2666"
"""The student whose row a test spoils: after everything of ours has let it pass."""


def message(said: Attendance | Observation, offset: int) -> StoredMessage:
    topic = "attendance" if isinstance(said, Attendance) else "sightings"
    return StoredMessage(topic, 0, offset, b"key", encode(said), [])


def spoiled(said: Attendance) -> AttendanceRow:
    row = attendance_row(said)
    return row._replace(arrived_at="nine") if said.student_id.startswith(UNSTORABLE) else row  # type: ignore[arg-type]


@pytest.fixture
def _spoiled_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sinks.batch.attendance_row", spoiled)


def students(store: Store) -> list[str]:
    return [student for (student,) in store.query("SELECT student_id FROM attendance ORDER BY student_id").rows]


class RefusedRowsContract:
    @pytest.mark.parametrize(
        ("column", "value"),
        [
            pytest.param("period", "first", id="text for a number"),
            pytest.param("period", -1, id="a negative number"),
            pytest.param("arrived_at", "nine o'clock", id="text for a time"),
            pytest.param("name", "\ud800", id="text that is no UTF-8"),
        ],
    )
    def test_a_value_that_a_column_cannot_hold_is_refused_for_ever(
        self, opened: Store, verdict: Attendance, column: str, value: Any
    ) -> None:
        row = attendance_row(verdict)
        with pytest.raises(RefusedRowsError) as refused:
            opened.insert("attendance_rows", AttendanceRow._fields, [row, row._replace(**{column: value})])
        assert len(refused.value.message) < 400
        assert verdict.name not in refused.value.message
        opened.insert("attendance_rows", AttendanceRow._fields, [row])
        assert students(opened) == [verdict.student_id]

    def test_a_column_that_is_missing_is_no_matter_of_rows(self, opened: Store) -> None:
        with pytest.raises(RefusedError, match="no_such_column"):
            opened.insert("attendance_rows", ["no_such_column"], [("x",)])

    def test_a_table_that_is_missing_is_waited_for(self, opened: Store) -> None:
        with pytest.raises(UnavailableError):
            opened.insert("no_such_table", ["student_id"], [("x",)])

    @pytest.mark.usefixtures("_spoiled_rows")
    def test_of_many_messages_just_the_bad_ones_are_refused(
        self, opened: Store, verdict: Attendance, observation: Observation
    ) -> None:
        insertion = Insertion(partial(write, opened), "live", Limits())
        bad = (0, 17, 18, 99)
        for n in range(100):
            student = f"{UNSTORABLE}{n:03}" if n in bad else f"2019{n:03}"
            insertion.take(message(replace(verdict, student_id=student), n))
        insertion.take(message(observation, 100))
        insertion.write()
        assert [each.offset for each, _ in insertion.refused] == list(bad)
        assert students(opened) == [f"2019{n:03}" for n in range(100) if n not in bad]
        assert opened.query("SELECT count() FROM sightings").rows == [(len(observation.faces),)]

    @pytest.mark.usefixtures("_spoiled_rows")
    def test_an_older_version_stays_when_the_newer_one_is_refused(
        self, opened: Store, verdict: Attendance, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def bad_second(said: Attendance) -> AttendanceRow:
            return attendance_row(said)._replace(**({"arrived_at": "nine"} if said.version == 2 else {}))

        monkeypatch.setattr("sinks.batch.attendance_row", bad_second)
        insertion = Insertion(partial(write, opened), "live", Limits())
        for version in (1, 2):
            insertion.take(message(replace(verdict, version=version), version))
        insertion.write()
        assert opened.query("SELECT version FROM attendance").rows == [(1,)]

    def test_more_months_than_the_store_takes_at_once_are_written_in_pieces(
        self, opened: Store, verdict: Attendance
    ) -> None:
        insertion = Insertion(partial(write, opened), "live", Limits())
        for n in range(150):
            day = date(1971 + n // 12, 1 + n % 12, 1)
            hour = f"EA0017-1|{day}|1"
            insertion.take(message(replace(verdict, date=day, class_hour=hour), n))
        insertion.write()
        assert insertion.refused == []
        assert opened.query("SELECT uniqExact(date) FROM attendance_rows").rows == [(150,)]

    @pytest.mark.usefixtures("_spoiled_rows")
    def test_a_store_that_refuses_everything_is_not_asked_for_ever(self, opened: Store, verdict: Attendance) -> None:
        insertion = Insertion(partial(write, opened), "live", Limits())
        for n in range(1000):
            insertion.take(message(replace(verdict, student_id=f"{UNSTORABLE}{n:03}"), n))
        with pytest.raises(RuntimeError, match="200 messages in a row were refused by the store"):
            insertion.write()


class TestEmbedded(RefusedRowsContract):
    @pytest.fixture
    def settings(self, embedded: Settings) -> Settings:
        return embedded


class TestServer(RefusedRowsContract):
    @pytest.fixture
    def settings(self, server: Settings) -> Settings:
        return server


class Failing:
    """A store that is away at the calls whose numbers are given; then it works."""

    def __init__(self, store: Store, away: set[int]) -> None:
        self._store = store
        self._away = away
        self._calls = 0

    def insert(self, *arguments: Any) -> None:
        self._calls += 1
        if self._calls in self._away:
            raise UnavailableError("the store is away")
        self._store.insert(*arguments)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return getattr(self._store, name)  # type: ignore[no-any-return]


class TestAStoreThatGoesAwayMeanwhile:
    @pytest.fixture
    def settings(self, embedded: Settings) -> Settings:
        return embedded

    @pytest.mark.usefixtures("_spoiled_rows")
    def test_makes_no_message_a_bad_one_and_what_is_settled_stays_so(self, opened: Store, verdict: Attendance) -> None:
        insertion = Insertion(partial(write, Failing(opened, away={1, 4, 9})), "live", Limits())  # type: ignore[arg-type]
        for n in range(8):
            student = f"{UNSTORABLE}{n}" if n == 5 else f"2019{n}"
            insertion.take(message(replace(verdict, student_id=student), n))
        for _ in range(3):
            with pytest.raises(UnavailableError):
                insertion.write()
        insertion.write()
        assert [each.offset for each, _ in insertion.refused] == [5]
        assert students(opened) == [f"2019{n}" for n in range(8) if n != 5]
