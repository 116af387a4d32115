"""Why messages were put aside, in the language of the site, and whether it helps to send them again.

Workers give their reasons in English, and keep them in the dead letter; here are those that are known.
"""

import re
from typing import Final, NamedTuple

from schemas.settings import Settings

__all__ = ["in_the_bytes", "told_reason"]


class _Reason(NamedTuple):
    """pattern: of the first line. korean: filled in from its groups. in_the_bytes: it will be refused again.

    So is a frame whose clock was wrong: it keeps its difference when it is sent again.
    """

    pattern: str
    korean: str
    in_the_bytes: bool = True


_REASONS: Final = tuple(
    (re.compile(each.pattern), each.korean, each.in_the_bytes)
    for each in (
        _Reason(
            r"(?P<size>[\d,]+) bytes, more than the (?P<most>[\d,]+) of the largest frame",
            "{size}바이트로 너무 큽니다(최대 {most}바이트)",
        ),
        _Reason("zero bytes, not a JPEG", "빈 파일이라 JPEG가 아닙니다"),
        _Reason(r"an unknown format \(it begins with (?P<first>.*)\), not a JPEG", "JPEG가 아닙니다(처음: {first})"),
        _Reason("(?:an? )?(?P<found>.+), not a JPEG", "JPEG가 아닙니다({found})"),
        _Reason(
            "truncated JPEG: (?P<size>.*) bytes that end before the picture",
            "잘린 JPEG: {size}바이트뿐이고 그림이 시작되기 전에 끝납니다",
        ),
        _Reason("truncated JPEG: its last scans are missing", "잘린 JPEG: 마지막 부분이 없습니다"),
        _Reason("truncated JPEG: a part of the picture is missing", "잘린 JPEG: 그림 일부가 없습니다"),
        _Reason("truncated JPEG: (?P<detail>.*)", "잘린 JPEG({detail})"),
        _Reason("corrupted JPEG: it holds no picture", "손상된 JPEG: 그림이 들어 있지 않습니다"),
        _Reason("corrupted JPEG: no segment at byte (?P<at>.*)", "손상된 JPEG: {at}번째 바이트부터 읽을 수 없습니다"),
        _Reason("corrupted JPEG: (?P<detail>.*)", "손상된 JPEG({detail})"),
        _Reason(
            r"(?P<size>\d+ x \d+) pixels \(.*\), more than (?P<most>\d+) million",
            "{size} 화소로 너무 큽니다(최대 {most}00만 화소)",
        ),
        _Reason("frame header (?P<name>'.*?') is missing", "화면에 {name} 머리글이 없습니다"),
        _Reason("frame headers? (?P<detail>.*)", "화면의 머리글이 잘못되었습니다({detail})"),
        _Reason("observation of (?P<hall>.*?): (?P<detail>.*)", "{hall} 강의실의 관찰 기록이 잘못되었습니다({detail})"),
        _Reason("not a JSON object (?P<detail>.*)", "읽을 수 없는 메시지입니다{detail}"),
        _Reason("malformed (?P<detail>.*)", "메시지의 내용이 잘못되었습니다({detail})"),
        _Reason(
            r"the clock of camera (?P<camera>.*) is (?P<seconds>\d+) s ahead of the broker's",
            "카메라 {camera}의 시계가 Kafka보다 {seconds}초 빠릅니다. `naul camera`를 실행하는 컴퓨터의 시계를 "
            "맞추세요(NTP).",
        ),
        _Reason(
            r"the clock of camera (?P<camera>.*) is (?P<seconds>\d+) s behind the broker's",
            "카메라 {camera}의 시계가 Kafka보다 {seconds}초 느립니다. `naul camera`를 실행하는 컴퓨터의 시계를 "
            "맞추세요(NTP).",
        ),
        _Reason(
            r"frame of (?P<camera>.*) was captured at (?P<at>.*), (?P<seconds>\d+) s after the broker received it",
            "{camera} 카메라의 화면이 도착한 때보다 {seconds}초 뒤에 찍힌 것으로 되어 있습니다({at}). 카메라의 시계를 "
            "맞추고(NTP) 다시 보내세요.",
        ),
        _Reason(
            "hall (?P<hall>'.*') is not in the timetable",
            "시간표에 {hall} 강의실이 없습니다. `naul timetable load`로 시간표를 올린 뒤 `naul dead-letters retry`를 "
            "실행하세요.",
            in_the_bytes=False,
        ),
        _Reason(
            "(?:frame|message) of an unknown version: (?P<detail>.*)",
            "알 수 없는 버전의 메시지입니다({detail}). 이 프로그램을 업그레이드하세요.",
            in_the_bytes=False,
        ),
        _Reason(
            "a sealed embedding does not open: .*",
            "봉인된 얼굴 정보를 열 수 없습니다. 사람을 등록한 컴퓨터의 키 파일을 쓰세요.",
            in_the_bytes=False,
        ),
    )
)


def told_reason(settings: Settings, reason: str) -> str:
    """Return a reason in the language of the site, with its remedy if it has one; one that is not known stays."""
    first = reason.partition("\n")[0]
    if settings.language == "ko":
        for pattern, korean, _ in _REASONS:
            if found := pattern.fullmatch(first):
                return korean.format(**found.groupdict())
    return reason


def in_the_bytes(reason: str) -> bool:
    """Say whether a message is refused for what it is, so that it will be again however often it is sent."""
    first = reason.partition("\n")[0]
    return next((lies for pattern, _, lies in _REASONS if pattern.fullmatch(first)), False)
