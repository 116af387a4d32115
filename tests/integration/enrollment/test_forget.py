"""``naul forget`` reaches every machine of a site, and says what it cannot reach."""

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from enrollment.erasure import student_digest
from enrollment.rollcall import RollCall, file_of, keep, resume
from infra.operations.privacy.follow_erasures import follow_erasures
from infra.operations.privacy.forget import OUT_OF_REACH, Forgotten, forget, known_of
from infra.operations.site import housekeeping
from schemas import cluster
from schemas.cluster import View, send
from schemas.messages import Erased, Roster, Student, decode, encode
from schemas.settings import Settings
from schemas.topics import all_topics
from streams.faces.template_cipher import TemplateCipher

STUDENT, OTHER = "201912345", "201954321"


def now() -> datetime:
    return datetime.now(UTC)


def erase(site: Settings, student: str = STUDENT) -> Forgotten:
    return forget(site, known_of(site, student), by="registrar.lee", now=now)


def call_roll(home: Path) -> Path:
    call = RollCall(id="x", class_hour="A|2026-11-23|1", by="kim", at=now(), answers={STUDENT: "late", OTHER: "absent"})
    keep(file_of(home, call.class_hour), call)
    return file_of(home, call.class_hour)


def begin_replay(home: Path) -> Path:
    folder = home / "runs" / "week"
    folder.mkdir(parents=True)
    for name in ("manifest.json", "0-E101.jsonl"):
        (folder / name).write_text(STUDENT, "utf-8")
    return folder


@pytest.fixture
def machine(site: Settings, tmp_path: Path) -> Settings:
    """Another machine of the site, with a copy of its key."""
    TemplateCipher.create(site.key_file)
    other = msgspec.structs.replace(site, home=tmp_path / "other machine")
    other.home.mkdir()
    other.key_file.write_bytes(site.key_file.read_bytes())
    other.key_file.chmod(0o600)
    return other


def test_work_files_of_another_machine_are_deleted_when_it_hears_of_the_erasure(
    site: Settings, machine: Settings
) -> None:
    call, replay = call_roll(machine.home), begin_replay(machine.home)
    erase(site)
    assert replay.exists()
    followed = follow_erasures(machine)
    assert (followed.replays, followed.answers) == (["week"], 1)
    assert not list(machine.home.rglob("*.jsonl"))
    kept = resume(call)
    assert kept
    assert kept.answers == {OTHER: "absent"}


def test_an_erasure_is_carried_out_once(site: Settings, machine: Settings) -> None:
    erase(site)
    follow_erasures(machine)
    begin_replay(machine.home)
    assert follow_erasures(machine).replays == []
    assert (machine.home / "runs" / "week" / "0-E101.jsonl").exists()


def test_a_machine_without_the_key_deletes_every_answer_that_may_be_his(site: Settings, machine: Settings) -> None:
    call = call_roll(machine.home)
    machine.key_file.unlink()
    erase(site)
    follow_erasures(machine)
    kept = resume(call)
    assert kept
    assert kept.answers == {}


def test_the_process_that_keeps_house_follows_by_itself(site: Settings, machine: Settings) -> None:
    replay, stop = begin_replay(machine.home), threading.Event()
    erase(site)
    working = threading.Thread(target=housekeeping.keep_promises, args=(machine, stop))
    working.start()
    try:
        while replay.exists():
            working.join(0.05)
            assert working.is_alive()
    finally:
        stop.set()
        working.join()


def test_each_record_of_each_topic_is_read_once(site: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    TemplateCipher.create(site.key_file)
    rows = [(site.topic("attendance"), f"live|A|2026-11-23|{n}|{who}".encode(), b"{}", None, None)
            for n in range(300) for who in (STUDENT, OTHER)]  # fmt: skip
    roster = Roster(section="A", students=(Student(student_id=STUDENT, name="N"),))
    send(site, [*rows, (site.topic("rosters"), b"A", encode(roster), None, None)])
    fetched: Counter[tuple[str, int, int]] = Counter()

    class Counting(cluster._Consumer):
        def poll(self, *arguments: Any, **options: Any) -> Any:
            found = super().poll(*arguments, **options)
            fetched.update((each.topic, each.partition, each.offset) for some in found.values() for each in some)
            return found

    monkeypatch.setattr(cluster, "_Consumer", Counting)
    assert len(erase(site).rows) == 300
    assert max(fetched.values()) == 1, fetched.most_common(3)
    names = Counter(topic for topic, _, _ in fetched)
    assert names[site.topic("attendance")] >= 600, "and all of it is"
    left = {key: value for key, value in rows_of(site).items() if value is not None}
    assert {key.rpartition("|")[2] for key in left} == {OTHER}
    assert len(left) == 300


def rows_of(site: Settings) -> dict[str, bytes]:
    with closing(View(site, "attendance", lambda value: value)) as view:
        view.catch_up()
        return view.items


def test_the_audit_says_who_erased_whom_by_a_digest(site: Settings, machine: Settings) -> None:
    erase(site)
    with closing(View(site, "erasures", lambda value: decode(value, Erased))) as view:
        view.catch_up()
    [erased] = view.items.values()
    assert erased.by == "registrar.lee"
    assert erased.student == student_digest(TemplateCipher.open(machine.key_file), STUDENT)
    assert STUDENT not in str(view.items)


def test_it_says_until_when_each_topic_may_hold_a_copy_and_what_is_out_of_reach(
    site: Settings, run: Callable[..., Any]
) -> None:
    roster = Roster(section="A", students=(Student(student_id=STUDENT, name="N"),))
    send(site, [(site.topic("rosters"), b"A", encode(roster), None, None)])
    result = run("forget", STUDENT, "--yes", "--by", "lee")
    assert result.exception is None, result.exception
    for each in all_topics():
        assert (f" {each.name}\n" in result.output) == each.personal, each.name
    for text in OUT_OF_REACH:
        assert text in result.output
