"""``truth.csv``: what somebody who looked wrote down. A line is a student in a class hour.

A time is one of day in the site's zone (09:01:30), or an ISO 8601 moment with its offset; an empty one was not judged.
"""

import re
from datetime import date, datetime, time
from typing import get_args
from zoneinfo import ZoneInfo

from enrollment.csv_files import CsvLine, Problem, is_name, read_table, refusal, write_table
from schemas.errors import RefusedError
from schemas.ids import student_id
from schemas.messages import Judged
from schemas.translations import Text
from sinks.runs.rows import StudentKey
from sinks.runs.truth import Truth, Truths

__all__ = ["COLUMNS", "read_truth", "write_truth"]

COLUMNS = ("section", "date", "period", "student_id", "verdict", "arrived_at", "departed_at")


_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?", re.ASCII)


def read_truth(data: bytes, file: str, zone: ZoneInfo) -> dict[StudentKey, Truth]:
    """Return what a file says is true.

    Raises:
        RefusedError: something is wrong with it; the text lists every line.
    """
    table = read_table(data, COLUMNS)
    problems = list(table.problems)
    found: dict[StudentKey, Truth] = {}
    first: dict[StudentKey, int] = {}
    for line in table.lines:
        try:
            key, truth = _truth(line, zone)
        except RefusedError as error:
            problems.append(Problem(line.number, error.message, error.remedy))
            continue
        if key in found:
            problems.append(
                Problem(
                    line.number,
                    "student {student} of this class hour is there already, in line {other}",
                    "keep one of the two",
                    {"student": key[3], "other": first[key]},
                )
            )
        found[key], first[key] = truth, line.number
    if not problems and not found:
        problems.append(Problem(0, "names no student", "write a line for each student below the header"))
    if problems:
        raise refusal(file, problems)
    return found


def write_truth(truths: Truths) -> bytes:
    """Return a file that says what is true; a time is a moment with its offset, so that it is true in every zone."""
    times = [(at and at.isoformat() for at in (each.arrived_at, each.departed_at)) for each in truths.values()]
    return write_table(
        COLUMNS, [(*key, truth.verdict, *at) for (key, truth), at in zip(truths.items(), times, strict=True)]
    )


def _truth(line: CsvLine, zone: ZoneInfo) -> tuple[StudentKey, Truth]:
    fields = line.fields
    if not is_name(fields["section"]):
        raise RefusedError(Text("{fields!r} is no section", fields=fields["section"]), "write it like EA0017-1")
    try:
        day = date.fromisoformat(fields["date"])
    except ValueError as error:
        raise RefusedError(Text("{fields!r} is no date", fields=fields["date"]), "write it like 2026-11-23") from error
    if not (fields["period"].isascii() and fields["period"].isdecimal()):
        raise RefusedError(
            Text("{fields!r} is no period", fields=fields["period"]), "write the number of the period, like 1"
        )
    if fields["verdict"] not in get_args(Judged):
        raise RefusedError(
            Text("{fields!r} is no verdict", fields=fields["verdict"]),
            Text("write one of {verdicts}", verdicts=", ".join(get_args(Judged))),
        )
    arrived, departed = (_moment(fields[name], name, day, zone) for name in ("arrived_at", "departed_at"))
    if arrived and departed and departed < arrived:
        raise RefusedError("departed_at is before arrived_at", "correct one of them")
    student = student_id(fields["student_id"])
    return (fields["section"], day, int(fields["period"]), student), Truth(fields["verdict"], arrived, departed)


def _moment(text: str, name: str, day: date, zone: ZoneInfo) -> datetime | None:
    if not text:
        return None
    try:
        if clock := _CLOCK.fullmatch(text):
            hour, minute, second = (int(each or 0) for each in clock.groups())
            return datetime.combine(day, time(hour, minute, second), zone)
        moment = datetime.fromisoformat(text if ":" in text else "")
        return moment if moment.tzinfo else moment.replace(tzinfo=zone)
    except ValueError as error:
        raise RefusedError(
            Text("{name} {text!r} is no time", name=name, text=text),
            "write it like 09:01:30, or leave it empty if nobody looked",
        ) from error
