"""What is erased from a compacted topic is on no disk of the broker when the time that is promised is over."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.machine.compaction import roll
from infra.machine.topic_creation import create_topics
from schemas.cluster import View, send
from schemas.settings import Settings, load_settings
from schemas.topics import all_topics
from tests.conftest import Broker

TOPICS = [each for each in all_topics() if each.cleanup == "compact"]


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[Settings]:
    """A site whose own broker erases within seconds."""
    mine = Broker(tmp_path / "broker")
    with (tmp_path / "broker" / "naul.toml").open("a", encoding="utf-8") as file:
        file.write('erase_within = "24s"\n')
    mine.start()
    site = load_settings(tmp_path / "broker")
    create_topics(site)
    yield site
    mine.kill()


def where(site: Settings, text: bytes) -> set[str]:
    """The topics in whose files a text stands."""
    folders = (site.home / "kafka" / "data").iterdir()
    return {
        folder.name.rpartition("-")[0].removeprefix(f"{site.prefix}-")
        for folder in folders
        if folder.is_dir() and any(text in _content(file) for file in folder.iterdir())
    }


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""  # deleted while we looked


def test_what_is_erased_goes_from_every_compacted_topic_to_which_nobody_writes_any_more(hasty: Settings) -> None:
    names = {each.name for each in TOPICS}
    named = {each.name for each in TOPICS if not each.tombstones_days}  # keys of the others name nobody
    stored = [(each.full_name(hasty.prefix), b'"somebody"', b"TEMPLATE", 0, None) for each in TOPICS]
    others = [(name, b'"other"', b"STAYS", 0, None) for name, *_ in stored]
    send(hasty, [*stored, *others])
    send(hasty, [(name, key, None, 0, None) for name, key, *_ in stored])
    assert where(hasty, b"TEMPLATE") == where(hasty, b"somebody") == names
    until = time.monotonic() + hasty.erase_within.total_seconds()
    while left := where(hasty, b"TEMPLATE") | where(hasty, b"somebody") & named:
        assert time.monotonic() < until, f"still in {left}"
        assert roll(hasty) >= len(TOPICS)
        time.sleep(hasty.retention.roll_every.total_seconds())
    assert where(hasty, b"STAYS") == names


def test_a_reader_passes_over_what_only_ends_a_segment(site: Settings) -> None:
    send(site, [(site.topic("rosters"), b"A", b"1", None, None)])
    view = View(site, "rosters", bytes)
    view.catch_up()
    before = view.changes
    roll(site)
    view.catch_up()
    view.close()
    assert (view.items, view.changes) == ({"A": b"1"}, before)
