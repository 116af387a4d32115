"""Why a report has no rows: what of the question the site does not know, or what has not happened yet."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any, Final, NamedTuple

from enrollment.class_hours import describe
from enrollment.loaded import class_hours, rosters
from infra.operations.dead_letters.dead_letter_queue import waiting_letters
from infra.operations.runs.manage_runs import list_runs
from infra.operations.site import ask_store
from schemas.dead_letters import ORIGINAL
from schemas.errors import UnavailableError
from schemas.ids import LIVE
from schemas.messages import ClassHour
from schemas.rosters import Rosters
from schemas.settings import Settings
from schemas.texts import nearest
from schemas.translations import Text, Texts, listed, say
from sinks.reports import Filters, queries

__all__ = ["NoRows", "Observed", "SiteKnowledge", "why_no_answer", "why_nothing", "why_nothing_of"]

NAMED = 3
"""Reasons, and class hours, that are told; more are counted."""

Tell = Callable[..., str]


class NoRows(NamedTuple):
    """Why there are none, each reason with the next step. exists: False if a name of the question is nowhere known."""

    reasons: list[str]
    exists: bool = True


class Observed(NamedTuple):
    """What was seen of the class hours that a question is about.

    hours: how many are judged. share: of their time, how much cameras covered, 0 to 1. seen, of: rows of students who
    were seen, and all.
    """

    hours: int = 0
    share: float = 0.0
    seen: int = 0
    of: int = 0


class SiteKnowledge(NamedTuple):
    """What a site was told. letters: how many frames were put aside, by hall and reason. now: aware.

    observed: what the store says beside the report. withdrawn: the sections of the student's rows that are withdrawn.
    stored: names of the question of which the store has rows, on whatever day.
    """

    rosters: Rosters
    hours: Sequence[ClassHour]
    letters: Counter[tuple[str, str]]
    now: datetime
    observed: Observed = Observed()
    withdrawn: Collection[str] = ()
    stored: Collection[str] = ()


def why_nothing(settings: Settings, name: str, wanted: Filters, now: datetime) -> NoRows:
    """Return why a report (``attendance``, ...) holds nothing, in the site's language.

    now: aware.

    Raises:
        UnavailableError: the store does not answer.
    """
    if wanted.run != LIVE:
        return _of_run(settings, wanted.run)
    observed = _observed(settings, wanted) if name == "departures" else Observed()
    withdrawn = _withdrawn(settings, wanted) if wanted.student else set()
    try:
        letters = Counter(
            (each.text(f"{ORIGINAL}hall"), each.reason)
            for each in waiting_letters(settings)
            if each.stage == "recognise"
        )
        known = SiteKnowledge(
            rosters(settings), class_hours(settings), letters, now, observed, withdrawn, _stored(settings, wanted)
        )
    except UnavailableError as error:
        why = say(
            settings.language,
            "Nothing is stored for this. Why, only Kafka would know: {why}. Start it with `naul up`.",
            why=error.message,
        )
        return NoRows([why])
    return why_nothing_of(settings, name, wanted, known)


def why_no_answer(settings: Settings, name: str, values: Mapping[str, str], now: datetime) -> NoRows:
    """Return why a query has no answer. values: its parameters, as they were given. now: aware.

    Raises:
        UnavailableError: the store does not answer.
    """
    section, hall, student = (values.get(each) for each in ("section", "hall", "student"))
    wanted = Filters(section=section, hall=hall, student=student, run=values.get("run", LIVE))
    if wanted.run != LIVE and wanted.run not in list_runs(settings):
        return _of_run(settings, wanted.run)
    if (
        (section or hall or student)
        and wanted.run == LIVE
        and not ask_store.report(settings, "attendance", wanted).rows
    ):
        return why_nothing(settings, "attendance", wanted, now)
    why = say(
        settings.language,
        "No row answers this: {purpose} `naul report attendance` shows what is stored, and "
        "says why if there is nothing.",
        purpose=Text(queries()[name].purpose),
    )
    return NoRows([why])


def why_nothing_of(settings: Settings, name: str, wanted: Filters, known: SiteKnowledge) -> NoRows:
    """Return the same of what is known. Pure."""
    return NoRows(_reasons(settings, name, wanted, known), exists=bool(known.withdrawn) or not _strange(wanted, known))


def _reasons(settings: Settings, name: str, wanted: Filters, known: SiteKnowledge) -> list[str]:
    """Return why, the first that holds."""

    def tell(text: str, **values: Any) -> str:
        return say(settings.language, text, **values)

    if known.withdrawn:
        names = listed(settings.language, sorted(known.withdrawn), NAMED)
        return [
            tell(
                "{student} is no longer on the roster of {sections}, and what was said of him there "
                "is withdrawn. `naul report query withdrawn` shows it, with the reason.",
                student=wanted.student,
                sections=names,
            )
        ]
    if strange := _unknown(tell, wanted, known):
        return strange
    hours = [each for each in known.hours if _is_meant(each, wanted, known.rosters)]
    if not hours:
        return [_no_hour(settings, tell, wanted, known)]
    if not (begun := [each for each in hours if each.starts_at <= known.now]):
        first = min(hours, key=lambda each: each.starts_at)
        yet = tell(
            "The class hour has not begun: {hour}.",
            hour=f"{first.section} {describe(first, settings.zone, settings.language)}",
        )
        return [yet, *_without_roster(settings, tell, [first], known.rosters)]
    said = _without_roster(settings, tell, begun, known.rosters)
    halls = {hall for each in begun for hall in each.halls}
    aside = Counter({why: count for (hall, why), count in known.letters.items() if hall in halls})
    said += [
        tell(
            "Frames of this hall were put aside ({count}): {why}. Mend the cause, then `naul "
            "dead-letters retry`; `naul dead-letters list` shows each.",
            count=count,
            why=why,
        )
        for why, count in aside.most_common(NAMED)
    ]
    if said:
        return said
    if name == "departures" and known.observed.hours:
        return [_left(tell, known.observed)]
    return [
        tell(
            "Nothing is judged yet of the class hours that have begun ({count}). A running one "
            "is judged about once a minute, one of the past when its frames have been looked at: "
            "`naul wait` waits for that, and `naul status` says whether the workers run.",
            count=len(begun),
        )
    ]


def _left(tell: Tell, observed: Observed) -> str:
    """Say that nobody is known to have left, and how much of an answer that is."""
    values = {"count": observed.hours, "share": f"{observed.share:.0%}", "seen": observed.seen, "of": observed.of}
    if not observed.seen:
        return tell(
            "Nobody was seen, so nothing is known of who left. Judged class hours like this: "
            "{count}; cameras covered {share} of their time. `naul report attendance` and `naul "
            "report coverage` say more.",
            **values,
        )
    return tell(
        "Nobody is known to have left. Judged class hours like this: {count}; cameras "
        "covered {share} of their time and saw {seen} of the {of} who were to be there.",
        **values,
    ) + (
        tell(" Who left while nothing was covered is not known: `naul report coverage` says how much that is.")
        if observed.share < 1
        else ""
    )


def _of_run(settings: Settings, run: str) -> NoRows:
    """Say that a replay holds nothing of this, or that there is none."""
    tell = partial(say, settings.language)
    if run in (known := list_runs(settings)):
        why = tell(
            "Nothing is stored for this in the run {run}. `naul runs list` shows which runs "
            "there are, and `naul runs show {run}` what it judged.",
            run=run,
        )
        return NoRows([why])
    near = _near(tell, run, known)
    why = tell("There is no run {run}{near}. `naul runs list` names them all.", run=run, near=near)
    return NoRows([why], exists=False)


def _stored(settings: Settings, wanted: Filters) -> set[str]:
    """Return the names of a question of which there are rows, whatever else it asks for."""
    asked = {
        wanted.section: Filters(section=wanted.section),
        wanted.hall: Filters(hall=wanted.hall),
        wanted.student: Filters(student=wanted.student),
    }
    return {name for name, alone in asked.items() if name and ask_store.report(settings, "attendance", alone).rows}


def _observed(settings: Settings, wanted: Filters) -> Observed:
    hours = list(ask_store.report(settings, "coverage", wanted).dicts())
    rows = list(ask_store.report(settings, "attendance", wanted).dicts())
    total = sum(each["minutes_total"] for each in hours)
    share = sum(each["minutes_covered"] for each in hours) / total if total else 0.0
    return Observed(len(hours), share, sum(each["arrived_at"] is not None for each in rows), len(rows))


def _withdrawn(settings: Settings, wanted: Filters) -> set[str]:
    """Return of which sections the student's rows are withdrawn, as far as the question is about them."""
    rows = ask_store.query(settings, "withdrawn", {}).dicts()
    return {
        each["section"]
        for each in rows
        if each["student_id"] == wanted.student
        and wanted.section in (None, each["section"])
        and wanted.date in (None, each["date"])
    }


def _without_roster(settings: Settings, tell: Tell, hours: Iterable[ClassHour], lists: Rosters) -> list[str]:
    without = sorted({each.section for each in hours if not lists.on(each.section, each.date).students})
    if not without:
        return []
    if later := [each for each in without if each in lists.sections]:
        return [
            tell(
                "Class hours of {names} are before the date from which the first roster holds: nobody is "
                "looked for there. If that is not meant, load the roster with an earlier --from.",
                names=listed(settings.language, later, NAMED),
            )
        ]
    near = _near(tell, without[0], lists.sections)
    return [
        tell(
            "No roster for {names} of the timetable: nobody is looked for there{near}. Load one "
            "with `naul roster load`, or correct the section.",
            names=listed(settings.language, without, NAMED),
            near=near,
        )
    ]


_STRANGE: Final[Texts] = {
    "section": "There is no section {name}{near}. `naul timetable show` lists those that meet.",
    "hall": "The timetable knows no hall {name}{near}. `naul timetable show` lists them.",
    "student": "{name} is on no roster{near}. Load it with `naul roster load FILE`, or correct the id.",
}
"""Of what nobody knows, by what it is to be."""


def _unknown(tell: Tell, wanted: Filters, known: SiteKnowledge) -> list[str]:
    """Say which names of the question the site does not know."""
    if not known.hours:
        return [tell("Nothing is stored yet: no timetable is loaded. Load one with `naul timetable load FILE`.")]
    return [
        tell(_STRANGE[kind], name=name, near=_near(tell, name, names)) for kind, name, names in _strange(wanted, known)
    ]


def _strange(wanted: Filters, known: SiteKnowledge) -> list[tuple[str, str, Collection[str]]]:
    """Return which names of the question are nowhere known: what each is to be, the name, and those that there are."""
    asked: tuple[tuple[str, str | None, Collection[str]], ...] = (
        ("section", wanted.section, {each.section for each in known.hours} | set(known.rosters.sections)),
        ("hall", wanted.hall, {hall for each in known.hours for hall in each.halls}),
        ("student", wanted.student, known.rosters.students.keys()),
    )
    return [
        (kind, name, names)
        for kind, name, names in asked
        if name is not None and name not in names and name not in known.stored
    ]


def _no_hour(settings: Settings, tell: Tell, wanted: Filters, known: SiteKnowledge) -> str:
    """Say that no class hour is like the question, and which are nearest to it."""
    others = Filters(section=wanted.section, hall=wanted.hall, student=wanted.student)
    near = [each for each in known.hours if _is_meant(each, others, known.rosters)]
    day = wanted.date or known.now.astimezone(settings.zone).date()
    near.sort(key=lambda each: (abs((each.date - day).days), each.starts_at))
    nearest_hours = ", ".join(
        f"{each.section} {describe(each, settings.zone, settings.language)}" for each in near[:NAMED]
    )
    told = tell("; the nearest are {hours}", hours=nearest_hours) if nearest_hours else ""
    meeting = {each.section for each in known.hours}
    if wanted.section in known.rosters.sections and wanted.section not in meeting:
        return tell(
            "No class hour for {names}, which has a roster{near}. Load a timetable with `naul "
            "timetable load`, correct the section, or take the roster away with `naul roster "
            "remove`.",
            names=wanted.section,
            near=_near(tell, wanted.section, meeting),
        )
    takes = {
        each.section for each in known.rosters.everything if wanted.student in {one.student_id for one in each.students}
    }
    if takes:
        return tell(
            "{student} is on the roster of {sections}, and there is no such class hour of "
            "it{near}. `naul timetable show` lists all.",
            student=wanted.student,
            sections=listed(settings.language, sorted(takes), NAMED),
            near=told,
        )
    return tell("There is no such class hour{near}. `naul timetable show` lists all.", near=told)


def _is_meant(hour: ClassHour, wanted: Filters, lists: Rosters) -> bool:
    return (
        wanted.section in (None, hour.section)
        and (wanted.hall is None or wanted.hall in hour.halls)
        and _same(wanted.date, hour.date)
        and (wanted.student is None or _takes(lists, hour, wanted.student))
    )


def _same(wanted: date | None, there: date) -> bool:
    return wanted is None or wanted == there


def _takes(lists: Rosters, hour: ClassHour, student: str) -> bool:
    return any(each.student_id == student for each in lists.on(hour.section, hour.date).students)


def _near(tell: Tell, name: str, names: Collection[str]) -> str:
    near = nearest(name, names)
    return tell("; {name} looks like {near}", name=name, near=near) if near else ""
