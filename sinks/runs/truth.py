"""What is known to be true of students in class hours: a file's lines, or what professors corrected."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple, TypeAlias, get_args

from schemas.messages import CAMERA, Judged
from sinks.runs.rows import RunRows, StudentKey

__all__ = ["MARKS", "Truth", "Truths", "marked"]


MARKS: Final = "marks"
"""Where the truth is what people marked in the live run."""


class Truth(NamedTuple):
    """Of one student in one class hour. A time that is None was not judged."""

    verdict: str
    arrived_at: datetime | None = None
    departed_at: datetime | None = None


Truths: TypeAlias = Mapping[StudentKey, Truth]


def marked(rows: RunRows) -> dict[StudentKey, Truth]:
    """Return what people said in a run, usually ``live``. A mark is a verdict; it says no time.

    Who is excused may have been there or not: that is no truth.
    """
    return {
        key: Truth(said.verdict)
        for key, said in rows.attendance.items()
        if said.source != CAMERA and said.verdict in get_args(Judged)
    }
