"""Paths however their Hangul is composed."""

import unicodedata
from pathlib import Path

import pytest

from schemas.paths import on_disk

WHOLE = unicodedata.normalize("NFC", "물리반/명단.csv")
PIECES = unicodedata.normalize("NFD", WHOLE)


@pytest.mark.parametrize(("there", "given"), [(PIECES, WHOLE), (WHOLE, PIECES), (WHOLE, WHOLE)])
def test_a_path_is_found_however_it_is_composed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: str, given: str
) -> None:
    file = tmp_path / there
    file.parent.mkdir()
    file.write_text("section")
    assert on_disk(tmp_path / given) == file
    monkeypatch.chdir(tmp_path)
    assert on_disk(given).read_text() == "section"
    assert on_disk(f"{given.partition('/')[0]}/../{given}").read_text() == "section"


def test_of_two_that_look_the_same_the_one_that_is_meant_is_taken(tmp_path: Path) -> None:
    for name in (WHOLE, PIECES):
        (tmp_path / name).parent.mkdir()
        assert on_disk(tmp_path / name.partition("/")[0]) == tmp_path / name.partition("/")[0]


def test_a_file_that_is_to_be_written_goes_into_the_folder_that_is_there(tmp_path: Path) -> None:
    (tmp_path / PIECES).parent.mkdir()
    folder = PIECES.partition("/")[0]
    assert on_disk(tmp_path / WHOLE.partition("/")[0] / "결과.csv") == tmp_path / folder / "결과.csv"
    assert on_disk(tmp_path / "없음" / "결과.csv") == tmp_path / "없음" / "결과.csv"
    assert on_disk("") == Path()
