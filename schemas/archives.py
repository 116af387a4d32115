"""Archives that others packed: a small one may unpack to anything, so what is read of one is bounded beforehand."""

import gzip
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

__all__ = ["MALFORMED", "open_zip", "packed_in", "read_at_most", "tar_member"]

MALFORMED: Final = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    gzip.BadGzipFile,
    EOFError,
    RuntimeError,
    ValueError,
    OverflowError,
    KeyError,
)
"""What Python's readers raise of an archive that is not as it should be; RuntimeError: it has a password."""

ENTRY = 400
"""Bytes that the list of an archive's contents may have for each entry."""
MEMBERS = 2_000
"""Files in an npm package that are passed over until the one that is wanted."""
AT_ONCE = 2**20


class _Bounded:
    """A file of which nothing reads more than so much at once, or behind a place.

    The readers of Python take from the archive itself how much they read: a list of contents, a header, in one piece.
    """

    def __init__(self, file: Any, at_once: int, end: int | None = None) -> None:
        self._file, self._at_once, self._end = file, at_once, end
        self.seekable, self.tell = file.seekable, file.tell

    def read(self, size: int = -1) -> bytes:
        """Read so many bytes, or the rest.

        Raises:
            BadZipFile: they are too many.
        """
        read: bytes = self._file.read(size) if 0 <= size <= self._at_once else self._file.read(self._at_once + 1)
        if len(read) > self._at_once:
            raise zipfile.BadZipFile(f"a part of it has more than {self._at_once:,} bytes")
        return self._checked(read)

    def seek(self, place: int, whence: int = 0) -> int:
        """Go to a place; behind the end it is refused."""
        try:
            found = int(self._file.seek(place, whence))
        except OSError as error:  # before its beginning
            raise zipfile.BadZipFile(f"it points outside itself ({place:,})") from error
        self._checked(b"")
        return found

    def _checked(self, read: bytes) -> bytes:
        if self._end is not None and self._file.tell() > self._end:
            raise zipfile.BadZipFile(f"it unpacks to more than {self._end:,} bytes")
        return read


def read_at_most(file: Path, most: int) -> bytes | None:
    """Return what a file holds; None: it is more than so many bytes, or never ends.

    Raises:
        OSError: it cannot be read.
    """
    with file.open("rb") as opened:
        data = opened.read(most + 1)
    return data if len(data) <= most else None


def open_zip(file: IO[bytes], most: int) -> zipfile.ZipFile:
    """Open a ZIP of so many entries at most.

    Raises:
        BadZipFile: it is none, or lists more; and all of ``MALFORMED``.
    """
    packed = zipfile.ZipFile(_Bounded(file, max(AT_ONCE, ENTRY * most)))
    if len(packed.infolist()) > most:
        raise zipfile.BadZipFile(f"it lists {len(packed.infolist()):,} files, more than {most:,}")
    return packed


def packed_in(packed: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    """Yield the files of a ZIP, packed in one of the two ways that unpack piece by piece; the others fill the memory.

    Raises:
        BadZipFile: one is packed in another way.
    """
    for each in packed.infolist():
        if each.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise zipfile.BadZipFile(f"{each.filename[:100]!r} is packed in a way that is not read here")
        if not each.is_dir():
            yield each


def tar_member(archive: Path, name: str, most: int) -> bytes:
    """Return one file of a .tgz, as npm packs them.

    most: bytes of it, and of all that stands before it.

    Raises:
        OSError: the archive cannot be read; and all of ``MALFORMED``.
    """
    with gzip.open(archive) as unpacked:
        bounded: Any = _Bounded(unpacked, AT_ONCE, 2 * most)
        tar = tarfile.open(fileobj=bounded, mode="r:")  # noqa: SIM115  it holds nothing open itself
        for count, each in enumerate(tar):
            if each.name == name and each.isreg():
                if each.size > most:
                    raise ValueError(f"{name} has {each.size:,} bytes, more than {most:,}")
                found = tar.extractfile(each)
                return b"".join(iter(partial(found.read, AT_ONCE // 2), b"")) if found else b""
            if count == MEMBERS:
                raise ValueError(f"more than {MEMBERS:,} files before {name}")
    raise KeyError(name)
