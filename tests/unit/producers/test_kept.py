"""A directory of kept frames: what is sent of it, and what is refused."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from producers.kept import MANIFEST, MOST_BYTES, UNFINISHED, Kept, KeptFrames, read_manifest
from producers.shots import Refused, Shot, SourceError, file_name
from producers.sources import Folder, open_source

START = datetime(2026, 11, 23, tzinfo=UTC)
NAMES = [file_name(START + timedelta(seconds=10 * n)) for n in range(4)]


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four frames ten seconds apart, and a roster."""
    for name in NAMES:
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "roster.csv").write_bytes(b"section,student_id,name\n")
    manifest = KeptFrames(
        hall="E101", camera="front", since=START, until=START + timedelta(minutes=1), exported_at=START, zone="UTC",
        naul="1", frames={name: digest(name.encode()) for name in NAMES},
        papers={"roster.csv": digest(b"section,student_id,name\n")},
    )  # fmt: skip
    (tmp_path / MANIFEST).write_bytes(msgspec.json.encode(manifest))
    return tmp_path


def opened(folder: Path, **options: Any) -> Kept:
    source = open_source(str(folder), **options)
    assert isinstance(source, Kept)
    return source


def test_every_frame_is_sent_with_the_bytes_and_the_moment_that_it_had(folder: Path) -> None:
    source = opened(folder)
    assert (source.manifest.hall, source.manifest.camera, source.total) == ("E101", "front", 4)
    assert list(source.shots()) == [
        Shot(START + timedelta(seconds=10 * n), name.encode(), name) for n, name in enumerate(NAMES)
    ]
    assert source.changed_papers() == []


def test_what_was_changed_removed_or_added_is_refused_by_name_and_the_rest_goes(folder: Path) -> None:
    (folder / NAMES[0]).write_bytes(b"another picture")
    (folder / NAMES[1]).unlink()
    (folder / "20261123T000005Z.JPEG").write_bytes(b"nobody exported me")
    (folder / "notes.txt").touch()
    (folder / "._20261123T000005Z.jpg").touch()
    source = opened(folder)
    shots = list(source.shots())
    assert [each.name for each in shots if isinstance(each, Shot)] == NAMES[2:]
    assert [(each.name, each.why) for each in shots if isinstance(each, Refused)] == [
        (NAMES[0], "it was changed since it was exported"),
        (NAMES[1], "it is missing"),
        ("20261123T000005Z.JPEG", "manifest.json does not know it: it was not exported"),
    ]
    assert source.total == len(shots)


def test_it_is_thinned_by_capture_time(folder: Path) -> None:
    assert [each.name for each in opened(folder, every=timedelta(seconds=20)).shots()] == NAMES[::2]


def test_a_roster_that_was_changed_is_told(folder: Path) -> None:
    (folder / "roster.csv").write_bytes(b"section,student_id,name\nEA,2001,Kim\n")
    assert opened(folder).changed_papers() == ["roster.csv: it was changed since it was exported"]


def test_a_directory_without_a_manifest_is_one_of_plain_frames(folder: Path) -> None:
    (folder / MANIFEST).unlink()
    assert read_manifest(folder) is None
    assert isinstance(open_source(str(folder)), Folder)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param(lambda data: data[:-2], "truncated", id="cut off"),
        pytest.param(lambda _: b"\xff", "manifest.json", id="no text"),
        pytest.param(lambda data: data.replace(b"frames/1", b"frames/2"), "kept-frames/2", id="of another version"),
        pytest.param(lambda data: data.replace(b'"hall"', b'"hail"'), "hall", id="without its hall"),
        pytest.param(
            lambda data: data.replace(b"20261123T000010", b"../../20261123T000010"), "name_without_time", id="path"
        ),
        pytest.param(
            lambda data: data.replace(digest(NAMES[0].encode()).encode(), b"abc"), "matching regex", id="no hash"
        ),
    ],
)
def test_a_manifest_that_cannot_be_read_is_an_error_with_a_remedy(
    folder: Path, change: Callable[[bytes], bytes], says: str
) -> None:
    file = folder / MANIFEST
    file.write_bytes(change(file.read_bytes()))
    with pytest.raises(SourceError, match=says) as refusal:
        open_source(str(folder))
    assert (refusal.value.code, refusal.value.values["file"]) == ("no_manifest", file)


def test_an_export_that_was_interrupted_is_never_sent(folder: Path) -> None:
    (folder / MANIFEST).rename(folder / UNFINISHED)
    with pytest.raises(SourceError, match="unfinished_export"):
        open_source(str(folder))


def test_a_file_that_is_too_large_for_a_frame_is_not_read(folder: Path) -> None:
    for name in (NAMES[1], "roster.csv"):
        with (folder / name).open("r+b") as file:
            file.truncate(MOST_BYTES + 1)
    manifest = read_manifest(folder)
    assert manifest is not None
    kept = Kept(folder, manifest)
    assert [str(each.why) for each in kept.shots() if isinstance(each, Refused)] == ["it has more than 40 MB"]
    assert kept.changed_papers() == ["roster.csv: it has more than 40 MB"]


def test_a_manifest_nested_too_deeply_is_refused_by_name(folder: Path) -> None:
    (folder / MANIFEST).write_bytes(b'{"schema":"kept-frames/1","x":' + b"[" * 50_000)
    with pytest.raises(SourceError, match=MANIFEST):
        read_manifest(folder)
