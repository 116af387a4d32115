"""What a video file says of itself, without a decoder: whether it holds several recordings, or breaks off."""

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from producers.live_written import flv_is_cut, matroska, transport_stream_is_cut

__all__ = ["Container", "read_container"]

_MATROSKA: Final = bytes.fromhex("1a45dfa3")
_FLV: Final = b"FLV\x01"
_ASF: Final = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")


class Container(NamedTuple):
    """What the structure of a file says.

    kind: ``mp4`` (QuickTime too), ``avi``, ``matroska`` (WebM too), ``mpegts``, or empty. recordings: how many stand
    one after the other. cut_off: a part is longer than what is left of the file. seconds: how long the picture lasts,
    of an MP4 that says so: what was trimmed does not count. indexed: False of an MP4 without the index that is written
    last.
    """

    kind: str = ""
    recordings: int = 1
    cut_off: bool = False
    seconds: float | None = None
    indexed: bool = True

    @property
    def counts(self) -> bool:
        """Whether its number of frames was counted, and is not what its length and its rate make of it."""
        return self.kind in ("mp4", "avi")

    @property
    def promises(self) -> bool:
        """Whether a length that the decoder tells was written at the beginning, and not found at the end as it is."""
        return self.kind != "mpegts"


def read_container(path: Path) -> Container:
    """Look at the order of a file, a few reads or as many as it has parts. What is in no order says nothing.

    Raises:
        OSError: it cannot be read.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(16)
        if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"):
            return _mp4(file, size)
        if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
            return _avi(file, size)
        if not head:
            return Container()
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
            return _live_written(head, whole)


def _live_written(head: bytes, whole: mmap.mmap) -> Container:
    if head.startswith(_MATROSKA):
        return Container("matroska", *matroska(whole))
    if head.startswith(_FLV):
        return Container("", 1 + (whole.find(whole[:13], 1) > 0), flv_is_cut(whole))
    if head.startswith(_ASF):
        # What follows makes it a header and no accident: nine bytes of an FLV, and an ASF's are sixteen.
        return Container(recordings=1 + (whole.find(whole[:16], 1) > 0))
    cut = transport_stream_is_cut(whole)
    return Container() if cut is None else Container("mpegts", cut_off=cut)


def _mp4(file: BinaryIO, size: int) -> Container:
    boxes = [*_boxes(file, 0, size)]
    names = [name for name, *_ in boxes]
    main = [(start, end) for name, start, end in boxes if name == b"moov"]
    last_name, _, last_end = boxes[-1] if boxes else (b"", 0, 0)
    return Container(
        "mp4",
        max(1, names.count(b"moov"), names.count(b"ftyp")),
        last_name in (b"mdat", b"moov", b"moof") and last_end > size,
        _picture_seconds(file, *main[0]) if main and main[0][1] <= size else None,
        bool(main),
    )


def _boxes(file: BinaryIO, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield the name of each box, and where its content begins and ends."""
    while at + 8 <= end:
        file.seek(at)
        head = file.read(16)
        length, name, start = int.from_bytes(head[:4], "big"), head[4:8], at + 8
        if length == 1:
            length, start = int.from_bytes(head[8:16], "big"), at + 16
        elif length == 0:
            length = end - at
        if length < start - at or not name.strip(b" \xa9").isalnum():
            return
        yield name, start, at + length
        at += length


def _picture_seconds(file: BinaryIO, start: int, end: int) -> float | None:
    """Return how long the first track of pictures lasts, as the header of an MP4 says."""
    scale, longest = 0, None
    for name, begins, ends in [*_boxes(file, start, end)]:
        if name == b"mvhd":
            scale, _ = _scale_and_duration(file, begins, 12, 20)
        elif name == b"trak" and longest is None:
            inside = {each: begin for each, begin, _ in _boxes(file, begins, ends)}
            if _is_picture(file, begins, ends) and b"tkhd" in inside:
                _, longest = _scale_and_duration(file, inside[b"tkhd"], 12, 20)
    return longest / scale if longest and scale else None


def _is_picture(file: BinaryIO, begins: int, ends: int) -> bool:
    for name, start, end in [*_boxes(file, begins, ends)]:
        if name == b"mdia":
            for inner, at, _ in [*_boxes(file, start, end)]:
                if inner == b"hdlr":
                    file.seek(at + 8)
                    return file.read(4) == b"vide"
    return False


def _scale_and_duration(file: BinaryIO, at: int, narrow: int, wide: int) -> tuple[int, int]:
    """Read two fields that follow the two dates of ``mvhd`` and ``tkhd``, which are as wide as the version says."""
    file.seek(at)
    data = file.read(40)
    if data[:1] == b"\x01":
        return int.from_bytes(data[wide : wide + 4], "big"), int.from_bytes(data[wide + 8 : wide + 16], "big")
    return int.from_bytes(data[narrow : narrow + 4], "big"), int.from_bytes(data[narrow + 8 : narrow + 12], "big")


def _avi(file: BinaryIO, size: int) -> Container:
    recordings, at = 0, 0
    while at + 12 <= size:
        file.seek(at)
        head = file.read(12)
        if head[:4] != b"RIFF":
            break
        recordings += head[8:12] == b"AVI "  # a long one goes on in others, called AVIX
        at += 8 + int.from_bytes(head[4:8], "little")
        at += at % 2
    return Container("avi", max(1, recordings), at > size + 1)
