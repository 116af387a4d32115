"""Replays in the store: written, listed, read and deleted beside what is live, whoever owns the store."""

import http.client
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from schemas.errors import RefusedError, UnavailableError
from schemas.messages import Attendance, Coverage, Face, Observation, encode
from schemas.settings import Settings
from sinks.batch import Batch, write
from sinks.rows import AttendanceRow, attendance_row
from sinks.runs.evaluate import evaluate
from sinks.runs.evaluations import Recorded, evaluations, record
from sinks.runs.rows import HourKey
from sinks.runs.seen_places import NOTHING, Given, Named
from sinks.runs.sightings import read_sightings
from sinks.runs.store import delete_run, list_runs, read_run, write_run
from sinks.runs.truth import Truth
from sinks.store import Store, open_for_reading, open_store
from sinks.store.embedded import EmbeddedStore
from sinks.store.erasure import erase_run, forget
from sinks.store.loopback import Address, serving
from sinks.store.remote import RemoteStore
from sinks.store.replay_rows import LIMIT, TABLES, pieces, read_replay_rows
from tests.unit.sinks.runs.paper import at, manifest

Owning = Callable[[], AbstractContextManager[Store]]
Messages = tuple[Attendance, Coverage, Observation]


def batch(run: str, messages: Messages, students: int = 1) -> Batch:
    """What a run says: the example's class hour with so many students more."""
    verdict, coverage, observation = messages
    found = Batch(run)
    for number in range(students):
        student = verdict.student_id if not number else f"{number:09}"
        found.take("attendance", b"", encode(replace(verdict, run=run, student_id=student, name=f"학생 {number}")))
    found.take("attendance", b"", encode(replace(coverage, run=run)))
    found.take("sightings", b"", encode(observation))
    return found


SECOND = timedelta(seconds=1)
OFF = timedelta(milliseconds=250)

SHOWN = {
    0: [("201912345", 100, 40.5), ("202011208", 600, 30)],
    1: [("201912345", 100, 41)],
    2: [("201912345", 100, 47)],
    3: [("202011208", 102, 36)],
    4: [(None, 99, 40), (None, 600, 30)],
}
"""By second: whom each face was given to, its left side and its width."""


def seen(run: str, messages: Messages, shown: Mapping[int, list[tuple[str | None, float, float]]]) -> Batch:
    """A run that saw these faces a quarter of a second after each second, and once by another camera."""
    verdict, coverage, observation = messages
    found = Batch(run)
    found.take("attendance", b"", encode(replace(verdict, run=run)))
    found.take("attendance", b"", encode(replace(coverage, run=run)))
    frames = [
        replace(
            observation,
            captured_at=coverage.starts_at + number * SECOND + OFF,
            faces=tuple(
                Face(box=(left, 200, left + width, 252), score=0.9, student=student) for student, left, width in faces
            ),
        )
        for number, faces in shown.items()
    ]
    for each in [*frames, *(replace(each, camera="back", faces=each.faces[:1]) for each in frames[:1])]:
        found.take("sightings", b"", encode(each))
    return found


def hour_of(messages: Messages) -> HourKey:
    return (messages[1].section, messages[1].date, messages[1].period)


def judged(store: Store, run: str, truth: str, now: datetime) -> bool:
    """Judge a run by what it says itself, and return whether that is on record."""
    rows = read_run(store, run)
    truths = {key: Truth(said.verdict) for key, said in rows.attendance.items()}
    return record(store, rows, evaluate(rows, truths), truth, now)


def everything(store: Store, run: str) -> list[list[tuple[Any, ...]]]:
    """All rows of a run, as they stand in the tables: old versions included."""
    return [
        sorted(store.query(f"SELECT * FROM {table} WHERE run = %(run)s", {"run": run}).rows, key=repr)  # noqa: S608
        for table in TABLES
    ]


@pytest.fixture
def messages(verdict: Attendance, coverage: Coverage, observation: Observation) -> Messages:
    return verdict, coverage, observation


class RunsContract:
    @pytest.fixture
    def owning(self, settings: Settings) -> Owning:
        return lambda: open_store(settings)

    @pytest.fixture
    def live(self, owning: Owning, messages: Messages) -> list[list[tuple[Any, ...]]]:
        """The rows of the live run, as they stand before anything else happens."""
        with owning() as store:
            write(store, batch("live", messages))
            return everything(store, "live")

    @pytest.mark.usefixtures("live")
    def test_a_run_comes_back_as_it_was_written(self, settings: Settings, messages: Messages) -> None:
        made = manifest("stricter")
        write_run(settings, made, batch("stricter", messages, 3))
        with open_for_reading(settings) as store:
            rows = read_run(store, "stricter")
        verdict, coverage, _ = messages
        hour = (verdict.section, verdict.date, verdict.period)
        assert (rows.run, rows.manifest) == ("stricter", made)
        assert sorted(key[3] for key in rows.attendance) == ["000000001", "000000002", verdict.student_id]
        said = rows.attendance[(*hour, verdict.student_id)]
        assert (said.verdict, said.arrived_at, said.confidence) == (
            verdict.verdict, attendance_row(verdict).arrived_at, verdict.confidence
        )  # fmt: skip
        assert (rows.coverage[hour].frames, rows.coverage[hour].starts_at) == (coverage.frames, coverage.starts_at)

    def test_live_rows_are_the_same_before_and_after(
        self, settings: Settings, owning: Owning, messages: Messages, live: list[list[tuple[Any, ...]]]
    ) -> None:
        write_run(settings, manifest("stricter"), batch("stricter", messages, 3))
        with owning() as store:
            assert everything(store, "live") == live
        with open_for_reading(settings) as store:
            delete_run(store, "stricter")
        with owning() as store:
            assert everything(store, "live") == live
            assert not any(everything(store, "stricter"))

    @pytest.mark.usefixtures("live")
    def test_written_again_a_run_is_the_same(self, settings: Settings, messages: Messages) -> None:
        found = []
        for _ in range(2):
            write_run(settings, manifest("stricter"), batch("stricter", messages))
            with open_for_reading(settings) as store:
                found.append(read_run(store, "stricter"))
        assert found[0] == found[1]

    @pytest.mark.usefixtures("live")
    def test_runs_are_listed_live_first_with_what_they_say_of_themselves(
        self, settings: Settings, messages: Messages
    ) -> None:
        made = manifest("a-run")
        write_run(settings, made, batch("a-run", messages))
        with open_for_reading(settings) as store:
            found = list_runs(store)
        assert [(each.run, each.class_hours, each.frames, each.manifest) for each in found] == [
            ("live", 1, messages[1].frames, None), ("a-run", 1, messages[1].frames, made)
        ]  # fmt: skip

    def test_a_run_whose_writing_ended_early_is_listed_without_a_manifest_and_can_be_deleted(
        self, settings: Settings, owning: Owning, messages: Messages
    ) -> None:
        with owning() as store:
            write(store, batch("half", messages))
        with open_for_reading(settings) as store:
            assert [(each.run, each.manifest) for each in list_runs(store)] == [("half", None)]
            delete_run(store, "half")
            assert list_runs(store) == []

    @pytest.mark.usefixtures("live")
    def test_what_a_whole_replay_was_judged_to_be_stays_on_record_until_it_is_deleted(
        self, settings: Settings, messages: Messages, tmp_path: Path
    ) -> None:
        file = tmp_path / "truth.csv"
        file.write_text("what somebody wrote", "utf-8")
        for made in (manifest("whole", engine="eyes@1"), manifest("unfinished", engine="eyes@1", finished_at=None)):
            write_run(settings, made, batch(made.run, messages))
        with open_for_reading(settings) as store:
            kept = {run: judged(store, run, "marks", at(0)) for run in ("live", "unfinished", "whole")}
            assert kept == {"live": False, "unfinished": False, "whole": True}
            judged(store, "whole", str(file), at(2))
            judged(store, "whole", "marks", at(1))
            name = f"truth.csv {sha256(file.read_bytes()).hexdigest()}"
            assert evaluations(store, "eyes@1") == [
                Recorded("whole", "marks", at(1), "eyes@1", 1, 1), Recorded("whole", name, at(2), "eyes@1", 1, 1)
            ]  # fmt: skip
            assert evaluations(store, "eyes@2") == []
            delete_run(store, "whole")
            assert evaluations(store, "eyes@1") == []

    @pytest.mark.usefixtures("live")
    def test_a_run_that_is_not_there_is_named_with_the_nearest(self, settings: Settings) -> None:
        with open_for_reading(settings) as store:
            for ask in (read_run, delete_run):
                with pytest.raises(RefusedError, match="no run 'lve'; did you mean live"):
                    ask(store, "lve")

    def test_the_live_run_can_be_neither_written_nor_deleted(
        self, settings: Settings, owning: Owning, messages: Messages, live: list[list[tuple[Any, ...]]]
    ) -> None:
        with pytest.raises(RefusedError, match="live do not belong to stricter"):
            write_run(settings, manifest("stricter"), batch("live", messages))
        with open_for_reading(settings) as store, pytest.raises(RefusedError, match="professors"):
            delete_run(store, "live")
        with owning() as store:
            with pytest.raises(RefusedError, match="professors"):
                erase_run(store, "live")
            assert everything(store, "live") == live

    @pytest.mark.usefixtures("live")
    def test_whoever_is_forgotten_is_in_no_run(self, settings: Settings, owning: Owning, messages: Messages) -> None:
        student = messages[0].student_id
        for run in ("one", "two"):
            write_run(settings, manifest(run), batch(run, messages, 2))
        with owning() as store:
            forget(store, [student, "201877001"])
            for run in ("live", "one", "two"):
                assert student not in repr(everything(store, run))
                assert "201877001" not in repr(everything(store, run))
            assert len(read_run(store, "two").attendance) == 1

    def test_where_students_were_named_is_read_for_the_class_hours_of_a_run(
        self, settings: Settings, owning: Owning, messages: Messages
    ) -> None:
        with owning() as store:
            write(store, seen("live", messages, SHOWN))
        # Of another engine, and of another run, are other faces: the one judged by is that of the class hour's row.
        other = replace(messages[2], engine="dlib@1-aa", camera="side")
        with owning() as store:
            write(store, seen("live", (*messages[:2], other), {number: [("201912345", 0, 90)] for number in range(9)}))
        write_run(settings, manifest("again"), seen("again", messages, {0: [("201912345", 500, 20)]}))
        hour, keys = hour_of(messages), [(*hour_of(messages), "201912345")]
        with open_for_reading(settings) as store:
            found = read_sightings(store, read_run(store, "live"), [hour], keys)
            # "front" named him three times, 40.5, 41 and 47 px wide, "back" once; the other one at 30 and 36 px.
            assert found.named == {keys[0]: Named("front", 41), (*hour, "202011208"): Named("front", 36)}
            again = read_sightings(store, read_run(store, "again"), [hour], keys)
            assert again.named == {keys[0]: Named("back", 20)}  # both did once: the first by name

    def test_a_place_is_read_from_the_faces_of_its_class_hour(
        self, settings: Settings, owning: Owning, messages: Messages
    ) -> None:
        with owning() as store:
            write(store, seen("live", messages, SHOWN))
        hour = hour_of(messages)
        start = messages[1].starts_at
        with open_for_reading(settings) as store:
            rows = read_run(store, "live")
            [(key, place)] = read_sightings(store, rows, [hour], [(*hour, "201912345")]).places.items()
            assert read_sightings(store, rows, [hour], [(*hour, "202099999")]).places == {}
        assert key == (*hour, "201912345")
        # 40.5, 41 and 47 px wide from 100: the median; at his place once 202011208, and once nobody.
        assert (place.camera, place.box) == ("front", (100.0, 200.0, 141.0, 252.0))
        assert (place.frames, place.him, place.nobody, place.elsewhere) == (5, 3, 1, 1)
        assert place.others == (Given(student_id="202011208", name="", frames=1),)
        assert [each.captured_at for each in place.examples] == [start + OFF + n * SECOND for n in range(3)]

    def test_a_replay_of_sightings_saw_what_live_saw(
        self, settings: Settings, owning: Owning, messages: Messages
    ) -> None:
        with owning() as store:
            write(store, seen("live", messages, SHOWN))
        bare = seen("r", messages, {})
        write_run(settings, manifest("r", kind="sightings"), bare)
        write_run(settings, manifest("f", kind="frames"), seen("f", messages, {}))
        hour = hour_of(messages)
        with open_for_reading(settings) as store:
            live, judged, looked = (
                read_sightings(store, read_run(store, run), [hour], [(*hour, "201912345")])
                for run in ("live", "r", "f")
            )
        assert judged == live
        assert looked == NOTHING

    @pytest.mark.usefixtures("live")
    def test_of_no_class_hour_nothing_is_read(self, settings: Settings) -> None:
        with open_for_reading(settings) as store:
            assert read_sightings(store, read_run(store, "live"), [], []) == NOTHING

    def test_p_comes_back_and_a_row_of_before_it_was_kept_has_none(
        self, settings: Settings, owning: Owning, messages: Messages
    ) -> None:
        rows = batch("r", messages, 2)
        for key, row in rows.attendance.items():
            rows.attendance[key] = row._replace(p=None if row.student_id == "000000001" else 0.1234)
        with owning() as store:
            write(store, rows)
        with open_for_reading(settings) as store:
            found = read_run(store, "r").attendance.values()
        assert {each.student_id: each.p for each in found} == {"000000001": None, "201912345": 0.1234}


class TestEmbedded(RunsContract):
    @pytest.fixture
    def settings(self, embedded: Settings) -> Settings:
        return embedded


class TestServer(RunsContract):
    @pytest.fixture
    def settings(self, server: Settings) -> Settings:
        return server


class TestLoopback(RunsContract):
    """The sink owns the embedded store, and is asked."""

    @pytest.fixture
    def settings(self, embedded: Settings) -> Settings:
        return embedded

    @pytest.fixture
    def owner(self, settings: Settings, servers: None) -> Iterator[EmbeddedStore]:
        with open_store(settings) as store:
            assert isinstance(store, EmbeddedStore)
            yield store

    @pytest.fixture(autouse=True)
    def address(self, owner: EmbeddedStore, settings: Settings) -> Iterator[Address]:
        with serving(owner, settings) as address:
            yield address

    @pytest.fixture
    def owning(self, owner: EmbeddedStore) -> Owning:
        return lambda: nullcontext(owner)

    def test_a_run_longer_than_a_message_goes_in_pieces(
        self, owner: EmbeddedStore, settings: Settings, messages: Messages
    ) -> None:
        rows = batch("long", messages, 5000)
        assert len(list(pieces("attendance_rows", AttendanceRow._fields, rows.attendance.values()))) > 1
        write_run(settings, manifest("long"), rows)
        assert len(read_run(owner, "long").attendance) == 5000

    @pytest.mark.parametrize(
        ("table", "columns", "said"),
        [
            ("attendance_rows", AttendanceRow._fields, "professors"),
            ("migrations", ("run", "checksum", "applied_at"), "no table of runs"),
            ("attendance_rows", ("run", "name"), "other columns"),
        ],
    )
    def test_nothing_else_can_be_written(
        self,
        owner: EmbeddedStore,
        address: Address,
        messages: Messages,
        table: str,
        columns: tuple[str, ...],
        said: str,
    ) -> None:
        with pytest.raises(RefusedError, match=said):
            RemoteStore(address).insert(table, columns, [attendance_row(messages[0])])
        with pytest.raises(RefusedError):
            RemoteStore(address).execute("DROP TABLE attendance_rows")
        assert owner.query("SELECT count() FROM attendance_rows").rows == [(0,)]

    def test_one_live_row_among_others_is_refused_with_all(
        self, owner: EmbeddedStore, address: Address, messages: Messages
    ) -> None:
        row = attendance_row(messages[0])
        with pytest.raises(RefusedError, match="professors"):
            RemoteStore(address).insert("attendance_rows", AttendanceRow._fields, [row._replace(run="r"), row])
        assert owner.query("SELECT count() FROM attendance_rows").rows == [(0,)]

    def test_values_are_data_whatever_they_look_like(
        self, owner: EmbeddedStore, settings: Settings, messages: Messages
    ) -> None:
        name = "'); DROP TABLE attendance_rows; --\n]}"
        rows = batch("r", messages)
        rows.attendance = {key: row._replace(name=name) for key, row in rows.attendance.items()}
        write_run(settings, manifest("r"), rows)
        assert [each.name for each in read_run(owner, "r").attendance.values()] == [name]

    @pytest.mark.parametrize("run", ["live", "../live", "a%20b", ""])
    def test_no_other_run_can_be_deleted(
        self, owner: EmbeddedStore, address: Address, live: list[list[tuple[Any, ...]]], run: str
    ) -> None:
        with pytest.raises(RefusedError):
            RemoteStore(address).delete_run(run)
        assert everything(owner, "live") == live

    @pytest.mark.parametrize(("method", "path"), [("PUT", "/runs"), ("DELETE", "/runs/r")])
    def test_without_the_token_nothing_is_written_or_deleted(
        self, owner: EmbeddedStore, settings: Settings, address: Address, messages: Messages, method: str, path: str
    ) -> None:
        write_run(settings, manifest("r"), batch("r", messages))
        before = everything(owner, "r")
        row = attendance_row(replace(messages[0], run="r", student_id="2020"))
        [body] = pieces("attendance_rows", AttendanceRow._fields, [row])
        connection = http.client.HTTPConnection(address.host, address.port, timeout=10)
        connection.request(method, path, body, {"Authorization": "Bearer wrong"})
        assert connection.getresponse().status == 401
        connection.close()
        assert everything(owner, "r") == before

    @pytest.mark.parametrize(
        ("method", "path"), [("PUT", "/"), ("POST", "/runs"), ("DELETE", "/"), ("DELETE", "/runs")]
    )
    def test_nothing_is_done_for_another_request(
        self, owner: EmbeddedStore, address: Address, live: list[list[tuple[Any, ...]]], method: str, path: str
    ) -> None:
        connection = http.client.HTTPConnection(address.host, address.port, timeout=10)
        connection.request(method, path, b"SELECT 1", {"Authorization": f"Bearer {address.token}"})
        assert connection.getresponse().status == 400
        connection.close()
        assert everything(owner, "live") == live

    def test_an_owner_that_is_gone_is_named(self, address: Address) -> None:
        away = RemoteStore(replace(address, port=1))
        with pytest.raises(UnavailableError, match="does not answer"):
            away.insert("runs_rows", TABLES["runs_rows"], [("r", 1, "{}")])
        with pytest.raises(UnavailableError, match="does not answer"):
            away.delete_run("r")


def test_pieces_are_no_longer_than_allowed_and_together_all_rows(messages: Messages) -> None:
    row = attendance_row(replace(messages[0], run="r"))
    rows = [row._replace(student_id=f"{number:05}", name="얼" * (number % 50)) for number in range(200)]
    sent = list(pieces("attendance_rows", AttendanceRow._fields, rows, limit=4000))
    assert max(map(len, sent)) <= 4000 < LIMIT
    read = [row for each in sent for row in read_replay_rows(each).rows]
    assert read == msgspec.json.decode(msgspec.json.encode(rows))


def test_a_row_longer_than_a_message_is_refused(messages: Messages) -> None:
    row = attendance_row(messages[0])._replace(name="x" * LIMIT)
    with pytest.raises(RefusedError, match="at most"):
        list(pieces("attendance_rows", AttendanceRow._fields, [row]))


def test_what_is_no_message_is_refused() -> None:
    for body in (b"", b"{}", b'{"table":"runs_rows","columns":["run","version","manifest"],"rows":[["r"]]}', b"\xff"):
        with pytest.raises(RefusedError):
            read_replay_rows(body)
