"""What if: a term judged under another policy, or charged by another rule. Nothing that is live changes by it.

A policy needs what was seen to be judged again (``replay_job``); a rule needs arithmetic alone. What comes out is never
kept: it is asked of the store each time, so whoever is erased there is in no answer.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from infra.machine.jobs import Job, find_job, jobs
from infra.operations.class_hours.site_calendar import SiteCalendar
from infra.operations.runs.replay_job import WHAT_IF, ReplayAsked, free_name, start_replay
from infra.operations.terms.rule_change import (
    RuleChange,
    StandingChange,
    StandingCount,
    TermSide,
    changed_standings,
    count_standings,
    with_change,
)
from infra.operations.terms.terms import counted_rows, hours_of_term, meant_term, planned_hours
from schemas.errors import RefusedError
from schemas.ids import LIVE
from schemas.messages import ClassHour, Term
from schemas.settings import Policy, Settings
from schemas.translations import Text
from sinks.store import open_for_reading
from sinks.what_if_rows import (
    ChangedVerdict,
    VerdictCount,
    changed_verdicts,
    hours_judged_again,
    verdict_counts,
)

__all__ = [
    "MOST",
    "PolicyChange",
    "Question",
    "WhatIfAnswer",
    "answer",
    "ask_again",
    "find_question",
    "question_of",
    "questions",
    "with_policy",
]

SHOWN: Final = 500
"""Changed verdicts that are named; the rest is counted."""
MOST: Final = 180.0
"""Minutes that a policy may wait for something."""


class PolicyChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What of a policy is to be another one, in minutes; None: as it is."""

    late_after: float | None = None
    left_early_before: float | None = None
    departure_after: float | None = None

    @property
    def values(self) -> dict[str, float]:
        """Return what it changes."""
        return {name: each for name, each in msgspec.structs.asdict(self).items() if each is not None}


class Question(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is asked: of a term, or of some of its sections and days.

    sections: none means all. first, last: days, both included; None: those of the term.
    """

    term: str
    sections: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None
    policy: PolicyChange = PolicyChange()
    rule: RuleChange = RuleChange()

    @property
    def judges_again(self) -> bool:
        """Whether what was seen has to be judged again: another policy is asked for."""
        return bool(self.policy.values)


class WhatIfAnswer(NamedTuple):
    """What would be otherwise.

    sections: whose. hours: closed class hours of the days that are judged again, or would be. missing: those of them
    whose sightings are no longer kept as they were judged by, which count as they are. verdicts: what became what.
    changed, more: verdicts that differ, and how many more there are. standings, counts: of students in sections.
    """

    term: Term
    asked: Term
    sections: tuple[str, ...]
    again: int
    missing: list[tuple[str, date, int]]
    verdicts: list[VerdictCount]
    changed: list[ChangedVerdict]
    more: int
    standings: list[StandingChange]
    counts: list[StandingCount]

    @property
    def differing(self) -> int:
        """How many verdicts differ."""
        return sum(each.verdicts for each in self.verdicts if each.before != each.after)

    def fates(self, fate: str) -> list[StandingChange]:
        """Return those whose F appears, vanishes, or who stand otherwise (``other``)."""
        return [each for each in self.standings if each.fate == fate]


def with_policy(policy: Policy, change: PolicyChange) -> Policy:
    """Return a policy with what is changed.

    Raises:
        RefusedError: that many minutes are none that a policy can have.
    """
    for minutes in change.values.values():
        if not 0 <= minutes <= MOST:
            raise RefusedError(
                Text("{minutes:g} minutes are none of a policy", minutes=minutes), "Take a number from 0 to 180."
            )
    values = {name: timedelta(minutes=minutes) for name, minutes in change.values.items()}
    return msgspec.convert(msgspec.structs.asdict(policy) | values, Policy)


def ask_again(
    settings: Settings, calendar: SiteCalendar, question: Question, *, id_: str, by: str, now: datetime
) -> Job:
    """Have what was seen judged under another policy, in a process of its own. Sent twice by one id it asks once.

    Raises:
        RefusedError: term or section is not there, nothing of it has begun, or another question is under way.
    """
    if again := next((each for each in questions(settings) if each.asked.id == id_), None):
        return again
    term, sections = _asked(calendar, question)
    with_change(term, question.rule)  # what no rule can be is refused before anything is judged
    first, last = _days(question, term)
    since = datetime(first.year, first.month, first.day, tzinfo=settings.zone)
    until = min(datetime(last.year, last.month, last.day, tzinfo=settings.zone) + timedelta(days=1), now)
    if until <= since:
        raise RefusedError(Text("{term} has not begun", term=term.term), "Ask when class hours have been held.")
    what = ReplayAsked(
        since=since,
        until=until,
        sections=question.sections and tuple(sections),
        policy=with_policy(settings.policy, question.policy),
        from_sightings=True,
        about=msgspec.Raw(msgspec.json.encode(question)),
    )
    return start_replay(settings, WHAT_IF, free_name(settings, "what-if", now), what, id_=id_, by=by, now=now)


def questions(settings: Settings) -> list[Job]:
    """Return the questions that were judged again, or are, the latest first."""
    return jobs(settings, WHAT_IF)


def find_question(settings: Settings, name: str) -> Job | None:
    """Return the question of a name."""
    found = find_job(settings, name)
    return found if found and found.asked.kind == WHAT_IF else None


def question_of(job: Job) -> Question:
    """Return what a job was asked."""
    asked: ReplayAsked = job.what(ReplayAsked)
    return msgspec.json.decode(asked.about, type=Question)


def answer(
    settings: Settings, calendar: SiteCalendar, question: Question, now: datetime, run: str = LIVE
) -> WhatIfAnswer:
    """Return what would be otherwise. run: which judged again; live: only the rule is another one.

    Raises:
        RefusedError: term or section is not there, or a rule cannot be so.
        UnavailableError: the store does not answer.
    """
    term, sections = _asked(calendar, question)
    first, last = _days(question, term)
    asked = with_change(term, question.rule)
    hours = {name: planned_hours(each, now) for name, each in sections.items()}
    with open_for_reading(settings) as store:
        before = TermSide(counted_rows(store, term, sections), term.rule_of, hours)
        after = TermSide(counted_rows(store, asked, sections, run=run), asked.rule_of, hours)
        again, missing = 0, list[tuple[str, date, int]]()
        verdicts, changed = list[VerdictCount](), list[ChangedVerdict]()
        if run != LIVE:
            again, missing = hours_judged_again(store, run, sections, first, last)
            verdicts = verdict_counts(store, run, sections, first, last)
            changed = changed_verdicts(store, run, sections, first, last, SHOWN)
    differing = sum(each.verdicts for each in verdicts if each.before != each.after)
    return WhatIfAnswer(
        term=term,
        asked=asked,
        sections=tuple(sorted(sections)),
        again=again,
        missing=missing,
        verdicts=verdicts,
        changed=changed,
        more=differing - len(changed),
        standings=changed_standings(before, after),
        counts=count_standings(before, after),
    )


def _asked(calendar: SiteCalendar, question: Question) -> tuple[Term, Mapping[str, list[ClassHour]]]:
    """Return the term, and the class hours of the sections that are asked for."""
    if not question.policy.values and not question.rule.values:
        raise RefusedError("nothing is to be another one", "Fill in what is to be different.")
    term = meant_term({each.term: each for each in calendar.terms}, question.term)
    hours = hours_of_term(term, calendar.timetable.everything)
    for each in question.sections:
        if each not in hours:
            raise RefusedError(
                Text("{section} has no class hour in {term}", section=each, term=term.term),
                "`naul timetable show` lists them.",
            )
    return term, {name: each for name, each in hours.items() if not question.sections or name in question.sections}


def _days(question: Question, term: Term) -> tuple[date, date]:
    """Return the days that are judged again."""
    first, last = max(question.first or term.first, term.first), min(question.last or term.last, term.last)
    if last < first:
        raise RefusedError(
            Text("none of these days lies in {term}", term=term.term),
            Text("It lasts from {first} to {last}.", first=term.first, last=term.last),
        )
    return first, last
