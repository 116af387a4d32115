"""A site of an older version goes on with today's workers: its topics, its table of facts and its store are read."""

import base64
import gzip
import json
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from kafka import TopicPartition
from kafka.structs import OffsetAndMetadata

from infra.machine.topic_creation import create_topics
from schemas.cluster import Record, consumer, end_offsets, send
from schemas.messages import Observation, decode
from schemas.settings import Settings
from sinks.reports import REPORTS, Filters
from sinks.store import open_for_reading
from tests.conftest import Broker
from tests.integration.streams.conftest import workers

GOLDEN = Path(__file__).parents[2] / "golden"
VERSIONS = sorted(each.parent.name for each in GOLDEN.glob("*/before.jsonl.gz"))


def records(settings: Settings, file: Path) -> Iterator[Record]:
    def given(text: str | None) -> bytes | None:
        return None if text is None else base64.b64decode(text)

    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            headers = [(name, given(value) or b"") for name, value in line["headers"]]
            yield settings.topic(line["topic"]), given(line["key"]), given(line["value"]), line["partition"], headers


def commit_all(settings: Settings, part: str, topics: tuple[str, ...]) -> None:
    """Say that a part has dealt with all that its topics hold, as it had when it was stopped."""
    with closing(consumer(settings, settings.group(part))) as client:
        ends = end_offsets(client, *map(settings.topic, topics))
        client.assign(list(ends))
        client.commit({each: OffsetAndMetadata(end, "", -1) for each, end in ends.items()})


@pytest.fixture(params=VERSIONS)
def old(request: pytest.FixtureRequest, broker: Broker, tmp_path: Path) -> tuple[Settings, Path]:
    """A site as an older version left it, and the folder it comes from."""
    folder = GOLDEN / request.param
    # The database is called like the prefix, so that cannot be another one for each test.
    settings = Settings(home=tmp_path / "home", kafka=broker.settings.bootstrap, recognise_threads=1)
    settings.home.mkdir()
    shutil.copyfile(folder / "key", settings.key_file)
    settings.key_file.chmod(0o600)
    with tarfile.open(folder / "store.tar.xz") as store:
        store.extractall(settings.home, filter="data")
    create_topics(settings)
    send(settings, records(settings, folder / "before.jsonl.gz"))
    commit_all(settings, "attend", ("sightings", "marks"))
    commit_all(settings, "sink", ("sightings", "attendance"))
    return settings, folder


def test_a_site_of_an_older_version_goes_on_as_if_it_had_never_been_upgraded(old: tuple[Settings, Path]) -> None:
    settings, folder = old
    sightings = [
        each for each in records(settings, folder / "after.jsonl.gz") if each[0] == settings.topic("sightings")
    ]
    assert sightings
    with workers(settings) as worker:
        attend, sink = worker("attend").start(), worker("sink").start()
        send(settings, sightings)
        attend.until(("sightings", "marks"))
        sink.until(("sightings", "attendance"))
        assert [attend.stop(), sink.stop()] == [0, 0]
    with open_for_reading(settings) as store:
        table = REPORTS["attendance"](store, settings.zone, Filters())
    found = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    expected = json.loads((folder / "attendance.json").read_text("utf-8"))
    told = [{name: each[name] for name in expected[0]} for each in found]  # columns were added since
    assert [plain(each) for each in told] == [plain(each) for each in expected]
    with closing(consumer(settings)) as client:
        letters = TopicPartition(settings.topic("dead-letters"), 0)
        assert client.end_offsets([letters])[letters] == 0, "nothing of it was put aside"


def plain(row: dict[str, Any]) -> dict[str, str]:
    return {name: str(value.isoformat() if hasattr(value, "isoformat") else value) for name, value in row.items()}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_observation_of_an_older_version_is_read(version: str) -> None:
    values = [value for topic, _, value, *_ in records(Settings(), GOLDEN / version / "before.jsonl.gz")
              if topic == "naul-sightings" and value and b'"observation/' in value[:40]]  # fmt: skip
    assert values
    assert {type(decode(each, Observation)) for each in values} == {Observation}
