"""What people read, in both languages."""

import pytest

from streams.faces.unfit_pictures import UNFIT, Unfit, UnfitPictureError

ENGLISH, KOREAN = "en", "ko"
VALUES = {
    "found": "a GIF", "size": 10**9, "most": 2e8, "width": 50000, "height": 4000, "millions": 200.0, "kind": "JPEG",
    "detail": "no end", "remedy": "Try again.", "count": 2, "least": 40.0, "sharpness": 0.01, "name": "1.jpg",
    "bright": 40.0, "degrees": 31.0,
}  # fmt: skip


@pytest.mark.parametrize("cause", UNFIT)
def test_every_cause_is_said_in_both_languages_with_its_remedy(cause: str) -> None:
    values = {name: VALUES[name] for name in VALUES if f"{{{name}" in "".join(UNFIT[cause])}
    error = UnfitPictureError(cause, **values)
    assert error.unfit.said(ENGLISH).startswith(f"{error.message}. {error.remedy}".rstrip("."))
    korean = error.unfit.said(KOREAN)
    assert cause == "other" or any("가" <= each <= "힣" for each in korean)


def test_what_a_file_is_instead_is_said_in_korean() -> None:
    assert "(GIF)" in Unfit("format", {"found": "a GIF"}).said(KOREAN)
    assert "(카메라 RAW 파일)" in Unfit("format", {"found": "a camera's raw file"}).said(KOREAN)
    unknown = Unfit("no_picture", {"found": "an unknown format (it begins with 68 65)"})
    assert "(알 수 없는 형식(68 65))" in unknown.said(KOREAN)
