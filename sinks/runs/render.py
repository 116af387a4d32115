"""Comparisons and evaluations for people, spreadsheets and programs: what is written, and what both have in common."""

import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

import msgspec
from rich.console import Console

from sinks.reports.render import IN_ENGLISH, Words, show
from sinks.reports.render import write as write_table
from sinks.reports.table import Table
from sinks.runs.rows import Subject, VerdictEvidence
from sinks.runs.statistics import Error

__all__ = [
    "EVIDENCE",
    "SUBJECT",
    "Report",
    "ReportFormat",
    "evidence_cells",
    "local",
    "numbers",
    "seconds",
    "subject",
    "write",
]

ReportFormat: TypeAlias = Literal["table", "csv", "json", "html"]

SUBJECT: Final = ("date", "period", "section", "hall", "student_id", "name")
EVIDENCE: Final = ("verdict", "arrived_at", "departed_at", "confidence", "p", "looks", "review", "reason")


class Report(NamedTuple):
    """What is written. whole: as JSON. words: lines above the tables, which have titles. rows: as CSV."""

    whole: msgspec.Struct
    words: tuple[str, ...]
    tables: tuple[tuple[str, Table], ...]
    rows: Table


def numbers(report: Report) -> list[tuple[str, Table]]:
    """Return the tables that name no student, for whoever may not know whose they are."""
    return [(title, table) for title, table in report.tables if "student_id" not in table.columns]


def write(
    report: Report,
    format_: ReportFormat,
    output: Path | None,
    page: Callable[[], str],
    tell: Callable[[str], str] = str,
    words: Words = IN_ENGLISH,
) -> None:
    """Write it to a file, or to standard output. page: makes the HTML.

    tell, words: a verdict, and all else, in the reader's language. CSV and JSON are for programs, in English.
    """
    match format_:
        case "csv":
            write_table(report.rows, "csv", output)
        case "table":
            with output.open("w", encoding="utf-8") if output else nullcontext(sys.stdout) as stream:
                console = Console(file=stream, width=None if stream.isatty() else 400, markup=False, highlight=False)
                for line in report.words:
                    console.print(words.tell(line))
                for title, table in report.tables:
                    console.print(f"\n{words.tell(title)}")
                    show(table, console, tell, words)
        case _:
            text = page() if format_ == "html" else _json(report.whole)
            if output is None:
                sys.stdout.write(text)
            else:
                output.write_text(text, "utf-8", newline="")


def subject(said: Subject) -> tuple[Any, ...]:
    """Return the cells of ``SUBJECT``."""
    return (said.date, said.period, said.section, said.hall, said.student_id, said.name)


def evidence_cells(said: VerdictEvidence, zone: ZoneInfo) -> tuple[Any, ...]:
    """Return the cells of ``EVIDENCE``."""
    times = (local(said.arrived_at, zone), local(said.departed_at, zone))
    p = None if said.p is None else round(said.p, 3)
    return (said.verdict, *times, round(said.confidence, 3), p, said.looks, said.review, said.reason)


def seconds(off: Error) -> Iterator[float | None]:
    """Yield median and p95 in tenths of a second."""
    for each in (off.median, off.p95):
        yield None if each is None else round(each, 1)


def local(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    """Return a moment on the reader's clock."""
    return moment.astimezone(zone) if moment else None


def _json(whole: msgspec.Struct) -> str:
    # A text that is said later is its English here.
    return msgspec.json.format(msgspec.json.encode(whole, enc_hook=str), indent=2).decode() + "\n"
