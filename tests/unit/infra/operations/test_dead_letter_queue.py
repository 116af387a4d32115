"""A message that was refused, as it was."""

from datetime import UTC, datetime
from typing import Any

import pytest

from infra.operations.dead_letters.dead_letter_queue import RefusedMessage, distinct, original
from schemas.dead_letters import ORIGINAL
from schemas.errors import RefusedError
from schemas.messages import MarkBatch, encode
from schemas.settings import Settings

SETTINGS = Settings(prefix="site")
FRAMES = SETTINGS.topic("frames")


def letter(topic: str, partition: int = 0, key: bytes | None = b"E101/front") -> RefusedMessage:
    headers = (
        ("reason", b"truncated JPEG\nwith the whole story"),
        ("stage", b"recognise"),
        ("topic", topic.encode()),
        ("partition", str(partition).encode()),
        (f"{ORIGINAL}hall", b"E101"),
    )
    return RefusedMessage(7, datetime(2026, 3, 9, tzinfo=UTC), key, b"jpeg", headers)


def now() -> datetime:
    return datetime(2026, 3, 10, tzinfo=UTC)


def test_the_first_line_of_the_reason_is_told() -> None:
    assert letter(FRAMES).reason == "truncated JPEG"
    assert letter(FRAMES).text("nothing") == ""


@pytest.mark.parametrize("key", [b"E101/front", None])
def test_a_letter_goes_back_as_it_was(key: bytes | None) -> None:
    record = original(SETTINGS, letter(FRAMES, 1, key), now)
    assert record == (FRAMES, key, b"jpeg", None, [("hall", b"E101")])


def test_marks_go_to_the_partition_of_their_hall_and_what_is_none_by_its_key() -> None:
    at = datetime(2026, 3, 9, tzinfo=UTC)
    marks = MarkBatch(id="x", class_hour="A|2026-03-09|1", hall="E101", kind="mark", by="kim", at=at, marks=())
    found = letter(SETTINGS.topic("marks"))
    assert original(SETTINGS, found._replace(value=encode(marks)), now)[3] == "E101"
    assert original(SETTINGS, found, now)[3] is None


def test_a_letter_of_another_site_is_refused() -> None:
    with pytest.raises(RefusedError, match=r"dead letter 7 says it came from 'other\.frames'"):
        original(SETTINGS, letter("other.frames"), now)


def frame(offset: int, value: bytes = b"jpeg", reason: bytes = b"truncated JPEG", at: bytes = b"1") -> RefusedMessage:
    headers = (("reason", reason), (f"{ORIGINAL}hall", b"E101"), (f"{ORIGINAL}captured_at", at))
    return RefusedMessage(offset, datetime(2026, 3, 9, tzinfo=UTC), b"E101/front", value, headers)


def test_a_frame_that_was_refused_twice_for_the_same_reason_waits_once() -> None:
    once = [frame(0), frame(1, b"other"), frame(2, reason=b"a PNG"), frame(3, at=b"2"), letter(FRAMES)]
    again = [frame(4), frame(5, reason=b"truncated JPEG\nwith more"), frame(6, at=b"2")]
    assert list(distinct(once + again)) == once


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"1775520040000000", datetime(2026, 4, 7, 0, 0, 40, tzinfo=UTC)),
        (b"soon", None),
        (b"", None),
        (b"9" * 40, None),
    ],
)
def test_a_letter_tells_when_its_frame_was_taken(header: bytes, expected: datetime | None) -> None:
    assert frame(0, at=header).taken_at() == expected


def test_a_letter_that_does_not_say_where_it_came_from_is_refused_by_its_number() -> None:
    strange = letter(FRAMES)._replace(headers=(*letter(FRAMES).headers, ("appended_at", b"yesterday")))
    with pytest.raises(RefusedError, match="dead letter 7"):
        original(SETTINGS, strange, now)


def test_a_header_without_a_value_is_empty() -> None:
    strange: Any = ("reason", None)
    assert letter(FRAMES)._replace(headers=(strange,)).reason == ""
