"""A message that can never succeed, as it goes to the topic ``dead-letters``: its bytes, and why, and where it was.

Headers: ``reason`` (for a person), ``stage`` (who refused it), ``topic``, ``partition``, ``offset`` (where it is),
``appended_at`` (when the broker got it, if known), and the message's own headers with ``original-`` before their names.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

__all__ = ["ORIGINAL", "DeadLetter", "dead_letter"]

ORIGINAL = "original-"
REASON_LIMIT = 2000
"""Characters. A reason may quote the message, and the message may be large."""


class DeadLetter(NamedTuple):
    """What is sent to the topic ``dead-letters``."""

    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


def dead_letter(
    topic: str,
    partition: int,
    offset: int,
    key: bytes | None,
    value: bytes | None,
    headers: Iterable[tuple[str, bytes | None]] | None,
    reason: str,
    stage: str,
    appended_at: datetime | None = None,
) -> DeadLetter:
    """Return the dead letter of a message.

    topic: the full name, with prefix. stage: recognise, attend or sink.
    """
    why: dict[str, object] = {
        "reason": reason[:REASON_LIMIT],
        "stage": stage,
        "topic": topic,
        "partition": partition,
        "offset": offset,
    }
    if appended_at:
        why["appended_at"] = appended_at.isoformat()
    return DeadLetter(
        key,
        value,
        [
            *((name, str(text).encode("utf-8", "replace")) for name, text in why.items()),
            *((ORIGINAL + name, content or b"") for name, content in headers or ()),
        ],
    )
