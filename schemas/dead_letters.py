"""A message that can never succeed, as it goes to the topic ``dead-letters``: its bytes, and why, and where it was.

Headers: ``reason`` (for a person), ``stage`` (who refused it), ``topic``, ``partition``, ``offset`` (where it is),
``appended_at`` (when the broker got it, if known), and the message's own headers with ``original-`` before their names.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

__all__ = ["ORIGINAL", "REASONS", "BadMessageLimit", "DeadLetter", "RecordPlace", "dead_letter", "reason_code"]

ORIGINAL = "original-"
REASON_LIMIT = 2000
"""Characters. A reason may quote the message, and the message may be large."""


_CODES = (
    ("too_large", r"bytes, more than|pixels \(.*\), more than"),
    ("not_a_picture", r"not a JPEG"),
    ("damaged_picture", r"^(truncated|corrupted) JPEG"),
    ("unknown_version", r"of an unknown version"),
    ("headers", r"^frame headers? "),
    ("clock", r"^the clock of camera |^frame of .* was captured at "),
    ("hall", r"is not in the timetable"),
    ("malformed", r"^malformed |^not a JSON object"),
    ("seal", r"sealed embedding|^sealed frame |^frame sealed "),
    ("content", r"^observation of |is (not a|no) class hour|cannot be stored|^an erasure whose key"),
)
REASONS = (*(code for code, _ in _CODES), "store", "other")
"""All that ``reason_code`` says; ``store``: the store refused it."""


def reason_code(reason: str) -> str:
    """Return of which kind a reason is: one of ``REASONS``, and so nothing of what the message said."""
    first = reason.partition("\n")[0]
    return next((code for code, pattern in _CODES if re.search(pattern, first)), "other")


class RecordPlace(NamedTuple):
    """Where a message is: the full name of its topic, with prefix. appended_at: when the broker got it, if known."""

    topic: str
    partition: int
    offset: int
    appended_at: datetime | None = None


class DeadLetter(NamedTuple):
    """What is sent to the topic ``dead-letters``."""

    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


def dead_letter(
    place: RecordPlace,
    key: bytes | None,
    value: bytes | None,
    headers: Iterable[tuple[str, bytes | None]] | None,
    reason: str,
    stage: str,
) -> DeadLetter:
    """Return the dead letter of a message.

    place: where it is. stage: recognise, attend or sink.
    """
    why: dict[str, object] = {
        "reason": reason[:REASON_LIMIT],
        "stage": stage,
        "topic": place.topic,
        "partition": place.partition,
        "offset": place.offset,
    }
    if place.appended_at:
        why["appended_at"] = place.appended_at.isoformat()
    return DeadLetter(
        key,
        value,
        [
            *((name, str(text).encode("utf-8", "replace")) for name, text in why.items()),
            *((ORIGINAL + name, content or b"") for name, content in headers or ()),
        ],
    )


class BadMessageLimit:
    """Ends a worker that can read nothing any more, rather than let it pour a topic into the dead letters.

    Its manager starts it again, after pauses that grow; somebody will look.
    """

    def __init__(
        self,
        limit: int = 200,
        what: str = "could not be read: is this worker older than its producers, or is a key not here?",
    ) -> None:
        """limit: bad messages in a row. what: happened to them, for a person."""
        self._limit = limit
        self._what = what
        self._bad = 0

    def good(self) -> None:
        """A message was dealt with."""
        self._bad = 0

    def bad(self) -> None:
        """A message was not.

        Raises:
            RuntimeError: it was one too many.
        """
        self._bad += 1
        if self._bad >= self._limit:
            raise RuntimeError(f"{self._bad} messages in a row {self._what}")
