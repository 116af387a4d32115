"""Rows of a table on disk, a RocksDB a partition: what is there is in the changelog, too.

A row goes to the changelog first, and to the disk with its offset when the broker has it. Until then it is read from
memory. So a process that is killed leaves nothing on the disk that the changelog lacks: whatever comes again is done
again, and a machine that takes over finds the same.
"""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from rocksdict import (
    BlockBasedOptions,
    BottommostLevelCompaction,
    Cache,
    CompactOptions,
    DBCompressionType,
    Options,
    Rdict,
    WriteBatch,
    WriteBufferManager,
)

from schemas.errors import CorruptStateError
from schemas.topics import ROLL
from streams.runtime.row_folder import RowFolder
from streams.runtime.row_key import row_key

__all__ = ["Rows", "open_rows"]

MEMTABLES, MEMTABLE, BLOCKS, BLOCK, FILE = 64 << 20, 8 << 20, 32 << 20, 32 << 10, 32 << 20
"""Bytes: what all partitions together may hold unwritten, and one; of blocks that were read; a block; a file."""

_OFFSET, _OVERWRITTEN = b"\0offset", b"\0overwritten"
"""Names of what is no row: they come before every JSON text."""

_unwritten = WriteBufferManager(MEMTABLES, False)
_blocks = Cache(BLOCKS)


def _begins(prefix: str) -> bytes:
    return row_key(prefix)[:-1]


class Rows:
    """The rows of one partition, by text. Reading is for any thread, all else for that of the event loop."""

    def __init__(self, folder: RowFolder) -> None:
        """Open them.

        Raises:
            Exception: the database is damaged, or in use (then its text says ``lock``).
        """
        self.folder = folder
        self._db = Rdict(str(folder.database), _options())
        self._coming: dict[bytes, tuple[int, bytes | None]] = {}  # how many changes are under way, and the last one
        self._older = self.offset is not None
        self._left = False

    @property
    def offset(self) -> int | None:
        """The last change of the changelog that is in here; None: there is none."""
        found = self._db.get(_OFFSET)
        return None if found is None else int(found)

    def get(self, key: str) -> bytes | None:
        """Return the value of a row; None if there is none.

        Raises:
            CorruptStateError: it cannot be read; the folder is made anew at the next start.
        """
        raw = row_key(key)
        coming = self._coming.get(raw)
        return coming[1] if coming else self._read(raw)

    def __contains__(self, key: str) -> bool:
        return self.get(key) is not None

    def begin(self, prefix: str, beyond: str = "") -> Iterator[tuple[str, bytes]]:
        """Yield the rows whose keys begin so, in the order of keys.

        beyond: those whose keys begin like this are passed over, and all before them.
        """
        first = begins = _begins(prefix)
        if beyond:
            first = max(begins, _begins(beyond) + b"\x7f")  # no key has it: they are ASCII, and JSON escapes it
        coming = sorted(each for each in list(self._coming) if each.startswith(begins) and each >= first)
        for raw, value in self._stored(first, begins):
            while coming and coming[0] < raw:
                yield from self._under_way(coming.pop(0))
            if coming and coming[0] == raw:
                yield from self._under_way(coming.pop(0))
            else:
                yield json.loads(raw), value
        for raw in coming:
            yield from self._under_way(raw)

    def _under_way(self, raw: bytes) -> Iterator[tuple[str, bytes]]:
        value = self._coming[raw][1] if raw in self._coming else self._read(raw)
        if value is not None:
            yield json.loads(raw), value

    def _stored(self, first: bytes, begins: bytes) -> Iterator[tuple[bytes, bytes]]:
        try:
            found = self._db.iter()
            found.seek(first)
            while found.valid() and (raw := found.key()).startswith(begins):
                yield raw, found.value()
                found.next()
            found.status()
        except Exception as error:
            raise self._damaged(error) from error

    def _read(self, raw: bytes) -> bytes | None:
        try:
            value: bytes | None = self._db.get(raw)
        except Exception as error:
            raise self._damaged(error) from error
        return value

    def _damaged(self, error: Exception) -> CorruptStateError:
        self.folder.condemn()
        return CorruptStateError(
            f"{self.folder.path} cannot be read: {error}", "Start again: it is made anew from the changelog."
        )

    def expect(self, key: bytes, value: bytes | None) -> None:
        """Take a change that is under way to the changelog; None deletes."""
        count, _ = self._coming.get(key, (0, None))
        self._coming[key] = count + 1, value

    def arrived(self, key: bytes, value: bytes | None, offset: int) -> None:
        """Write a change that the changelog has, at an offset."""
        if self._left:
            return
        self._write([(key, value)], offset)
        count, last = self._coming[key]
        if count > 1:
            self._coming[key] = count - 1, last
        else:
            del self._coming[key]

    def leave(self) -> None:
        """Write no more: somebody else has the partition, and what he changes in between would be passed over."""
        self._left = True

    def recover(self, changes: Sequence[tuple[bytes, bytes | None]], offset: int) -> None:
        """Write what the changelog says, up to an offset."""
        if self._older and any(key != ROLL for key, _ in changes):
            self.overwritten()  # meanwhile somebody else had them, and may have erased some
        self._write(changes, offset)

    def _write(self, changes: Iterable[tuple[bytes, bytes | None]], offset: int) -> None:
        batch = WriteBatch(raw_mode=True)
        for key, value in changes:
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        batch.put(_OFFSET, b"%d" % offset)
        self._db.write(batch)

    def overwritten(self) -> None:
        """Note that what rows said until now may not stay in the files."""
        since, _, times = (self._db.get(_OVERWRITTEN) or repr(time.time()).encode()).partition(b" ")
        self._db.put(_OVERWRITTEN, b"%s %d" % (since, int(times or 0) + 1))

    def overwritten_for(self) -> float:
        """Return for how many seconds something has been in the files that may not stay there; 0: there is nothing."""
        found = self._db.get(_OVERWRITTEN)
        return 0.0 if found is None else max(time.time() - float(found.partition(b" ")[0]), 1e-3)

    def shred(self) -> None:
        """Write all files anew, without what rows said before. Seconds for each GB; for a thread."""
        before = self._db.get(_OVERWRITTEN)
        self._db.flush()
        self._db.compact_range(None, None, _all_of_it())
        if self._db.get(_OVERWRITTEN) == before:
            self._db.delete(_OVERWRITTEN)


def open_rows(path: Path, *, changelog: str, lasts: timedelta, end: int | None = None) -> Rows:
    """Open the rows in a folder, which is made anew if it may not be trusted or is damaged.

    end: where the changelog ends, if nobody wrote to it since: rows that are ahead of it are of a log that is lost.
    """
    folder = RowFolder(path)
    folder.prepare(changelog, lasts)
    try:
        rows = Rows(folder)
    except Exception as error:
        if "lock" in repr(error).lower():
            raise
        why = f"it is damaged: {error}"
    else:
        if end is None or rows.offset is None or rows.offset < end:
            return rows
        why = "the changelog ends before it"
        del rows  # which closes it
    folder.delete(why)
    folder.prepare(changelog, lasts)
    return Rows(folder)


def _all_of_it() -> CompactOptions:
    options = CompactOptions()
    options.set_bottommost_level_compaction(BottommostLevelCompaction.force())
    return options


def _options() -> Options:
    """Return small options: of the defaults a partition takes hundreds of MB."""
    options, table = Options(raw_mode=True), BlockBasedOptions()
    options.create_if_missing(True)
    options.set_write_buffer_manager(_unwritten)
    options.set_write_buffer_size(MEMTABLE)
    options.set_max_write_buffer_number(2)
    options.set_target_file_size_base(FILE)
    options.set_max_open_files(64)
    options.set_max_background_jobs(2)
    options.set_keep_log_file_num(1)
    options.set_max_log_file_size(1 << 20)
    options.set_compression_type(DBCompressionType.lz4())
    table.set_block_size(BLOCK)
    table.set_block_cache(_blocks)
    table.set_cache_index_and_filter_blocks(True)
    table.set_bloom_filter(10, block_based=False)
    options.set_block_based_table_factory(table)
    return options
