"""What people read, in both languages."""

import string

import pytest

from enrollment.people_texts import _WORDS, why_unfit
from schemas.settings import Settings
from streams.faces.unfit_pictures import UNFIT, Unfit, UnfitPictureError

ENGLISH, KOREAN = Settings(), Settings(language="ko")
VALUES = {
    "found": "a GIF", "size": 10**9, "most": 2e8, "width": 50000, "height": 4000, "millions": 200.0, "kind": "JPEG",
    "detail": "no end", "remedy": "Try again.", "count": 2, "least": 40.0, "sharpness": 0.01, "name": "1.jpg",
    "bright": 40.0, "degrees": 31.0,
}  # fmt: skip


@pytest.mark.parametrize("cause", UNFIT)
def test_every_cause_is_said_in_both_languages_with_its_remedy(cause: str) -> None:
    values = {name: VALUES[name] for name in VALUES if f"{{{name}" in "".join(UNFIT[cause])}
    error = UnfitPictureError(cause, **values)
    assert why_unfit(ENGLISH, error.unfit).startswith(f"{error.message}. {error.remedy}".rstrip("."))
    korean = why_unfit(KOREAN, error.unfit)
    assert cause == "other" or any("가" <= each <= "힣" for each in korean)


def test_what_a_file_is_instead_is_said_in_korean() -> None:
    assert "(GIF)" in why_unfit(KOREAN, Unfit("format", {"found": "a GIF"}))
    assert "(카메라 RAW 파일)" in why_unfit(KOREAN, Unfit("format", {"found": "a camera's raw file"}))
    unknown = Unfit("no_picture", {"found": "an unknown format (it begins with 68 65)"})
    assert "(알 수 없는 형식(68 65))" in why_unfit(KOREAN, unknown)


def test_both_languages_say_the_same_things_with_the_same_values() -> None:
    assert set(_WORDS["en"]) == set(_WORDS["ko"])
    for name, text in _WORDS["en"].items():
        fields = [
            {each for _, each, _, _ in string.Formatter().parse(said) if each} for said in (text, _WORDS["ko"][name])
        ]
        assert fields[1] <= fields[0], name
        assert name.startswith("unfit_") or fields[0] == fields[1], name
