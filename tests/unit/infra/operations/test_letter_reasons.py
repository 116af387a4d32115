"""Reasons why messages were put aside: those that the workers give are known, in both languages."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import pytest

from infra.operations.dead_letters.letter_reasons import in_the_bytes, told_reason
from schemas.dead_letters import reason_code
from schemas.errors import BadMessageError
from schemas.frame_seals import FrameOpener
from schemas.frames import FrameHeaders
from schemas.messages import Roster, decode
from schemas.settings import Settings
from streams.faces.pictures import decode_jpeg
from streams.recognise.observing import check_clock

ENGLISH, KOREAN = Settings(), Settings(language="ko")
NOISE = np.random.default_rng(1).integers(0, 256, (480, 640, 3), np.uint8)
JPEG = bytes(cv2.imencode(".jpg", NOISE)[1])
AT = datetime(2026, 3, 9, tzinfo=UTC)


def huge() -> bytes:
    start = JPEG.index(b"\xff\xc0") + 5
    return JPEG[:start] + b"\xff\xf0\xff\xf0" + JPEG[start + 4 :]


GOLDEN = Path(__file__).parents[3] / "golden" / "sealed-frame"
SEALED = (GOLDEN / "frame.sealed").read_bytes()


def opened(value: bytes) -> bytes:
    """Open a frame by the key of the example, which git cannot keep private."""
    with TemporaryDirectory() as folder:
        key = Path(copyfile(GOLDEN / "key", Path(folder) / "key"))
        key.chmod(0o600)
        head = FrameHeaders(hall="E101", camera="front", captured_at=AT, live=True, sequence=2)
        return FrameOpener(key).picture(head, value)


def of_clock(captured: float, sent: float) -> Callable[[], object]:
    def check() -> None:
        moments = (AT + timedelta(seconds=each) for each in (captured, sent))
        head = FrameHeaders(
            hall="B12", camera="front", captured_at=next(moments), live=True, sequence=1, sent_at=next(moments)
        )
        check_clock(head, AT, timedelta(minutes=2))

    return check


@pytest.mark.parametrize(
    ("refuse", "lies_in_bytes"),
    [
        *((lambda data=data: decode_jpeg(data), True) for data in (
            b"", b"\x89PNG\r\n\x1a\n" + bytes(20), b"hello", b"<html>", JPEG[:-5000], JPEG[:100], JPEG[:2] + bytes(600),
            JPEG[:2] + JPEG[-2:], huge(), bytes(5 * 2**20),
        )),
        *((of_clock(*seconds), True) for seconds in ((0, 300), (0, -300), (300, 0))),
        (lambda: FrameHeaders.unpack([("schema", b"frame/1")]), True),
        (lambda: FrameHeaders.unpack([("schema", b"frame/9")]), False),
        *((lambda data=data: opened(data), lies) for data, lies in (
            (b"NAULSEAL\2" + bytes(99), False), (b"NAULSEAL\1", True), (b"NAULSEAL\1" + bytes(99), False),
            (SEALED[:-1], True), ((SEALED[:17] + bytes(99)), True),
        )),
        (lambda: decode(b"no", Roster), True),
        (lambda: decode(b'{"schema": "roster/1"}', Roster), True),
        (lambda: decode(b'{"schema": "roster/9"}', Roster), False),
    ],
)  # fmt: skip
def test_what_workers_refuse_is_told_in_korean_and_with_what_helps(
    refuse: Callable[[], object], lies_in_bytes: bool
) -> None:
    with pytest.raises(BadMessageError) as refused:
        refuse()
    assert reason_code(refused.value.message) != "other", "metrics tell of which kind it is"
    reason = str(refused.value)
    assert in_the_bytes(reason) is lies_in_bytes
    assert told_reason(ENGLISH, reason) == reason
    assert re.search("[가-힣]", told_reason(KOREAN, reason)), reason


@pytest.mark.parametrize(
    ("reason", "korean"),
    [
        ("hall 'B21' is not in the timetable\n  Load it.", "시간표에 'B21' 강의실이 없습니다."),
        ("a sealed embedding does not open: it is damaged", "키 파일"),
    ],
)
def test_what_can_be_mended_is_sent_again(reason: str, korean: str) -> None:
    assert not in_the_bytes(reason)
    assert korean in told_reason(KOREAN, reason)


def test_a_reason_that_nobody_knows_stays_and_may_be_mended() -> None:
    assert told_reason(KOREAN, "something new\n  Look.") == "something new\n  Look."
    assert not in_the_bytes("something new")
