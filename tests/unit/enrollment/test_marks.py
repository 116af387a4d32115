"""Marks travel as one message, in the partition of their hall."""

import os
import pwd
from datetime import UTC, datetime, timedelta
from getpass import getuser
from typing import Any

import pytest

from producers import login
from producers.login import login_name, mark_author
from producers.marks import mark_batch, record
from schemas.errors import RefusedError
from schemas.messages import ClassHour, Mark, MarkBatch, decode
from schemas.settings import Settings

AT = datetime(2026, 11, 23, tzinfo=UTC)
HOUR = ClassHour(section="A", hall="E101", date=AT.date(), period=1, starts_at=AT, ends_at=AT + timedelta(minutes=50))


def batch(**verdicts: str) -> MarkBatch:
    answers = {name[1:]: verdict for name, verdict in verdicts.items()}
    return mark_batch(HOUR, answers, batch_id="x", kind="rollcall", by="kim", at=AT, reason="quiz")  # type: ignore[arg-type]


def test_a_roll_call_is_one_message_with_who_when_and_why() -> None:
    assert batch(s1002="late", s1001="present") == MarkBatch(
        id="x",
        class_hour="A|2026-11-23|1",
        hall="E101",
        kind="rollcall",
        by="kim",
        at=AT,
        reason="quiz",
        marks=(Mark(student_id="1001", verdict="present"), Mark(student_id="1002", verdict="late")),
    )


def test_it_goes_to_the_partition_of_its_hall_whatever_its_key() -> None:
    name, key, value, partition, _ = record(Settings(prefix="site"), batch(s1001="present"))
    assert (name, key) == ("site-marks", b"A|2026-11-23|1|x")
    assert partition == "E101"
    assert decode(value, MarkBatch) == batch(s1001="present")


def test_a_batch_without_marks_erases_its_key() -> None:
    assert record(Settings(), batch())[2] is None


def test_whose_a_mark_is_nobody_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = pwd.getpwuid(os.getuid()).pw_name
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "prof.kim")
    assert mark_author(Settings()) == mine
    there: dict[str, Any] = {"kafka": "127.0.0.1:1", "kafka_sasl": "SCRAM-SHA-512"}
    assert mark_author(Settings(kafka_user="front-desk", **there)) == f"{mine} (front-desk)"
    assert mark_author(Settings(kafka_user=mine, **there)) == mine


def test_the_author_is_the_login_name_unless_the_machine_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert login_name() == getuser()

    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 1234")

    monkeypatch.setattr(login, "getuser", nobody)
    with pytest.raises(RefusedError, match="--by"):
        login_name()
