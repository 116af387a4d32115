"""What names things."""

import pytest

from schemas.errors import RefusedError
from schemas.ids import base_engine, student_id


@pytest.mark.parametrize(
    "engine",
    ["centerface-dlib@1-530a2c1e", "centerface-dlib@1-530a2c1e+q8", "centerface-dlib@1-530a2c1e+q8+p-1a2b3c4d"],
)
def test_how_a_face_was_found_does_not_change_what_embedded_it(engine: str) -> None:
    assert base_engine(engine) == "centerface-dlib@1-530a2c1e"


@pytest.mark.parametrize("text", ["12", "201912345", "20DCS076", "CS/2020/045", "2019_12", "a.b-c"])
def test_ids_of_universities(text: str) -> None:
    assert student_id(text) == text


@pytest.mark.parametrize("text", ["", "1", "김하나", "2019 12345", "/2019", "2" * 41, "2019|1"])
def test_what_is_no_id(text: str) -> None:
    with pytest.raises(RefusedError, match="is not a student id"):
        student_id(text)


@pytest.mark.parametrize("text", ["202100001.0", "2.02E+08", "2E8"])
def test_what_a_spreadsheet_made_of_an_id_is_refused_with_its_cause(text: str) -> None:
    with pytest.raises(RefusedError, match="spreadsheet"):
        student_id(text)
