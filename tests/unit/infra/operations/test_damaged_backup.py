"""A file of a backup that is none is refused by its name, however it is damaged."""

import gzip
from pathlib import Path

import pytest

from infra.operations.backup.backup_files import read_manifest, read_page, read_records
from schemas.errors import RefusedError

PACKED = gzip.compress(b"\0\0\0\1\xc0" * 1000)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(PACKED[:20] + b"\xff" * 4 + PACKED[24:], id="packed bytes that are changed"),
        pytest.param(PACKED[:-6], id="cut"),
        pytest.param(b"x" * 50, id="not packed"),
        pytest.param(gzip.compress(b"\0\0\xff\xff" + b"\x91" * 65_535), id="nested too deeply"),
    ],
)
def test_records_that_are_damaged(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "p0.gz").write_bytes(data)
    with pytest.raises(RefusedError, match=r"p0\.gz"):
        [*read_records(tmp_path / "p0.gz")]


def test_a_page_of_a_table_that_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "t.gz").write_bytes(PACKED[:20] + b"\xff" * 4 + PACKED[24:])
    with pytest.raises(RefusedError, match=r"t\.gz"):
        read_page(tmp_path / "t.gz")


def test_a_manifest_nested_too_deeply(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(b'{"groups":' + b"[" * 50_000)
    with pytest.raises(RefusedError, match=r"manifest\.json"):
        read_manifest(tmp_path)
