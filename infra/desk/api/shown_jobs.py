"""Long work as the API says it: who asked for it, how far it is, why it failed."""

from typing import Literal

import msgspec

from infra.desk.api.calls import ApiCall
from infra.machine.jobs import Job, JobWord
from schemas.messages import Moment
from schemas.translations import say

__all__ = ["ApiJob", "ChangeBody", "api_job"]


class ChangeBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be done with work under way, or with such that has ended before it was done."""

    do: Literal["cancel", "resume"]


class ApiJob(msgspec.Struct, frozen=True, kw_only=True):
    """Work in a process of its own. state: ``given_up``: it ended without a word, as when it is killed.

    done, total: of its own unit; null: it has not said anything yet. said_at: when it did last. cancelling: it was told
    to end. message, remedy: why it failed, in your language.
    """

    name: str
    state: JobWord
    by: str
    asked_at: Moment
    said_at: Moment | None
    done: int | None
    total: int | None
    cancelling: bool
    message: str
    remedy: str


def api_job(call: ApiCall, job: Job) -> ApiJob:
    """Return it as the API says it."""
    said, (message, remedy) = job.progress, job.why
    return ApiJob(
        name=job.name,
        state=job.word,
        by=job.asked.by,
        asked_at=job.asked.at,
        said_at=said.at if said else None,
        done=said.done if said else None,
        total=said.total if said else None,
        cancelling=job.cancelling,
        message=say(call.language, message),
        remedy=say(call.language, remedy),
    )
