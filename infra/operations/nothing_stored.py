"""Why a report has no rows: what of the question the site does not know, or what has not happened yet."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from enrollment.class_hours import describe
from enrollment.loaded import class_hours, rosters
from infra.operations.dead_letter_queue import waiting_letters
from infra.operations.load_texts import listed, say
from schemas.dead_letters import ORIGINAL
from schemas.errors import UnavailableError
from schemas.ids import LIVE
from schemas.messages import ClassHour
from schemas.rosters import Rosters
from schemas.settings import Settings
from schemas.texts import nearest
from sinks.reports import Filters

__all__ = ["SiteKnowledge", "why_nothing", "why_nothing_of"]

NAMED = 3
"""Reasons, and class hours, that are told; more are counted."""

Tell = Callable[..., str]


class SiteKnowledge(NamedTuple):
    """What a site was told. letters: how many frames were put aside, by hall and reason. now: aware."""

    rosters: Rosters
    hours: Sequence[ClassHour]
    letters: Counter[tuple[str, str]]
    now: datetime


def why_nothing(settings: Settings, name: str, wanted: Filters, now: datetime) -> list[str]:
    """Return why a report (``attendance``, ...) holds nothing, each with the next step, in the site's language.

    now: aware.
    """
    try:
        letters = Counter(
            (each.text(f"{ORIGINAL}hall"), each.reason)
            for each in waiting_letters(settings)
            if each.stage == "recognise"
        )
        known = SiteKnowledge(rosters(settings), class_hours(settings), letters, now)
    except UnavailableError as error:
        return [say(settings, "nothing_unknown", why=error.message)]
    return why_nothing_of(settings, name, wanted, known)


def why_nothing_of(settings: Settings, name: str, wanted: Filters, known: SiteKnowledge) -> list[str]:
    """Return the same of what is known. Pure."""

    def tell(text: str, **values: Any) -> str:
        return say(settings, text, **values)

    if wanted.run != LIVE:
        return [tell("nothing_of_run", run=wanted.run)]
    if strange := _unknown(tell, wanted, known):
        return strange
    hours = [each for each in known.hours if _is_meant(each, wanted, known.rosters)]
    if not hours:
        return [_no_hour(settings, tell, wanted, known)]
    if not (begun := [each for each in hours if each.starts_at <= known.now]):
        first = min(hours, key=lambda each: each.starts_at)
        return [tell("nothing_yet", hour=f"{first.section} {describe(first, settings.zone, settings.language)}")]
    said = []
    without = sorted({each.section for each in begun if not known.rosters.on(each.section, each.date).students})
    if without:
        said.append(
            tell(
                "no_roster",
                names=listed(settings, without, NAMED),
                near=_near(tell, without[0], known.rosters.sections),
            )
        )
    halls = {hall for each in begun for hall in each.halls}
    aside = Counter({why: count for (hall, why), count in known.letters.items() if hall in halls})
    said += [tell("nothing_aside", count=count, why=why) for why, count in aside.most_common(NAMED)]
    if said:
        return said
    if name == "departures":
        return [tell("nothing_left", count=len(begun))]
    return [tell("nothing_judged", count=len(begun))]


def _unknown(tell: Tell, wanted: Filters, known: SiteKnowledge) -> list[str]:
    """Say which names of the question the site does not know."""
    if not known.hours:
        return [tell("nothing_timetable")]
    said = []
    sections = {each.section for each in known.hours} | set(known.rosters.sections)
    halls = {hall for each in known.hours for hall in each.halls}
    for text, name, names in (
        ("nothing_section", wanted.section, sections),
        ("nothing_hall", wanted.hall, halls),
        ("nothing_student", wanted.student, known.rosters.students.keys()),
    ):
        if name is not None and name not in names:
            said.append(tell(text, name=name, near=_near(tell, name, names)))
    return said


def _no_hour(settings: Settings, tell: Tell, wanted: Filters, known: SiteKnowledge) -> str:
    """Say that no class hour is like the question, and which are nearest to it."""
    others = Filters(section=wanted.section, hall=wanted.hall, student=wanted.student)
    near = [each for each in known.hours if _is_meant(each, others, known.rosters)]
    day = wanted.date or known.now.astimezone(settings.zone).date()
    near.sort(key=lambda each: (abs((each.date - day).days), each.starts_at))
    nearest_hours = ", ".join(
        f"{each.section} {describe(each, settings.zone, settings.language)}" for each in near[:NAMED]
    )
    told = tell("nothing_nearest", hours=nearest_hours) if nearest_hours else ""
    if wanted.student:
        takes = {
            each.section
            for each in known.rosters.everything
            if wanted.student in {one.student_id for one in each.students}
        }
        return tell(
            "nothing_of_student", student=wanted.student, sections=listed(settings, sorted(takes), NAMED), near=told
        )
    return tell("nothing_hour", near=told)


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
    return tell("looks_like", name=name, near=near) if near else ""
