"""What a backup holds, as files: records of topics, pages of tables, files of the home, and a manifest of all of it.

The manifest is written last: a directory without one is no backup. Every file is compressed as it is, and has its
SHA-256 in the manifest.
"""

import gzip
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any

import msgspec

from schemas.archives import MALFORMED
from schemas.cluster import MAX_RECORD
from schemas.errors import RefusedError
from schemas.translations import Text
from schemas.unreadable import UNREADABLE

__all__ = [
    "MANIFEST",
    "KeptFile",
    "KeptRecord",
    "SiteManifest",
    "checked",
    "open_private",
    "read_manifest",
    "read_page",
    "read_records",
    "write_manifest",
    "write_page",
    "write_records",
]

MANIFEST = "manifest.json"
_FORMAT = "site/1"
_MOST = 2 * MAX_RECORD
"""Bytes of a record that is read back: none is larger, whatever a file says."""
_MOST_PAGE = 2**30
"""Bytes of a page of a table, unpacked."""


class KeptRecord(msgspec.Struct, frozen=True, array_like=True):
    """A record as it was. offset: where it stood. timestamp: milliseconds, as Kafka dates it."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]


class KeptFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of the backup. count: records of a partition, rows of a page; of other files 1."""

    sha256: str
    count: int


class SiteManifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a backup is.

    at: when it was begun, by the broker's clock. version: of Naul. groups: part -> topic (without prefix) and
    partition -> the offset from which on it had not done its work, and what it noted there.
    topics: name (without prefix) -> partitions. tables: names of the store's. migrations: what they were brought to.
    files: by their path in the backup.
    """

    at: datetime
    version: str
    groups: dict[str, dict[str, tuple[int, str]]]
    topics: dict[str, int]
    tables: tuple[str, ...]
    migrations: tuple[str, ...]
    files: dict[str, KeptFile]
    format: str = _FORMAT


class _Meta(msgspec.Struct):
    name: str
    type: str


class TablePage(msgspec.Struct):
    """Rows of a table as ClickHouse writes them (``JSONCompact``)."""

    meta: list[_Meta]
    data: list[list[Any]]


def open_private(file: Path) -> Any:
    """Open a new file for writing, readable by its owner alone; its folders, too."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def write_records(file: Path, records: Iterable[KeptRecord]) -> int:
    """Write the records of a partition and return how many there are."""
    count, encode = 0, msgspec.msgpack.Encoder().encode
    with open_private(file) as raw, gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=1) as packed:
        for each in records:
            line = encode(each)
            packed.write(len(line).to_bytes(4))
            packed.write(line)
            count += 1
    return count


def read_records(file: Path) -> Iterator[KeptRecord]:
    """Yield the records of a partition.

    Raises:
        RefusedError: it is none of our files.
    """
    decode = msgspec.msgpack.Decoder(KeptRecord).decode
    try:
        with gzip.open(file, "rb") as packed:
            while head := packed.read(4):
                length = int.from_bytes(head)
                line = packed.read(min(length, _MOST))
                if len(head) < 4 or len(line) != length:
                    raise ValueError("a record is cut")
                yield decode(line)
    except (OSError, *MALFORMED, *UNREADABLE) as error:
        raise _damaged(file, error) from error


def write_page(file: Path, columns: Iterable[tuple[str, str]], rows: Iterable[Any]) -> None:
    """Write rows of a table. columns: name and type of each."""
    text = msgspec.json.encode({"meta": [{"name": name, "type": kind} for name, kind in columns], "data": list(rows)})
    with open_private(file) as raw, gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=1) as packed:
        packed.write(text)


def read_page(file: Path) -> bytes:
    """Return the text of a page of a table.

    Raises:
        RefusedError: it is none of our files.
    """
    try:
        with gzip.open(file, "rb") as packed:
            text = packed.read(_MOST_PAGE + 1)
        if len(text) > _MOST_PAGE:
            raise ValueError("it is larger than any page")
        return text
    except (OSError, *MALFORMED) as error:
        raise _damaged(file, error) from error


def write_manifest(folder: Path, manifest: SiteManifest) -> None:
    """Write the manifest, whole or not at all, when everything else is on the disk."""
    draft = folder / f".{MANIFEST}"
    with open_private(draft) as opened:
        opened.write(msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")
        opened.flush()
        os.sync()
    draft.replace(folder / MANIFEST)


def read_manifest(folder: Path) -> SiteManifest:
    """Return the manifest of a backup.

    Raises:
        RefusedError: this is no backup, an unfinished one, or one of a newer version.
    """
    try:
        return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=SiteManifest)
    except FileNotFoundError as error:
        raise RefusedError(
            Text("{folder} is no finished backup: it has no {name}", folder=folder, name=MANIFEST),
            "Name a directory that `naul backup` wrote to its end.",
        ) from error
    except (OSError, *UNREADABLE) as error:
        raise RefusedError(
            Text("{file} cannot be read: {error}", file=folder / MANIFEST, error=error),
            "Is it of a newer Naul? Take that one, or another backup.",
        ) from error


def checked(folder: Path, manifest: SiteManifest) -> None:
    """Hold every file of a backup to its sum.

    Raises:
        RefusedError: one is missing, or is not what was written; or its path leads out of the backup.
    """
    root = folder.resolve()
    for name, kept in manifest.files.items():
        file = folder / name
        if ".." in Path(name).parts or not file.resolve().is_relative_to(root):
            raise RefusedError(Text("{name} is not within the backup", name=name), "Take another backup.")
        try:
            with file.open("rb") as opened:
                found = file_digest(opened, "sha256").hexdigest()
        except OSError as error:
            raise _damaged(file, error) from error
        if found != kept.sha256:
            raise _damaged(file, "its sum is another one")


def _damaged(file: Path, why: object) -> RefusedError:
    return RefusedError(
        Text("{file}: this file of the backup is damaged ({why})", file=file, why=why), "Take another backup."
    )
