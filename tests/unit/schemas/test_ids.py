"""What names things."""

import pytest

from schemas.ids import base_engine


@pytest.mark.parametrize(
    "engine",
    ["centerface-dlib@1-530a2c1e", "centerface-dlib@1-530a2c1e+q8", "centerface-dlib@1-530a2c1e+q8+p-1a2b3c4d"],
)
def test_how_a_face_was_found_does_not_change_what_embedded_it(engine: str) -> None:
    assert base_engine(engine) == "centerface-dlib@1-530a2c1e"
