"""From the facts of a class hour to its rows: who is judged, how, and what is told. Live and replays do the same."""

from dataclasses import replace
from typing import NamedTuple

from schemas.messages import Attendance, ClassHour, Coverage, Student
from schemas.settings import Policy
from streams.attend import outgoing
from streams.attend.outgoing import Provenance
from streams.faces.calibration import Calibration
from streams.judgement.judge import Hour, HourJudgement, Person, judge
from streams.judgement.learning import Memory
from streams.judgement.observations import Facts
from streams.reference.reference_data import Reference

__all__ = ["Case", "case", "decide", "rows"]


class Case(NamedTuple):
    """All that a class hour is judged by. roster: its own, which gets rows. visitors: whom the facts name beside it.

    people: whoever may sit there, students of other sections that share the hall included. roster_version: grows with
    every change of them. engine: its id. What people look like, and the facts, are as it sees them.
    """

    hour: ClassHour
    engine: str
    facts: Facts
    roster: tuple[Student, ...]
    roster_version: int
    people: list[Person]
    visitors: list[Person]

    def __repr__(self) -> str:
        return f"Case({self.hour.id})"


def case(reference: Reference, hour: ClassHour, facts: Facts) -> Case:
    """Take what holds of a class hour out of the reference: from then on it may move."""
    return Case(
        hour,
        reference.engine_schedule.of(hour),
        facts,
        reference.roster(hour).students,
        reference.roster_version(hour),
        _people(reference, hour),
        _visitors(reference, hour, facts),
    )


def decide(
    it: Case, policy: Policy, calibration: Calibration, *, closed: bool, memory: Memory | None = None
) -> HourJudgement:
    """Judge a class hour. closed: whether it is over and nothing more of it is expected.

    The version grows with the rosters, too: who is new on one, or gone, is told by the same facts. memory: of its last
    judgement; it makes no difference but to the time that this one takes.
    """
    halls = it.hour.halls if it.hour.also_in else ()
    window = Hour(it.hour.starts_at.timestamp(), it.hour.ends_at.timestamp(), halls)
    judged = judge(window, it.facts, it.people, policy, calibration, closed=closed, visitors=it.visitors, memory=memory)
    return replace(judged, version=judged.version + it.roster_version)


def rows(telling: Provenance, judged: HourJudgement, it: Case, *, final: bool) -> tuple[list[Attendance], Coverage]:
    """Return what is told of a class hour: a row a student, and how much of it was seen."""
    attendance = list(outgoing.attendance(telling, judged, it.roster, final=final))
    deletions = [each.captured_at for each in it.facts.seen.values() if each.after_deleted]
    return attendance, outgoing.coverage(telling, judged, final=final, deletions=deletions)


def _people(reference: Reference, hour: ClassHour) -> list[Person]:
    known = reference.candidates(hour)
    faces = {
        each.student_id: (template, int(photos))
        for each, template, photos in zip(known.students, known.templates, known.photos, strict=True)
    }
    return [Person(each.student_id, *faces.get(each.student_id, (None, 0))) for each in reference.together(hour)]


def _visitors(reference: Reference, hour: ClassHour, facts: Facts) -> list[Person]:
    if not facts.visitors:  # most hours: no template of another course is opened then
        return []
    known = reference.visitors(hour).known(facts.visitors)
    return [Person(name, template, photos) for name, (template, photos) in known.items()]
