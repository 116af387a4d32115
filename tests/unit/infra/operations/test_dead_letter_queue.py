"""A message that was refused, as it was."""

from datetime import UTC, datetime

import pytest

from infra.operations.dead_letter_queue import RefusedMessage, original
from schemas.dead_letters import ORIGINAL
from schemas.errors import RefusedError
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
    assert record == (FRAMES, key, b"jpeg", 1, [("hall", b"E101")])


def test_a_partition_that_is_no_longer_there_is_the_last_one() -> None:
    *_, partition, _ = original(SETTINGS, letter(FRAMES, 10_000), now)
    assert partition == original(SETTINGS, letter(FRAMES, 9_999), now)[3] < 9_999


def test_a_letter_of_another_site_is_refused() -> None:
    with pytest.raises(RefusedError, match=r"dead letter 7 says it came from 'other\.frames'"):
        original(SETTINGS, letter("other.frames"), now)
