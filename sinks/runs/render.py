"""Comparisons and evaluations for people, spreadsheets and programs."""

import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

import msgspec
from rich.console import Console

from sinks.reports.render import show
from sinks.reports.render import write as write_table
from sinks.reports.table import Table
from sinks.runs.compare import Comparison, Cost, HourPair, Seen, Shift
from sinks.runs.evaluate import Calibration, Evaluation, Judged, Score
from sinks.runs.rows import Evidence
from sinks.runs.statistics import Error

__all__ = ["Format", "Report", "tell_comparison", "tell_evaluation", "write"]

Format: TypeAlias = Literal["table", "csv", "json", "html"]


class Report(NamedTuple):
    """What is written. whole: as JSON. words: lines above the tables, which have titles. rows: as CSV."""

    whole: msgspec.Struct
    words: tuple[str, ...]
    tables: tuple[tuple[str, Table], ...]
    rows: Table


def tell_comparison(said: Comparison, zone: ZoneInfo) -> Report:
    """Return what is written of a comparison. As CSV it is the verdicts that differ."""
    differing = Table(
        ("date", "period", "section", "hall", "student_id", "name", "truth", "right", "less_coverage",
         *(f"{name}_{run}" for name in _EVIDENCE for run in "ab")),
        [
            (each.date, each.period, each.section, each.hall, each.student_id, each.name, each.truth, each.right,
             each.less, *_interleaved(_evidence(each.a, zone), _evidence(each.b, zone)))
            for each in said.differing
        ],
    )  # fmt: skip
    words = [f"A is {said.a}, B is {said.b}: {said.students} verdicts of the same students and class hours."]
    if said.only_a or said.only_b:
        words.append(f"Students whom only one run knows: {said.only_a} in A, {said.only_b} in B.")
    words.append(said.statement)
    if partial := sum(each.less is not None for each in said.differing):
        words.append(f"{partial} of the verdicts that differ are of class hours of which one run saw less.")
    times = Table(
        ("time", "both", "earlier_in_b", "later_in_b", "median_s", "p95_s", "only_a", "only_b"),
        [_shift("arrived_at", said.arrivals), _shift("departed_at", said.departures)],
    )
    tables = [
        ("Verdicts", Table(("a", "b", "students"), [(each.a, each.b, each.count) for each in said.confusion])),
        ("Times of B after those of A", times),
    ]
    if said.hours:
        columns = ("run", "class_hours", "frames", "share", "unknown_faces", "missing")
        tables.append(("Coverage", Table(columns, list(_coverage(said)))))
    if costs := list(_costs(said)):
        tables.append(("Cost", Table(("run", "frames", "ms_per_frame", "core_ms_per_frame"), costs)))
    if less := [_hour(each) for each in said.hours if each.less]:
        tables.append((f"Class hours of which one run saw less: {len(less)} of {len(said.hours)}", Table(_HOUR, less)))
    if differing.rows:
        shown = [name for name in differing.columns if name in _SHOWN]
        tables.append(("Verdicts that differ", _columns(differing, shown)))
    return Report(said, tuple(words), tuple(tables), differing)


def tell_evaluation(said: Evaluation, zone: ZoneInfo) -> Report:
    """Return what is written of an evaluation. As CSV it is the scores."""
    scores = Table(
        ("of", "name", "verdicts", "right", "share", "low", "high", "false_presences", "false_absences", "unobserved",
         "arrivals", "arrival_median_s", "arrival_p95_s", "arrivals_missed",
         "departures", "departure_median_s", "departure_p95_s", "departures_missed"),
        [
            _score("run", said.run, said.score),
            *(_score("hall", name, score) for name, score in said.halls.items()),
            *(_score("section", name, score) for name, score in said.sections.items()),
        ],
    )  # fmt: skip
    score = said.score
    words = [
        f"{said.run}: right in {score.right}.",
        f"{score.false_presences} false presences, {score.false_absences} false absences, {score.unobserved} open.",
        f"Arrivals: {score.arrivals.off}; {score.arrivals.missed} missed. "
        f"Departures: {score.departures.off}; {score.departures.missed} missed.",
    ]
    if said.marked or said.unknown:
        words.append(
            f"Not judged: {said.marked} verdicts that a person had said, {said.unknown} truths without a verdict."
        )
    words.append(f"Not said: {said.untold}")
    tables = [("Scores", scores), (_ece(said.calibration), _bins(said.calibration))]
    if said.wrong:
        wrong = [_wrong(each, zone) for each in said.wrong]
        columns = ("date", "period", "section", "hall", "student_id", "name", "truth", *_EVIDENCE)
        tables.append(("Wrong verdicts", Table(columns, wrong)))
    return Report(said, tuple(words), tuple(tables), scores)


def write(
    report: Report,
    format_: Format,
    output: Path | None,
    page: Callable[[], str],
    tell: Callable[[str], str] = str,
) -> None:
    """Write it to a file, or to standard output. page: makes the HTML. tell: a verdict in the reader's language."""
    match format_:
        case "csv":
            write_table(report.rows, "csv", output)
        case "table":
            with output.open("w", encoding="utf-8") if output else nullcontext(sys.stdout) as stream:
                console = Console(file=stream, width=None if stream.isatty() else 400, markup=False, highlight=False)
                for line in report.words:
                    console.print(line)
                for title, table in report.tables:
                    console.print(f"\n{title}")
                    show(table, console, tell)
        case _:
            text = page() if format_ == "html" else _json(report.whole)
            if output is None:
                sys.stdout.write(text)
            else:
                output.write_text(text, "utf-8", newline="")


_EVIDENCE = ("verdict", "arrived_at", "departed_at", "confidence", "looks", "review", "reason")
_SHOWN = {"date", "period", "section", "student_id", "name", "truth", "right", "less_coverage"} | {
    f"{name}_{run}" for name in ("verdict", "arrived_at", "departed_at", "confidence", "reason") for run in "ab"
}
_HOUR = (
    "date", "period", "section", "hall", "less", "frames_a", "frames_b", "share_a", "share_b", "unknown_faces_a",
    "unknown_faces_b", "missing_a", "missing_b",
)  # fmt: skip


def _json(whole: msgspec.Struct) -> str:
    return msgspec.json.format(msgspec.json.encode(whole), indent=2).decode() + "\n"


def _local(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    return moment.astimezone(zone) if moment else None


def _evidence(said: Evidence, zone: ZoneInfo) -> tuple[Any, ...]:
    times = (_local(said.arrived_at, zone), _local(said.departed_at, zone))
    return (said.verdict, *times, round(said.confidence, 3), said.looks, said.review, said.reason)


def _interleaved(a: tuple[Any, ...], b: tuple[Any, ...]) -> Iterator[Any]:
    for pair in zip(a, b, strict=True):
        yield from pair


def _columns(table: Table, names: list[str]) -> Table:
    places = [table.columns.index(name) for name in names]
    return Table(tuple(names), [tuple(row[place] for place in places) for row in table.rows])


def _shift(name: str, said: Shift) -> tuple[Any, ...]:
    found = said.shift
    return (name, found.count, found.early, found.late, *_seconds(found), said.only_a, said.only_b)


def _seconds(off: Error) -> Iterator[float | None]:
    for each in (off.median, off.p95):
        yield None if each is None else round(each, 1)


def _costs(said: Comparison) -> Iterator[tuple[Any, ...]]:
    for run, cost in ((said.a, said.cost_a), (said.b, said.cost_b)):
        if isinstance(cost, Cost):
            per_frame = (round(each * 1000, 2) for each in (cost.seconds_per_frame, cost.core_seconds_per_frame))
            yield (run, cost.frames, *per_frame)


def _coverage(said: Comparison) -> Iterator[tuple[Any, ...]]:
    for run, hours in ((said.a, [each.a for each in said.hours]), (said.b, [each.b for each in said.hours])):
        seen = [each for each in hours if each]
        means = (round(sum(values) / len(seen), 3) if seen else None for values in _shares(seen))
        yield (run, len(seen), sum(each.frames for each in seen), *means, sum(each.missing for each in seen))


def _shares(seen: list[Seen]) -> Iterator[list[float]]:
    yield [each.share for each in seen]
    yield [each.unknown_faces for each in seen]


def _hour(pair: HourPair) -> tuple[Any, ...]:
    def both(name: str, digits: int | None = None) -> Iterator[Any]:
        for each in (pair.a, pair.b):
            yield None if each is None else round(getattr(each, name), digits)

    named = (pair.date, pair.period, pair.section, pair.hall, pair.less)
    return (*named, *both("frames"), *both("share", 3), *both("unknown_faces", 2), *both("missing"))


def _score(of: str, name: str, said: Score) -> tuple[Any, ...]:
    right = said.right
    shares = (None if each is None else round(each, 4) for each in (right.share, right.low, right.high))
    times = [
        cell for each in (said.arrivals, said.departures) for cell in (each.off.count, *_seconds(each.off), each.missed)
    ]
    errors = (said.false_presences, said.false_absences, said.unobserved)
    return (of, name, right.of, right.count, *shares, *errors, *times)


def _ece(said: Calibration) -> str:
    if said.error is None:
        return "Confidence: nothing to judge"
    return f"Confidence: expected calibration error {said.error:.3f}"


def _bins(said: Calibration) -> Table:
    return Table(
        ("from", "to", "verdicts", "confidence", "right", "low", "high"),
        [
            (each.low, each.high, each.right.of, round(each.confidence, 3), *(round(share, 3) for share in shares))
            for each in said.bins
            if each.confidence is not None
            for shares in [(each.right.share or 0, each.right.low or 0, each.right.high or 0)]
        ],
    )


def _wrong(each: Judged, zone: ZoneInfo) -> tuple[Any, ...]:
    named = (each.date, each.period, each.section, each.hall, each.student_id, each.name, each.truth)
    return (*named, *_evidence(each.said, zone))
