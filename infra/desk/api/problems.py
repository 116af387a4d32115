"""What goes wrong, as RFC 9457 says it: ``application/problem+json``, in the language of whoever asks."""

import logging
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from infra.operations.accounts.accounts import AccountChangedMeanwhileError
from infra.operations.accounts.manage_accounts import MayNotManageError
from infra.operations.appeals.appeals import AnsweredMeanwhileError, AppealOvertakenError
from infra.operations.class_hours.decide_hour import MarkedMeanwhileError
from infra.operations.class_hours.hour_register import StandingMark
from infra.operations.reference.waiting_loads import ChangedMeanwhileError
from infra.operations.site.away_texts import told_of
from infra.operations.terms.term_change import TermChangedMeanwhileError
from schemas.errors import NaulError, UnavailableError
from schemas.messages import AppealAnswered
from schemas.translations import Text, say

__all__ = ["MEDIA_TYPE", "STATUSES", "ApiProblem", "ProblemError", "not_found", "problem_of"]

log = logging.getLogger(__name__)

MEDIA_TYPE: Final = "application/problem+json"
KIND: Final = "urn:naul:problem:"
RETRY_AFTER: Final = "5"
"""Seconds, when a part is away."""

STATUSES: Final[Mapping[int, str]] = {
    304: "Not changed since the ETag that was named.",
    400: "The address or a header cannot be read.",
    401: "There is no token, or it is void: unknown, revoked or over.",
    403: "The token lacks a scope, or its owner may not.",
    404: "There is none, or it is not for this token to see.",
    405: "The resource does not know this method; Allow has those that it does.",
    409: "Somebody else was faster, and what he said is named; or what this goes out from has changed.",
    410: "What a cursor stood for is gone: begin again without it.",
    412: "It has changed since the ETag that was named.",
    413: "The body is too long.",
    415: "The body is not of the kind that is taken here.",
    422: "A parameter or the body is not as it must be, or is refused; detail says which.",
    429: "Too many void tokens from this address.",
    503: "A part is away; the same again does no harm.",
}
"""What each says, for the document."""


class ApiProblem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong. type: a code of ours. detail: what, naming the parameter. remedy: what to do about it.

    scope: that the token lacks. first: of a conflict, what somebody else marked before; answered: what he answered.
    """

    type: str
    title: str
    status: int
    detail: str = ""
    remedy: str = ""
    instance: str = ""
    scope: str = ""
    first: StandingMark | None = None
    answered: AppealAnswered | None = None


class ProblemError(Exception):
    """Something that is answered as a problem. code: of ``type``. what, remedy: texts. headers: of the answer."""

    def __init__(
        self, status: int, code: str, what: str, remedy: str = "", headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(what)
        self.status, self.code, self.what, self.remedy = status, code, what, remedy
        self.headers, self.more = dict(headers or {}), more

    def told(self, language: str, instance: str) -> ApiProblem:
        """Return it in a language. instance: the path that was asked for."""
        return ApiProblem(
            type=KIND + self.code,
            title=say(language, _TITLES[self.status]),
            status=self.status,
            detail=say(language, self.what),
            remedy=say(language, self.remedy) if self.remedy else "",
            instance=instance,
            **self.more,
        )


_TITLES: Final[Mapping[int, str]] = {
    400: Text("Cannot be read"),
    401: Text("A token is needed"),
    403: Text("Not allowed"),
    404: Text("Not found"),
    405: Text("No such method here"),
    409: Text("Somebody else was faster"),
    410: Text("Gone"),
    412: Text("Changed meanwhile"),
    413: Text("Too long"),
    415: Text("Another kind of body"),
    422: Text("Refused"),
    429: Text("Too many tries"),
    500: Text("Our mistake"),
    503: Text("A part is away"),
}


def not_found() -> ProblemError:
    """Return that there is none; whether there is one for others is nobody's business."""
    return ProblemError(
        404, "not-found", Text("There is none, or it is not yours to see."), Text("Ask the list for what there is.")
    )


def problem_of(error: Exception) -> ProblemError:
    """Return how an error is answered; of a mistake of ours the log has the rest."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, MarkedMeanwhileError):
        return ProblemError(
            409,
            "marked-meanwhile",
            Text("{by} marked {student} meanwhile.", by=error.other.by, student=error.other.student_id),
            Text("Look at what he said, and name it as `seen` if yours is to hold."),
            first=error.other,
        )
    if isinstance(error, AnsweredMeanwhileError):
        answered = error.state.answer
        return ProblemError(409, "answered-meanwhile", error.message, error.remedy, answered=answered)
    if isinstance(error, AppealOvertakenError | ChangedMeanwhileError):
        code = "verdict-changed" if isinstance(error, AppealOvertakenError) else "site-changed"
        return ProblemError(409, code, error.message, error.remedy)
    if isinstance(error, MayNotManageError):
        return ProblemError(403, "forbidden", error.message, error.remedy)
    if isinstance(error, AccountChangedMeanwhileError | TermChangedMeanwhileError):
        return ProblemError(409, "changed-meanwhile", error.message, error.remedy)
    if isinstance(error, UnavailableError):
        what, remedy = told_of(error)
        log.warning("%s", error)
        return ProblemError(503, "unavailable", what, remedy, {"retry-after": RETRY_AFTER})
    if isinstance(error, NaulError):
        return ProblemError(422, "refused", error.message, error.remedy)
    log.error("the API could not answer", exc_info=error)
    return ProblemError(
        500, "broken", Text("Something went wrong here."), Text("Tell whoever runs Naul; the log says more.")
    )
