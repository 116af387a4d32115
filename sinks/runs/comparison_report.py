"""A comparison as words and tables."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from schemas.translations import Text, gettext_noop, joined
from sinks.reports.table import Table
from sinks.runs.compare import Comparison, Cost, HourCoverage, HourPair, Shift
from sinks.runs.render import EVIDENCE, SUBJECT, Report, evidence_cells, seconds, subject

__all__ = ["tell_comparison"]

_SHOWN = {"date", "period", "section", "student_id", "name", "truth", "right", "less_coverage"} | {
    f"{name}_{run}" for name in ("verdict", "arrived_at", "departed_at", "confidence", "reason") for run in "ab"
}
_HOUR = (
    "date", "period", "section", "hall", "less", "frames_a", "frames_b", "share_a", "share_b", "share_live",
    "unknown_faces_a", "unknown_faces_b", "missing_a", "missing_b",
)  # fmt: skip


def tell_comparison(said: Comparison, zone: ZoneInfo) -> Report:
    """Return what is written of a comparison. As CSV it is the verdicts that differ."""
    differing = Table(
        (*SUBJECT, "truth", "right", "less_coverage", *(f"{name}_{run}" for name in EVIDENCE for run in "ab")),
        [
            (*subject(each), each.truth, each.right, each.less,
             *_interleaved(evidence_cells(each.a, zone), evidence_cells(each.b, zone)))
            for each in said.differing
        ],
    )  # fmt: skip
    words: list[str] = [
        Text(
            "A is {a}, B is {b}: {count} verdicts of the same students and class hours.",
            a=said.a,
            b=said.b,
            count=said.students,
        )
    ]
    if said.only_a or said.only_b:
        words.append(
            Text(
                "Students whom only one run knows: {only_a} in A, {only_b} in B.",
                only_a=said.only_a,
                only_b=said.only_b,
            )
        )
    words.append(said.statement)
    if partial := sum(each.less is not None for each in said.differing):
        words.append(
            Text("{count} of the verdicts that differ are of class hours of which a run saw less.", count=partial)
        )
    times = Table(
        ("time", "both", "earlier_in_b", "later_in_b", "median_s", "p95_s", "only_a", "only_b"),
        [_shift(Text("arrivals"), said.arrivals), _shift(Text("departures"), said.departures)],
    )
    tables = [
        (Text("Verdicts"), Table(("a", "b", "students"), [(each.a, each.b, each.count) for each in said.confusion])),
        (Text("Times of B after those of A"), times),
    ]
    if said.hours:
        columns = ("run", "class_hours", "frames", "share", "unknown_faces", "missing")
        tables.append((Text("Coverage"), Table(columns, list(_coverage(said)))))
    if costs := list(_costs(said)):
        tables.append((Text("Cost"), Table(("run", "frames", "ms_per_frame", "core_ms_per_frame"), costs)))
    if less := [_hour(each) for each in said.hours if each.less or _missing(each)]:
        title = Text(
            "Class hours of which a run saw less, or lacks frames: {less} of {count}",
            less=len(less),
            count=len(said.hours),
        )
        tables.append((title, Table(_HOUR, less)))
    if differing.rows:
        shown = [name for name in differing.columns if name in _SHOWN]
        tables.append((Text("Verdicts that differ"), _columns(differing, shown)))
    return Report(said, tuple(words), tuple(tables), differing)


def _interleaved(a: tuple[Any, ...], b: tuple[Any, ...]) -> Iterator[Any]:
    for pair in zip(a, b, strict=True):
        yield from pair


def _columns(table: Table, names: list[str]) -> Table:
    places = [table.columns.index(name) for name in names]
    return Table(tuple(names), [tuple(row[place] for place in places) for row in table.rows])


def _shift(name: str, said: Shift) -> tuple[Any, ...]:
    found = said.shift
    return (name, found.count, found.early, found.late, *seconds(found), said.only_a, said.only_b)


def _costs(said: Comparison) -> Iterator[tuple[Any, ...]]:
    for run, cost in ((said.a, said.cost_a), (said.b, said.cost_b)):
        if isinstance(cost, Cost):
            per_frame = (round(each * 1000, 2) for each in (cost.seconds_per_frame, cost.core_seconds_per_frame))
            yield (run, cost.frames, *per_frame)


def _coverage(said: Comparison) -> Iterator[tuple[Any, ...]]:
    for run, hours in ((said.a, [each.a for each in said.hours]), (said.b, [each.b for each in said.hours])):
        seen = [each for each in hours if each]
        means = (round(sum(values) / len(seen), 3) if seen else None for values in _shares(seen))
        yield (run, len(seen), sum(each.frames for each in seen), *means, sum(each.missing.frames for each in seen))


def _shares(seen: list[HourCoverage]) -> Iterator[list[float]]:
    yield [each.share for each in seen]
    yield [each.unknown_faces for each in seen]


def _missing(pair: HourPair) -> bool:
    return any(each.missing.frames for each in (pair.a, pair.b) if each)


def _reasons(seen: HourCoverage | None) -> str | None:
    if seen is None:
        return None
    missing = seen.missing
    counts = (
        (gettext_noop("{count} deleted"), missing.deleted),
        (gettext_noop("{count} of an earlier topic"), missing.other_epoch),
        (gettext_noop("{count} unreadable"), missing.unreadable),
    )
    return joined(Text(text, count=count) for text, count in counts if count)


def _hour(pair: HourPair) -> tuple[Any, ...]:
    def both(name: str, digits: int | None = None) -> Iterator[Any]:
        for each in (pair.a, pair.b):
            yield None if each is None else round(getattr(each, name), digits)

    named = (pair.date, pair.period, pair.section, pair.hall, pair.less)
    live = None if pair.live is None else round(pair.live, 3)
    missing = (_reasons(pair.a), _reasons(pair.b))
    return (*named, *both("frames"), *both("share", 3), live, *both("unknown_faces", 2), *missing)
