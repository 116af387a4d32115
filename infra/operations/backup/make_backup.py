"""A copy of a site that runs.

One thing follows from another: rows from verdicts, verdicts from facts, facts from sightings and marks, those from
frames. The copy goes the other way: where each part stands first, then rows, and what anything follows from last. So
whatever is in the copy has in it what it follows from, and what was done meanwhile is done once more, which changes
nothing (ARCHITECTURE.md, invariants 1 to 3).
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import file_digest
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from infra.operations.accounts.desk_database import database_file
from infra.operations.backup.backup_files import (
    KeptFile,
    KeptRecord,
    SiteManifest,
    open_private,
    write_manifest,
    write_page,
    write_records,
)
from schemas.broker_clock import BrokerClock
from schemas.cluster import admin, consumer, end_offsets, read
from schemas.errors import RefusedError, UnavailableError
from schemas.settings import Settings
from schemas.topics import all_topics
from schemas.translations import Text
from sinks.store import Store, open_for_reading
from sinks.store.opening import is_there

__all__ = ["NOT_KEPT", "BackedUp", "back_up"]

_DERIVED = ("attendance", "presence", "dead-letters", "attend-facts-changelog", "sightings", "frames", "marks")
"""Topics, what follows before that from which it follows. All others are what people told: after these."""
_LAST = ("erasures",)
_NEVER = ("clock",)
"""Nobody reads it."""
NOT_KEPT = ("kafka", "store", "faust", "log", "run", "scratch", "uploads", "jobs", "runs", "desk.db")
"""Of the home: what is copied otherwise, made again, or of processes that run."""
_TRIES = 3
"""Somebody may be forgotten meanwhile: then everything is copied anew."""

Report = Callable[[str], None]


class BackedUp(NamedTuple):
    """What was copied. size: bytes in the directory."""

    manifest: SiteManifest
    records: int
    rows: int
    size: int


def back_up(
    settings: Settings, folder: Path, *, frames: bool = False, key: bool = True, report: Report = lambda _: None
) -> BackedUp:
    """Copy a whole site into a new directory; it may run meanwhile.

    frames: all pictures that Kafka still keeps; else only those that nobody has looked at yet.
    key: the key that opens templates and looks, too. report: is told what is copied next.

    Raises:
        RefusedError: the directory is not empty, or people are being forgotten all the time.
        UnavailableError: the broker or the store does not answer.
    """
    if folder.exists() and any(folder.iterdir()):
        raise RefusedError(Text("{folder} is not empty", folder=folder), "Name a new directory.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for _ in range(_TRIES):
        forgotten = _erasures(settings)
        copy = _Copy(settings, folder, report)
        copy.everything(frames=frames, key=key)
        if _erasures(settings) == forgotten:
            return copy.done()
        report("somebody was forgotten meanwhile: once more")
        for each in folder.iterdir():  # he is in them
            shutil.rmtree(each)
    raise RefusedError("somebody was forgotten during each copy, and would be in it", "Call `naul backup` again.")


class _Copy:
    def __init__(self, settings: Settings, folder: Path, report: Report) -> None:
        self._settings, self._folder, self._report = settings, folder, report
        self._at = BrokerClock(settings).now()
        self._files: dict[str, KeptFile] = {}
        self._topics: dict[str, int] = {}
        self._tables: tuple[str, ...] = ()
        self._migrations: tuple[str, ...] = ()
        self._groups: dict[str, dict[str, tuple[int, str]]] = {}

    def everything(self, *, frames: bool, key: bool) -> None:
        with closing(admin(self._settings)) as client:
            self._groups = _groups(self._settings, client)
        if is_there(self._settings):
            with open_for_reading(self._settings) as store:
                self._rows(store)
        looked_at = {} if frames else self._groups.get("recognise", {})
        with closing(consumer(self._settings, max_poll_records=2000)) as client:
            for name in _ordered():
                self._report(name)
                self._records(client, name, looked_at)
        self._home(key=key)

    def done(self) -> BackedUp:
        manifest = SiteManifest(
            at=self._at,
            version=version("naul"),
            groups=self._groups,
            topics=self._topics,
            tables=self._tables,
            migrations=self._migrations,
            files=dict(sorted(self._files.items())),
        )
        write_manifest(self._folder, manifest)
        counts = {
            kind: sum(each.count for name, each in self._files.items() if name.startswith(kind)) for kind in _KINDS
        }
        size = sum((self._folder / name).stat().st_size for name in self._files)
        return BackedUp(manifest, counts["topics/"], counts["store/"], size)

    def _keep(self, name: str, count: int = 1) -> None:
        with (self._folder / name).open("rb") as opened:
            self._files[name] = KeptFile(sha256=file_digest(opened, "sha256").hexdigest(), count=count)

    def _records(self, client: KafkaConsumer, name: str, looked_at: dict[str, tuple[int, str]]) -> None:
        try:
            ends = end_offsets(client, self._settings.topic(name))
            begins = client.beginning_offsets(list(ends)) if ends else {}
        except KafkaError as error:
            raise UnavailableError(Text("Kafka does not answer: {error}", error=error), "Try again.") from error
        self._topics[name] = len(ends)
        for place, end in ends.items():
            start = begins[place]
            if name == "frames":
                start = max(start, looked_at.get(f"frames/{place.partition}", (0, ""))[0])
            file = f"topics/{name}/{place.partition}.gz"
            found = _kept(self._settings, client, place, min(start, end), end)
            self._keep(file, write_records(self._folder / file, found))

    def _rows(self, store: Store) -> None:
        self._migrations = tuple(name for (name,) in store.query("SELECT name FROM migrations ORDER BY name").rows)
        self._tables = _tables(store)
        for table in self._tables:
            self._report(table)
            columns = _columns(store, table)
            for number, rows in enumerate(_pages(store, table, dict(columns))):
                file = f"store/{table}/{number:06}.gz"
                write_page(self._folder / file, columns, rows)
                self._keep(file, len(rows))

    def _home(self, *, key: bool) -> None:
        home, files = self._settings.home, (self._settings.key_file, self._settings.frames_key_file)
        secrets = set() if key else {each.name for each in files}
        if self._settings.own_broker:
            secrets.add(self._settings.kafka_password_file.name)  # a fresh broker makes its own
        for file in sorted(home.rglob("*")):
            where = file.relative_to(home)
            skipped = where.parts[0] in (*NOT_KEPT, *secrets) or where.parts[0].startswith("desk.db-")
            if skipped or where.name.endswith(".lock") or not file.is_file() or file.is_symlink():
                continue
            with open_private(self._folder / "home" / where) as opened:
                opened.write(file.read_bytes())
            self._keep(f"home/{where.as_posix()}")
        if (desk := database_file(self._settings)).is_file():
            copy = self._folder / "home" / desk.name
            open_private(copy).close()
            with closing(sqlite3.connect(desk)) as source, closing(sqlite3.connect(copy)) as target:
                source.backup(target)
            self._keep(f"home/{desk.name}")


_KINDS = ("topics/", "store/")


def _ordered() -> list[str]:
    names = [each.name for each in all_topics() if each.name not in (*_DERIVED, *_LAST, *_NEVER)]
    return [*_DERIVED, *sorted(names), *_LAST]


def _kept(
    settings: Settings, client: KafkaConsumer, place: TopicPartition, start: int, end: int
) -> Iterator[KeptRecord]:
    if start == end:
        return
    for each in read(settings, client, {place: start}, {place: end}):
        headers = tuple((name, value) for name, value in each.headers or ())
        yield KeptRecord(each.offset, each.timestamp, each.key, each.value, headers)


def _groups(settings: Settings, client: KafkaAdminClient) -> dict[str, dict[str, tuple[int, str]]]:
    """Return where each part of a site stands."""
    prefix, topics = settings.group(""), {settings.topic(each.name): each.name for each in all_topics()}
    found: dict[str, dict[str, tuple[int, str]]] = {}
    try:
        names = sorted(each["group_id"] for each in client.list_groups() if each["group_id"].startswith(prefix))
        for name in names:
            offsets = client.list_group_offsets(name).get(name, {})
            found[name.removeprefix(prefix)] = {
                f"{topics[place.topic]}/{place.partition}": (at.offset, at.metadata or "")
                for place, at in offsets.items()
                if place.topic in topics and at.offset >= 0
            }
    except KafkaError as error:
        raise UnavailableError(Text("Kafka does not answer: {error}", error=error), "Try again.") from error
    return found


def _erasures(settings: Settings) -> int:
    """Return how many records say that somebody was forgotten."""
    with closing(consumer(settings)) as client:
        return sum(end_offsets(client, settings.topic("erasures")).values())


def _tables(store: Store) -> tuple[str, ...]:
    """Return the tables that hold rows, without those in memory and the lists of migrations.

    ``student_rows`` is filled again by the store itself, from ``attendance_rows``.
    """
    found = store.query(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' "
        "AND name NOT LIKE '.%' AND name NOT IN ('migrations', 'migrations_here', 'student_rows') ORDER BY name"
    )
    return tuple(name for (name,) in found.rows)


def _columns(store: Store, table: str) -> list[tuple[str, str]]:
    found = store.query(
        "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = %(table)s "
        "AND default_kind NOT IN ('MATERIALIZED', 'ALIAS') ORDER BY position",
        {"table": table},
    )
    return [(name, kind) for name, kind in found.rows]


def _pages(store: Store, table: str, columns: dict[str, str]) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the rows of a table in parts of which each is answered in time: by day, and by hall where it has one."""
    final = "FINAL" if _replaces(store, table) else ""
    some = f"SELECT {', '.join(columns)} FROM {table} {final}"  # noqa: S608  names of ours
    day = next((each for each in ("date", "at") if columns.get(each, "").startswith("Date")), None)
    if day is None:
        if rows := store.query(some).rows:
            yield rows
        return
    part = f"toDate({day})" + (", hall" if "hall" in columns else "")
    for values in store.query(f"SELECT DISTINCT {part} FROM {table} ORDER BY {part}").rows:  # noqa: S608  ours
        where = f"toDate({day}) = %(day)s" + (" AND hall = %(hall)s" if "hall" in columns else "")
        rows = store.query(f"{some} WHERE {where}", dict(zip(("day", "hall"), values, strict=False))).rows
        if rows:
            yield rows


def _replaces(store: Store, table: str) -> bool:
    engine = "SELECT engine FROM system.tables WHERE database = currentDatabase() AND name = %(table)s"
    return "Replacing" in store.query(engine, {"table": table}).rows[0][0]
