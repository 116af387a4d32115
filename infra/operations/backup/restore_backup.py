"""A site out of a backup: into a fresh home, and topics and tables that hold nothing.

Records keep their times, so that what is kept for a while is not kept for longer; their offsets are new, and where each
part stands is told by the new ones. Whoever is killed goes on: a partition holds as many records as were restored.
"""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from importlib.metadata import version
from itertools import islice
from pathlib import Path

from kafka import KafkaAdminClient, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource
from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    KafkaError,
    NoError,
    NotCoordinatorError,
)
from kafka.structs import OffsetAndMetadata
from tenacity import stop_after_delay

from infra.machine.child import bound_to_parent
from infra.machine.kafka.broker import wait_until_ready
from infra.machine.lifecycle import is_up
from infra.machine.topic_creation import create_for_restoring
from infra.operations.backup.backup_files import (
    KeptRecord,
    SiteManifest,
    checked,
    open_private,
    read_manifest,
    read_page,
    read_records,
)
from infra.operations.backup.make_backup import Report
from schemas.cluster import admin, consumer, end_offsets, listens, producer
from schemas.errors import RefusedError, UnavailableError
from schemas.retry import retry
from schemas.settings import Settings, load_settings
from schemas.topics import all_topics
from schemas.translations import Text
from sinks.store import Store, open_store
from sinks.store.migrations import known
from sinks.store.rows_json import read_result

__all__ = ["Moved", "restore"]

_TOGETHER = 1000
"""Records that are under way at once."""
_NOT_YET = (CoordinatorLoadInProgressError, CoordinatorNotAvailableError, NotCoordinatorError)


def restore(folder: Path, home: Path, *, report: Report = lambda _: None) -> SiteManifest:
    """Restore a backup into a home, and return what it is. Interrupted, it goes on when it is called again.

    A naul.toml that the home has already holds; so a site moves to other ports, another cluster or another store.

    Raises:
        RefusedError: the backup is damaged or of a newer version; or the home, a topic or a table holds something.
        UnavailableError: the broker or the store does not answer.
    """
    manifest = read_manifest(folder)
    _refuse_newer(manifest)
    report(Text("checking the files"))
    checked(folder, manifest)
    settings = load_settings(home)
    again = _begin(settings, folder, manifest)
    if (folder / "home" / "naul.toml").is_file() and not (settings.home / "naul.toml").exists():
        _copy(folder, settings.home, "home/naul.toml")
        settings = load_settings(home)
    with _broker(settings), closing(admin(settings)) as client:
        created = create_for_restoring(settings)
        if not again and (other := sorted({settings.topic(name) for name in manifest.topics} - {*created})):
            raise RefusedError(
                Text("the topic {topic} is there already", topic=other[0]), "Restore with another prefix, or elsewhere."
            )
        _restore_topics(settings, client, folder, manifest, report)
    with open_store(settings) as store:
        _restore_rows(store, folder, manifest, report, again=again)
    for name in manifest.files:
        if name.startswith("home/") and name != "home/naul.toml":
            _copy(folder, settings.home, name)
    settings.restoring_file.unlink()
    return manifest


def _refuse_newer(manifest: SiteManifest) -> None:
    if unknown := sorted({*manifest.migrations} - {name for each in known() for name in each.records}):
        raise RefusedError(
            Text(
                "the backup is of Naul {version}, which is newer: its {name} is not known here",
                version=manifest.version,
                name=unknown[0],
            ),
            Text("Install that version; this is {version}.", version=version("naul")),
        )


def _begin(settings: Settings, folder: Path, manifest: SiteManifest) -> bool:
    """Note which backup is being restored, and return whether that was begun before."""
    if is_up(settings):
        raise RefusedError(Text("the site in {home} runs", home=settings.home), "Stop it with `naul down`.")
    marker, whole = settings.restoring_file, str(manifest.at)
    if marker.exists():
        if marker.read_text("utf-8") != whole:
            raise RefusedError(
                Text("another backup is being restored into {home}", home=settings.home),
                "Go on with that one, or take a fresh home.",
            )
        return True
    there = sorted(each.name for each in settings.home.glob("*") if each.name not in ("naul.toml", "kafka-password"))
    if there:
        raise RefusedError(
            Text("{home} holds a site already: {names}", home=settings.home, names=", ".join(there)),
            "Restore into a fresh home (--home); it may have a naul.toml and a kafka-password.",
        )
    with open_private(marker) as opened:
        opened.write(whole.encode())
    return False


@contextmanager
def _broker(settings: Settings) -> Iterator[None]:
    """Have the broker of this machine run, if the site has one."""
    if not settings.own_broker:
        yield
        return
    if listens(settings):
        raise RefusedError(
            Text("somebody listens on port {kafka_port} already", kafka_port=settings.kafka_port),
            "Is another home up? Set kafka_port in naul.toml or NAUL_KAFKA_PORT, or name a cluster in NAUL_KAFKA.",
        )
    line = [sys.executable, "-m", "infra.machine.kafka.broker", "--home", str(settings.home)]
    log = settings.home / "log" / "kafka.log"
    log.parent.mkdir(mode=0o700, exist_ok=True)
    with log.open("ab") as opened:
        process = subprocess.Popen(bound_to_parent(line), stdout=opened, stderr=opened)  # noqa: S603  ours
    try:
        wait_until_ready(settings, alive=lambda: process.poll() is None)
        yield
    finally:
        process.terminate()
        process.wait()


def _restore_topics(
    settings: Settings,
    client: KafkaAdminClient,
    folder: Path,
    manifest: SiteManifest,
    report: Report,
) -> None:
    moved = Moved(manifest)
    try:
        with closing(consumer(settings)) as reader, closing(producer(settings)) as writer:
            for name, partitions in manifest.topics.items():
                report(name)
                ends = end_offsets(reader, settings.topic(name))
                _refuse_other(name, partitions, ends)
                for place, end in ends.items():
                    records = read_records(folder / f"topics/{name}/{place.partition}.gz")
                    _send(writer, place, islice(moved.through(name, place.partition, records), end, None))
        _as_declared(settings, client)
        for part, offsets in moved.groups().items():
            there = {
                TopicPartition(settings.topic(name), partition): OffsetAndMetadata(at, noted, -1)
                for (name, partition), (at, noted) in offsets.items()
            }
            _stand(client, settings.group(part), there)
    except KafkaError as error:
        raise UnavailableError(
            Text("Kafka at {bootstrap} did not take it: {error}", bootstrap=settings.bootstrap, error=error),
            "Call `naul restore` again: it goes on.",
        ) from error


def _refuse_other(name: str, partitions: int, ends: Mapping[TopicPartition, int]) -> None:
    if len(ends) != partitions:
        raise RefusedError(
            Text(
                "{topic} has {count} partitions here, and {kept} in the backup",
                topic=name,
                count=len(ends),
                kept=partitions,
            ),
            "Set as many in naul.toml; a site can grow afterwards.",
        )


class Moved:
    """Where each part of a site stands, in offsets of the restored topics: the records before it are as many."""

    def __init__(self, manifest: SiteManifest) -> None:
        self._groups = manifest.groups
        self._new: dict[tuple[str, int], dict[int, int]] = {}

    def through(self, name: str, partition: int, records: Iterable[KeptRecord]) -> Iterator[KeptRecord]:
        """Pass the records of a partition on and look where its parts stand; it must be read to its end."""
        wanted = sorted({at for each in self._groups.values() for at in _stood(each, name, partition)})
        new, count = self._new.setdefault((name, partition), {}), 0
        for each in records:
            while wanted and each.offset >= wanted[0]:
                new[wanted.pop(0)] = count
            yield each
            count += 1
        new.update(dict.fromkeys(wanted, count))

    def groups(self) -> dict[str, dict[tuple[str, int], tuple[int, str]]]:
        """Return the parts, each with where it stands in which partition, and what it noted there."""
        found: dict[str, dict[tuple[str, int], tuple[int, str]]] = {}
        for part, offsets in self._groups.items():
            for where, (at, noted) in offsets.items():
                name, _, number = where.rpartition("/")
                new = self._new.get((name, int(number)), {})
                if at in new:
                    found.setdefault(part, {})[name, int(number)] = new[at], _noted(noted, new)
        return found


def _stood(offsets: Mapping[str, tuple[int, str]], name: str, partition: int) -> list[int]:
    """Return the offsets that a part committed in a partition, and those that it noted there (dead letters)."""
    if (found := offsets.get(f"{name}/{partition}")) is None:
        return []
    return [found[0], *_offsets(found[1])]


def _offsets(noted: str) -> list[int]:
    """Return the offsets that a note is made of: of dead letters that were dealt with."""
    parts = noted.split()
    return [int(each) for each in parts] if all(each.isdecimal() for each in parts) else []


def _noted(noted: str, new: Mapping[int, int]) -> str:
    """Return a note as it holds in the restored site. Whose store the offsets are of does not: it is another one."""
    return " ".join(str(new[each]) for each in _offsets(noted) if each in new)


def _send(writer: KafkaProducer, place: TopicPartition, records: Iterator[KeptRecord]) -> None:
    while some := list(islice(records, _TOGETHER)):
        sent = [
            writer.send(
                place.topic,
                key=each.key,
                value=each.value,
                headers=list(each.headers),
                partition=place.partition,
                timestamp_ms=each.timestamp,
            )
            for each in some
        ]
        for each in sent:
            each.get(timeout=60)


def _as_declared(settings: Settings, client: KafkaAdminClient) -> None:
    """Have the topics date their records as they do in a site that was never restored."""
    resources = [
        ConfigResource("topic", each.full_name(settings.prefix), {"message.timestamp.type": each.timestamp})
        for each in all_topics()
    ]
    answers = client.alter_configs(resources, incremental=True)["topic"]
    if refused := {name: said for name, said in answers.items() if said != "OK"}:
        raise KafkaError(str(refused))


def _stand(client: KafkaAdminClient, group: str, offsets: Mapping[TopicPartition, OffsetAndMetadata]) -> None:
    """Have a group stand where it stood. A broker that is new makes its topic of offsets first."""

    def alter() -> None:
        for said in client.alter_group_offsets(group, offsets).values():
            if said is not NoError:
                raise said

    retry(alter, errors=_NOT_YET, first=0.2, longest=1, stop=stop_after_delay(60), quiet=True)


def _restore_rows(store: Store, folder: Path, manifest: SiteManifest, report: Report, *, again: bool) -> None:
    there = {table: _columns(store, table) for table in manifest.tables}
    tables = [table for table in manifest.tables if there[table]]  # a later version may do without one
    if not again:
        for table in tables:  # before any is filled: what goes into one may fill another
            if store.query(f"SELECT count() FROM {table}").rows[0][0]:  # noqa: S608  ours
                raise RefusedError(
                    Text("the table {table} holds rows already", table=table), "Restore into another store or prefix."
                )
    for table in tables:
        report(table)
        for name in manifest.files:
            if name.startswith(f"store/{table}/"):
                found = read_result(read_page(folder / name))
                taken = [place for place, column in enumerate(found.columns) if column in there[table]]
                rows = [tuple(row[place] for place in taken) for row in found.rows]
                store.insert(table, [found.columns[place] for place in taken], rows)


def _columns(store: Store, table: str) -> set[str]:
    columns = "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = %(table)s"
    return {name for (name,) in store.query(columns, {"table": table}).rows}


def _copy(folder: Path, home: Path, name: str) -> None:
    with open_private(home / Path(name).relative_to("home")) as opened:
        opened.write((folder / name).read_bytes())
        opened.flush()
        os.fsync(opened.fileno())
