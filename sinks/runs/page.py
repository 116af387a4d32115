"""A comparison or an evaluation as one HTML file: no script, nothing is fetched, any browser shows it.

A strip a student: the class hour from left to right, filled while a run says that he was there. A strip is two
rectangles, so it is written as such: the plotting library takes a second for ten of them, and 20 KB for each.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from sinks.reports.table import Table
from sinks.runs.compare import Comparison
from sinks.runs.comparison_report import tell_comparison
from sinks.runs.evaluate import Evaluation, JudgedVerdict
from sinks.runs.evaluation_report import tell_evaluation
from sinks.runs.render import Report
from sinks.runs.rows import PRESENT, Subject, VerdictEvidence

__all__ = ["comparison_page", "evaluation_page"]

STRIPS = 500
"""Students that are drawn; more make no better picture. CSV and JSON have all."""

BARS = 40
"""Cameras that are drawn; the table has all."""

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
        saw = {"a": f", {said.a} saw less", "b": f", {said.b} saw less", "both": ", both saw less than live"}
        title = f"{_title(each)}{truth}{saw.get(each.less or '', '')}"
        drawn.append(_student(title, strips, hour, zone, tell))
    students = _strips("Students", drawn, len(said.differing))
    return _page(f"{said.a} and {said.b}", tell_comparison(said, zone), zone, tell, strips=students)


def evaluation_page(said: Evaluation, zone: ZoneInfo, tell: Tell = str) -> str:
    """Return the page of an evaluation. tell: as in ``comparison_page``."""
    wrong = [_judged(said.run, each, zone, tell) for each in said.wrong[:STRIPS]]
    right = [_judged(said.run, each, zone, tell) for each in said.right]
    strips = _strips("Students: wrong verdicts", wrong, len(said.wrong))
    strips += _strips("Students: right verdicts", right, said.score.right.count)
    report = tell_evaluation(said, zone)
    return _page(f"{said.run} and the truth", report, zone, tell, strips=strips, plots=_plots(said))


def _plots(said: Evaluation) -> str:
    from sinks.runs import plots  # takes a second

    drawn = []
    if said.detection.points:
        caption = "Missed over falsely present, for every bound of p (DET). None and all are half a student off."
        drawn.append((caption, plots.tradeoff_plot(said.detection)))
    if said.calibration.error is not None:
        caption = "How many verdicts are right, with 95 % interval, over how sure they are."
        drawn.append((caption, plots.reliability_plot(said.calibration)))
    for of, scores in (("width of the face", said.widths), ("camera", said.cameras)):
        if 0 < len(scores) <= BARS:
            drawn.append((f"Verdicts that are right, with 95 % interval, by {of}.", plots.scores_plot(scores)))
    figures = (f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>" for caption, svg in drawn)
    return f'<h2>Plots</h2><div class="plots">{"".join(figures)}</div>' if drawn else ""


def _judged(run: str, each: JudgedVerdict, zone: ZoneInfo, tell: Tell) -> str:
    hour = (each.starts_at, each.ends_at) if each.starts_at and each.ends_at else None
    true = []
    if hour and each.truth in PRESENT:
        true = [(each.true_arrived_at or hour[0], each.true_departed_at or hour[1])]
    strips = [("truth", each.truth, true), (run, each.said.verdict, _there(each.said, hour))]
    seen = f"Not there, but seen {each.place}." if each.place else ""
    return _student(_title(each), strips, hour, zone, tell, seen)


def _title(each: Subject) -> str:
    return f"{each.date} {each.section} period {each.period}: {each.student_id} {each.name}"


def _there(said: VerdictEvidence, hour: Stretch | None) -> list[Stretch]:
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
    title: str,
    strips: Iterable[tuple[str, str, list[Stretch]]],
    hour: Stretch | None,
    zone: ZoneInfo,
    tell: Tell,
    note: str = "",
) -> str:
    lines, clock = [], f"{hour[0].astimezone(zone):%H:%M} to {hour[1].astimezone(zone):%H:%M}" if hour else ""
    for name, verdict, there in strips:
        bars = "".join(_bar(each, hour, zone) for each in there) if hour else ""
        lines.append(
            f'<div class="line"><b>{escape(name)}</b><svg class="strip" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'preserveAspectRatio="none" aria-hidden="true">{bars}</svg><span>{escape(tell(verdict))}</span></div>'
        )
    said = f"<p>{escape(note)}</p>" if note else ""
    caption = f"<figcaption>{escape(title)} <span>{clock}</span></figcaption>"
    return f"<figure>{caption}{''.join(lines)}{said}</figure>"


def _bar(there: Stretch, hour: Stretch, zone: ZoneInfo) -> str:
    start, end = hour
    whole = (end - start).total_seconds()
    left, right = (min(max((each - start).total_seconds() / whole, 0), 1) * WIDTH for each in there)
    times = " to ".join(f"{each.astimezone(zone):%H:%M:%S}" for each in there)
    width = max(right - left, 1)
    return f'<rect x="{left:.1f}" width="{width:.1f}" height="{HEIGHT}"><title>{times}</title></rect>'


def _strips(title: str, drawn: list[str], of: int) -> str:
    if not drawn:
        return ""
    more = f"<p>{len(drawn)} of {of} are drawn.</p>" if of > len(drawn) else ""
    return f"<h2>{title}</h2>{more}{''.join(drawn)}"


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
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; }
h1, h2 { font-weight: 600; line-height: 1.25; overflow-wrap: anywhere; } p, figcaption { overflow-wrap: anywhere; }
section { overflow-x: auto; } table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { padding: .15rem .6rem; text-align: left; white-space: nowrap; } thead th { border-bottom: 1px solid #999; }
tbody tr:nth-child(even) { background: #f5f5f5; }
figure { margin: 1rem 0; } figcaption { font-weight: 600; } figcaption span { font-weight: 400; color: #666; }
figure p { margin: .2rem 0; color: #666; }
.line { display: grid; grid-template-columns: 9rem minmax(0, 600px) auto; gap: 0 .6rem; align-items: center; }
.line { justify-content: start; margin: .1rem 0; font-size: 13px; } .line b { overflow-wrap: anywhere; }
.strip { background: #e4e4e4; display: block; width: 100%; height: 14px; } .strip rect { fill: #2a7f62; }
.plots { display: flex; flex-wrap: wrap; gap: 1rem 2rem; align-items: end; }
.plots figure { margin: 0; max-width: 100%; width: 26rem; } .plots figcaption { font-weight: 400; font-size: 13px; }
.plots svg { max-width: 100%; height: auto; }
@media (max-width: 40rem) {
  .line { grid-template-columns: minmax(0, 1fr) auto; }
  .line .strip { grid-row: 2; grid-column: 1 / -1; margin-bottom: .3rem; }
}
"""


def _page(title: str, report: Report, zone: ZoneInfo, tell: Tell, *, strips: str, plots: str = "") -> str:
    """Put it together: what counts first, then the students, then every line of them."""
    *tables, lines = (
        f'<h2>{escape(name)}</h2><section tabindex="0" aria-label="{escape(name)}">{_table(each, tell)}</section>'
        for name, each in report.tables
    )
    words = "".join(f"<p>{escape(each)}</p>" for each in report.words)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>"
        f"<p>Times of {escape(zone.key)}.</p>{words}{plots}{''.join(tables)}{strips}{lines}</body></html>\n"
    )
