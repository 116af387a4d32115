"""One call of the API: what was asked, by whom, and what an endpoint is. Handlers run on a thread of the pool."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from hashlib import sha256
from typing import Annotated, Any, Final, NamedTuple, TypeAlias
from uuid import uuid4

import msgspec

from infra.desk.api.etags import matches
from infra.desk.api.problems import ProblemError, not_found
from infra.desk.site import Desk
from infra.operations.accounts.access import DeskUser, may_see_hour
from infra.operations.accounts.api_scopes import TokenHolder
from infra.operations.accounts.audit import AuditEvent
from infra.operations.terms.deadlines import Deadlines, deadlines_of
from schemas.ids import class_hour_id, split_class_hour
from schemas.messages import AuditAction, ClassHour
from schemas.settings import Settings
from schemas.translations import Text
from sinks.rows import FIRST_DAY, LAST_DAY

__all__ = [
    "CHALLENGE",
    "PATH_PARAMETERS",
    "Answered",
    "ApiCall",
    "DayAsked",
    "Endpoint",
    "FileAnswer",
    "HallAsked",
    "NoQuery",
    "Picture",
    "RequestId",
    "SectionAsked",
    "StudentAsked",
    "forbidden",
    "lacks_scope",
    "query_of",
    "refused_parameter",
]

CHALLENGE: Final = 'Bearer realm="naul"'
"""What ``WWW-Authenticate`` says."""
NAME: Final = 200
"""Characters of a name in a query."""

SectionAsked: TypeAlias = Annotated[str, msgspec.Meta(max_length=NAME, examples=["EA0017-1"])]
HallAsked: TypeAlias = Annotated[str, msgspec.Meta(max_length=NAME, examples=["E101"])]
StudentAsked: TypeAlias = Annotated[str, msgspec.Meta(max_length=NAME, examples=["201900001"])]
DayAsked: TypeAlias = Annotated[date, msgspec.Meta(examples=["2026-03-09"])]
RequestId: TypeAlias = Annotated[str, msgspec.Meta(max_length=40, pattern="^[0-9A-Za-z]*$")]

PATH_PARAMETERS: Final[Mapping[str, tuple[str, str]]] = {
    "hall": ("The name of a hall, URL-encoded.", "E101"),
    "class_hour": ("The id of a class hour, `section|date|period`, URL-encoded.", "EA0017-1|2026-03-09|1"),
    "student": ("A student's id, URL-encoded.", "201900001"),
    "section": ("A section, URL-encoded: it may have a slash.", "EA0017-1"),
    "term": ("The name of a term, URL-encoded.", "2026-1"),
    "camera": ("The name of a camera, as `GET /halls/{hall}` has it, URL-encoded.", "front"),
    "report": ("The name of a report, as `GET /reports` has it.", "rate_by_week"),
    "photo_job": (
        "The name of a job of photos, as `GET /photo-jobs` has it.",
        "photos-0f8fad5bd9cb469fa16570867728950e",
    ),
    "account": ("The name of an account, URL-encoded.", "kim"),
    "token": ("The name of a token.", "gradebook"),
    "webhook": ("The number of a webhook, as `GET /webhooks` has it.", "1"),
    "confirmation": ("The id that a confirmation answered.", "0f8fad5bd9cb469fa16570867728950e"),
    "appeal": ("The id of an appeal, as `GET /appeals` has it.", "0f8fad5bd9cb469fa16570867728950e"),
    "load": ("The id of a file that waits, as `POST /loads` answered.", "0f8fad5bd9cb469fa16570867728950e"),
    "run": ("The name of a run.", "what-if-20260309-090000"),
    "engine": ("The name of an engine, as `GET /engines` has it.", "centerface-dlib"),
    "kiosk": ("The id of a kiosk, as the list has it.", "0f8fad5bd9cb469fa16570867728950e"),
    "export": ("The kind of a file, as `GET /exports` has it.", "attendance"),
}
"""What stands in paths: what it is, and an example."""

_KEY = re.compile(r"[\x21-\x7e]{1,200}")


class NoQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """No parameters."""


class Answered(NamedTuple):
    """An answer that is more than its content. location: of what was made."""

    content: Any
    location: str = ""


class Picture(NamedTuple):
    """An answer that is a JPEG."""

    jpeg: bytes


class FileAnswer(NamedTuple):
    """An answer that is a file to be kept. name: what it is called."""

    content: bytes
    media_type: str
    name: str


class Endpoint(NamedTuple):
    """One method of one path. handle: its first paragraph says what it does, the rest what is to be known.

    scope: that a token needs; empty: no token is needed. answer, query, body: types. stream: it is one of events.
    may_conflict: it may be answered 409 and 412. overtaken: 409 alone, for the site has changed. takes_file: the body
    is a file of so many bytes at most. form: the JSON schema of a body that is a form with files.
    """

    method: str
    path: str
    scope: str
    handle: Callable[["ApiCall"], Any]
    answer: Any
    query: type[msgspec.Struct] = NoQuery
    body: Any = None
    status: int = 200
    stream: bool = False
    may_conflict: bool = False
    overtaken: bool = False
    takes_file: int = 0
    form: Mapping[str, Any] | None = None


class ApiCall(NamedTuple):
    """A call. path: its parameters. query, body: as the endpoint has them. headers: in lower case. now: aware.

    again: who the holder is at another moment; None: his token holds no more.
    """

    desk: Desk
    holder: TokenHolder
    endpoint: Endpoint
    path: Mapping[str, str]
    query: Any
    body: Any
    headers: Mapping[str, str]
    language: str
    address: str
    now: datetime
    again: Callable[[], TokenHolder | None]

    @property
    def person(self) -> DeskUser:
        """The owner of the token, narrowed by its sections."""
        return self.holder.person

    @property
    def named(self) -> bool:
        """Whether names are shown beside ids."""
        return self.holder.has("names:read")

    @property
    def settings(self) -> Settings:
        """Those of the site, in the language of the call."""
        return msgspec.structs.replace(self.desk.settings, language=self.language)

    @property
    def list_name(self) -> str:
        """What tells this list from others: its path and what it is narrowed to."""
        asked = msgspec.to_builtins(self.query)
        kept = {name: value for name, value in asked.items() if name not in ("limit", "cursor")}
        return f"{self.endpoint.path}?{sorted(kept.items())}&{sorted(self.path.items())}"

    def name(self, of: str) -> str | None:
        """Return what somebody is called, if the token may know."""
        return of if self.named else None

    def hour_in_path(self) -> ClassHour | None:
        """Return the class hour that the path names, within the token's sections; who may see it is not asked here."""
        try:
            wanted = class_hour_id(*split_class_hour(self.path["class_hour"]))
        except (ValueError, OverflowError):
            return None
        hour = self.desk.calendar.hour(wanted)
        return hour if hour and self.holder.reaches(hour.section) else None

    def hour(self, may: Callable[[DeskUser, ClassHour], bool] = may_see_hour) -> ClassHour:
        """Return the class hour that the path names, if this person may.

        Raises:
            ProblemError: 404: there is none that he may see; 403: he may not do this with it.
        """
        hour = self.hour_in_path()
        if hour is None or not may_see_hour(self.person, hour):
            raise not_found()
        if not may(self.person, hour):
            raise forbidden()
        return hour

    def until(self, hour: ClassHour) -> Deadlines:
        """Return until when a class hour may be contested and corrected."""
        return deadlines_of(self.desk.calendar.terms, hour, self.desk.settings.zone)

    def hour_in_time(self, may: Callable[[DeskUser, ClassHour, Deadlines, datetime], bool]) -> ClassHour:
        """Return the class hour that the path names, if this person may now. may: as ``correct_now``.

        Raises:
            ProblemError: as ``hour``.
            RefusedError: he could have before.
        """
        return self.hour(lambda person, hour: may(person, hour, self.until(hour), self.now))

    def require(self, may: Callable[[DeskUser], bool]) -> None:
        """Go on only if this person may what is of no single section, and the token is not limited to some.

        Raises:
            ProblemError: 403.
        """
        if not (self.holder.reaches_everything and may(self.person)):
            raise forbidden()

    def on_record(
        self, action: AuditAction, hour: ClassHour | None = None, student: str = "", detail: str = "", section: str = ""
    ) -> None:
        """Put on record what is about to be shown or done.

        Raises:
            UnavailableError: it cannot be, and must not be shown or done.
        """
        self.all_on_record(action, hour, {student: detail}, section)

    def all_on_record(
        self, action: AuditAction, hour: ClassHour | None, details: Mapping[str, str], section: str = ""
    ) -> None:
        """Put the same on record of some students. details: by id."""
        by = f"by token {self.holder.token}"
        self.desk.audit.record_all(
            AuditEvent(
                at=self.now,
                action=action,
                user=self.holder.owner,
                section=hour.section if hour else section,
                class_hour=hour.id if hour else "",
                student_id=student,
                detail=f"{detail}, {by}" if detail else by,
                address=self.address,
            )
            for student, detail in details.items()
        )

    @property
    def by(self) -> str:
        """As whom a mark stands on record."""
        owner = self.holder.owner
        return f"{owner.name or owner.account} ({self.holder.token})"

    def request_id(self, given: str, of: str) -> str:
        """Return the id of what is sent: sent twice it counts once. given: in the body. of: what the id is about.

        The header ``Idempotency-Key`` names it, too; without either it is new.

        Raises:
            ProblemError: it cannot be one.
        """
        if given:
            if not given.isalnum() or not given.isascii():
                raise refused_parameter("id", Text("an id has letters and digits"))
            return given
        key = self.headers.get("idempotency-key", "").strip()
        if not key:
            return uuid4().hex
        if not _KEY.fullmatch(key):
            raise refused_parameter("Idempotency-Key", Text("a key has at most 200 visible ASCII characters"))
        return sha256(f"{self.holder.owner.account}|{of}|{key}".encode()).hexdigest()[:32]

    def check_match(self, tag: str) -> None:
        """Refuse a change that goes out from something else than there is. tag: of what there is; empty: nothing.

        Raises:
            ProblemError: 412.
        """
        wanted, unwanted = self.headers.get("if-match"), self.headers.get("if-none-match")
        if (wanted is not None and not matches(wanted, tag, weakly=False)) or (
            unwanted is not None and matches(unwanted, tag, weakly=True)
        ):
            raise ProblemError(
                412, "changed", Text("This has changed since you read it."), Text("Read it again, then decide again.")
            )


def forbidden() -> ProblemError:
    """Return that the owner of the token may not do this, whatever its scopes are."""
    return ProblemError(
        403,
        "forbidden",
        Text("The owner of this token may not do this here."),
        Text("Use a token of somebody who may."),
    )


def lacks_scope(scope: str) -> ProblemError:
    """Return that the token was not given a scope."""
    return ProblemError(
        403,
        "scope",
        Text("This token lacks the scope {scope}.", scope=scope),
        Text("Make one that has it: `naul token create NAME --scope {scope}`.", scope=scope),
        {"www-authenticate": f'{CHALLENGE}, error="insufficient_scope", scope="{scope}"'},
        scope=scope,
    )


def refused_parameter(name: str, why: object) -> ProblemError:
    """Return that a parameter, or a field of the body, is not as it must be. why: in words."""
    return ProblemError(
        422,
        "parameter",
        Text("{name} is not as it must be: {why}", name=name, why=why),
        Text("/api/v1/openapi.json says what it may be."),
    )


def query_of(pairs: Iterable[tuple[str, str]], kind: type[msgspec.Struct]) -> Any:
    """Return the parameters of a query as an endpoint wants them.

    Raises:
        ProblemError: one is unknown, is there twice, or is not as it must be; it is named.
    """
    known = {each.encode_name for each in msgspec.structs.fields(kind)}
    given: dict[str, str] = {}
    for name, value in pairs:
        if name not in known:
            what = Text("there is no parameter {name!r} here", name=name[:NAME])
            listed = Text("There are {names}.", names=", ".join(sorted(known))) if known else Text("There is none.")
            raise ProblemError(422, "unknown-parameter", what, listed)
        if name in given:
            raise refused_parameter(name, Text("it is there twice"))
        given[name] = value
    try:
        made = msgspec.convert(given, kind, strict=False)
    except (msgspec.ValidationError, ValueError, OverflowError) as error:
        why, _, place = str(error).partition(" - at `$.")
        raise refused_parameter(place.rstrip("`") or "?", why) from error
    for each in msgspec.structs.fields(kind):
        value = getattr(made, each.name)
        if isinstance(value, date) and not FIRST_DAY <= value <= LAST_DAY:
            raise refused_parameter(
                each.encode_name, Text("it lies outside {first} to {last}", first=FIRST_DAY, last=LAST_DAY)
            )
    return made
