"""Photos in a ZIP: what it holds is bounded by what is unpacked, and nothing of it goes anywhere else."""

import io
import zipfile
from pathlib import Path

import pytest

from infra.operations.people import photo_intake
from infra.operations.people.photo_intake import PhotoIntake
from schemas.errors import RefusedError


def zipped(how: int, size: int = 2_000_000) -> io.BytesIO:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", how) as target:
        target.writestr("201900001.jpg", bytes(size))
    return data


@pytest.mark.parametrize("how", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_that_unpacks_at_once_is_refused(tmp_path: Path, how: int) -> None:
    """4 kB of it may be 90 MB, and Python asks no one before it unpacks them."""
    with pytest.raises(RefusedError, match=r"'201900001\.jpg' is packed in a way"):
        PhotoIntake(tmp_path / "photos").add("a.zip", zipped(how))


def test_a_zip_that_unpacks_to_more_than_may_be_is_left_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photo_intake, "MOST_BYTES", 2**20)
    with pytest.raises(RefusedError, match="more than"):
        PhotoIntake(tmp_path / "photos").add("a.zip", zipped(zipfile.ZIP_DEFLATED))
    assert sum(each.stat().st_size for each in (tmp_path / "photos").iterdir()) <= 2**20
