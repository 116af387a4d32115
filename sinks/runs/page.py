"""A comparison or an evaluation as one HTML file: no script, nothing is fetched, any browser shows it.

A strip a student: the class hour from left to right, filled while a run says that he was there.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from sinks.reports.table import Table
from sinks.runs.compare import Comparison
from sinks.runs.evaluate import Calibration, Evaluation, Judged
from sinks.runs.render import Report, tell_comparison, tell_evaluation
from sinks.runs.rows import PRESENT, Evidence

__all__ = ["comparison_page", "evaluation_page"]

STRIPS = 500
"""Students that are drawn; more make no better picture. CSV and JSON have all."""

WIDTH, HEIGHT = 600, 14
"""Of a strip, in pixels."""

Tell = Callable[[str], str]
Stretch = tuple[datetime, datetime]


def comparison_page(said: Comparison, zone: ZoneInfo, tell: Tell = str) -> str:
    """Return the page of a comparison. tell: a verdict in the reader's language."""
    hours = {(each.section, each.date, each.period): (each.starts_at, each.ends_at) for each in said.hours}
    drawn = []
    for each in said.differing[:STRIPS]:
        hour = hours.get((each.section, each.date, each.period))
        strips = [(said.a, each.a.verdict, _there(each.a, hour)), (said.b, each.b.verdict, _there(each.b, hour))]
        truth = f", truth: {tell(each.truth)}" if each.truth else ""
        title = f"{each.date} {each.section} period {each.period}: {each.student_id} {each.name}{truth}"
        drawn.append(_student(title, strips, hour, zone, tell))
    report = tell_comparison(said, zone)
    return _page(f"{said.a} and {said.b}", report, zone, tell, strips=_strips(drawn, len(said.differing)))


def evaluation_page(said: Evaluation, zone: ZoneInfo, tell: Tell = str) -> str:
    """Return the page of an evaluation. tell: as in ``comparison_page``."""
    drawn = [_judged(said.run, each, zone, tell) for each in said.wrong[:STRIPS]]
    plot, strips = _reliability(said.calibration), _strips(drawn, len(said.wrong))
    return _page(f"{said.run} and the truth", tell_evaluation(said, zone), zone, tell, plot=plot, strips=strips)


def _judged(run: str, each: Judged, zone: ZoneInfo, tell: Tell) -> str:
    hour = (each.starts_at, each.ends_at) if each.starts_at and each.ends_at else None
    true = []
    if hour and each.truth in PRESENT:
        true = [(each.true_arrived_at or hour[0], each.true_departed_at or hour[1])]
    strips = [("truth", each.truth, true), (run, each.said.verdict, _there(each.said, hour))]
    title = f"{each.date} {each.section} period {each.period}: {each.student_id} {each.name}"
    return _student(title, strips, hour, zone, tell)


def _there(said: Evidence, hour: Stretch | None) -> list[Stretch]:
    """Return when a run says that a student was there."""
    if hour is None or said.arrived_at is None:
        return []
    stretches, since = [], said.arrived_at
    for left, back in said.away:
        stretches.append((since, left))
        if back is None:
            return stretches
        since = back
    return [*stretches, (since, hour[1])]


def _student(
    title: str, strips: Iterable[tuple[str, str, list[Stretch]]], hour: Stretch | None, zone: ZoneInfo, tell: Tell
) -> str:
    lines, clock = [], ""
    if hour:
        clock = " to ".join(f"{each.astimezone(zone):%H:%M}" for each in hour)
    for name, verdict, there in strips:
        bars = "".join(_bar(each, hour, zone) for each in there) if hour else ""
        strip = f'<svg class="strip" width="{WIDTH}" height="{HEIGHT}" role="img">{bars}</svg>'
        lines.append(f"<tr><th>{escape(name)}</th><td>{strip}</td><td>{escape(tell(verdict))}</td></tr>")
    return (
        f"<figure><figcaption>{escape(title)} <span>{clock}</span></figcaption><table>{''.join(lines)}</table></figure>"
    )


def _bar(there: Stretch, hour: Stretch, zone: ZoneInfo) -> str:
    start, end = hour
    whole = (end - start).total_seconds()
    left, right = (min(max((each - start).total_seconds() / whole, 0), 1) * WIDTH for each in there)
    times = " to ".join(f"{each.astimezone(zone):%H:%M:%S}" for each in there)
    width = max(right - left, 1)
    return f'<rect x="{left:.1f}" width="{width:.1f}" height="{HEIGHT}"><title>{times}</title></rect>'


def _strips(drawn: list[str], of: int) -> str:
    if not drawn:
        return ""
    more = f"<p>{len(drawn)} of {of} are drawn; CSV and JSON have all.</p>" if of > len(drawn) else ""
    return f"<h2>Students</h2>{more}{''.join(drawn)}"


def _reliability(said: Calibration) -> str:
    """Draw how many verdicts are right (with their interval) over how sure they claim to be; the line is honesty."""
    side, marks = 300, []
    for each in said.bins:
        if each.confidence is None or each.right.share is None or each.right.low is None or each.right.high is None:
            continue
        x, y, low, high = (
            side * value for value in (each.confidence, each.right.share, each.right.low, each.right.high)
        )
        marks.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{side - low:.1f}" y2="{side - high:.1f}"/>'
            f'<circle cx="{x:.1f}" cy="{side - y:.1f}" r="4"><title>{escape(str(each.right))}</title></circle>'
        )
    if not marks:
        return ""
    return (
        "<h2>Confidence</h2>"
        f'<svg class="plot" viewBox="-40 -10 {side + 60} {side + 60}" width="{side + 60}" role="img">'
        f'<rect class="frame" width="{side}" height="{side}"/>'
        f'<line class="honest" x1="0" y1="{side}" x2="{side}" y2="0"/>'
        f'{"".join(marks)}<text x="{side / 2}" y="{side + 32}">confidence, 0 to 1</text>'
        f'<text transform="translate(-16 {side / 2}) rotate(-90)">share that is right</text></svg>'
    )


def _table(table: Table, tell: Tell) -> str:
    head = "".join(f"<th>{escape(name.replace('_', ' '))}</th>" for name in table.columns)
    body = "".join(f"<tr>{''.join(_cells(table, row, tell))}</tr>" for row in table.rows[:STRIPS])
    more = f"<p>{STRIPS} of {len(table.rows)}; CSV and JSON have all.</p>" if len(table.rows) > STRIPS else ""
    return f"{more}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cells(table: Table, row: tuple[Any, ...], tell: Tell) -> Iterator[str]:
    for name, cell in zip(table.columns, row, strict=True):
        yield f"<td>{escape(_word(name, cell, tell))}</td>"


def _word(name: str, cell: Any, tell: Tell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "✓" if cell else ""
        case datetime():
            return f"{cell:%H:%M:%S}"
        case date():
            return cell.isoformat()
        case str() if cell in _VERDICTS and name.startswith(("verdict", "truth", "a", "b")):
            return tell(cell)
        case _:
            return str(cell)


_VERDICTS = PRESENT | {"absent", "unobserved"}

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
h1, h2 { font-weight: 600; } table { border-collapse: collapse; font-size: 13px; }
th, td { padding: .15rem .6rem; text-align: left; } thead th { border-bottom: 1px solid #999; }
section { overflow-x: auto; } figure { margin: 1rem 0; } figcaption { font-weight: 600; }
figcaption span { font-weight: 400; color: #666; }
.strip { background: #e4e4e4; display: block; } .strip rect { fill: #2a7f62; }
.plot .frame { fill: none; stroke: #999; } .plot line { stroke: #2a7f62; } .plot .honest { stroke: #999; }
.plot circle { fill: #2a7f62; } .plot text { font-size: 12px; text-anchor: middle; }
"""


def _page(title: str, report: Report, zone: ZoneInfo, tell: Tell, *, strips: str, plot: str = "") -> str:
    """Put it together: what counts first, then the students, then every line of them."""
    *tables, lines = (f"<h2>{escape(name)}</h2><section>{_table(each, tell)}</section>" for name, each in report.tables)
    words = "".join(f"<p>{escape(each)}</p>" for each in report.words)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>"
        f"<p>Times of {escape(zone.key)}.</p>{words}{plot}{''.join(tables)}{strips}{lines}</body></html>\n"
    )
