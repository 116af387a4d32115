"""What the structure of a video file says, of files made by hand."""

import struct
from pathlib import Path

import pytest

from producers.containers import Container, read_container

ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
FLV = b"FLV\x01\x01\0\0\0\x09\0\0\0\0"


def box(name: bytes, content: bytes = b"", length: int | None = None) -> bytes:
    return struct.pack(">I", len(content) + 8 if length is None else length) + name + content


def track(kind: bytes, duration: int) -> bytes:
    head = box(b"tkhd", bytes(4) + bytes(8) + struct.pack(">III", 1, 0, duration) + bytes(60))
    return box(b"trak", head + box(b"mdia", box(b"mdhd", bytes(24)) + box(b"hdlr", bytes(8) + kind + bytes(12))))


def index(*tracks: bytes, scale: int = 1000) -> bytes:
    return box(b"moov", box(b"mvhd", bytes(12) + struct.pack(">II", scale, 99_000) + bytes(80)) + b"".join(tracks))


FILE = box(b"ftyp", b"isom") + box(b"mdat", bytes(100)) + index(track(b"soun", 99_000), track(b"vide", 22_700))
LONG = struct.pack(">I4sQ", 1, b"mdat", 116) + bytes(100)


def riff(kind: bytes, content: bytes = bytes(20), length: int | None = None) -> bytes:
    return b"RIFF" + struct.pack("<I", len(content) + 4 if length is None else length) + kind + content


def ebml(id_: int, content: bytes, length: bytes | None = None) -> bytes:
    return (
        id_.to_bytes(4, "big")
        + ((0x10000000 | len(content)).to_bytes(4, "big") if length is None else length)
        + content
    )


def tag(kind: int, length: int) -> bytes:
    return bytes([kind]) + length.to_bytes(3, "big") + bytes(7 + length) + (11 + length).to_bytes(4, "big")


MKV = ebml(0x1A45DFA3, b"head") + ebml(0x18538067, bytes(50))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(FILE, Container("mp4", seconds=22.7), id="MP4: how long the picture lasts, not the sound"),
        pytest.param(FILE + FILE, Container("mp4", 2, seconds=22.7), id="two MP4 joined"),
        pytest.param(box(b"ftyp") + LONG + index(), Container("mp4"), id="MP4 with a long box"),
        pytest.param(box(b"ftyp") + index() + box(b"moof") + box(b"mdat") * 3, Container("mp4"), id="MP4 in fragments"),
        pytest.param(FILE[:60], Container("mp4", cut_off=True, indexed=False), id="MP4 without its index"),
        pytest.param(
            box(b"ftyp") + index() + box(b"mdat", bytes(10), 100), Container("mp4", cut_off=True), id="MP4 cut off"
        ),
        pytest.param(FILE + b"\xff" * 40, Container("mp4", seconds=22.7), id="MP4 with something behind it"),
        pytest.param(
            box(b"ftyp") + box(b"mdat", length=0), Container("mp4", indexed=False), id="MP4, a box to the end"
        ),
        pytest.param(riff(b"AVI "), Container("avi"), id="AVI"),
        pytest.param(riff(b"AVI ", bytes(21)) + b"\0" + riff(b"AVIX"), Container("avi"), id="AVI that goes on"),
        pytest.param(riff(b"AVI ") + riff(b"AVI "), Container("avi", 2), id="two AVI joined"),
        pytest.param(riff(b"AVI ", length=99), Container("avi", cut_off=True), id="AVI cut off"),
        pytest.param(MKV, Container("matroska"), id="Matroska"),
        pytest.param(MKV + MKV, Container("matroska", 2), id="two Matroska joined"),
        pytest.param(MKV[:-9], Container("matroska", cut_off=True), id="Matroska cut off"),
        pytest.param(
            ebml(0x1A45DFA3, b"head") + ebml(0x18538067, bytes(50), b"\x01" + b"\xff" * 7),
            Container("matroska"),
            id="Matroska that does not know its length",
        ),
        pytest.param(FLV + bytes(50), Container(), id="FLV"),
        pytest.param(FLV + tag(8, 20) + tag(9, 900), Container(), id="FLV with sound and picture"),
        pytest.param((FLV + tag(8, 20) + tag(9, 900))[:-20], Container(cut_off=True), id="FLV cut off"),
        pytest.param(FLV + bytes(50) + FLV, Container(recordings=2), id="two FLV joined"),
        pytest.param(ASF + bytes(50) + ASF, Container(recordings=2), id="two WMV joined"),
        pytest.param(b"", Container(), id="nothing"),
        pytest.param(b"G" * 188, Container(), id="something else"),
        pytest.param(bytes(range(256)) * 300, Container(), id="something else with a G now and then"),
    ],
)
def test_the_top_level_of_a_file_tells(tmp_path: Path, data: bytes, expected: Container) -> None:
    file = tmp_path / "film"
    file.write_bytes(data)
    assert read_container(file) == expected


LIVE, UNKNOWN = b"\x01" + b"\xff" * 7, b"\xff"
HEAD = (
    ebml(0x1A45DFA3, b"webm") + ebml(0x18538067, b"", LIVE) + ebml(0x1549A966, bytes(9)) + ebml(0x1654AE6B, bytes(20))
)
FRAME = b"\xa3\x94" + bytes(20)
"""A simple block of 20 bytes."""
TIME = b"\xe7\x81\x00"
OPEN = ebml(0x1F43B675, TIME + FRAME * 3, UNKNOWN)
CLOSED = ebml(0x1F43B675, TIME + FRAME * 3)
INDEX = ebml(0x1C53BB6B, bytes(30))


def cut_within(tmp_path: Path, data: bytes) -> set[int]:
    """Return after how many bytes of a file it would be cut off."""
    file = tmp_path / "film"
    found = set()
    for length in range(len(HEAD), len(data) + 1):
        file.write_bytes(data[:length])
        if read_container(file).cut_off:
            found.add(length)
    return found


def test_matroska_that_was_written_live_is_cut_wherever_a_frame_is(tmp_path: Path) -> None:
    first = len(HEAD) + len(OPEN)
    whole_at = {len(HEAD), len(HEAD) + 5, len(HEAD) + 8, *(len(HEAD) + 8 + len(FRAME) * n for n in (1, 2, 3))}
    # Within the time of a cluster no frame is cut, once it is known to be the time.
    whole_at |= {len(HEAD) + 6, len(HEAD) + 7}
    whole_at |= {first + len(CLOSED), *range(first + len(CLOSED) + 4, first + len(CLOSED) + len(INDEX) + 1)}
    data = HEAD + OPEN + CLOSED + INDEX
    assert {*range(len(HEAD), len(data) + 1)} - cut_within(tmp_path, data) == whole_at


@pytest.mark.parametrize("end", [bytes(40), b"\n", b"\xff" * 9, INDEX])
def test_what_stands_behind_a_recording_that_was_written_live_cuts_nothing(tmp_path: Path, end: bytes) -> None:
    file = tmp_path / "film"
    file.write_bytes(HEAD + OPEN + CLOSED + end)
    assert read_container(file) == Container("matroska")


@pytest.mark.parametrize(("before", "after"), [(0, 0), (4, 0), (0, 16)])
def test_a_transport_stream_is_cut_within_a_packet(tmp_path: Path, before: int, after: int) -> None:
    file = tmp_path / "film"
    packet = bytes(before) + b"G" + b"\x1f" * 187 + bytes(after)
    for junk in (b"", b"something first"):
        for more, cut in (
            (b"", False),
            (packet[: before + 100], True),
            (packet[: before + 187], True),
            (bytes(9), False),
        ):
            file.write_bytes(junk + packet * 20 + more)
            assert read_container(file) == Container("mpegts", cut_off=cut)
