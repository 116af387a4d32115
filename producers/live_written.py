"""Files that are written while they are recorded, and need not say how long they are: where such a file breaks off.

Matroska and WebM, FLV, and transport streams. Each is a row of parts with lengths; one that breaks off within a part
was cut. One that ends between two parts looks whole, and nobody can know more.
"""

from collections.abc import Iterator
from mmap import mmap
from typing import Final, NamedTuple

__all__ = ["flv_is_cut", "matroska", "transport_stream_is_cut"]

_HEADER: Final = bytes.fromhex("1a45dfa3")
_SEGMENT: Final = bytes.fromhex("18538067")
_CLUSTER: Final = bytes.fromhex("1f43b675")
_PICTURES: Final = {_CLUSTER, b"\xa3", b"\xa0", b"\xaf"}
"""A cluster, and what holds a frame in it."""
_KNOWN: Final = {
    _HEADER, _SEGMENT, *_PICTURES,
    *map(bytes.fromhex, ("114d9b74", "1549a966", "1654ae6b", "1c53bb6b", "1043a770", "1254c367", "1941a469")),
    *map(bytes.fromhex, ("ec", "bf", "e7", "5854", "a7", "ab")),
}  # fmt: skip
"""All that stands in a segment or in a cluster: indexes, tags, times, checksums, room that was left."""

_SYNC: Final = 0x47
_PACKET: Final = 188
_SPACINGS: Final = (_PACKET, 192, 204)
"""Bytes from one packet to the next: alone, after four bytes of time as in M2TS, and before sixteen that repair it."""
_SEARCHED: Final = 2**16
_PACKETS: Final = 8
"""So many in a row are no accident."""


class _Element(NamedTuple):
    """end: None of one that does not know its length."""

    id_: bytes
    content: int
    end: int | None


def matroska(data: mmap) -> tuple[int, bool]:
    """Return how many recordings stand in a file, and whether it breaks off where pictures are."""
    recordings, cut, at, end_of_segment = 0, False, 0, 0
    for element in _elements(data):
        at = element.content if element.end is None else element.end
        cut = at > len(data) and element.id_ in _PICTURES
        recordings += element.id_ == _HEADER
        if element.id_ == _SEGMENT:
            end_of_segment = element.end or 0
            at = element.content
    # A segment that knows its length, and ends between two parts or within the header of one.
    return max(1, recordings), cut or (end_of_segment > len(data) >= at)


def _elements(data: mmap) -> Iterator[_Element]:
    """Yield what stands at the top, in segments that are not whole, and in clusters that do not know their length."""
    at, size = 0, len(data)
    while at < size:
        width = 9 - data[at].bit_length()
        id_ = data[at : at + width]
        if width > 4 or not _is_known(id_, whole=at + width <= size):
            return  # something else stands behind the recording
        begin = at + width
        long = 9 - data[begin].bit_length() if begin < size else 9
        if begin + long > size:
            # Its length is cut; of a frame's it does not matter how long it was to be.
            yield _Element(id_ if id_ in _KNOWN else _CLUSTER, begin, size + 1)
            return
        if long > 8:
            return
        most = (1 << 7 * long) - 1
        length, content = int.from_bytes(data[begin : begin + long], "big") & most, begin + long
        element = _Element(id_, content, None if length == most else content + length)
        yield element
        opened = element.end is None or (id_ == _SEGMENT and element.end > size)
        at = content if opened or element.end is None else element.end


def _is_known(id_: bytes, *, whole: bool) -> bool:
    return id_ in _KNOWN if whole else any(each.startswith(id_) for each in _KNOWN)


def flv_is_cut(data: mmap) -> bool:
    """Say whether a file of Flash video breaks off within a tag."""
    at, size = int.from_bytes(data[5:9], "big") + 4, len(data)
    while at < size and data[at] & 0x1F in (8, 9, 18):  # sound, picture, and what is said of them
        if at + 11 > size:
            return True
        at += 11 + int.from_bytes(data[at + 1 : at + 4], "big") + 4
    return at > size + 4  # the length that follows a tag is no part of it


def transport_stream_is_cut(data: mmap) -> bool | None:
    """Say whether a transport stream breaks off within a packet; None of what is no such stream."""
    for first in _sync_bytes(data[:_SEARCHED]):
        for spacing in _SPACINGS:
            places = range(first, min(len(data), first + _PACKETS * spacing), spacing)
            if len(places) == _PACKETS and all(data[each] == _SYNC for each in places):
                rest = (len(data) - first) % spacing
                return 0 < rest < _PACKET and data[len(data) - rest] == _SYNC
    return None


def _sync_bytes(data: bytes) -> Iterator[int]:
    return (at for at, byte in enumerate(data) if byte == _SYNC)
