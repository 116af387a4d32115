"""Somebody is forgotten on a whole site, and when the promised time is over no file of its home knows of him."""

import base64
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from enrollment.loaded import enrollments
from enrollment.rollcall import RollCall, file_of, keep
from infra.machine.lag import Cluster
from infra.operations.accounts.access import DeskUser
from infra.operations.accounts.accounts import NewAccount, add_account, user_of
from infra.operations.accounts.audit import AuditEvent, audit_table, record
from infra.operations.accounts.desk_sessions import Origin, open_session
from schemas.cluster import View, send
from schemas.errors import BadMessageError
from schemas.messages import Erased, Observation, decode
from schemas.settings import Settings, load_settings
from schemas.topics import all_topics
from tests.e2e import flat_hall
from tests.e2e.shell import Shell

STUDENT, NAME = "202100002", "학생 02"
OTHER = "202100003"
NOW = datetime.now(UTC)
HOUR = "CS2001-2|2026-03-10|1"
SHORT = 'erase_within = "40s"\nkeep_frames = "20s"\nkeep_sightings = "32s"\n'
SLACK = 60.0
"""Seconds for a busy machine, and for the minute of the store's files."""


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    flat_hall.write(tmp_path)
    made = Shell(tmp_path)
    yield made
    made("naul down || true")


def looks_of(settings: Settings) -> list[bytes]:
    """Every look of the sightings that may be the student's."""
    looks = []
    with Cluster(settings) as cluster:
        for record in cluster.last("sightings", 10_000):
            try:
                seen = decode(record.value, Observation)
            except BadMessageError:
                continue
            names = [each.student_id for each in seen.candidates]
            for face in seen.faces:
                unnamed = face.student is None and face.cosines
                nearest = names[int(np.frombuffer(face.cosines, "<f2").argmax())] if unnamed else face.student
                if face.look and nearest == STUDENT:
                    looks.append(face.look)
    return looks


def traces(settings: Settings) -> dict[str, bytes]:
    """What may be nowhere: id, name as files write it, templates and looks, sealed as they are."""
    enrolled = enrollments(settings)[STUDENT]
    sealed = [each.sealed for each in enrolled.templates] + looks_of(settings)
    assert len(sealed) > 20
    names = {each: NAME.encode(each) for each in ("utf-8", "cp949", "unicode_escape")}
    found = {"id": STUDENT.encode(), **names}
    for number, each in enumerate(sealed):
        found |= {f"seal {number}": each, f"seal {number} in JSON": base64.b64encode(each)}
    return found


def where(home: Path, texts: dict[str, bytes]) -> list[str]:
    """Which of these stands in which file."""
    return [
        f"{name} in {file.relative_to(home)}"
        for file in home.rglob("*")
        if file.is_file() and (content := _content(file))
        for name, text in texts.items()
        if text in content
    ]


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""  # deleted while we looked


def leave_traces_everywhere(shell: Shell) -> Settings:
    """Enrol, film, judge, mark, replay; break a replay and a roll call off; have a message refused."""
    for line in (
        "naul up --detach",
        "naul enroll photos --consent-on-file",
        "naul roster load roster.csv",
        "naul timetable load timetable.csv",
        "naul camera frames --hall B12 --camera front",
        "naul wait",
        f"naul mark {STUDENT} --section CS2001-2 --date 2026-03-10 --period 1 --verdict late --reason 병원",
        "naul wait",
        "naul replay --from 2026-03-10T08:00 --until 2026-03-10T10:00 --run stricter --from-sightings",
    ):
        shell(line)
    settings = load_settings(shell.home, {"NAUL_KAFKA_PORT": shell.environ["NAUL_KAFKA_PORT"]})
    folder = shell.home / "runs" / "interrupted"
    folder.mkdir(parents=True)
    (folder / "0-B12.jsonl").write_text(STUDENT, "utf-8")
    made = add_account(settings, NewAccount(name=STUDENT, person=NAME, roles=("student",), student_id=STUDENT), NOW)
    open_session(settings, STUDENT, Origin("10.1.2.3", "a browser"), NOW)
    for user in (user_of(made), DeskUser(account="kim", roles=frozenset({"professor"}))):
        record(settings, AuditEvent(at=NOW, action="see_student", user=user, class_hour=HOUR, student_id=STUDENT))
    call = RollCall(id="x", class_hour=HOUR, by="kim", at=NOW, answers={STUDENT: "late", OTHER: "late"})
    keep(file_of(shell.home, HOUR), call)
    bad = f'{{"schema": "observation/99", "student": "{STUDENT}", "name": "{NAME}"}}'.encode()
    send(
        settings,
        [(settings.topic("sightings"), b"B12", bad, None, None), (settings.topic("frames"), b"", bad, 0, None)],
    )
    shell("! naul wait")  # two messages were put aside
    return settings


def test_whoever_is_forgotten_is_nowhere_when_the_promised_time_is_over(shell: Shell) -> None:
    settings = leave_traces_everywhere(shell)
    gone = traces(settings)
    before = {row["student_id"]: row for row in shell.rows("attendance")}
    assert before[STUDENT]["verdict"] == "late"
    everywhere = "\n".join(where(shell.home, gone))
    topics = "enrollments", "rosters", "marks", "attendance", "sightings", "changelog", "dead-letters", "presence"
    # Of the store the rows say it: once it has merged its files, what they repeat is compressed.
    # tests/contract/store/test_erasing.py looks into files that are not.
    for place in (*(f"-{name}-" for name in topics), "in runs/", "in rollcall-", "in desk.db"):
        assert place in everywhere, place
    assert "-audit-" not in everywhere

    shell("naul down")
    with (shell.home / "naul.toml").open("a", encoding="utf-8") as file:
        file.write(SHORT)
    shell("naul up --detach")  # a site of before: its topics are altered
    said = shell(f"naul forget {STUDENT} --yes --by lee")
    assert "the replays interrupted" in said
    assert "1 accounts of the desk" in said
    shell("naul wait || test $? = 1")  # the letters may be gone by now
    short = load_settings(shell.home, {"NAUL_KAFKA_PORT": shell.environ["NAUL_KAFKA_PORT"]})
    promised = max(each.gone_after(short.retention) for each in all_topics() if each.personal).total_seconds()
    until = time.monotonic() + promised + SLACK
    while left := where(shell.home, gone):
        assert time.monotonic() < until, "\n".join(left)
        time.sleep(2)

    after = {row["student_id"]: row for row in shell.rows("attendance")}
    assert after.keys() == before.keys() - {STUDENT}
    assert {name: row["verdict"] for name, row in after.items()} == {
        name: row["verdict"] for name, row in before.items() if name != STUDENT
    }
    assert sorted(enrollments(short)) == sorted(flat_hall.PLAN.keys() - {STUDENT})
    looked = audit_table(short, {"student": STUDENT}).dicts()
    assert sorted((row["account"], row["action"]) for row in looked) == [
        (STUDENT, "see_student"), ("kim", "see_student")
    ], "the audit is kept, and tells it to those alone who have the key and the id"  # fmt: skip
    kept = "\n".join(where(shell.home, {"other": OTHER.encode()}))
    for place in ("enrollments", "rosters", "attendance", "changelog"):
        assert f"-{place}-" in kept, place
    with closing(View(short, "erasures", lambda value: decode(value, Erased))) as view:
        view.catch_up()
    assert [each.by for each in view.items.values()] == ["lee"]
