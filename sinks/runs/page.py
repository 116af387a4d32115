"""A comparison or an evaluation as one HTML file: no script, nothing is fetched, any browser shows it.

A strip a student: the class hour from left to right, filled while a run says that he was there. A strip is two
rectangles, so it is written as such: the plotting library takes a second for ten of them, and 20 KB for each.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from html import escape
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sinks.reports.render import IN_ENGLISH, Words, cell_text
from sinks.reports.table import Table
from sinks.runs.compare import Comparison
from sinks.runs.comparison_report import tell_comparison
from sinks.runs.evaluate import Evaluation, JudgedVerdict
from sinks.runs.evaluation_report import tell_evaluation
from sinks.runs.render import Report
from sinks.runs.rows import PRESENT, Subject, VerdictEvidence

__all__ = ["comparison_page", "drawn_plots", "evaluation_page", "without_styles"]

STRIPS = 500
"""Students that are drawn; more make no better picture. CSV and JSON have all."""

BARS = 40
"""Cameras that are drawn; the table has all."""

WIDTH, HEIGHT = 600, 14
"""Of a strip, in pixels."""

Tell = Callable[[str], str]
Stretch = tuple[datetime, datetime]


def comparison_page(said: Comparison, zone: ZoneInfo, tell: Tell = str, words: Words = IN_ENGLISH) -> str:
    """Return the page of a comparison. tell, words: a verdict, and all else, in the reader's language."""
    reader = _Reader(zone, tell, words)
    hours = {(each.section, each.date, each.period): (each.starts_at, each.ends_at) for each in said.hours}
    drawn = []
    for each in said.differing[:STRIPS]:
        hour = hours.get((each.section, each.date, each.period))
        strips = [(said.a, each.a.verdict, _there(each.a, hour)), (said.b, each.b.verdict, _there(each.b, hour))]
        truth = words.tell(", truth: {verdict}", verdict=tell(each.truth)) if each.truth else ""
        saw = {
            "a": words.tell(", {run} saw less", run=said.a),
            "b": words.tell(", {run} saw less", run=said.b),
            "both": words.tell(", both saw less than live"),
        }
        title = f"{_title(each, reader)}{truth}{saw.get(each.less or '', '')}"
        drawn.append(_student(title, strips, hour, reader))
    students = _strips(words.tell("Students"), drawn, len(said.differing), words)
    title = words.tell("{a} and {b}", a=said.a, b=said.b)
    return _page(title, tell_comparison(said, zone), reader, strips=students)


def evaluation_page(said: Evaluation, zone: ZoneInfo, tell: Tell = str, words: Words = IN_ENGLISH) -> str:
    """Return the page of an evaluation. tell, words: as in ``comparison_page``."""
    reader = _Reader(zone, tell, words)
    wrong = [_judged(said.run, each, reader) for each in said.wrong[:STRIPS]]
    right = [_judged(said.run, each, reader) for each in said.right]
    strips = _strips(words.tell("Students: wrong verdicts"), wrong, len(said.wrong), words)
    strips += _strips(words.tell("Students: right verdicts"), right, said.score.right.count, words)
    title = words.tell("{run} and the truth", run=said.run)
    return _page(title, tell_evaluation(said, zone), reader, strips=strips, plots=_plots(said, words))


class _Reader(NamedTuple):
    """Who reads a page: his clock, and how verdicts and all else are said to him."""

    zone: ZoneInfo
    verdict: Tell
    words: Words

    def stretch(self, times: Stretch, clock: str) -> str:
        """Return from when to when. clock: how a time of day is written."""
        since, until = (each.astimezone(self.zone).strftime(clock) for each in times)
        return self.words.tell("{since} to {until}", since=since, until=until)


def drawn_plots(said: Evaluation, words: Words) -> list[tuple[str, str]]:
    """Return the plots of an evaluation, each as a caption and an SVG."""
    from sinks.runs import plots  # takes a second

    drawn = []
    if said.detection.points:
        caption = words.tell(
            "Missed over falsely present, for every bound of p (DET). None and all are half a student off."
        )
        drawn.append((caption, plots.tradeoff_plot(said.detection, words.tell)))
    if said.calibration.error is not None:
        caption = words.tell("How many verdicts are right, with 95 % interval, over how sure they are.")
        drawn.append((caption, plots.reliability_plot(said.calibration, words.tell)))
    for caption, scores in (
        (words.tell("Verdicts that are right, with 95 % interval, by width of the face."), said.widths),
        (words.tell("Verdicts that are right, with 95 % interval, by camera."), said.cameras),
    ):
        if 0 < len(scores) <= BARS:
            drawn.append((caption, plots.scores_plot(scores, words.tell)))
    return drawn


def without_styles(svg: str) -> str:
    """Return a plot for a page that allows no inline styles: they stand in attributes; fonts are the page's."""

    def attributes(found: re.Match[str]) -> str:
        pairs = [each.split(": ", 1) for each in found[1].split("; ") if not each.startswith("font-family")]
        return "".join(f' {name}="{value}"' for name, value in pairs)

    svg = re.sub(r"<style.*?</style>", "", svg, flags=re.DOTALL)
    svg = svg.replace("<svg ", '<svg stroke-linejoin="round" stroke-linecap="butt" ', 1)
    return re.sub(r' style="([^"]*)"', attributes, svg)


def _plots(said: Evaluation, words: Words) -> str:
    drawn = drawn_plots(said, words)
    figures = (f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>" for caption, svg in drawn)
    return f'<h2>{words.tell("Plots")}</h2><div class="plots">{"".join(figures)}</div>' if drawn else ""


def _judged(run: str, each: JudgedVerdict, reader: _Reader) -> str:
    tell = reader.words.tell
    hour = (each.starts_at, each.ends_at) if each.starts_at and each.ends_at else None
    true = []
    if hour and each.truth in PRESENT:
        true = [(each.true_arrived_at or hour[0], each.true_departed_at or hour[1])]
    strips = [(tell("truth"), each.truth, true), (run, each.said.verdict, _there(each.said, hour))]
    seen = tell("Not there, but seen {place}.", place=each.place) if each.place else ""
    return _student(_title(each, reader), strips, hour, reader, seen)


def _title(each: Subject, reader: _Reader) -> str:
    hour = reader.words.tell(
        "{date} {section} period {period}", date=each.date, section=each.section, period=each.period
    )
    return f"{hour}: {each.student_id} {each.name}"


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
    reader: _Reader,
    note: str = "",
) -> str:
    lines, clock = [], reader.stretch(hour, "%H:%M") if hour else ""
    for name, verdict, there in strips:
        bars = "".join(_bar(each, hour, reader) for each in there) if hour else ""
        lines.append(
            f'<div class="line"><b>{escape(name)}</b><svg class="strip" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'preserveAspectRatio="none" aria-hidden="true">{bars}</svg>'
            f"<span>{escape(reader.verdict(verdict))}</span></div>"
        )
    said = f"<p>{escape(note)}</p>" if note else ""
    caption = f"<figcaption>{escape(title)} <span>{clock}</span></figcaption>"
    return f"<figure>{caption}{''.join(lines)}{said}</figure>"


def _bar(there: Stretch, hour: Stretch, reader: _Reader) -> str:
    start, end = hour
    whole = (end - start).total_seconds()
    left, right = (min(max((each - start).total_seconds() / whole, 0), 1) * WIDTH for each in there)
    times = reader.stretch(there, "%H:%M:%S")
    width = max(right - left, 1)
    return f'<rect x="{left:.1f}" width="{width:.1f}" height="{HEIGHT}"><title>{times}</title></rect>'


def _strips(title: str, drawn: list[str], of: int, words: Words) -> str:
    if not drawn:
        return ""
    said = words.tell("{count} of {of} are drawn.", count=len(drawn), of=of)
    more = f"<p>{said}</p>" if of > len(drawn) else ""
    return f"<h2>{title}</h2>{more}{''.join(drawn)}"


def _table(table: Table, reader: _Reader) -> str:
    names = (reader.words.column(name).replace("_", " ") for name in table.columns)
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join(f"<tr>{''.join(_cells(table, row, reader))}</tr>" for row in table.rows[:STRIPS])
    said = reader.words.tell("{count} of {of}; CSV and JSON have all.", count=STRIPS, of=len(table.rows))
    more = f"<p>{said}</p>" if len(table.rows) > STRIPS else ""
    return f"{more}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cells(table: Table, row: tuple[Any, ...], reader: _Reader) -> Iterator[str]:
    for name, cell in zip(table.columns, row, strict=True):
        yield f"<td>{escape(cell_text(name, cell, reader.verdict, reader.words)[0])}</td>"


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


def _page(title: str, report: Report, reader: _Reader, *, strips: str, plots: str = "") -> str:
    """Put it together: what counts first, then the students, then every line of them."""
    tell = reader.words.tell
    *tables, lines = (
        f'<h2>{escape(name)}</h2><section tabindex="0" aria-label="{escape(name)}">{_table(each, reader)}</section>'
        for name, each in ((tell(title), table) for title, table in report.tables)
    )
    words = "".join(f"<p>{escape(tell(each))}</p>" for each in report.words)
    clock = tell("Times of {zone}.", zone=reader.zone.key)
    return (
        f'<!doctype html><html lang="{reader.words.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>"
        f"<p>{escape(clock)}</p>{words}{plots}{''.join(tables)}{strips}{lines}</body></html>\n"
    )
