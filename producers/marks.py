"""What a person says about students goes in as one message: a single mark, or a whole roll call."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from schemas.cluster import Record, send
from schemas.messages import ClassHour, Mark, MarkBatch, Said, encode
from schemas.settings import Settings

__all__ = ["mark_batch", "record", "send_marks"]


def mark_batch(
    hour: ClassHour,
    verdicts: Mapping[str, Said],
    *,
    batch_id: str,
    kind: Literal["mark", "rollcall"],
    by: str,
    at: datetime,
    reason: str = "",
) -> MarkBatch:
    """Return the message that gives each student of ``verdicts`` a verdict in this class hour.

    batch_id: unique; the same batch sent again with the same id counts once.
    at: aware; of two marks for one student the later holds.
    """
    return MarkBatch(
        id=batch_id,
        class_hour=hour.id,
        hall=hour.hall,
        kind=kind,
        by=by,
        at=at,
        reason=reason,
        marks=tuple(Mark(student_id=student, verdict=verdicts[student]) for student in sorted(verdicts)),
    )


def record(settings: Settings, batch: MarkBatch) -> Record:
    """Write a batch as it is sent: to the partition of its hall; without a mark left it is erased."""
    return (
        settings.topic("marks"),
        f"{batch.class_hour}|{batch.id}".encode(),
        encode(batch) if batch.marks else None,
        batch.hall,
        None,
    )


def send_marks(settings: Settings, batch: MarkBatch) -> None:
    """Send a batch and return when every replica has it.

    Raises:
        UnavailableError: it was not acknowledged; sending the same batch again does no harm.
    """
    send(settings, [record(settings, batch)])
