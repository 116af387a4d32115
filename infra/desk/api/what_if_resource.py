"""What if: a term under another policy or rule. Nothing that is live changes by it."""

import msgspec

from infra.desk.api.calls import Answered, ApiCall, Endpoint, RequestId
from infra.desk.api.paging import ApiPage, PageQuery, paged
from infra.desk.api.problems import not_found
from infra.desk.api.shown_jobs import ApiJob, ChangeBody, api_job
from infra.machine.jobs import Job, cancel_job
from infra.operations.accounts.access import may_ask_what_if
from infra.operations.runs.replay_job import delete_replay, go_on
from infra.operations.runs.what_if import (
    Question,
    WhatIfAnswer,
    answer,
    ask_again,
    find_question,
    question_of,
    questions,
)
from infra.operations.terms.rule_change import Fate
from infra.operations.terms.term_standing import StandingWord, TermStanding
from schemas.ids import class_hour_id
from schemas.messages import Moment

__all__ = [
    "ENDPOINTS",
    "ApiChangedStanding",
    "ApiChangedVerdict",
    "ApiRunDeleted",
    "ApiStandingNumbers",
    "ApiStandingShift",
    "ApiVerdictShift",
    "ApiWhatIf",
    "ApiWhatIfAnswer",
]


class WhatIfBody(Question, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is asked: of a term, or of some of its sections and days.

    policy: in minutes: what was seen is judged again, in a process of its own. rule: what verdicts cost; this alone is
    answered at once. id: sent twice it asks once; or ``Idempotency-Key``.
    """

    id: RequestId = ""


class ApiVerdictShift(msgspec.Struct, frozen=True, kw_only=True):
    """How many verdicts are this now, and would be that."""

    before: str
    after: str
    verdicts: int


class ApiChangedVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict that would be another one."""

    class_hour: str
    student_id: str
    name: str | None
    before: str
    arrived_at: Moment | None
    after: str
    other_arrived_at: Moment | None


class ApiStandingNumbers(msgspec.Struct, frozen=True, kw_only=True):
    """How a student stands. charged, limit: class hours, or minutes."""

    charged: float
    limit: float
    hours_left: int
    standing: StandingWord


class ApiChangedStanding(msgspec.Struct, frozen=True, kw_only=True):
    """A student who would stand differently. fate: of his F: ``appears``, ``vanishes``, ``other``."""

    section: str
    student_id: str
    name: str | None
    fate: Fate
    before: ApiStandingNumbers
    after: ApiStandingNumbers


class ApiStandingShift(msgspec.Struct, frozen=True, kw_only=True):
    """How many students and sections stand so, before and after."""

    standing: StandingWord
    before: int
    after: int


class ApiWhatIfAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What would be otherwise. judged_again: how many class hours were.

    kept: ids of those that could not be, for what was seen in them is no longer there; they count as they stand.
    changed: 500 verdicts at most; more: how many others. standings: F that appear first, then those that vanish.
    """

    sections: tuple[str, ...]
    judged_again: int
    kept: tuple[str, ...]
    verdicts: tuple[ApiVerdictShift, ...]
    changed: tuple[ApiChangedVerdict, ...]
    more: int
    standings: tuple[ApiChangedStanding, ...]
    counts: tuple[ApiStandingShift, ...]


class ApiWhatIf(msgspec.Struct, frozen=True, kw_only=True):
    """A question. run: under which it is found again; null: it was answered at once. answer: null until it is done."""

    run: str | None
    question: Question
    job: ApiJob | None
    answer: ApiWhatIfAnswer | None


class ApiRunDeleted(msgspec.Struct, frozen=True, kw_only=True):
    """A run that is deleted with all that was judged for it."""

    run: str


def _told(call: ApiCall, question: Question, job: Job | None, it: WhatIfAnswer | None = None) -> ApiWhatIf:
    return ApiWhatIf(
        run=job.name if job else None,
        question=question,
        job=api_job(call, job) if job else None,
        answer=_answer(call, it) if it else None,
    )


def _answer(call: ApiCall, it: WhatIfAnswer) -> ApiWhatIfAnswer:
    return ApiWhatIfAnswer(
        sections=it.sections,
        judged_again=it.again,
        kept=tuple(class_hour_id(*each) for each in it.missing),
        verdicts=tuple(ApiVerdictShift(**each._asdict()) for each in it.verdicts),
        changed=tuple(
            ApiChangedVerdict(
                class_hour=class_hour_id(each.section, each.date, each.period),
                student_id=each.student_id,
                name=call.name(each.name),
                before=each.before,
                arrived_at=each.arrived_at,
                after=each.after,
                other_arrived_at=each.other_arrived_at,
            )
            for each in it.changed
        ),
        more=it.more,
        standings=tuple(
            ApiChangedStanding(
                section=each.section,
                student_id=each.student_id,
                name=call.name(each.name),
                fate=each.fate,
                before=_numbers(each.before),
                after=_numbers(each.after),
            )
            for each in it.standings
        ),
        counts=tuple(ApiStandingShift(standing=each.word, before=each.before, after=each.after) for each in it.counts),
    )


def _numbers(of: TermStanding) -> ApiStandingNumbers:
    charged, limit = (round(float(each), 2) for each in (of.charged, of.limit))
    return ApiStandingNumbers(charged=charged, limit=limit, hours_left=of.left, standing=of.word)


def what_if_list(call: ApiCall) -> ApiPage[ApiWhatIf]:
    """List the questions for which what was seen is judged again, or was, with how far each is."""
    call.require(may_ask_what_if)
    found = [_told(call, question_of(each), each) for each in questions(call.desk.settings)]
    return paged(found, call.query, call.list_name, lambda each: (each.run or "",), tuple[str])


def what_if_asked(call: ApiCall) -> Answered:
    """Ask what a term would be like under another rule or policy.

    Another rule alone is answered at once. For another policy what was seen is judged again; ask for the run until
    its job is done. One is under way at a time.
    """
    call.require(may_ask_what_if)
    body: WhatIfBody = call.body
    question = Question(**{name: getattr(body, name) for name in Question.__struct_fields__})
    call.on_record("what_if", detail=question.term)
    if not question.judges_again:
        return Answered(_told(call, question, None, answer(call.desk.settings, call.desk.calendar, question, call.now)))
    id_ = call.request_id(body.id, "what-if")
    job = ask_again(call.desk.settings, call.desk.calendar, question, id_=id_, by=call.by, now=call.now)
    return Answered(_told(call, question, job), f"/api/v1/what-if/{job.name}")


def _job(call: ApiCall) -> Job:
    call.require(may_ask_what_if)
    found = find_question(call.desk.settings, call.path["run"])
    if found is None:
        raise not_found()
    return found


def what_if_shown(call: ApiCall) -> ApiWhatIf:
    """Show how far a question is, and its answer when it was judged."""
    job = _job(call)
    question, it = question_of(job), None
    if job.word == "done":
        call.on_record("what_if", detail=question.term)
        it = answer(call.desk.settings, call.desk.calendar, question, call.now, job.name)
    return _told(call, question, job, it)


def what_if_changed(call: ApiCall) -> ApiWhatIf:
    """Cancel a question, or go on with one that ended before it was done."""
    job, do = _job(call), call.body.do
    call.on_record("run_change", detail=f"{do} {job.name}")
    if do == "cancel":
        cancel_job(call.desk.settings, job.name)
    else:
        go_on(call.desk.settings, job)
    return _told(call, question_of(job), _job(call))


def what_if_deleted(call: ApiCall) -> ApiRunDeleted:
    """Delete a question with all that was judged for it."""
    job = _job(call)
    call.on_record("run_change", detail=f"delete {job.name}")
    delete_replay(call.desk.settings, job.name)
    return ApiRunDeleted(run=job.name)


ONE, READ, WRITE = "/what-if/{run}", "runs:read", "runs:write"

ENDPOINTS = (
    Endpoint("GET", "/what-if", READ, what_if_list, ApiPage[ApiWhatIf], PageQuery),
    Endpoint("POST", "/what-if", WRITE, what_if_asked, ApiWhatIf, body=WhatIfBody, status=201),
    Endpoint("GET", ONE, READ, what_if_shown, ApiWhatIf),
    Endpoint("POST", ONE, WRITE, what_if_changed, ApiWhatIf, body=ChangeBody),
    Endpoint("DELETE", ONE, WRITE, what_if_deleted, ApiRunDeleted),
)
