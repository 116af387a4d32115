"""Records and pages come back as they were written, and whatever was not written so is refused."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.operations.backup.backup_files import (
    KeptFile,
    KeptRecord,
    SiteManifest,
    checked,
    read_manifest,
    read_page,
    read_records,
    write_manifest,
    write_page,
    write_records,
)
from infra.operations.backup.restore_backup import Moved
from schemas.errors import RefusedError
from sinks.store.rows_json import read_result

BYTES = st.none() | st.binary(max_size=50)
RECORDS = st.lists(
    st.builds(
        KeptRecord,
        offset=st.integers(0, 2**40),
        timestamp=st.integers(-1, 2**45),
        key=BYTES,
        value=BYTES,
        headers=st.lists(st.tuples(st.text(max_size=5), BYTES), max_size=3).map(tuple),
    ),
    max_size=20,
)


def record(offset: int) -> KeptRecord:
    return KeptRecord(offset, 0, b"k", b"v", ())


def manifest(**other: object) -> SiteManifest:
    return SiteManifest(**({
        "at": datetime(2026, 3, 9, tzinfo=UTC), "version": "0.2.0", "groups": {}, "topics": {}, "tables": (),
        "migrations": (), "files": {},
    } | other))  # type: ignore[arg-type]  # fmt: skip


@given(RECORDS)
def test_records_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, records: list[KeptRecord]) -> None:
    file = tmp_path_factory.mktemp("kept") / "0.gz"
    assert write_records(file, records) == len(records)
    assert list(read_records(file)) == records
    assert file.stat().st_mode & 0o777 == 0o600


def test_rows_come_back_with_their_types(tmp_path: Path) -> None:
    row = (
        "이하늘",
        None,
        datetime(2026, 3, 9, 0, 5, tzinfo=UTC),
        UUID(int=7),
        2**63,
        [datetime(2026, 1, 1, tzinfo=UTC)],
    )
    kinds = ("String", "Nullable(Float64)", "DateTime('UTC')", "UUID", "UInt64", "Array(DateTime('UTC'))")
    write_page(tmp_path / "0.gz", list(zip("abcdef", kinds, strict=True)), [row])
    assert read_result(read_page(tmp_path / "0.gz")).rows == [row]


@pytest.mark.parametrize("cut", [1, 9, 40])
def test_a_cut_file_is_refused_by_name(tmp_path: Path, cut: int) -> None:
    file = tmp_path / "0.gz"
    write_records(file, [record(each) for each in range(50)])
    file.write_bytes(file.read_bytes()[:-cut])
    with pytest.raises(RefusedError, match=r"0\.gz.*damaged"):
        list(read_records(file))


def test_a_manifest_that_leads_out_of_the_backup_is_refused(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "secret").write_text("s", "utf-8")
    write_manifest(tmp_path / "kept", manifest(files={"home/../../secret": KeptFile(sha256="", count=1)}))
    with pytest.raises(RefusedError, match="not within the backup"):
        checked(tmp_path / "kept", read_manifest(tmp_path / "kept"))


@pytest.mark.parametrize("text", ["", "{}", '{"format": "site/2"}', "no json", "\x00"])
def test_what_is_no_manifest_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text, "utf-8")
    with pytest.raises(RefusedError, match=r"manifest\.json"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    ("stood", "stands"),
    [
        pytest.param(0, 0, id="at the beginning"),
        pytest.param(5, 0, id="before the first that is left"),
        pytest.param(7, 1, id="at a record"),
        pytest.param(8, 2, id="at one that compaction took"),
        pytest.param(10, 3, id="at the end"),
        pytest.param(99, 3, id="behind the end"),
    ],
)
def test_where_a_part_stands_is_told_by_the_records_before_it(stood: int, stands: int) -> None:
    moved = Moved(manifest(groups={"attend": {"marks/0": (stood, "")}}))
    assert len(list(moved.through("marks", 0, map(record, (6, 7, 9))))) == 3
    assert moved.groups() == {"attend": {("marks", 0): (stands, "")}}


def test_dead_letters_that_were_dealt_with_stay_so_and_whose_store_it_was_does_not() -> None:
    moved = Moved(manifest(groups={
        "dead-letters": {"dead-letters/0": (6, "9 7")},
        "sink": {"dead-letters/0": (7, '{"store":"a","host":"b","home":"c"}')},
    }))  # fmt: skip
    list(moved.through("dead-letters", 0, map(record, (6, 7, 9))))
    assert moved.groups() == {
        "dead-letters": {("dead-letters", 0): (0, "2 1")},
        "sink": {("dead-letters", 0): (1, "")},
    }
