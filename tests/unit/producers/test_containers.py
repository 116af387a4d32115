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
        pytest.param(FLV + bytes(50) + FLV, Container(recordings=2), id="two FLV joined"),
        pytest.param(ASF + bytes(50) + ASF, Container(recordings=2), id="two WMV joined"),
        pytest.param(b"", Container(), id="nothing"),
        pytest.param(b"G" * 188, Container(), id="something else"),
    ],
)
def test_the_top_level_of_a_file_tells(tmp_path: Path, data: bytes, expected: Container) -> None:
    file = tmp_path / "film"
    file.write_bytes(data)
    assert read_container(file) == expected
