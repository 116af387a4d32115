"""What is said of photos that could be better."""

from typing import Any

import msgspec
import pytest

from enrollment.advice import COLUMNS, advise, flaws, refused_row, rows, sentences
from enrollment.likeness import Pair
from schemas.messages import EnrollmentTemplate, PhotoQuality
from schemas.settings import Settings
from streams.faces.calibration import Calibration

CALIBRATION = Calibration(center=0.5, spread=0.1, several=(1, 0, 0, 0), single=(1, 0, 0, 0))
GOOD = PhotoQuality(width=90, sharpness=0.4, yaw=3, roll=2, bright=180, contrast=120, agreement=0.9)
ENGLISH, KOREAN = Settings(), Settings(language="ko")


def but(**changes: Any) -> PhotoQuality:
    return msgspec.structs.replace(GOOD, **changes)


def template(*photos: PhotoQuality) -> EnrollmentTemplate:
    return EnrollmentTemplate(engine="e@1", photos=len(photos), sealed=b"", qualities=photos)


def said(*photos: PhotoQuality, settings: Settings = ENGLISH) -> list[str]:
    return sentences(settings, advise("1001", template(*photos), CALIBRATION))


@pytest.mark.parametrize(
    ("photo", "wrong"),
    [
        (GOOD, ()),
        (but(width=50), ("small",)),
        (but(sharpness=0.1), ("blurred",)),
        (but(yaw=-31), ("turned",)),
        (but(roll=24), ("tilted",)),
        (but(bright=80), ("dark",)),
        (but(contrast=40), ("flat",)),
        (but(bright=80, contrast=40), ("dark", "flat")),
    ],
)
def test_each_flaw_has_its_word(photo: PhotoQuality, wrong: tuple[str, ...]) -> None:
    assert flaws(photo) == wrong


def test_good_photos_need_no_words() -> None:
    assert advise("1001", template(GOOD, GOOD), CALIBRATION).nothing
    assert said(GOOD, GOOD) == []


def test_one_photo_is_too_few_however_good() -> None:
    assert said(but(agreement=None)) == ["only one photo: take a second one, and enrol both from one folder"]


def test_of_two_photos_that_disagree_a_third_is_asked_for() -> None:
    (text,) = said(but(agreement=0.55), but(agreement=0.55))
    assert "photo 1, photo 2 are unlike each other" in text
    assert "take a third" in text


def test_of_three_the_odd_one_is_named() -> None:
    (text,) = said(GOOD, GOOD, but(agreement=0.55))
    assert text == "photo 3: unlike the rest; is it the same person?"


def test_a_flaw_beside_a_good_photo_does_no_harm_and_without_one_each_is_named() -> None:
    assert said(GOOD, but(bright=80)) == []
    *each, enough = said(but(yaw=40), but(bright=80))
    assert [text.partition(":")[0] for text in each] == ["photo 1", "photo 2"]
    assert enough == "one photo without these flaws is enough"


def test_a_template_from_before_photos_were_measured_says_only_how_many_there_were() -> None:
    old = EnrollmentTemplate(engine="e@1", photos=3, sealed=b"")
    advice = advise("1001", old, CALIBRATION)
    assert advice.nothing
    assert [row[2] for row in rows(ENGLISH, advice, old)] == ["photo 1", "photo 2", "photo 3"]


def test_a_korean_site_reads_korean() -> None:
    single = but(agreement=None, bright=80)
    assert all(any("가" <= letter <= "힣" for letter in text) for text in said(single, settings=KOREAN))
    assert len(said(single, settings=KOREAN)) == len(said(single)) == 2


def test_the_full_report_has_a_row_a_photo_with_names_and_pairs() -> None:
    mine = template(GOOD, but(width=50))
    pairs = [Pair("1001", "1007", 0.96, 0.031, False), Pair("1000", "1001", 0.99, 0.25, True)]
    found = rows(ENGLISH, advise("1001", mine, CALIBRATION), mine, pairs, ["front.jpg", "far.jpg"])
    first, second = (dict(zip(COLUMNS, row, strict=True)) for row in found)
    assert (first["photo"], first["width"], first["agreement"], first["improve"]) == ("front.jpg", 90, 0.9, "")
    assert second["improve"].startswith("good enough beside the others; the face is rather small")
    assert first["alike"] == "1007 3.1%; 1000 25.0% ="


def test_a_refused_photo_has_a_row_with_the_reason() -> None:
    row = dict(zip(COLUMNS, refused_row("1001", "e@1", "wall.png", "no face was found"), strict=True))
    assert (row["refused"], row["width"]) == ("no face was found", None)
