"""A site is copied while it is at work, restored into a fresh home, and goes on as if nothing had happened."""

import multiprocessing
import os
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from kafka.structs import OffsetAndMetadata
from msgspec.structs import replace

from infra.operations.accounts.desk_database import reading
from infra.operations.backup.backup_files import MANIFEST, read_records
from infra.operations.backup.make_backup import BackedUp, back_up
from infra.operations.backup.restore_backup import restore
from infra.operations.privacy.forget import forget, known_of
from schemas.cluster import consumer, end_offsets, read
from schemas.errors import RefusedError
from schemas.settings import Settings, load_settings
from schemas.topics import all_topics
from sinks.store import open_for_reading
from tests.conftest import Broker
from tests.integration.streams.conftest import workers
from tests.integration.streams.paper_hall import OVER, SOURCES, STARTS, Hall

TABLES = ("attendance", "coverage", "sightings", "departures", "audit")
VERSIONS = "verdict_versions"
"""What was said meanwhile depends on when it was judged: of these, those of the backup are there."""


def prepared(site: Settings) -> Hall:
    hall = Hall(site)
    hall.prepare()
    with reading(site):  # so that there is one
        pass
    return hall


def rows(settings: Settings, *tables: str) -> dict[str, set[str]]:
    with open_for_reading(settings) as store:
        return {each: set(map(repr, store.query(f"SELECT * FROM {each}").rows)) for each in tables}  # noqa: S608  ours


def fresh(folder: Path, site: Settings, prefix: str) -> Path:
    """A home on the same cluster with another prefix; else it is the broker of that machine that answers."""
    folder.mkdir()
    (folder / "naul.toml").write_text(f'kafka = "{site.kafka}"\nprefix = "{prefix}"\n', "utf-8")
    return folder


def place_of(record: Any) -> tuple[int, int]:
    return record.partition, record.offset


def records(settings: Settings) -> dict[str, list[tuple[Any, ...]]]:
    """What stands in each topic, without where."""
    found = {}
    with closing(consumer(settings)) as client:
        for name in sorted(each.name for each in all_topics() if each.name != "clock"):
            ends = end_offsets(client, settings.topic(name))
            there = read(settings, client, dict.fromkeys(ends, 0), ends)
            found[name] = [(each.timestamp, each.key, each.value) for each in sorted(there, key=place_of)]
    return found


@pytest.fixture
def hall(site: Settings) -> Hall:
    return prepared(site)


@pytest.fixture
def backup(hall: Hall, tmp_path: Path) -> tuple[Path, BackedUp]:
    """A backup of a site that has no worker."""
    hall.tell(*hall.observations[:10])
    return tmp_path / "kept", back_up(hall.settings, tmp_path / "kept")


def test_copied_at_work_and_restored_elsewhere_it_comes_to_the_same(hall: Hall, tmp_path: Path) -> None:
    site, half = hall.settings, len(hall.observations) // 2
    with workers(site) as make:
        attend, sink = make("attend").start(), make("sink").start()
        hall.tell(*hall.observations[:half])
        attend.until(SOURCES)
        sink.until(("sightings", "attendance"))
        said = rows(site, VERSIONS)[VERSIONS]

        def meanwhile(what: str) -> None:
            """At each step of the copy something happens."""
            hall.tell(*hall.observations[half : half + 2])

        kept = back_up(site, tmp_path / "kept", report=meanwhile)
        hall.tell(*hall.observations[half:], OVER)
        attend.until(SOURCES)
        sink.until(("sightings", "attendance"))
        assert [attend.stop(), sink.stop()] == [0, 0]
    assert kept.records > half
    assert kept.rows > 0

    home = fresh(tmp_path / "elsewhere", site, f"{site.prefix}b")
    assert restore(tmp_path / "kept", home) == kept.manifest
    there = load_settings(home)
    again = replace_settings(hall, there)
    with workers(there) as make:
        attend, sink = make("attend").start(), make("sink").start()
        again.tell(*hall.observations[half:], OVER)
        attend.until(SOURCES)
        sink.until(("sightings", "attendance"))
        assert [attend.stop(), sink.stop()] == [0, 0]
    assert rows(there, *TABLES) == rows(site, *TABLES)
    assert said
    assert said <= rows(there, VERSIONS)[VERSIONS]


def replace_settings(hall: Hall, settings: Settings) -> Hall:
    """The same hall, at another site."""
    assert settings.key_file.read_bytes() == hall.settings.key_file.read_bytes()
    other = Hall.__new__(Hall)
    other.__dict__ = hall.__dict__ | {"settings": settings}
    return other


def test_records_keep_their_times_and_parts_go_on_where_they_stood(hall: Hall, tmp_path: Path) -> None:
    site = hall.settings
    hall.tell(*hall.observations[:20])
    place = next(iter(ends_of(site, "sightings")))
    with closing(consumer(site, site.group("attend"))) as client:
        client.assign([place])
        client.commit({place: OffsetAndMetadata(7, "", -1)})
    kept = back_up(site, tmp_path / "kept")
    home = fresh(tmp_path / "elsewhere", site, f"{site.prefix}b")
    restore(tmp_path / "kept", home)
    there = load_settings(home)
    assert records(there) == records(site)
    with closing(consumer(there, there.group("attend"))) as client:
        [moved] = ends_of(there, "sightings").keys() & {place._replace(topic=there.topic("sightings"))}
        assert client.committed(moved) == 7
    assert kept.manifest.groups["attend"] == {f"sightings/{place.partition}": (7, "")}


def ends_of(settings: Settings, name: str) -> dict[Any, int]:
    with closing(consumer(settings)) as client:
        return {place: end for place, end in end_offsets(client, settings.topic(name)).items() if end}


def test_whoever_is_forgotten_while_the_site_is_copied_is_not_in_the_copy(hall: Hall, tmp_path: Path) -> None:
    site, student = hall.settings, hall.lecture.names[0]
    steps: list[str] = []

    def meanwhile(what: str) -> None:
        steps.append(what)
        if steps.count("erasures") == 1 and what == "erasures":  # his templates were copied before
            forget(site, known_of(site, student), by="registrar", now=lambda: STARTS)

    back_up(site, tmp_path / "kept", report=meanwhile)
    assert steps.count("erasures") == 2
    [file] = (tmp_path / "kept" / "topics" / "enrollments").iterdir()
    last = {each.key: each.value for each in read_records(file)}
    assert last[student.encode()] is None
    assert sum(value is not None for value in last.values()) == len(hall.lecture.names) - 1


def _killed_at(folder: Path, home: Path, step: int) -> None:
    steps = iter(range(step + 1))

    def report(what: str) -> None:
        if next(steps, None) == step:
            os._exit(9)

    restore(folder, home, report=report)


def test_killed_at_any_step_it_goes_on_to_the_same(hall: Hall, backup: tuple[Path, BackedUp], tmp_path: Path) -> None:
    site, (folder, _) = hall.settings, backup
    home = fresh(tmp_path / "elsewhere", site, f"{site.prefix}b")
    process = multiprocessing.get_context("spawn")
    for step in (4, 9, 15):
        killed = process.Process(target=_killed_at, args=(folder, home, step))
        killed.start()
        killed.join()
        assert killed.exitcode == 9
    restore(folder, home)
    assert records(load_settings(home)) == records(site)


def test_what_would_not_be_the_same_is_refused(
    hall: Hall, backup: tuple[Path, BackedUp], broker: Broker, tmp_path: Path
) -> None:
    site, (folder, kept) = hall.settings, backup
    with pytest.raises(RefusedError, match="is not empty"):
        back_up(site, folder)
    with pytest.raises(RefusedError, match=r"holds a site already: .*key"):
        restore(folder, site.home)
    taken = fresh(tmp_path / "taken", site, site.prefix)
    with pytest.raises(RefusedError, match=r"the topic \S+ is there already"):
        restore(folder, taken)
    with pytest.raises(RefusedError, match="no finished backup"):
        restore(tmp_path, fresh(tmp_path / "b", site, f"{site.prefix}b"))
    newer = replace(kept.manifest, migrations=(*kept.manifest.migrations, "9999_to_come"))
    other = tmp_path / "newer"
    shutil.copytree(folder, other)
    (other / MANIFEST).write_bytes(msgspec.json.encode(newer))
    with pytest.raises(RefusedError, match="9999_to_come is not known here"):
        restore(other, tmp_path / "b")


def test_a_damaged_file_is_named_before_anything_is_restored(
    hall: Hall, backup: tuple[Path, BackedUp], tmp_path: Path
) -> None:
    folder, _ = backup
    file = next((folder / "topics" / "sightings").glob("*.gz"))
    file.write_bytes(file.read_bytes()[:-1])
    home = fresh(tmp_path / "elsewhere", hall.settings, f"{hall.settings.prefix}b")
    with pytest.raises(RefusedError, match=file.name):
        restore(folder, home)
    assert [each.name for each in home.iterdir()] == ["naul.toml"]
