"""A table whose rows are on disk, and whose every change is acknowledged by the broker before its message is.

Faust sends changes of a table through a buffer that nobody waits for: its flush before a commit gives up after 100 ms
without progress, and a change that the broker refuses is only logged (docs/adr/0005-faust.md). Its own store on disk
falls back to memory without a word where its URL is no good, and writes rows that the changelog may never get
(docs/adr/0046-facts-on-disk.md): here the rows are ``Rows``, and nothing else can be chosen.
"""

import asyncio
import gc
import logging
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import faust
from faust.stores.base import Store
from faust.types import TP
from kafka.errors import KafkaError
from mode import Service

from schemas.cluster import admin, consumer, end_offsets, kafka_away
from schemas.errors import UnavailableError
from schemas.retry import retry
from schemas.settings import Settings
from schemas.topics import Topic
from schemas.translations import Text
from streams.runtime.row_folder import delete_unused
from streams.runtime.row_key import row_key
from streams.runtime.row_store import Rows, open_rows

__all__ = ["Changelog", "KeptTable", "Partition", "changelog"]

log = logging.getLogger(__name__)

LOOK_AFTER = 60.0
"""Seconds between looks after the folders."""

PATIENCE = 30
"""Seconds that a folder may be held by whoever had it before."""


class Changelog(NamedTuple):
    """The log behind a table. name: of this very topic, with its number of partitions.

    ends: where each partition ended before anything was opened. tombstones: how long one stands. shred_after: how long
    what was erased may stay in the files of a worker. unused_after: and a folder that nobody uses.
    """

    name: str
    ends: Mapping[int, int]
    tombstones: timedelta
    shred_after: timedelta
    unused_after: timedelta


def changelog(settings: Settings, topic: Topic) -> Changelog:
    """Return what the broker knows of a changelog. Blocking; it waits until the topic is there.

    The name is of this very topic: one that is deleted and created again has another id.
    """

    def ask() -> Changelog:
        name, within = settings.topic(topic.name), settings.erase_within
        with closing(admin(settings)) as client, closing(consumer(settings)) as reader:
            try:
                found = {each["name"]: each for each in client.describe_topics([name])}.get(name, {})
                if not found.get("partitions"):
                    raise UnavailableError(
                        Text("topic {topic} is not there", topic=name), "Start with `naul up`, which creates it."
                    )
                ends = {place.partition: end for place, end in end_offsets(reader, name).items()}
            except KafkaError as error:
                raise kafka_away(settings, error) from error
        return Changelog(
            name=f"{name} {found.get('topic_id')} {len(found['partitions'])}",
            ends=ends,
            tombstones=topic.tombstones(settings.retention),
            shred_after=within / 8,
            unused_after=within / 4,
        )

    return retry(ask)


class Partition:
    """One partition of a table: rows are read from the disk, and changed through the changelog."""

    def __init__(self, table: "KeptTable", number: int, rows: Rows) -> None:
        self._table = table
        self._number = number
        self._rows = rows
        self.get, self.begin, self.overwritten = rows.get, rows.begin, rows.overwritten

    def put(self, key: str, value: bytes | None) -> None:
        """Change a row; None deletes it."""
        self._table.send(self._number, self._rows, row_key(key), value)


class _Disk(Store):  # type: ignore[misc]
    """What Faust knows of the rows: where to go on, and what the changelog says."""

    def __init__(self, table: "KeptTable", changelog: Changelog, folder: Path) -> None:
        super().__init__("disk://", table.app, table)
        self._changelog = changelog
        self._ends = dict(changelog.ends)
        self._folder = folder
        self.partitions: dict[int, Rows] = {}

    def rows(self, partition: int) -> Rows:
        if partition not in self.partitions:
            self.partitions[partition] = self._open(partition)
        return self.partitions[partition]

    def _open(self, partition: int) -> Rows:
        path, it = self._folder / f"{self.table.name}-{partition}", self._changelog
        # Only the first time: what this process writes later is after the end that was asked for at its start.
        return open_rows(path, changelog=it.name, lasts=it.tombstones, end=self._ends.pop(partition, None))

    async def on_rebalance(self, _: set[TP], revoked: set[TP], newly_assigned: set[TP], __: int = 0) -> None:
        name = self.table.changelog_topic_name
        for each in revoked:
            if each.topic == name and (rows := self.partitions.pop(each.partition, None)):
                rows.leave()
        gc.collect()  # a database is closed with its last reader
        for each in newly_assigned:
            if each.topic == name:
                await self._wait_for(each.partition)

    async def _wait_for(self, partition: int) -> None:
        for left in reversed(range(PATIENCE)):
            try:
                self.rows(partition)
            except Exception as error:
                if not left or "lock" not in repr(error).lower():
                    raise
                log.info("%s-%d is held by another process", self.table.name, partition)
                await self.sleep(1)
            else:
                return

    def persisted_offset(self, tp: TP) -> int | None:
        return self.rows(tp.partition).offset

    def set_persisted_offset(self, tp: TP, offset: int) -> None:
        raise AssertionError("an offset is written with its row")

    async def need_active_standby_for(self, tp: TP) -> bool:
        return True

    def apply_changelog_batch(self, batch: Iterable[Any], **_: Any) -> None:
        changes: dict[int, list[Any]] = {}
        for each in batch:
            changes.setdefault(each.message.partition, []).append(each.message)
        for partition, those in changes.items():
            self.rows(partition).recover([(each.key, each.value) for each in those], those[-1].offset)

    def reset_state(self) -> None:
        raise AssertionError("folders are deleted one by one")

    async def backup_partition(self, *_: Any, **__: Any) -> None:
        raise NotImplementedError("the changelog is the copy")

    def restore_backup(self, *_: Any, **__: Any) -> None:
        raise NotImplementedError("the changelog is the copy")

    async def stop(self) -> None:
        await super().stop()
        self.partitions.clear()
        gc.collect()

    @Service.task  # type: ignore[untyped-decorator]
    async def _look_after(self) -> None:
        """Note that folders are in use; write anew those that still hold what was erased, delete those left behind."""
        pause = min(LOOK_AFTER, self._changelog.shred_after.total_seconds() / 4)
        while not self.should_stop:
            await self.sleep(pause)
            for each in list(self.partitions.values()):
                each.folder.touch()
                if each.overwritten_for() > self._changelog.shred_after.total_seconds():
                    await asyncio.to_thread(each.shred)
            delete_unused(self._folder.glob(f"{self.table.name}-*"), self._changelog.unused_after)


class KeptTable(faust.Table):  # type: ignore[misc]
    """A Faust table of rows on disk, that remembers which of its changes are still on their way."""

    def __init__(self, *arguments: Any, changelog: Changelog, folder: Path, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._log = changelog
        self._folder = folder
        self._last: dict[int, asyncio.Future[Any]] = {}  # by partition; changes of one are acknowledged in their order
        self._refused: BaseException | None = None

    def _new_store(self) -> _Disk:
        return _Disk(self, self._log, self._folder)

    def of(self, partition: int) -> Partition:
        """Return one of the partitions that are this worker's.

        Raises:
            RuntimeError: it went to another one; what still wants it must not be done here.
        """
        if partition not in self.data.partitions:
            raise RuntimeError(f"partition {partition} of {self.name} went to another worker")
        return Partition(self, partition, self.data.rows(partition))

    def send(self, partition: int, rows: Rows, key: bytes, value: bytes | None) -> None:
        """Send a change of rows, and remember it."""

        def arrived(sent: Any) -> None:
            rows.arrived(key, value, sent.result().offset)

        rows.expect(key, value)
        sent = self.changelog_topic.send_soon(
            key=key, value=value, partition=partition, key_serializer="raw", value_serializer="raw",
            callback=arrived, eager_partitioning=True,
        )  # fmt: skip
        sent.add_done_callback(self._note)
        self._last[partition] = sent

    def _note(self, sent: "asyncio.Future[Any]") -> None:
        if not sent.cancelled() and sent.exception():
            self._refused = sent.exception()

    async def acknowledged(self) -> None:
        """Return when the broker has every change that was made before the call, whoever made it.

        Raises:
            KafkaError: it refused one, now or before. What is read from memory is then not what a restart would find,
                so the process must end.
        """
        await asyncio.gather(*(asyncio.shield(each) for each in self._last.values() if not each.done()))
        if self._refused:
            raise self._refused
