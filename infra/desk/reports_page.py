"""Reports of a term: rates, heat maps, who slips away, who is near the limit, a student over all courses; and files.

The registrar sees all sections, a professor those that he teaches; engineers see numbers without names.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.desk.site import Desk, day_asked, desk_of, page
from infra.desk.visitor import check_form, on_record
from infra.operations.accounts.access import (
    DeskUser,
    may_export_section,
    may_report_section,
    may_report_student,
    may_see_reports,
    sees_names,
)
from infra.operations.class_hours.labels import reason_text
from infra.operations.reports.export_term import (
    EXPORTS,
    FILE_FORMATS,
    ExportSource,
    ExportWish,
    exported,
    map_names,
)
from infra.operations.reports.rates import COUNTED, DIMENSIONS, STEPS, Dimension
from infra.operations.reports.report_period import ReportPeriod, period_asked, term_of
from infra.operations.reports.report_tables import dimension_key
from infra.operations.reports.students_found import slipping, student_hours, students_found
from infra.operations.reports.term_numbers import KeptNumbers, TermNumbers
from infra.operations.terms.term_texts import rule_in_words
from infra.operations.terms.terms import standing_rows
from schemas.errors import StoreAwayError, UnavailableError
from schemas.messages import Term
from schemas.texts import cleaned, written_plainly

__all__ = ["MEDIA", "ROUTES", "file_of", "numbers_of"]

LINES: Final = 100
"""Of a page of a long table."""
RATES: Final = 25
"""The same of the rates: what else there is stands below them."""
PATIENCE: Final = 60
"""Seconds that a file waits for its turn."""
WORDS: Final = ("failed", "last_hour", "at_risk", "ok")
MAPS: Final[tuple[tuple[Dimension, Dimension], ...]] = (("weekday", "hour"), ("section", "week"))
VIEWS: Final = ("rates", "slipping", "standing", "student", "files")

T = TypeVar("T")


class TablePart(NamedTuple):
    """A part of a long table. number: of the page, from 1. found: lines of the whole table that were asked for."""

    lines: Sequence[Any]
    number: int
    pages: int
    found: int


class ReportAsked(NamedTuple):
    """Whose reports are asked for. terms: all that there are, the latest first."""

    desk: Desk
    person: DeskUser
    period: ReportPeriod
    terms: list[Term]

    @property
    def all_sections(self) -> bool:
        """Whether nothing of the site is left out."""
        return self.person.has("registrar") or self.person.has("engineer")

    @property
    def sections(self) -> frozenset[str] | None:
        """The sections that reports to him count; None: all."""
        taught = (each for each in self.person.teaches if may_report_section(self.person, each))
        return None if self.all_sections else frozenset(taught)

    def counts(self, section: str) -> bool:
        """Whether reports to him count a section."""
        return may_report_section(self.person, section)

    @property
    def query(self) -> dict[str, str]:
        """The period as addresses name it."""
        period = self.period
        return {"term": period.term.term} if period.term else {"since": f"{period.first}", "until": f"{period.last}"}

    def link(self, view: str, **more: object) -> str:
        """Return the address of a page of reports about the same days."""
        path = "/reports" if view == "rates" else f"/reports/{view}"
        return f"{path}?{urlencode(self.query | {name: f'{each}' for name, each in more.items() if each})}"


async def _asked(request: Request, said: Mapping[str, str]) -> ReportAsked:
    """Return what is asked for, if the visitor may see reports at all."""
    desk, person = desk_of(request), request.state.visitor.person
    if not may_see_reports(person):
        raise HTTPException(403)
    terms = {each.term: each for each in desk.calendar.terms}
    first, last = (_day(request, said, name) for name in ("since", "until"))
    period = period_asked(terms, desk.today, said.get("term", ""), first, last)
    latest = sorted(terms.values(), key=lambda each: (each.first, each.term), reverse=True)
    return ReportAsked(desk, person, period, latest)


def _day(request: Request, said: Mapping[str, str], name: str) -> date | None:
    """Return a day that was asked for; None: none, or nothing that is one."""
    if request.method == "POST":
        try:
            return date.fromisoformat(said.get(name, ""))
        except ValueError:
            return None
    found = day_asked(request, name, date.min)
    return None if found == date.min else found


def numbers_of(desk: Desk) -> KeptNumbers:
    """Return what keeps the numbers of this desk."""
    return desk.kept("numbers", lambda mine: KeptNumbers(mine.settings))


def _numbers(asked: ReportAsked) -> tuple[TermNumbers, bool]:
    return numbers_of(asked.desk).of(
        asked.period, asked.desk.calendar.timetable.everything, asked.counts, asked.desk.clock()
    )


def _page(request: Request, template: str, asked: ReportAsked, view: str, **said: Any) -> Response:
    known: dict[str, Any] = {
        "asked": asked,
        "period": asked.period,
        "view": view,
        "names": sees_names(asked.person),
        "may_export": sees_names(asked.person),
        "tabs": [each for each in VIEWS if sees_names(asked.person) or each not in ("student", "files")],
        "COUNTED": COUNTED,
    }
    return page(request, template, **(known | said))


def _part(request: Request, found: Sequence[T], lines: int = LINES) -> TablePart:
    """Return the part of a table that is asked for; beyond its ends the nearest."""
    text = request.query_params.get("page", "")
    pages = max(-(-len(found) // lines), 1)
    number = min(max(int(text), 1), pages) if text.isascii() and text.isdigit() and len(text) < 7 else 1
    return TablePart(found[(number - 1) * lines : number * lines], number, pages, len(found))


def _one_of(values: Iterable[T], said: str | None) -> T | None:
    """Return the value that is said, of those that there are."""
    return next((each for each in values if each == said), None)


def _typed(request: Request) -> str:
    """Return what was typed into the search of a table."""
    return cleaned(request.query_params.get("q", "")).casefold()


def _fits(asked: str, *texts: str) -> bool:
    """Whether what was typed into a search is in one of some texts."""
    return not asked or any(asked in each.casefold() for each in texts)


async def rates(request: Request) -> Response:
    """Show the rates, in whatever order they are asked for, and the heat maps."""
    asked = await _asked(request, request.query_params)
    by = _one_of(DIMENSIONS, request.query_params.get("by")) or "section"
    try:
        numbers, fresh = await run_in_threadpool(_numbers, asked)
    except StoreAwayError:
        return _page(request, "reports_away.html", asked, "rates")
    language, wanted = request.state.language, _typed(request)
    lowest = request.query_params.get("order") == "rate"
    lines = [each for each in numbers.by(by) if _fits(wanted, dimension_key(language, by, each.key))]
    if lowest:  # whoever has none comes last
        lines.sort(key=lambda each: 2.0 if each.counts.rate is None else each.counts.rate)
    return _page(
        request,
        "reports.html",
        asked,
        "rates",
        numbers=numbers,
        fresh=fresh,
        by=by,
        dimensions=DIMENSIONS,
        q=request.query_params.get("q", ""),
        lowest=lowest,
        part=_part(request, lines, RATES),
        weeks=numbers.by("week"),
        key=lambda dimension, key: dimension_key(language, dimension, key),
        steps=STEPS,
        maps=[(*each, numbers.map_of(*each)) for each in MAPS],
    )  # fmt: skip


async def slips(request: Request) -> Response:
    """Show who slips away; engineers how many."""
    asked = await _asked(request, request.query_params)
    names = sees_names(asked.person)
    if names:
        await on_record(request, "see_report", detail=f"slipping of {asked.period.name}")
    try:
        found = await run_in_threadpool(slipping, asked.desk.settings, asked.period, asked.sections)
    except StoreAwayError:
        return _page(request, "reports_away.html", asked, "slipping")
    wanted = _typed(request)
    shown = [each for each in found if _fits(wanted, each.student_id, each.name, each.section)] if names else []
    return _page(
        request, "reports_slipping.html", asked, "slipping", all=found, part=_part(request, shown),
        q=request.query_params.get("q", ""), students=len({each.student_id for each in found}),
    )  # fmt: skip


async def standing(request: Request) -> Response:
    """Show who is near the limit, and who is beyond it; engineers how many."""
    asked = await _asked(request, request.query_params)
    if asked.period.term is None:
        return _page(request, "reports_standing.html", asked, "standing", rule="")
    names, desk = sees_names(asked.person), asked.desk
    if names:
        await on_record(request, "see_report", detail=f"standing of {asked.period.name}")
    timetable = desk.calendar.timetable.everything
    try:
        found = await run_in_threadpool(
            lambda: standing_rows(
                desk.settings, term_of(asked.period), timetable, desk.clock(), sections=asked.sections
            )
        )
    except StoreAwayError:
        return _page(request, "reports_away.html", asked, "standing")
    word = _one_of(WORDS, request.query_params.get("word")) or ""
    wanted = _typed(request)
    shown = [
        each
        for each in found
        if word in ("", each.it.word) and _fits(wanted, each.row.student_id, each.row.name, each.row.section)
    ]
    return _page(
        request, "reports_standing.html", asked, "standing", counts=Counter(each.it.word for each in found),
        all=found, part=_part(request, shown if names else []), q=request.query_params.get("q", ""), word=word,
        words=WORDS, rule=rule_in_words(request.state.language, asked.period.term.rule),
        own_rules=sorted(each for each in asked.period.term.sections if asked.counts(each)),
    )  # fmt: skip


async def student(request: Request) -> Response:
    """Show one student over all courses that the visitor may see, or those whom a search finds."""
    asked = await _asked(request, request.query_params)
    if not sees_names(asked.person):
        raise HTTPException(403)
    desk, q = asked.desk, request.query_params.get("q", "")
    may: Callable[[str], bool] = lambda section: may_report_student(asked.person, section)  # noqa: E731
    known = students_found(desk.calendar.rosters, may, q) if q.strip() else []
    wanted = written_plainly(request.query_params.get("student", "")) or (
        known[0].student_id if len(known) == 1 else ""
    )
    if not wanted:
        return _page(request, "reports_student.html", asked, "student", q=q, known=_part(request, known), it=None)
    await on_record(request, "see_student", student=wanted, detail=f"student of {asked.period.name}")
    try:
        found = await run_in_threadpool(
            lambda: student_hours(
                desk.settings, asked.period, wanted, asked.sections, desk.calendar.timetable.everything, desk.clock()
            )
        )
    except StoreAwayError:
        return _page(request, "reports_away.html", asked, "student")
    if not found.hours and not any(
        each.student_id == wanted for each in students_found(desk.calendar.rosters, may, wanted)
    ):
        return _page(
            request, "reports_student.html", asked, "student", q=q or wanted, known=_part(request, []), it=None
        )
    language = request.state.language
    return _page(
        request, "reports_student.html", asked, "student", q=q, known=_part(request, known), it=found, student=wanted,
        reason=lambda text: reason_text(language, text),
    )  # fmt: skip


async def files(request: Request) -> Response:
    """Show which files there are."""
    asked = await _asked(request, request.query_params)
    _see_export(asked, "")
    between = asked.desk.calendar.between(asked.period.first, asked.period.last)
    sections = sorted({each.section for each in between if may_export_section(asked.person, each.section)})
    maps = map_names(asked.desk.settings)
    return _page(request, "reports_files.html", asked, "files", sections=sections, maps=sorted(maps))


def _see_export(asked: ReportAsked, section: str) -> None:
    """See that the visitor may take a section away as a file; empty: all that reports show him."""
    sections = [section] if section else [*(asked.sections or ())]
    if not (asked.person.has("registrar") or (sections and all(may_export_section(asked.person, e) for e in sections))):
        raise HTTPException(403)


async def file(request: Request) -> Response:
    """Send what is wished as a file, on record before."""
    said = await check_form(request)
    asked = await _asked(request, said)
    section, wanted = written_plainly(said.get("section", "")), written_plainly(said.get("student", ""))
    _see_export(asked, section)
    kind, format_ = _one_of(EXPORTS, said.get("kind")), _one_of(FILE_FORMATS, said.get("format"))
    if kind is None or format_ is None:
        raise HTTPException(400)
    wish = ExportWish(
        kind=kind,
        format=format_,
        period=asked.period,
        sections=asked.sections,
        section=section,
        by=_one_of(DIMENSIONS, said.get("by")) or "section",
        student=wanted if kind == "student" else "",
        map=said.get("map", ""),
        title=said.get("title", "").strip()[:100],
    )
    await on_record(request, "export", student=wish.student, detail=wish.told)
    desk = asked.desk
    timetable = desk.calendar.timetable.everything
    source = ExportSource(desk.settings, timetable, numbers_of(desk), request.state.language, desk.clock())
    content = await run_in_threadpool(file_of, desk, source, wish)
    named = f"attachment; filename*=utf-8''{quote(wish.name)}"
    return Response(content, media_type=MEDIA[wish.format], headers={"content-disposition": named})


def file_of(desk: Desk, source: ExportSource, wish: ExportWish) -> bytes:
    """Return a file. One is made at a time, whoever asks: a term takes a core, and some memory.

    Raises:
        UnavailableError: others are made all the time.
        RefusedError: as of ``exported``.
    """
    turn = desk.kept("made", lambda desk: threading.Lock())
    if not turn.acquire(timeout=PATIENCE):
        raise UnavailableError("other files are being made", "Ask again soon.")
    try:
        return exported(source, wish)
    finally:
        turn.release()


MEDIA: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}


ROUTES = [
    Route("/reports", rates, methods=["GET"]),
    Route("/reports/slipping", slips, methods=["GET"]),
    Route("/reports/standing", standing, methods=["GET"]),
    Route("/reports/student", student, methods=["GET"]),
    Route("/reports/files", files, methods=["GET"]),
    Route("/reports/file", file, methods=["POST"]),
]
