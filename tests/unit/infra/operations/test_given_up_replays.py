"""What unfinished replays have seen goes when somebody is erased, and what they wrote goes with them."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.operations.privacy.given_up_replays import clear, give_up
from infra.operations.runs.replay_files import WorkFiles
from schemas.errors import RefusedError
from schemas.settings import Settings
from sinks.rows import SightingRow
from sinks.store import open_store

NOW = datetime.now(UTC) + timedelta(days=1)
"""After whatever a test writes, however long it waits for its turn."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def begun(settings: Settings, run: str, at: datetime | None = None) -> Path:
    folder = settings.home / "runs" / run
    folder.mkdir(parents=True)
    for name in ("manifest.json", "0-E101.jsonl"):
        (folder / name).write_text("LOOK\n", "utf-8")
    if at:
        os.utime(folder / "manifest.json", (at.timestamp(), at.timestamp()))
    return folder


def left(settings: Settings) -> list[Path]:
    return sorted(each for each in (settings.home / "runs").rglob("*") if each.is_file())


def test_what_was_begun_before_is_gone_and_what_was_begun_later_stays(settings: Settings) -> None:
    begun(settings, "one")
    begun(settings, "two")
    later = begun(settings, "later", NOW + timedelta(hours=1))
    assert give_up(settings, NOW) == ["one", "two"]
    assert left(settings) == sorted(later.iterdir())
    assert clear(settings) == ["one", "two"]
    assert [each.name for each in (settings.home / "runs").iterdir()] == ["later"]
    assert give_up(Settings(home=settings.home / "elsewhere"), NOW) == []


def test_a_replay_at_work_finds_its_files_gone_and_is_cleared_when_it_ended(settings: Settings) -> None:
    files = WorkFiles(settings, "mine")
    with files.held():
        begun_file = files.folder / "0-E101.jsonl"
        begun_file.write_text("LOOK\n", "utf-8")
        assert give_up(settings, NOW) == ["mine"]
        assert left(settings) == []
        with pytest.raises(RefusedError, match="somebody was forgotten"):
            files.delete()
        assert clear(settings) == []
    assert clear(settings) == ["mine"]


def test_rows_that_a_killed_replay_wrote_are_deleted_even_if_nothing_names_it(settings: Settings) -> None:
    row = dict.fromkeys(SightingRow._fields, 0) | {
        "run": "killed", "hall": "E101", "camera": "front", "captured_at": NOW.replace(microsecond=0), "engine": "e",
        "section": "", "date": NOW.date(), "student_id": "201912345", "visitor": "",
    }  # fmt: skip
    with open_store(settings) as store:
        store.insert("sightings_rows", SightingRow._fields, [list(row.values()), [*{**row, "run": "live"}.values()]])
    begun(settings, "killed")
    give_up(settings, NOW)
    assert clear(settings) == ["killed"]
    with open_store(settings) as store:
        assert store.query("SELECT DISTINCT run FROM sightings_rows").rows == [("live",)]
