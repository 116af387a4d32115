"""The audit in the store, on both engines: a deed is one row, found by who, whom and when, and it never changes."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from schemas.errors import RefusedError
from schemas.messages import Audited, decode, encode
from schemas.settings import Settings
from sinks.batch import Batch, write
from sinks.reports import ask
from sinks.store import Store, open_store
from sinks.store.erasure import forget
from tests.examples import example

SEOUL = ZoneInfo("Asia/Seoul")


@pytest.fixture
def deed() -> Audited:
    return decode(example("audit"), Audited)


def put(store: Store, *deeds: Audited) -> None:
    """Each as a batch of its own."""
    for each in deeds:
        batch = Batch("live")
        batch.take("audit", each.account.encode(), encode(each))
        write(store, batch)


def asked(store: Store, **given: str) -> list[tuple[Any, ...]]:
    """Account and action of what is found, in its order."""
    found = ask(store, SEOUL, "audit", {"account": "", "student": "", **given})
    return [row[2:5:2] for row in found.rows]


class AuditContract:
    def test_a_deed_is_one_row_however_often_it_comes(self, opened: Store, deed: Audited) -> None:
        put(opened, deed, deed, replace(deed, id=uuid4()))
        assert opened.query("SELECT count() FROM audit").rows == [(2,)]

    def test_it_comes_back_as_it_went_in(self, opened: Store, deed: Audited) -> None:
        put(opened, replace(deed, detail="'; DROP TABLE audit_rows; --", account="탭\t김"))
        [row] = opened.query("SELECT * FROM audit").rows
        assert isinstance(row[0], UUID)
        assert row == (
            deed.id, deed.at, "탭\t김", "professor", "see_student", "EA0017-1", "EA0017-1|2026-03-09|1",
            deed.student.hex(), "'; DROP TABLE audit_rows; --", "10.20.30.40", 0,
        )  # fmt: skip

    def test_it_is_found_by_who_whom_and_the_day_of_the_site(self, opened: Store, deed: Audited) -> None:
        late = datetime(2026, 3, 8, 15, 30, tzinfo=UTC)  # half past midnight of the ninth in Seoul
        put(
            opened,
            deed,
            replace(deed, id=uuid4(), at=late, account="lee", action="export", student=b""),
            replace(deed, id=uuid4(), at=datetime(2026, 3, 8, 14, tzinfo=UTC), action="correct"),
        )
        assert asked(opened) == [("kim.prof", "see_student"), ("lee", "export"), ("kim.prof", "correct")]
        assert asked(opened, account="lee") == [("lee", "export")]
        assert asked(opened, student=deed.student.hex(), from_date="2026-03-09") == [("kim.prof", "see_student")]
        assert asked(opened, from_date="2026-03-09", to_date="2026-03-09") == [
            ("kim.prof", "see_student"), ("lee", "export")
        ]  # fmt: skip
        assert asked(opened, account="' OR 1=1 --") == []
        with pytest.raises(RefusedError, match="from_date"):
            asked(opened, from_date="yesterday")

    def test_who_is_forgotten_changes_nothing_of_it(self, opened: Store, deed: Audited) -> None:
        put(opened, deed)
        before = opened.query("SELECT * FROM audit_rows").rows
        forget(opened, ["201912345"])
        assert opened.query("SELECT * FROM audit_rows").rows == before
        assert "201912345" not in repr(before)


class TestEmbedded(AuditContract):
    @pytest.fixture
    def settings(self, embedded: Settings) -> Settings:
        return embedded


class TestServer(AuditContract):
    @pytest.fixture
    def opened(self, server: Settings) -> Iterator[Store]:
        with open_store(server) as store:
            yield store
