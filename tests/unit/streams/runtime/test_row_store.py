"""Rows on disk: never ahead of the changelog, nothing of what was erased, made anew where they may not be trusted."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from rocksdict import CompactOptions

from schemas.errors import CorruptStateError
from schemas.topics import ROLL
from streams.runtime.row_folder import RowFolder, delete_unused
from streams.runtime.row_key import row_key
from streams.runtime.row_store import Rows, open_rows

SECRET = b"201912345"


def opened(path: Path, changelog: str = "facts 1 4", lasts: timedelta = timedelta(days=7)) -> Rows:
    return open_rows(path, changelog=changelog, lasts=lasts)


def put(rows: Rows, offset: int, **values: bytes | None) -> None:
    for key, value in values.items():
        rows.expect(row_key(key), value)
        rows.arrived(row_key(key), value, offset)


def files(folder: Path) -> bytes:
    return b"".join(each.read_bytes() for each in folder.rglob("*") if each.is_file())


def test_a_row_is_on_the_disk_as_soon_as_the_changelog_has_it_and_no_sooner(tmp_path: Path) -> None:
    rows = opened(tmp_path / "p")
    put(rows, 6, kept=b"1")
    rows.expect(row_key("coming"), b"2")
    rows.expect(row_key("kept"), b"3")
    assert (rows.get("coming"), rows.get("kept")) == (b"2", b"3")
    del rows  # killed
    rows = opened(tmp_path / "p")
    assert (rows.get("coming"), rows.get("kept"), rows.offset) == (None, b"1", 6)


def test_of_several_changes_under_way_the_last_one_holds(tmp_path: Path) -> None:
    rows, key = opened(tmp_path / "p"), row_key("a")
    for value in (b"1", b"2", None):
        rows.expect(key, value)
    rows.arrived(key, b"1", 1)
    rows.arrived(key, b"2", 2)
    assert rows.get("a") is None
    rows.arrived(key, None, 3)
    assert (rows.get("a"), rows.offset) == (None, 3)


def test_whoever_gave_a_partition_away_writes_no_more_of_it(tmp_path: Path) -> None:
    rows = opened(tmp_path / "p")
    put(rows, 1, a=b"1")
    rows.expect(row_key("a"), b"2")
    rows.leave()
    rows.arrived(row_key("a"), b"2", 9)
    del rows
    assert (opened(tmp_path / "p").get("a"), opened(tmp_path / "p2").offset) == (b"1", None)


def test_rows_are_found_by_how_their_keys_begin_in_order_with_those_under_way(tmp_path: Path) -> None:
    rows = opened(tmp_path / "p")
    put(rows, 1, **{"분반|1|o|a": b"1", "분반|1|o|c": b"3", "분반|2|o|a": b"x", "분반|1|closed": b"y", "A|1|o": b"z"})
    rows.expect(row_key("분반|1|o|b"), b"2")
    rows.expect(row_key("분반|1|o|c"), None)
    assert list(rows.begin("분반|1|o|")) == [("분반|1|o|a", b"1"), ("분반|1|o|b", b"2")]
    assert next(rows.begin("", "A|1|")) == ("분반|1|closed", b"y")
    assert [key for key, _ in rows.begin("", "분반|1|")] == ["분반|2|o|a"]


def test_what_a_row_said_before_is_in_no_file_once_they_were_written_anew(tmp_path: Path) -> None:
    rows = opened(tmp_path / "p")
    put(rows, 1, **{f"row{n}": SECRET + os.urandom(2000) for n in range(50)}, gone=SECRET)
    rows.shred()
    put(rows, 2, **{f"row{n}": SECRET + os.urandom(2000) for n in range(50)})
    assert SECRET in files(tmp_path), "or this would prove nothing"
    rows.overwritten()
    put(rows, 3, **{f"row{n}": b"somebody else" for n in range(50)}, gone=None)
    assert rows.overwritten_for() > 0
    assert SECRET in files(tmp_path)
    rows.shred()
    assert rows.overwritten_for() == 0
    assert SECRET not in files(tmp_path)
    assert rows.get("row7") == b"somebody else"


def test_what_is_overwritten_while_files_are_written_anew_is_not_taken_for_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = opened(tmp_path / "p")
    rows.overwritten()
    monkeypatch.setattr("streams.runtime.row_store._all_of_it", lambda: rows.overwritten() or CompactOptions())
    rows.shred()
    assert rows.overwritten_for() > 0


def test_what_somebody_else_may_have_erased_meanwhile_is_written_anew(tmp_path: Path) -> None:
    rows = opened(tmp_path / "p")
    for offset in (5, 6):
        rows.recover([(row_key("a"), b"1")], offset)
    assert rows.overwritten_for() == 0, "there was nothing before"
    del rows
    rows = opened(tmp_path / "p")
    rows.recover([(ROLL, None)], 7)
    assert rows.overwritten_for() == 0, "what only has Kafka end a segment is about nobody"
    rows.recover([(row_key("a"), b"2"), (row_key("b"), None)], 9)
    assert rows.overwritten_for() > 0
    assert (rows.get("a"), rows.offset) == (b"2", 9)


@pytest.mark.parametrize(
    "fault", ["another changelog", "other partitions", "unused for too long", "nobody's", "cut manifest", "cut rows"]
)
def test_a_folder_that_may_not_be_trusted_is_made_anew(tmp_path: Path, fault: str) -> None:
    path, changelog = tmp_path / "p", "facts 1 4"
    rows = opened(path)
    put(rows, 7, **{f"row{n}": os.urandom(3000) for n in range(100)})
    rows.shred()
    del rows
    database = path / "db"
    match fault:
        case "another changelog":
            changelog = "facts 2 4"
        case "other partitions":
            changelog = "facts 1 8"
        case "unused for too long":
            before = time.time() - timedelta(days=8).total_seconds()
            os.utime(path / "of", (before, before))
        case "nobody's":
            (path / "of").unlink()
        case "cut manifest":
            os.truncate(next(database.glob("MANIFEST*")), 20)
        case "cut rows":
            os.truncate(next(database.glob("*.sst")), 100)
    rows = opened(path, changelog)
    assert (rows.offset, rows.get("row1")) == (None, None)
    put(rows, 1, row1=b"again")
    del rows
    assert opened(path, changelog).get("row1") == b"again"


def test_rows_that_are_ahead_of_their_changelog_are_made_anew(tmp_path: Path) -> None:
    rows = opened(tmp_path / "p")
    put(rows, 7, a=b"1")
    del rows
    again = open_rows(tmp_path / "p", changelog="facts 1 4", lasts=timedelta(days=7), end=8)
    assert again.get("a") == b"1"
    del again
    anew = open_rows(tmp_path / "p", changelog="facts 1 4", lasts=timedelta(days=7), end=7)
    assert (anew.get("a"), anew.offset) == (None, None)


def test_a_row_that_cannot_be_read_has_its_folder_made_anew_at_the_next_start(tmp_path: Path) -> None:
    rows = opened(tmp_path / "p")
    put(rows, 7, **{f"row{n:03}": os.urandom(3000) for n in range(100)})
    rows.shred()
    table = next((tmp_path / "p" / "db").glob("*.sst"))
    content = bytearray(table.read_bytes())
    content[50_000:60_000] = bytes(10_000)
    del rows
    table.write_bytes(content)
    rows = opened(tmp_path / "p")
    with pytest.raises(CorruptStateError, match="made anew"):
        for _ in rows.begin("row"):
            pass
    del rows
    assert opened(tmp_path / "p").offset is None


def test_a_folder_that_somebody_else_holds_is_left_alone(tmp_path: Path) -> None:
    rows = opened(tmp_path / "p")
    put(rows, 1, a=b"1")
    with pytest.raises(Exception, match=r"(?i)lock"):
        opened(tmp_path / "p")
    assert rows.get("a") == b"1"


def test_folders_that_nobody_uses_any_more_are_deleted(tmp_path: Path) -> None:
    held, left = opened(tmp_path / "facts-0"), opened(tmp_path / "facts-1")
    (tmp_path / "v1").mkdir()
    del left
    hour_ago = time.time() - 3600
    os.utime(tmp_path / "facts-1" / "of", (hour_ago, hour_ago))
    assert delete_unused(tmp_path.iterdir(), timedelta(minutes=30)) == [tmp_path / "facts-1"]
    assert held.folder.path.exists()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["facts-0", "v1"]
    assert RowFolder(tmp_path / "facts-1").unused_for() == float("inf")
