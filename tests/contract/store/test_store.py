"""What a store must do, whatever is behind it. One suite, two real engines."""

import os
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest
from msgspec.structs import replace

from schemas.errors import RefusedError, UnavailableError
from schemas.messages import Absence, Attendance, ClassHour, Coverage, Message, Observation, encode
from schemas.rivals import TOO_ALIKE
from schemas.settings import Settings
from sinks.batch import Batch, write
from sinks.hour_rows import versions_of
from sinks.own_rows import kept_rows, own_rows
from sinks.reports.queries import DEFAULTS, queries
from sinks.store import Result, Store, open_for_reading, open_store
from sinks.store.embedded import EmbeddedStore
from sinks.store.erasure import erase, forget
from sinks.store.migrations import Migration, known, migrate
from sinks.store.opening import store_directory
from sinks.store.server import ServerStore
from sinks.store.time_to_live import keep_for
from tests.benchmarks.paper_term import fill_term, paper_term
from tests.benchmarks.store_year import OLDER_QUERIES

HOUR = "EA0017-1|2026-03-09|1"
TOPIC = {Attendance: "attendance", Coverage: "attendance", Observation: "sightings"}
NINE = datetime(2026, 3, 9, tzinfo=UTC)
NAMES = ["김나얼", "O'Neil", "\\", "'; DROP TABLE attendance_rows; --", "탭\t줄\n", "a%(b)s%", "😀"]


def put(store: Store, *messages: Message) -> None:
    """Each as a batch of its own."""
    for message in messages:
        batch = Batch("live")
        batch.take(TOPIC[type(message)], b"", encode(message))  # type: ignore[index]
        write(store, batch)


def count(store: Store, table: str) -> int:
    found: int = store.query(f"SELECT count() FROM {table}").rows[0][0]  # noqa: S608
    return found


class StoreContract:
    def test_the_same_row_twice_counts_once(
        self, opened: Store, verdict: Attendance, coverage: Coverage, observation: Observation
    ) -> None:
        put(opened, *[verdict, coverage, observation] * 2)
        views = ("attendance", "departures", "coverage", "gaps", "sightings", "runs")
        assert {view: count(opened, view) for view in views} == {
            "attendance": 1, "departures": 1, "coverage": 1, "gaps": 1, "sightings": 2, "runs": 1
        }  # fmt: skip

    def test_the_higher_version_wins_in_any_order(self, opened: Store, verdict: Attendance) -> None:
        verdicts = ("absent", "late", "present")
        for student, order in enumerate(permutations(enumerate(verdicts))):
            for version, word in order:
                put(opened, replace(verdict, student_id=f"2019{student}", verdict=word, version=version))
        assert opened.query("SELECT verdict, version FROM attendance").rows == [("present", 2)] * 6

    def test_departures_are_replaced_and_taken_back_with_their_verdict(
        self, opened: Store, verdict: Attendance
    ) -> None:
        left = datetime(2026, 3, 9, 0, 30, tzinfo=UTC)
        back = datetime(2026, 3, 9, 0, 40, tzinfo=UTC)
        departures = "SELECT departed_at, returned_at FROM departures ORDER BY departed_at"
        put(opened, replace(verdict, absences=(Absence(departed_at=left), Absence(departed_at=back)), version=1))
        assert opened.query(departures).rows == [(left, None), (back, None)]
        put(opened, replace(verdict, absences=(Absence(departed_at=left, returned_at=back),), version=2))
        assert opened.query(departures).rows == [(left, back)]
        put(opened, replace(verdict, absences=(), version=3))
        assert opened.query(departures).rows == []

    def test_runs_are_kept_apart(self, opened: Store, verdict: Attendance, coverage: Coverage) -> None:
        put(opened, verdict, replace(verdict, run="model-2", verdict="absent"), coverage)
        put(opened, replace(coverage, run="model-2", engine="other"))
        assert opened.query("SELECT run, verdict FROM attendance ORDER BY run").rows == [
            ("live", "present"), ("model-2", "absent")
        ]  # fmt: skip
        assert opened.query("SELECT run, engine, class_hours, analysed_frames FROM runs ORDER BY run").rows == [
            ("live", coverage.engine, 1, 150), ("model-2", "other", 1, 150)
        ]  # fmt: skip

    def test_values_come_back_as_they_went_in(self, opened: Store, verdict: Attendance) -> None:
        put(opened, replace(verdict, departed_at=None, version=2**63 - 1))
        [row] = opened.query("SELECT date, arrived_at, departed_at, confidence, version FROM attendance").rows
        assert row == (date(2026, 3, 9), datetime(2026, 3, 9, 0, 0, 15, tzinfo=UTC), None, 0.997, 2**63 - 1)

    def test_any_name_survives_and_can_be_asked_for(self, opened: Store, verdict: Attendance) -> None:
        put(opened, *(replace(verdict, name=name, student_id=f"2019{n}") for n, name in enumerate(NAMES)))
        for name in NAMES:
            assert opened.query("SELECT name FROM attendance WHERE name = %(name)s", {"name": name}).rows == [(name,)]

    def test_the_mean_of_nothing_is_nothing(self, opened: Store) -> None:
        assert opened.query("SELECT avg(confidence), count() FROM attendance") == (
            ("avg(confidence)", "count()"), [(None, 0)]
        )  # fmt: skip

    def test_the_latest_is_found_whatever_is_asked_of_it(self, opened: Store, observation: Observation) -> None:
        put(opened, observation)
        latest = "SELECT student_id, hall, date FROM sightings_rows WHERE student_id != '' ORDER BY date DESC LIMIT 1"
        assert opened.query(latest).rows == [("201912345", observation.hall, date(2026, 3, 9))]

    def test_faces_are_kept_for_as_long_as_was_promised_where_the_store_can(
        self, opened: Store, observation: Observation
    ) -> None:
        put(opened, *(replace(observation, captured_at=datetime(year, 3, 9, tzinfo=UTC)) for year in (2020, 2090)))
        forever, promised = timedelta(0), timedelta(days=5 * 366)
        can = keep_for(opened, promised)
        opened.execute("OPTIMIZE TABLE sightings_rows FINAL")
        days = opened.query("SELECT DISTINCT toYear(captured_at) FROM sightings ORDER BY 1").rows
        assert days == ([(2090,)] if can else [(2020,), (2090,)])
        changed = [keep_for(opened, time) for time in (promised, timedelta(days=9 * 366), forever, forever)]
        assert changed == [False, can, can, False]

    def test_a_mistake_in_a_query_is_refused_in_one_line(self, opened: Store) -> None:
        with pytest.raises(RefusedError) as caught:
            opened.query("SELECT no_such_column FROM attendance")
        assert "no_such_column" in caught.value.message
        assert "\n" not in caught.value.message

    def test_a_table_that_is_not_there_yet_may_come(self, opened: Store) -> None:
        with pytest.raises(UnavailableError, match="naul up"):
            opened.query("SELECT 1 FROM not_yet")

    def test_threads_can_share_it(self, opened: Store, verdict: Attendance) -> None:
        errors: list[Exception] = []

        def work(student: int) -> None:
            try:
                put(opened, replace(verdict, student_id=f"2019{student}"))
                assert count(opened, f"attendance WHERE student_id = '2019{student}'") == 1
            except Exception as error:  # noqa: BLE001  it would be lost with its thread
                errors.append(error)

        threads = [threading.Thread(target=work, args=(student,)) for student in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        assert count(opened, "attendance") == 4

    def test_an_insert_larger_than_the_longest_statement_is_fine(self, opened: Store, verdict: Attendance) -> None:
        batch = Batch("live")
        for student in range(3000):
            batch.take("attendance", b"", encode(replace(verdict, student_id=f"{student:09}")))
        write(opened, batch)
        assert count(opened, "attendance") == 3000


class ErasureContract:
    def test_an_erased_row_is_in_no_table_with_its_departures(self, opened: Store, verdict: Attendance) -> None:
        put(opened, verdict, replace(verdict, version=452), replace(verdict, student_id="2020"))
        erase(opened, [("live", HOUR, verdict.student_id)])
        assert opened.query("SELECT student_id FROM attendance_rows").rows == [("2020",)]
        assert opened.query("SELECT student_id FROM departures").rows == [("2020",)]

    def test_other_class_hours_and_runs_of_the_student_stay(self, opened: Store, verdict: Attendance) -> None:
        put(opened, verdict, replace(verdict, run="other"), replace(verdict, class_hour=HOUR[:-1] + "2", period=2))
        erase(opened, [("live", HOUR, verdict.student_id)])
        assert opened.query("SELECT run, period FROM attendance ORDER BY run").rows == [("live", 2), ("other", 1)]

    def test_sightings_stay_without_the_name(self, opened: Store, observation: Observation) -> None:
        put(opened, observation, replace(observation, class_hour=None, camera="back"))
        erase(opened, [("live", HOUR, "201912345")])
        named = "SELECT camera, student_id FROM sightings_rows ORDER BY camera, face"
        assert opened.query(named).rows == [("back", "201912345"), ("back", ""), ("front", ""), ("front", "")]
        forget(opened, ["201912345"])
        assert {student for _, student in opened.query(named).rows} == {""}

    def test_whoever_is_forgotten_is_in_no_table(
        self, opened: Store, verdict: Attendance, observation: Observation
    ) -> None:
        put(opened, verdict, replace(verdict, run="other"), replace(verdict, student_id="2020"), observation)
        forget(opened, ["201912345"])
        for table in ("attendance_rows", "sightings_rows"):
            assert count(opened, f"{table} WHERE student_id = '201912345'") == 0
        assert count(opened, "attendance") == 1

    def test_a_visitor_who_is_forgotten_is_in_no_sighting_and_the_others_are(
        self, opened: Store, observation: Observation
    ) -> None:
        put(opened, observation)
        forget(opened, ["201877001"])
        assert opened.query("SELECT student_id, visitor FROM sightings ORDER BY face").rows == [
            ("201912345", ""),
            ("", ""),
        ]

    def test_many_can_be_erased_at_once_and_again(self, opened: Store, verdict: Attendance) -> None:
        batch = Batch("live")
        for student in range(1200):
            batch.take("attendance", b"", encode(replace(verdict, student_id=f"{student:09}")))
        write(opened, batch)
        keys = [("live", HOUR, f"{student:09}") for student in range(1, 1200)]
        for _ in range(2):
            erase(opened, keys)
            assert opened.query("SELECT student_id FROM attendance_rows").rows == [("000000000",)]

    def test_a_row_that_is_told_after_the_erasure_is_there(self, opened: Store, verdict: Attendance) -> None:
        put(opened, verdict)
        batch = Batch("live")
        batch.take("attendance", f"live|{HOUR}|{verdict.student_id}".encode(), None)
        batch.take("attendance", b"", encode(replace(verdict, version=1)))
        write(opened, batch)
        assert opened.query("SELECT version FROM attendance").rows == [(1,)]

    def test_of_each_thing_that_was_said_of_somebody_the_first_version_is_kept(
        self, opened: Store, verdict: Attendance
    ) -> None:
        hour = ClassHour(
            section=verdict.section, hall=verdict.hall, date=verdict.date, period=verdict.period, starts_at=NINE,
            ends_at=NINE.replace(minute=50),
        )  # fmt: skip
        camera = replace(verdict, source="camera", reason="", marked_at=None, final=False)
        unclear = replace(camera, verdict="unobserved", review=True, reason="dark", version=1, seconds_covered=60)
        present = replace(camera, verdict="present", review=False, version=5, seconds_covered=300)
        marked = replace(verdict, verdict="late", source="kim", review=False, version=9)
        for each in (unclear, present, replace(present, version=7), marked, replace(unclear, version=11)):
            put(opened, each)
        put(opened, replace(present, run="replay"), replace(present, student_id="202011208"))
        found = versions_of(opened, hour, verdict.student_id)
        assert [(each.version, each.verdict, each.source, each.review, each.seconds_covered) for each in found] == [
            (1, "unobserved", "camera", 1, 60), (5, "present", "camera", 0, 300),
            (9, "late", "kim", 0, verdict.seconds_covered),
        ]  # fmt: skip
        forget(opened, [verdict.student_id])
        assert versions_of(opened, hour, verdict.student_id) == []
        assert len(versions_of(opened, hour, "202011208")) == 1

    def test_of_one_student_the_rows_that_hold_and_all_that_is_kept_and_nobody_elses(
        self, opened: Store, verdict: Attendance
    ) -> None:
        him, day, other = verdict.student_id, verdict.date, "202011208"
        alike = replace(verdict, verdict="unobserved", source="camera", reason=TOO_ALIKE.format(rival=other), version=3)
        gone = replace(verdict, class_hour="EA0017-2|2026-03-09|1", section="EA0017-2", withdrawn=True, version=9)
        for each in (replace(verdict, version=1), alike, replace(gone, withdrawn=False, version=2), gone):
            put(opened, each)
        put(opened, replace(verdict, student_id=other), replace(verdict, run="replay"))
        sections = [verdict.section, gone.section]
        (own,) = own_rows(opened, him, sections, day, day).values()
        assert (own.version, own.section, own.source) == (3, verdict.section, "camera")
        assert other not in own.reason
        assert own_rows(opened, him, [gone.section], day, day) == {}
        assert own_rows(opened, "", sections, day, day) == own_rows(opened, him, [], day, day) == {}
        kept = kept_rows(opened, him)
        assert [(each["run"], each["section"], each["withdrawn"]) for each in kept["attendance"]] == [
            ("live", verdict.section, 0), ("live", gone.section, 1), ("replay", verdict.section, 0),
        ]  # fmt: skip
        assert len(kept["versions"]) == 3
        assert kept["faces"] == []
        assert other not in str(kept)
        forget(opened, [him])
        assert kept_rows(opened, him) == {"attendance": [], "versions": [], "faces": []}


class MigrationContract:
    def test_all_are_applied_once_in_order(self, opened: Store) -> None:
        names = [each.name for each in known()]
        assert names == sorted(names)
        done = [name for (name,) in opened.query("SELECT name FROM migrations ORDER BY name").rows]
        assert [name for name in done if " " not in name] == names
        assert migrate(opened) == []

    def test_a_store_that_is_opened_again_keeps_its_rows(self, settings: Settings, verdict: Attendance) -> None:
        for _ in range(2):
            with open_store(settings) as store:
                put(store, verdict)
                assert count(store, "attendance") == 1

    def test_whoever_was_killed_after_any_statement_goes_on(self, opened: Store) -> None:
        done = [name for (name,) in opened.query("SELECT name FROM migrations ORDER BY name").rows]
        opened.execute("DROP TABLE migrations")  # as if the crash came right before all was recorded
        assert sorted(migrate(opened)) == done

    def test_a_row_of_before_a_probability_was_kept_has_none(self, bare: Store, verdict: Attendance) -> None:
        migrate(bare, [each for each in known() if each.name < "0007"])
        then = ("run", "section", "date", "period", "student_id", "verdict", "version")
        bare.insert("attendance_rows", then, [[getattr(verdict, name) for name in then]])
        migrate(bare)
        put(bare, replace(verdict, student_id="202011208", p=0.25))
        assert bare.query("SELECT student_id, p FROM attendance ORDER BY p").rows == [
            ("202011208", 0.25), (verdict.student_id, None),
        ]  # fmt: skip

    def test_a_store_with_rows_of_before_they_were_kept_by_student_says_the_same_after_it(self, bare: Store) -> None:
        migrate(bare, [each for each in known() if each.name < "0015"])
        term = paper_term(sections=6, weeks=3, a_week=2, students=24, roster=12)
        rows = fill_term(bare, term)
        student = next(iter(term.students.values()))[0].student_id

        def answers(folder: Path) -> dict[str, Result]:
            texts = {name: folder / f"{name}.sql" for name in queries()}
            given = {**DEFAULTS, "zone": "Asia/Seoul", "student": student, "account": ""}
            return {
                name: bare.query(texts[name].read_text("utf-8") if texts[name].exists() else each.sql, given)
                for name, each in queries().items()
            }

        before = answers(OLDER_QUERIES)
        assert before["student_trend"].rows
        assert migrate(bare)
        assert answers(Path()) == before
        assert count(bare, "attendance_by_student") == count(bare, "attendance") == rows

    def test_what_an_old_server_lacks_comes_once_it_was_upgraded(self, opened: Store) -> None:
        [gated] = {name for each in known() for name in each.records if name.startswith("0015_smaller_rows from")}
        [(section,)] = opened.query(
            "SELECT type FROM system.columns "
            "WHERE database = currentDatabase() AND table = 'attendance_rows' AND name = 'section'"
        ).rows
        [(recorded,)] = opened.query("SELECT count() FROM migrations WHERE name = %(name)s", {"name": gated}).rows
        assert (section, recorded) in (("String", 0), ("LowCardinality(String)", 1))
        if recorded:  # as if it had been an older one until now
            kept = opened.query("SELECT name, checksum, applied_at FROM migrations WHERE NOT match(name, ' ')").rows
            opened.execute("TRUNCATE TABLE migrations")
            opened.insert("migrations", ("name", "checksum", "applied_at"), kept)
            assert gated in migrate(opened)
        assert migrate(opened) == []

    def test_one_that_was_changed_is_refused_by_name(self, opened: Store) -> None:
        first, *rest = known()
        changed = [Migration(first.name, first.text + "-- changed"), *rest, Migration("9999_new", "SELECT 1")]
        with pytest.raises(RefusedError, match=f"{first.name} was changed"):
            migrate(opened, changed)
        assert count(opened, "migrations WHERE NOT match(name, ' ')") == len(known())

    def test_a_store_of_a_newer_version_is_refused(self, opened: Store) -> None:
        with pytest.raises(RefusedError, match="newer Naul"):
            migrate(opened, known()[:-1])


class TestEmbedded(StoreContract, ErasureContract):
    @pytest.fixture
    def settings(self, embedded: Settings) -> Settings:
        return embedded

    def test_what_was_given_up_is_no_part_of_the_next_answer(
        self, embedded: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sinks.store.embedded.LONGEST_READ", 0.1)
        with open_store(embedded) as store:
            with pytest.raises(UnavailableError):
                store.query("SELECT sum(sipHash64(number)) FROM numbers(1000000000000)")
            assert store.query("SELECT 1").rows == [(1,)]

    def test_nobody_else_reads_what_it_writes_whatever_the_umask_is(
        self, embedded: Settings, verdict: Attendance
    ) -> None:
        before = os.umask(0)
        try:
            with open_store(embedded) as store:
                put(store, verdict, replace(verdict, version=2))
                store.execute("OPTIMIZE TABLE attendance_rows FINAL")
            assert os.umask(0) == 0, "what others write is theirs to say"
        finally:
            os.umask(before)
        files = [each for each in store_directory(embedded).rglob("*") if not each.is_symlink()]
        assert [each for each in files if each.stat().st_mode & 0o077] == []


class TestEmbeddedMigrations(MigrationContract):
    @pytest.fixture
    def settings(self, unmade: Settings) -> Settings:
        return unmade

    @pytest.fixture
    def bare(self, unmade: Settings) -> Iterator[Store]:
        with EmbeddedStore(store_directory(unmade), unmade.prefix) as store:
            yield store


class TestServer(StoreContract, ErasureContract, MigrationContract):
    @pytest.fixture
    def settings(self, server: Settings) -> Settings:
        return server

    @pytest.fixture
    def bare(self, server: Settings) -> Iterator[Store]:
        with ServerStore(server) as store:
            store.create_database()
            yield store

    def test_it_is_as_old_as_the_oldest_that_is_supported(self, opened: Store) -> None:
        assert opened.query("SELECT version()").rows == [("18.16.1",)]

    def test_without_its_database_it_says_who_makes_it(self, server: Settings) -> None:
        with open_for_reading(server) as store, pytest.raises(UnavailableError, match="naul up"):
            store.query("SELECT 1 FROM attendance")

    def test_a_server_that_does_not_answer_is_named(self, server: Settings) -> None:
        away = replace(server, store="clickhouse://127.0.0.1:1")
        with pytest.raises(UnavailableError, match=r"127\.0\.0\.1:1"):
            open_store(away)
