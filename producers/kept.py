"""A stretch of frames kept in a directory: a manifest beside the JPEGs says whose they are, and what each must be."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import msgspec

from producers.shots import WHOLE, Refused, Shot, SourceError, Thinner, is_jpeg, moment_of
from schemas.archives import read_at_most
from schemas.messages import Moment
from schemas.picture_files import listed
from schemas.unreadable import UNREADABLE

__all__ = [
    "MANIFEST",
    "MOST_BYTES",
    "PAPERS",
    "ROSTER",
    "TIMETABLE",
    "UNFINISHED",
    "Kept",
    "KeptFrames",
    "read_manifest",
]

MANIFEST: Final = "manifest.json"
UNFINISHED: Final = "manifest.json.new"
"""What the manifest is called until everything that it speaks of is there."""
ROSTER: Final = "roster.csv"
TIMETABLE: Final = "timetable.csv"
PAPERS: Final = (ROSTER, TIMETABLE)

MOST_BYTES = 40 * 2**20
"""Of each file of such a directory: a roster has 40 million at most, a frame four."""
MOST_MANIFEST = 2**28
"""A term of frames every 5 s has 60 million."""

Sha256: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]


class KeptFrames(msgspec.Struct, tag_field="schema", tag="kept-frames/1", frozen=True, kw_only=True):
    """What a directory of kept frames says of itself.

    since, until: capture times, until is the first that does not belong. zone: of the times in the timetable.
    naul: the version that wrote it.
    frames: SHA-256 by file, in the order of time. papers: SHA-256 of the roster and of the timetable, if there are any.
    repeated: frames that were sent again, byte by byte, and are kept once. others: pictures that are not kept, because
    another one of the same moment is. unreadable: records of the topic that are no frames.
    """

    hall: str
    camera: str
    since: Moment
    until: Moment
    exported_at: Moment
    zone: str
    naul: str
    frames: Mapping[str, Sha256]
    papers: Mapping[str, Sha256] = {}
    repeated: Count = 0
    others: Count = 0
    unreadable: Count = 0


def read_manifest(folder: Path) -> KeptFrames | None:
    """Return the manifest of a directory, or None if it is one of plain JPEGs.

    Raises:
        SourceError: it cannot be read, or what it speaks of was never finished.
    """
    if (folder / UNFINISHED).exists():
        raise SourceError("unfinished_export", folder=folder)
    file = folder / MANIFEST
    try:
        data = read_at_most(file, MOST_MANIFEST)
        if data is None:
            raise SourceError("no_manifest", file=file, why=f"more than {MOST_MANIFEST // 2**20} MB")
        manifest = msgspec.json.decode(data, type=KeptFrames)
        for name in manifest.frames:
            moment_of(name)
    except FileNotFoundError:
        return None
    except (OSError, SourceError, *UNREADABLE) as error:
        raise SourceError("no_manifest", file=file, why=error) from error
    return manifest


class Kept:
    """A directory of kept frames: each is held to its hash before it is sent."""

    live = False
    shortfall = WHOLE

    def __init__(self, folder: Path, manifest: KeptFrames, every: timedelta = timedelta(0)) -> None:
        self.name = str(folder)
        self.manifest = manifest
        self._folder = folder
        thinner = Thinner(every)
        named = sorted((moment_of(name), name) for name in manifest.frames)
        self._files = tuple(each for each in named if thinner.keeps(each[0]))
        self._added = sorted(file.name for file in listed(folder) if is_jpeg(file) and file.name not in manifest.frames)
        self.total: int | None = len(self._files) + len(self._added)

    def moments(self) -> Sequence[datetime]:
        """Return the capture times, in their order."""
        return [moment for moment, _ in self._files]

    def shots(self) -> Iterator[Shot | Refused]:
        """Yield every frame with the bytes that it had; what was changed, removed or added is refused."""
        for captured_at, name in self._files:
            jpeg, why = _checked(self._folder / name, self.manifest.frames[name])
            yield Refused(name, why) if why else Shot(captured_at, jpeg, name)
        for name in self._added:
            yield Refused(name, f"{MANIFEST} does not know it: it was not exported")

    def changed_papers(self) -> list[str]:
        """Say which of roster and timetable are no longer what was exported."""
        wanted = [(name, self.manifest.papers[name]) for name in PAPERS if name in self.manifest.papers]
        return [f"{name}: {why}" for name, digest in wanted if (why := _checked(self._folder / name, digest)[1])]


def _checked(file: Path, digest: str) -> tuple[bytes, str]:
    """Return what a file holds, and what is wrong with it."""
    try:
        data = read_at_most(file, MOST_BYTES)
    except FileNotFoundError:
        return b"", "it is missing"
    except OSError as error:
        return b"", f"cannot be read: {error.strerror}"
    if data is None:
        return b"", f"it has more than {MOST_BYTES // 2**20} MB"
    return data, "" if sha256(data).hexdigest() == digest else "it was changed since it was exported"
