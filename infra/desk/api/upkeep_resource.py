"""What keeps a site running: dead letters, this machine, cameras and their frames, kiosks."""

from typing import Annotated, Literal

import msgspec

from infra.desk.api.calls import ApiCall, Endpoint
from infra.desk.api.hour_resource import ApiClassHour, api_hour
from infra.desk.api.paging import ApiPage, PageQuery, paged
from infra.desk.api.problems import not_found
from infra.desk.health_page import watch_of
from infra.desk.kiosk_page import KioskDesk
from infra.machine.doctor import examine
from infra.operations.accounts.access import DeskUser, may_run_site, may_see_cameras, may_start_kiosk
from infra.operations.accounts.desk_sessions import Session, end_session, kiosks_of
from infra.operations.dead_letters.dead_letter_queue import dismiss_letters, retry_letters
from infra.operations.reference.camera_halls import CameraState, hall_lines
from schemas.messages import ClassHour, Moment
from schemas.translations import say

__all__ = [
    "ENDPOINTS",
    "ApiCameraNow",
    "ApiFinding",
    "ApiHallCameras",
    "ApiKiosk",
    "ApiKioskEnded",
    "ApiLetter",
    "ApiLetters",
    "ApiLettersDealt",
    "ApiMachine",
]

Offset = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class LettersBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be done with dead letters. offsets: of those that are meant; none: all that wait."""

    do: Literal["retry", "dismiss"]
    offsets: Annotated[tuple[Offset, ...], msgspec.Meta(max_length=1000)] = ()


class ApiLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A dead letter without its content. reason: in your language. again: it is refused for what it is.

    taken_at: when a frame was captured.
    """

    offset: int
    refused_at: Moment
    stage: str
    hall: str
    camera: str
    taken_at: Moment | None
    reason: str
    again: bool


class ApiLetters(msgspec.Struct, frozen=True, kw_only=True):
    """Messages that wait for a person, the newest last. more: older ones. as_of: when the broker said so, if ever."""

    as_of: Moment | None
    letters: tuple[ApiLetter, ...]
    more: int


class ApiLettersDealt(msgspec.Struct, frozen=True, kw_only=True):
    """How many were sent again, or dismissed."""

    count: int


class ApiFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the examination, in your language; a problem has a remedy."""

    name: str
    text: str
    remedy: str


class ApiMachine(msgspec.Struct, frozen=True, kw_only=True):
    """What must hold on this machine. well: nothing has to be done."""

    well: bool
    findings: tuple[ApiFinding, ...]


class ApiCameraNow(msgspec.Struct, frozen=True, kw_only=True):
    """A camera. state: ``away``: a class hour runs and no frame came for a minute; ``unseen``: they show nothing.

    why: of unseen. work: what part of a frame's pixels its profile has looked at; null: it has none.
    """

    camera: str
    last_frame_at: Moment
    age_seconds: float
    live: bool
    faces: int
    state: CameraState
    why: str
    work: float | None


class ApiHallCameras(msgspec.Struct, frozen=True, kw_only=True):
    """A hall with its cameras, the class hours that run in it, and the next one."""

    hall: str
    cameras: tuple[ApiCameraNow, ...]
    running: tuple[ApiClassHour, ...]
    coming: ApiClassHour | None


class ApiKiosk(msgspec.Struct, frozen=True, kw_only=True):
    """A kiosk of today in a hall. seen: when it asked for something last. by: whose account started it."""

    kiosk: str
    hall: str
    since: Moment
    seen: Moment
    by: str


class ApiKioskEnded(msgspec.Struct, frozen=True, kw_only=True):
    """A kiosk that is none any more."""

    kiosk: str
    hall: str


def letters_list(call: ApiCall) -> ApiLetters:
    """List what no stage could read; while the broker is away, what waited before."""
    call.require(may_run_site)
    it = watch_of(call.desk).look()
    letters = (
        ApiLetter(**(each._asdict() | {"reason": each.told(call.desk.settings, call.language)})) for each in it.letters
    )
    return ApiLetters(as_of=it.before_at, letters=tuple(letters), more=it.more)


def letters_dealt(call: ApiCall) -> ApiLettersDealt:
    """Send dead letters again, or wait for them no more."""
    call.require(may_run_site)
    do, offsets = call.body.do, call.body.offsets
    for which in offsets or ("all",):
        call.on_record("dead_letters", detail=f"{do} {which}")
    work = retry_letters if do == "retry" else dismiss_letters
    count = work(call.desk.settings, [*offsets])
    watch_of(call.desk).look(anew=True)
    return ApiLettersDealt(count=count)


def machine_examined(call: ApiCall) -> ApiMachine:
    """Examine this machine, as ``naul doctor`` does."""
    call.require(may_run_site)
    findings = tuple(
        ApiFinding(
            name=say(call.language, each.name),
            text=say(call.language, each.text),
            remedy=say(call.language, each.remedy) if each.remedy else "",
        )
        for each in examine(call.settings)
    )
    return ApiMachine(well=not any(each.remedy for each in findings), findings=findings)


def cameras_list(call: ApiCall) -> ApiPage[ApiHallCameras]:
    """List the halls with their cameras: how old the last frame of each is, what is wrong, what comes next."""
    call.require(may_see_cameras)
    lines, _ = hall_lines(call.desk.settings, call.desk.live, call.desk.calendar.timetable.everything, call.now)
    found = [
        ApiHallCameras(
            hall=line.hall,
            cameras=tuple(
                ApiCameraNow(
                    camera=each.camera,
                    last_frame_at=each.captured_at,
                    age_seconds=round(max(0.0, (call.now - each.captured_at).total_seconds()), 1),
                    live=each.live,
                    faces=each.faces,
                    state=each.state,
                    why=each.why,
                    work=each.work,
                )
                for each in line.cameras
            ),
            running=tuple(map(api_hour, line.running)),
            coming=api_hour(line.coming) if line.coming else None,
        )
        for line in lines
    ]
    return paged(found, call.query, call.list_name, lambda each: (each.hall,), tuple[str])


def _kiosks(call: ApiCall) -> tuple[ClassHour, tuple[Session, ...]]:
    """Return the class hour that the path names, and the kiosks of its halls; of another day there are none.

    Raises:
        ProblemError: 403, 404.
    """
    today = call.desk.today

    def may(person: DeskUser, hour: ClassHour) -> bool:
        return may_start_kiosk(person, hour.hall, today, [hour])

    hour = call.hour(may)
    return hour, kiosks_of(call.desk.settings, hour, call.now) if hour.date == today else ()


def kiosks_list(call: ApiCall) -> ApiPage[ApiKiosk]:
    """List the kiosks that stand in the halls of a class hour of today."""
    _, found = _kiosks(call)
    rows = [
        ApiKiosk(kiosk=each.digest, hall=each.kiosk.hall, since=each.created, seen=each.seen, by=each.account.name)
        for each in found
        if each.kiosk
    ]
    return paged(rows, call.query, call.list_name, lambda each: (each.hall, each.kiosk), tuple[str, str])


def kiosk_ended(call: ApiCall) -> ApiKioskEnded:
    """End a kiosk, wherever it stands. One is begun by the link of `naul user link NAME --kiosk HALL`."""
    hour, found = _kiosks(call)
    session = next((each for each in found if each.digest == call.path["kiosk"]), None)
    if session is None or session.kiosk is None:
        raise not_found()
    call.on_record("kiosk_end", hour, detail=session.kiosk.hall)
    end_session(call.desk.settings, session.digest)
    call.desk.kept("kiosks", KioskDesk).forget(session.digest)
    return ApiKioskEnded(kiosk=session.digest, hall=session.kiosk.hall)


KIOSKS = "/class-hours/{class_hour}/kiosks"

ENDPOINTS = (
    Endpoint("GET", "/dead-letters", "health:read", letters_list, ApiLetters),
    Endpoint("POST", "/dead-letters", "site:write", letters_dealt, ApiLettersDealt, body=LettersBody),
    Endpoint("GET", "/health/machine", "health:read", machine_examined, ApiMachine),
    Endpoint("GET", "/cameras", "halls:read", cameras_list, ApiPage[ApiHallCameras], PageQuery),
    Endpoint("GET", KIOSKS, "halls:read", kiosks_list, ApiPage[ApiKiosk], PageQuery),
    Endpoint("DELETE", f"{KIOSKS}/{{kiosk}}", "site:write", kiosk_ended, ApiKioskEnded),
)
