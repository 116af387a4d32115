"""What is told of enrolled people: who needs better photos, who is there twice, and who is hard to tell apart."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from enrollment.advice import COLUMNS, Advice, advise, refused_row, rows
from enrollment.likeness import Pair, look_alikes
from enrollment.portrayals import Portrayal, known
from schemas.messages import Enrollment, EnrollmentTemplate, Roster
from schemas.settings import Settings
from sinks.reports import Table
from streams.faces.calibration import Calibration
from streams.faces.template_cipher import TemplateCipher

__all__ = ["EnrolmentCheck", "RosterPair", "check_enrolment"]


class RosterPair(NamedTuple):
    """Two people who are hard to tell apart, and the sections that both take."""

    pair: Pair
    sections: tuple[str, ...]


class EnrolmentCheck(NamedTuple):
    """What one engine (its id) makes of some people.

    photos: the names of each one's photos, if known. unusable: who has no template. needs: what is to be improved,
    the most urgent first. single, disagreeing, poor: how many have one photo, photos that disagree, none without a
    flaw. same: pairs with one face. alike: those who share a section. alike_apart: how many pairs share none.
    with_rosters: whether any roster is loaded. closed: whose template this home's key does not open, of everybody.
    report: a row a photo, in the language of the site.
    """

    engine: str
    photos: Mapping[str, Sequence[str]]
    unusable: tuple[str, ...]
    needs: tuple[Advice, ...]
    single: int
    disagreeing: int
    poor: int
    same: tuple[Pair, ...]
    strangers: frozenset[str]
    alike: tuple[RosterPair, ...]
    alike_apart: int
    with_rosters: bool
    closed: tuple[str, ...]
    report: Table


def check_enrolment(
    settings: Settings,
    engine: tuple[str, Calibration],
    people: Mapping[str, Sequence[str]],
    everybody: Mapping[str, Enrollment],
    rosters: Iterable[Roster],
    cipher: TemplateCipher,
    troubled: Iterable[Portrayal] = (),
) -> EnrolmentCheck:
    """Return what some people need, and who among everybody is alike.

    engine: its id and calibration. people: whom it is about, with the names of their photos, if known.
    troubled: portrayals of this engine in which a photo was refused.
    """
    name, calibration = engine
    templates = {student: each for student in people if (each := _of(everybody.get(student), name))}
    advice = {student: advise(student, each, calibration) for student, each in templates.items()}
    enrolled, closed = known(everybody.values(), name, cipher)
    pairs = look_alikes(enrolled, calibration)
    sections = _sections(rosters)
    same, others = tuple(each for each in pairs if each.same), [each for each in pairs if not each.same]
    alike = tuple(RosterPair(each, shared) for each in others if (shared := _shared(each, sections)))
    return EnrolmentCheck(
        engine=name,
        photos=people,
        unusable=tuple(student for student in people if student not in templates),
        needs=_by_urgency(advice.values()),
        single=sum(each.single for each in advice.values()),
        disagreeing=sum(bool(each.odd) for each in advice.values()),
        poor=sum(each.poor for each in advice.values()),
        same=same,
        strangers=frozenset(
            name for each in same for name in (each.one, each.other) if sections and name not in sections
        ),
        alike=alike,
        alike_apart=len(others) - len(alike),
        with_rosters=bool(sections),
        closed=tuple(closed),
        report=_report(settings, templates, advice, pairs, people, troubled),
    )


def _by_urgency(advice: Iterable[Advice]) -> tuple[Advice, ...]:
    # Without a photo a person is not recognised at all; with photos that disagree, perhaps as somebody else.
    needy = [each for each in advice if not each.nothing]
    return tuple(sorted(needy, key=lambda each: (not each.odd, not each.poor, each.student_id)))


def _sections(rosters: Iterable[Roster]) -> dict[str, set[str]]:
    """Return the sections of each student."""
    found: dict[str, set[str]] = {}
    for roster in rosters:
        for student in roster.students:
            found.setdefault(student.student_id, set()).add(roster.section)
    return found


def _shared(pair: Pair, sections: Mapping[str, set[str]]) -> tuple[str, ...]:
    return tuple(sorted(sections.get(pair.one, set()) & sections.get(pair.other, set())))


def _report(
    settings: Settings,
    templates: Mapping[str, EnrollmentTemplate],
    advice: Mapping[str, Advice],
    pairs: Iterable[Pair],
    people: Mapping[str, Sequence[str]],
    troubled: Iterable[Portrayal],
) -> Table:
    alike: dict[str, list[Pair]] = {}
    for pair in pairs:
        alike.setdefault(pair.one, []).append(pair)
        alike.setdefault(pair.other, []).append(pair)
    found: list[tuple[Any, ...]] = [
        row
        for student, each in templates.items()
        for row in rows(settings, advice[student], each, alike.get(student, ()), people[student])
    ]
    found += [
        refused_row(each.student_id, each.engine, path.name, unfit.said(settings.language))
        for each in troubled
        for path, unfit in each.refused.items()
    ]
    return Table(COLUMNS, sorted(found, key=lambda row: row[:3]))


def _of(enrollment: Enrollment | None, engine: str) -> EnrollmentTemplate | None:
    return next((each for each in enrollment.templates if each.engine == engine), None) if enrollment else None
