"""Which records of the topic are kept, and which are only counted."""

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from infra.operations.frames.export_frames import Chosen, ExportRequest
from schemas.errors import RefusedError
from schemas.frames import FrameHeaders

NINE = datetime(2026, 11, 23, tzinfo=UTC)
WISH = ExportRequest("E101", NINE, NINE + timedelta(minutes=50))


def frame(minute: float, jpeg: bytes = b"a picture", hall: str = "E101", camera: str = "front") -> Any:
    at = NINE + timedelta(minutes=minute)
    head = FrameHeaders(hall=hall, camera=camera, captured_at=at, live=True, sequence=1)
    return SimpleNamespace(headers=head.pack(), value=jpeg)


def test_frames_of_the_hall_are_kept_from_the_first_moment_to_before_the_last() -> None:
    chosen = Chosen(WISH)
    records = [frame(-0.1), frame(0), frame(49.9), frame(50), frame(10, hall="E102")]
    assert [chosen.take(each) for each in records] == [
        None, "20261123T000000.000Z.jpg", "20261123T004954.000Z.jpg", None, None
    ]  # fmt: skip
    assert chosen.camera() == "front"
    assert list(chosen.files()) == ["20261123T000000.000Z.jpg", "20261123T004954.000Z.jpg"]


def test_a_frame_that_was_sent_again_is_kept_once_and_another_of_its_moment_is_counted() -> None:
    chosen = Chosen(WISH)
    records = [frame(1), frame(1), frame(1, b"another"), frame(1, b"another"), frame(1, b"a third"), frame(2)]
    assert [chosen.take(each) is not None for each in records] == [True, False, False, False, False, True]
    assert (len(chosen), chosen.repeated, chosen.others) == (2, 2, 2)


def test_what_is_no_frame_is_counted() -> None:
    chosen = Chosen(WISH)
    for each in (SimpleNamespace(headers=[], value=b"a picture"), frame(1, b""), frame(2)):
        chosen.take(each)
    assert (len(chosen), chosen.unreadable) == (1, 2)


def test_one_of_several_cameras_must_be_named() -> None:
    records = [frame(1), frame(1, camera="back"), frame(2)]
    chosen = Chosen(WISH)
    for each in records:
        chosen.take(each)
    with pytest.raises(RefusedError, match="several cameras in this time: back, front") as refusal:
        chosen.camera()
    assert "--camera back" in refusal.value.remedy
    named = Chosen(WISH._replace(camera="front"))
    assert [named.take(each) is not None for each in records] == [True, False, True]
    assert named.camera() == "front"


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (WISH._replace(hall="E103"), "no frames of the hall 'E103' .*; there are some of E101, E102"),
        (WISH._replace(since=NINE + timedelta(minutes=40)), "no frames of the hall 'E101' are kept of this time$"),
        (WISH._replace(camera="top"), "no frames of a camera 'top' of the hall 'E101'"),
    ],
)
def test_nothing_to_keep_is_refused_with_what_is_there(wanted: ExportRequest, says: str) -> None:
    chosen = Chosen(wanted)
    for each in (frame(1), frame(2, hall="E102")):
        chosen.take(each)
    with pytest.raises(RefusedError) as refusal:
        chosen.camera()
    assert re.search(says, refusal.value.message)
    assert len(chosen) == 0
