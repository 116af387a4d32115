"""What a JPEG says of itself, read as patiently as viewers read it, so that what was decoded can be judged.

Cameras in use leave out the end marker, miscount a comment, or leave bytes between two segments; every viewer shows
what they send. So the segments are walked the way decoders walk them: what is in none is skipped, and the length of a
segment that may be skipped counts only if another one begins where it ends.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from streams.faces.unfit_pictures import UnfitPictureError

__all__ = ["END", "JpegOutline", "first_scan", "outline"]

END = b"\xff\xd9"

_SOF = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_SEQUENTIAL, _HUFFMAN = (0xC0, 0xC1), (0xC0, 0xC1, 0xC2)
_SOS, _EOI = 0xDA, 0xD9
_SKIPPABLE = frozenset({*range(0xE0, 0xF0), 0xFE})
_KINDS = _SOF | _SKIPPABLE | {0xC4, 0xCC, _EOI, _SOS, 0xDB, 0xDC, 0xDD}
_PICTURE = 0xD8

_MARKER = re.compile(rb"\xff{1,512}+([^\x00\xd0-\xd7\xff])")
"""A marker, and as many bytes before it as cameras put there: a file may be nothing else."""
_NEXT = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""In the data of a scan: anything but a stuffed byte or a restart is a marker. Searching 4 MB takes 30 ms with
``_MARKER``, and 2 ms where a pattern begins with a plain byte."""

_WITHIN = re.compile(b"\xff[" + re.escape(bytes(sorted(_KINDS - {_EOI} | {_PICTURE}))) + b"]")
"""Where a segment may begin, or a picture inside of one."""


MOST_SCANS = 100
"""Of a file; encoders write up to some 20. Each is a pass over the whole picture, and may have 10 bytes."""


class JpegOutline(NamedTuple):
    """What must be known of a JPEG before and after it is decoded.

    plain: the file up to the last byte of its last scan, every length put right. coefficients: bytes that a decoder
    must hold to decode it, 0 if it needs a row of blocks at a time. streamed: one scan holds everything, from the first
    block to the last. huffman: no arithmetic coding, where a file may end early and be whole. ended: a marker stands
    behind the last scan. finished: every coefficient of every component came to its last bit.
    """

    plain: bytes
    width: int
    height: int
    coefficients: int
    streamed: bool
    huffman: bool
    ended: bool
    finished: bool


class _Segment(NamedTuple):
    """A marker with what follows. start: of its first byte. body: of its length. stop: behind it, a scan's data too."""

    kind: int
    start: int
    body: int
    stop: int
    lies: bool


class _Frame(NamedTuple):
    """The picture's header. components: of each by its id, how many blocks it has in an interleaved unit."""

    kind: int
    width: int
    height: int
    components: dict[int, int]

    @property
    def coefficients(self) -> int:
        """Bytes of all of them, two each."""
        finest = max(1, *self.components.values()) if self.components else 1
        return 2 * self.width * self.height * sum(self.components.values()) // finest


def outline(data: bytes) -> JpegOutline:
    """Walk through a JPEG. data: begins with its first marker.

    Raises:
        UnfitPictureError: it ends before its first scan, has none, or more than ``MOST_SCANS``.
    """
    frame, missing, scans, ended = None, set[tuple[int, int]](), list[int](), False
    parts: list[bytes | memoryview] = [data[:2]]
    last, view, at = 0, memoryview(data), 2
    for each in _segments(data):
        at, ended = each.stop, bool(scans)
        if each.kind == _EOI:
            break
        parts += _put_right(view, each)
        if each.kind in _SOF and frame is None:
            frame = _frame(data, each)
            missing = {(component, at) for component in frame.components for at in range(64)}
        if each.kind == _SOS and frame is not None:
            count, done = _scanned(data, each, frame)
            missing -= done
            scans.append(count)
            if len(scans) > MOST_SCANS:
                raise UnfitPictureError("corrupted", kind="JPEG", detail=f"more than {MOST_SCANS} scans")
            last, ended = len(parts), at < len(data)
            if _streamed(frame, scans):
                break
    if frame is None or not scans:
        raise _without_a_picture(data, at)
    streamed = _streamed(frame, scans)
    return JpegOutline(
        plain=b"".join(parts[:last]).rstrip(b"\xff"),
        width=frame.width,
        height=frame.height,
        coefficients=0 if streamed else frame.coefficients,
        streamed=streamed,
        huffman=frame.kind in _HUFFMAN,
        ended=ended,
        finished=not missing or frame.kind not in _HUFFMAN,
    )


def first_scan(data: bytes) -> int:
    """Return where the first scan of a JPEG that was decoded begins."""
    return next((each.start for each in _segments(data) if each.kind == _SOS), 2)


def _segments(data: bytes) -> Iterator[_Segment]:
    """Go through the segments, to the end marker or as far as there are any; a cut one is the last."""
    at: int | None = 2
    last_end = data.rfind(END)
    while at is not None and at < len(data):
        marker = _MARKER.match(data, at)
        if marker is None or marker[1][0] not in _KINDS:
            at = _next_segment(data, at, last_end)
            continue
        kind, body = marker[1][0], marker.end()
        if kind == _EOI:
            yield _Segment(kind, at, body, body, False)
            return
        stop = body + max(2, int.from_bytes(data[body : body + 2]))
        lies = kind in _SKIPPABLE and not _stands(data, stop)
        if lies:
            stop = _next_segment(data, body, last_end) or len(data) + 1
        if stop > len(data):
            return
        if kind == _SOS:
            following = _NEXT.search(data, stop)
            stop = following.start() if following else len(data)
        yield _Segment(kind, at, body, stop, lies)
        at = stop


def _stands(data: bytes, at: int) -> bool:
    """Whether a segment begins here."""
    marker = _MARKER.match(data, at)
    return marker is not None and marker[1][0] in _KINDS


def _next_segment(data: bytes, at: int, last_end: int) -> int | None:
    """Return where the next segment begins that another one follows; a picture inside of one, a preview, is skipped.

    last_end: where the last end marker stands, so that none is looked for behind it, from each place once more.
    """
    while found := _WITHIN.search(data, at):
        kind, body = data[found.start() + 1], found.end()
        length = int.from_bytes(data[body : body + 2])
        inner = data.find(END, body) if kind == _PICTURE and body <= last_end else -1
        if inner >= 0:
            at = inner + 2
        elif length == 6 + 2 * data[body + 2] if kind == _SOS else _stands(data, body + max(2, length)):
            return found.start()
        else:
            at = body
    return None


def _put_right(view: memoryview, each: _Segment) -> list[bytes | memoryview]:
    """Return a segment as it is written without lies; nothing if it is too long for its length to be told."""
    if not each.lies:
        return [view[each.start : each.stop]]
    length = max(2, each.stop - each.body)
    if length > 0xFFFF:
        return []
    return [bytes([0xFF, each.kind]), length.to_bytes(2), view[each.body + 2 : each.stop]]


def _frame(data: bytes, each: _Segment) -> _Frame:
    said = data[each.body : each.stop].ljust(8, b"\0")
    components = {said[at]: (said[at + 1] >> 4) * (said[at + 1] & 15) for at in range(8, len(said) - 2, 3)}
    return _Frame(each.kind, int.from_bytes(said[5:7]), int.from_bytes(said[3:5]), components)


def _scanned(data: bytes, each: _Segment, frame: _Frame) -> tuple[int, set[tuple[int, int]]]:
    """Return how many components a scan holds, and which coefficients of which component it brings to the last bit."""
    said = data[each.body : each.body + 6 + 2 * 255].ljust(6 + 2 * 255, b"\0")
    count = said[2]
    components, (first, last, bits) = said[3 : 3 + 2 * count : 2], said[3 + 2 * count : 6 + 2 * count]
    if frame.kind in _SEQUENTIAL:
        first, last, bits = 0, 63, 0
    return count, {(each, at) for each in components for at in range(first, last + 1) if bits & 15 == 0}


def _streamed(frame: _Frame, scans: list[int]) -> bool:
    return frame.kind in _SEQUENTIAL and scans == [len(frame.components)]


def _without_a_picture(data: bytes, at: int) -> UnfitPictureError:
    following = _MARKER.match(data, at)
    if data[at - 2 : at] == END:
        return UnfitPictureError("corrupted", kind="JPEG", detail="it holds no picture")
    if following is not None or len(data) - at < len(END) or not data[at:].strip(b"\xff"):
        return UnfitPictureError("truncated", kind="JPEG", detail=f"{len(data):,} bytes that end before the picture")
    return UnfitPictureError("corrupted", kind="JPEG", detail=f"no segment at byte {at:,}")
