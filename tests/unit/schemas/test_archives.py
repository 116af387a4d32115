"""What an archive claims is bounded before it is read."""

import gzip
import io
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest

from schemas.archives import MALFORMED, open_zip, packed_in, read_at_most, tar_member


def zipped(*names: str, how: int = zipfile.ZIP_DEFLATED) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", how) as target:
        for name in names:
            target.writestr(name, b"a")
    return data.getvalue()


def test_a_zip_that_lists_more_than_may_be_is_refused() -> None:
    with pytest.raises(zipfile.BadZipFile, match="lists 12 files"):
        open_zip(io.BytesIO(zipped(*map(str, range(12)))), 10)
    assert len(open_zip(io.BytesIO(zipped(*map(str, range(10)))), 10).infolist()) == 10


def test_a_list_of_contents_that_is_too_long_is_not_read() -> None:
    """It is read in one piece, of which the archive itself says how large it is."""

    class Watched(io.BytesIO):
        most = 0

        def read(self, size: int | None = -1) -> bytes:
            found = super().read(size)
            self.most = max(self.most, len(found))
            return found

    whole = zipped(*(f"{each:0>4000}" for each in range(1000)))
    file = Watched(whole)
    with pytest.raises(zipfile.BadZipFile, match="a part of it has more than"):
        open_zip(file, 2000)
    assert file.most < 2**20 + 2 < struct.unpack("<I", whole[-10:-6])[0]


@pytest.mark.parametrize("how", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_cannot_be_unpacked_piece_by_piece_is_refused(how: int) -> None:
    with pytest.raises(zipfile.BadZipFile, match="packed in a way that is not read here"):
        [*packed_in(open_zip(io.BytesIO(zipped("a", how=how)), 10))]


def package(path: Path, files: dict[str, bytes], pax: str = "") -> Path:
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            info.pax_headers = {"comment": pax} if pax else {}
            tar.addfile(info, io.BytesIO(data))
    return path


def test_one_file_of_a_package_is_read_if_it_is_not_too_large(tmp_path: Path) -> None:
    file = package(tmp_path / "a.tgz", {"package/a": b"1", "package/b": b"2" * 3_000_000})
    assert tar_member(file, "package/b", 3_000_000) == b"2" * 3_000_000
    with pytest.raises(ValueError, match="3,000,000 bytes, more than 2,999,999"):
        tar_member(file, "package/b", 2_999_999)
    with pytest.raises(KeyError):
        tar_member(file, "package/c", 3_000_000)


def test_a_package_that_unpacks_to_anything_is_left_where_it_gets_too_large(tmp_path: Path) -> None:
    file = package(tmp_path / "a.tgz", {f"package/{each}": bytes(2**20) for each in range(20)})
    assert file.stat().st_size < 2**16
    with pytest.raises(zipfile.BadZipFile, match="unpacks to more than 2,097,152 bytes"):
        tar_member(file, "package/19", 2**20)


def test_a_head_of_a_package_that_claims_too_much_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(zipfile.BadZipFile, match="a part of it has more than"):
        tar_member(package(tmp_path / "a.tgz", {"package/a": b"1"}, pax="x" * 2**21), "package/a", 2**30)


def test_a_package_of_countless_files_is_left(tmp_path: Path) -> None:
    file = package(tmp_path / "a.tgz", {f"package/{each}": b"" for each in range(2100)})
    with pytest.raises(ValueError, match="more than 2,000 files"):
        tar_member(file, "package/x", 2**30)


def test_what_is_no_archive_raises_what_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.tgz").write_bytes(gzip.compress(b"no tar")[:-4])
    with pytest.raises((OSError, *MALFORMED)):
        tar_member(tmp_path / "a.tgz", "a", 10)
    with pytest.raises(MALFORMED):
        open_zip(io.BytesIO(b"no zip"), 10)


def test_a_file_that_never_ends_is_not_read_to_its_end(tmp_path: Path) -> None:
    assert read_at_most(Path("/dev/zero"), 1000) is None
    (tmp_path / "a").write_bytes(b"1" * 1000)
    assert read_at_most(tmp_path / "a", 1000) == b"1" * 1000
