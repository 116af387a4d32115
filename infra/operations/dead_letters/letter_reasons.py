"""Why messages were put aside, in the language of the site, and whether it helps to send them again.

Workers give their reasons in English, and keep them in the dead letter; here are those that are known.
"""

import re
from typing import Final, NamedTuple

from schemas.settings import Settings
from schemas.translations import say

__all__ = ["in_the_bytes", "told_reason"]


class _Reason(NamedTuple):
    """pattern: of the first line. text: filled in from its groups. in_the_bytes: it will be refused again.

    So is a frame whose clock was wrong: it keeps its difference when it is sent again.
    """

    pattern: str
    text: str
    in_the_bytes: bool = True


_REASONS: Final = tuple(
    (re.compile(each.pattern), each.text, each.in_the_bytes)
    for each in (
        _Reason(
            r"(?P<size>[\d,]+) bytes, more than the (?P<most>[\d,]+) of the largest frame",
            "{size} bytes, more than the {most} of the largest frame",
        ),
        _Reason("zero bytes, not a JPEG", "zero bytes, not a JPEG"),
        _Reason(
            r"an unknown format \(it begins with (?P<first>.*)\), not a JPEG",
            "an unknown format (it begins with {first}), not a JPEG",
        ),
        _Reason("(?:an? )?(?P<found>.+), not a JPEG", "{found}, not a JPEG"),
        _Reason(
            "truncated JPEG: (?P<size>.*) bytes that end before the picture",
            "truncated JPEG: {size} bytes that end before the picture",
        ),
        _Reason("truncated JPEG: its last scans are missing", "truncated JPEG: its last scans are missing"),
        _Reason("truncated JPEG: a part of the picture is missing", "truncated JPEG: a part of the picture is missing"),
        _Reason("truncated JPEG: (?P<detail>.*)", "truncated JPEG: {detail}"),
        _Reason("corrupted JPEG: it holds no picture", "corrupted JPEG: it holds no picture"),
        _Reason("corrupted JPEG: no segment at byte (?P<at>.*)", "corrupted JPEG: no segment at byte {at}"),
        _Reason("corrupted JPEG: (?P<detail>.*)", "corrupted JPEG: {detail}"),
        _Reason(
            r"(?P<size>\d+ x \d+) pixels \(.*\), more than (?P<most>\d+) million",
            "{size} pixels, more than {most} million",
        ),
        _Reason("frame header (?P<name>'.*?') is missing", "frame header {name} is missing"),
        _Reason("frame headers? (?P<detail>.*)", "frame headers {detail}"),
        _Reason("observation of (?P<hall>.*?): (?P<detail>.*)", "observation of {hall}: {detail}"),
        _Reason("not a JSON object (?P<detail>.*)", "not a JSON object {detail}"),
        _Reason("malformed (?P<detail>.*)", "malformed {detail}"),
        _Reason(
            r"the clock of camera (?P<camera>.*) is (?P<seconds>\d+) s ahead of the broker's",
            "the clock of camera {camera} is {seconds} s ahead of the broker's",
        ),
        _Reason(
            r"the clock of camera (?P<camera>.*) is (?P<seconds>\d+) s behind the broker's",
            "the clock of camera {camera} is {seconds} s behind the broker's",
        ),
        _Reason(
            r"frame of (?P<camera>.*) was captured at (?P<at>.*), (?P<seconds>\d+) s after the broker received it",
            "frame of {camera} was captured at {at}, {seconds} s after the broker received it",
        ),
        _Reason(
            "hall (?P<hall>'.*') is not in the timetable",
            "hall {hall} is not in the timetable",
            in_the_bytes=False,
        ),
        _Reason(
            "(?:frame|message) of an unknown version: (?P<detail>.*)",
            "message of an unknown version: {detail}",
            in_the_bytes=False,
        ),
        _Reason(
            r"frame sealed for the key (?P<key>[0-9a-f]*), which is not here.*",
            "frame sealed for the key {key}, which is not here",
            in_the_bytes=False,
        ),
        _Reason(
            "sealed frame of an unknown format: (?P<detail>.*)",
            "sealed frame of an unknown format: {detail}",
            in_the_bytes=False,
        ),
        _Reason(r"sealed frame that is cut: (?P<size>\d+) bytes", "sealed frame that is cut: {size} bytes"),
        _Reason(
            "sealed frame that does not open: it is damaged, "
            "or was not sealed as a frame of (?P<camera>.*) at (?P<at>.*)",
            "sealed frame that does not open: it is damaged, or was not sealed as a frame of {camera} at {at}",
        ),
        _Reason(
            "a sealed embedding does not open: .*",
            "a sealed embedding does not open",
            in_the_bytes=False,
        ),
    )
)


def told_reason(settings: Settings, reason: str) -> str:
    """Return a reason in the language of the site, with its remedy if it has one; one that is not known stays."""
    first = reason.partition("\n")[0]
    if settings.language != "en":
        for pattern, text, _ in _REASONS:
            if found := pattern.fullmatch(first):
                return say(settings.language, text, **found.groupdict())
    return reason


def in_the_bytes(reason: str) -> bool:
    """Say whether a message is refused for what it is, so that it will be again however often it is sent."""
    first = reason.partition("\n")[0]
    return next((lies for pattern, _, lies in _REASONS if pattern.fullmatch(first)), False)
