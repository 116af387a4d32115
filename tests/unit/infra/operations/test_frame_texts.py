"""What is said of frames is said in both languages, of the same things, and of everything that a producer tells."""

import ast
import re
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from infra.operations.frames import frame_texts, recording_check
from infra.operations.frames.frame_texts import TEXTS, refused, span, told
from infra.operations.frames.recording_check import Objection
from producers.shots import SourceError
from schemas.settings import Settings
from schemas.translations import say

ENGLISH, KOREAN = Settings(), Settings(language="ko")
HOUSE = Path(frame_texts.__file__).parents[3]


def named_in(file: Path, calls: set[str]) -> set[str]:
    """Every text that a file names as the first argument of one of these calls."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call) and node.args:
            function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if function in calls:
                found |= {each.value for each in ast.walk(node.args[0]) if isinstance(each, ast.Constant)}
    return {each for each in found if isinstance(each, str)}


def test_every_refusal_has_a_remedy_and_every_cause_a_text() -> None:
    files = [*(HOUSE / "producers").glob("*.py")]
    codes = set().union(*(named_in(each, {"SourceError"}) for each in files))
    causes = set().union(*(named_in(each, {"tell", "_tell", "CameraAnswer"}) for each in files)) - {
        "stream",
        "snapshot",
    }
    assert len(codes) > 10
    assert len(causes) > 15
    assert {f"{code}_remedy" for code in codes} | codes | causes <= TEXTS.keys()
    objections = named_in(Path(recording_check.__file__), {"Objection"})
    assert objections <= TEXTS.keys()


def test_a_text_in_hangul_is_no_english() -> None:
    latin = [name for name, text in TEXTS.items() if not re.search("[가-힣]", say("ko", text))]
    assert latin == ["unreadable"], "which is made of values alone"


@pytest.mark.parametrize(
    ("length", "english", "korean"),
    [
        (timedelta(hours=9), "9 h", "9시간"),
        (timedelta(hours=-30), "30 h", "30시간"),
        (timedelta(days=3, hours=2), "3 days", "3일"),
        (timedelta(minutes=25), "25 min", "25분"),
        (timedelta(seconds=7), "7 s", "7초"),
    ],
)
def test_a_length_of_time_is_told_in_its_largest_unit(length: timedelta, english: str, korean: str) -> None:
    assert (span(ENGLISH, length), span(KOREAN, length)) == (english, korean)


def test_sizes_are_readable() -> None:
    assert "14.2 GB" in told(ENGLISH, "thinned", name="a.mp4", rate=25.0, size=14.2e9)
    assert "3.5 MB" in told(KOREAN, "thinned", name="a.mp4", rate=25.0, size=3.5e6)


def test_a_refusal_is_told_in_the_language_of_the_site_with_its_zone() -> None:
    error = refused(ENGLISH, SourceError("name_without_zone", name="20260309_090010.jpg"))
    assert "20260309_090010.jpg does not say" in error.message
    assert "--names-in Asia/Seoul" in error.remedy
    elsewhere = msgspec.structs.replace(KOREAN, timezone="Europe/Berlin")
    error = refused(elsewhere, SourceError("name_without_zone", name="20260309_090010.jpg"))
    assert "어느 시간대인지" in error.message
    assert "--names-in Europe/Berlin" in error.remedy


def test_a_refusal_within_a_refusal_is_told_too() -> None:
    error = refused(ENGLISH, SourceError("no_manifest", file="m.json", why=SourceError("name_without_time", name="x")))
    assert "m.json cannot be read: x is not named by its capture time" in error.message
    assert "upgrade Naul" in error.remedy


def test_an_objection_needs_no_value_that_is_not_given() -> None:
    for text in ("no_timetable", "unknown_hall", "begins_later", "ended_earlier", "future"):
        for settings in (ENGLISH, KOREAN):
            made = Objection(text, f"{text}_remedy", "B12", timedelta(hours=9))
            values = {"hall": "B21", "near": made.near, "count": "", "span": span(settings, made.apart)}
            assert told(settings, text, **values)
