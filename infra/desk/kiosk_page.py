"""The kiosk: a browser at the door of a hall, bound to it for a day, in which students mark themselves by their face.

Pictures are looked at and forgotten. Who is asked about himself has turned his head first, so that a picture that is
held up does not do; what that stops is in docs/adr/0030-kiosk.md.
"""

import hmac
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from infra.desk.class_hour import PATH, hour_of
from infra.desk.site import Desk, desk_of, page, told_in_words
from infra.desk.visitor import allow, check_form, forget, on_record, origin_of, remember
from infra.operations.accounts.access import KioskSeat, may_run_kiosk, may_start_kiosk
from infra.operations.accounts.desk_sessions import NewSession, end_session, kiosks_of, open_session, sessions
from infra.operations.accounts.sign_in import sign_out
from infra.operations.kiosk.kiosk import Kiosk, NamedAtKiosk, NotNamed
from infra.operations.kiosk.kiosk_challenge import Challenge, Side, TimedLook, issue, looks_ahead
from infra.operations.kiosk.kiosk_looks import PHOTO
from infra.operations.kiosk.kiosk_pace import Paced, paced
from infra.operations.kiosk.kiosk_texts import kiosk_text
from schemas.errors import NaulError, UnavailableError
from schemas.texts import written_plainly
from streams.faces.unfit_pictures import Unfit, UnfitPictureError
from streams.faces.values import Floats

__all__ = ["ROUTES"]

ANSWERED_WITHIN = timedelta(seconds=60)
"""Whoever was named says so long after that he is it, at most."""


@dataclass
class KioskVisit:
    """Whoever stands before a kiosk: what he is asked, and what is known of him. It is in memory alone.

    turned: the face that turned when asked. named: whom the photo showed, since when.
    """

    challenge: Challenge | None = None
    looks: list[TimedLook] = field(default_factory=list)
    turned: Floats | None = None
    named: tuple[NamedAtKiosk, datetime] | None = None


class KioskDesk:
    """The kiosks of a desk: who stands before each, by the digest of its session.

    choose: of the sides to which a head may be turned, by chance.
    """

    def __init__(self, desk: Desk) -> None:
        self.kiosk = Kiosk(desk.settings)
        self.visits: dict[str, KioskVisit] = {}
        self.paces: dict[str, Paced] = {}
        self.choose: Callable[[Sequence[Side]], Side] = secrets.choice

    def forget(self, *digests: str) -> None:
        """Let go what is known of kiosks that are none any more."""
        for each in digests:
            self.visits.pop(each, None)
            self.paces.pop(each, None)


def _seat(request: Request) -> tuple[Desk, KioskDesk, str, str]:
    """Return the desk, its kiosks, the hall and the digest of the session of a request of a kiosk.

    Raises:
        HTTPException: 404: it is no kiosk, or none of today; 403: another page sent it.
    """
    visitor, desk = request.state.visitor, desk_of(request)
    seat = visitor.person.kiosk
    if seat is None or not may_run_kiosk(visitor.person, seat.hall, desk.today):
        raise HTTPException(404)
    given = request.headers.get("x-csrf", "")
    if request.method != "GET" and not hmac.compare_digest(given.encode(), visitor.csrf.encode()):
        raise HTTPException(403)
    return desk, desk.kept("kiosks", KioskDesk), seat.hall, visitor.session.digest


async def start(request: Request) -> Response:
    """Make this browser the kiosk of a class hour's hall for the rest of the day; nobody is signed in here any more."""
    desk, hour, fields = desk_of(request), hour_of(request), await check_form(request)
    hall, visitor = fields.get("hall", ""), request.state.visitor
    meeting = [each for each in desk.calendar.timetable.hours(hall) if each.date == desk.today]
    if hall not in hour.halls or not may_start_kiosk(visitor.person, hall, desk.today, meeting):
        raise HTTPException(403)
    await on_record(request, "kiosk_start", hour, detail=hall)

    def change() -> NewSession:
        kiosks = desk.kept("kiosks", KioskDesk)
        kiosks.kiosk.prepare(desk.clock())
        still = {each.digest for each in sessions(desk.settings, desk.clock())}
        kiosks.forget(*(kiosks.visits.keys() | kiosks.paces.keys()) - still)
        seat = KioskSeat(hall, desk.today)
        opened = open_session(desk.settings, visitor.person.account, origin_of(request), desk.clock(), kiosk=seat)
        end_session(desk.settings, visitor.session.digest)
        return opened

    return remember(request, RedirectResponse("/kiosk", 303), await run_in_threadpool(change))


async def revoke(request: Request) -> Response:
    """End a kiosk of a class hour's hall, wherever it stands. Whoever was the last to ask is answered the same."""
    desk, hour, fields = desk_of(request), hour_of(request), await check_form(request)
    if not may_start_kiosk(request.state.visitor.person, hour.hall, desk.today, [hour]):
        raise HTTPException(403)
    for each in await run_in_threadpool(kiosks_of, desk.settings, hour, desk.clock()):
        if each.kiosk and each.digest == fields.get("kiosk"):
            await run_in_threadpool(end_session, desk.settings, each.digest)
            desk.kept("kiosks", KioskDesk).forget(each.digest)
            await on_record(request, "kiosk_end", hour, detail=each.kiosk.hall)
    return RedirectResponse(request.url.path.removesuffix("/kiosk/end"), 303)


async def kiosk(request: Request) -> Response:
    """Show the kiosk."""
    desk, kiosks, hall, _ = _seat(request)
    hours = await run_in_threadpool(kiosks.kiosk.hours, hall, desk.clock())
    return page(request, "kiosk.html", hall=hall, hours=hours)


async def look(request: Request) -> Response:
    """Look at a small picture: is there one face, good enough? Once somebody is asked to turn: how far is he?"""
    desk, kiosks, hall, who = _seat(request)
    visit, now = kiosks.visits.setdefault(who, KioskVisit()), desk.clock()
    seen = await run_in_threadpool(kiosks.kiosk.look, hall, await _body(request), now)
    found: dict[str, Any] = {"box": seen.face.box if seen.face else None}
    if visit.challenge is None:
        aside = seen.face is not None and not looks_ahead(seen.face)
        reason = seen.reason or (Unfit("turned", {}) if aside else None)
        return JSONResponse(found | {"state": "look" if reason else "ready", "say": _say(request, reason)})
    visit.looks.append(TimedLook(now, seen))
    state = await run_in_threadpool(kiosks.kiosk.judge_turn, hall, visit.challenge, visit.looks, now)
    if state.state in ("passed", "failed"):
        visit.challenge, visit.looks, visit.turned = None, [], state.face
    return JSONResponse(found | {"state": state.state, "say": _say(request, state.reason or seen.reason)})


async def ask(request: Request) -> Response:
    """Ask whoever stands there to turn his head."""
    desk, kiosks, _, who = _seat(request)
    challenge = issue(desk.clock(), kiosks.choose)
    kiosks.visits[who] = KioskVisit(challenge=challenge)
    return JSONResponse({"side": challenge.side})


async def photo(request: Request) -> Response:
    """Say whose face a photo shows. It is not kept."""
    desk, kiosks, hall, who = _seat(request)
    visit, now = kiosks.visits.setdefault(who, KioskVisit()), desk.clock()
    if wait := _wait(request, kiosks, who, now):
        return wait
    if visit.turned is None:
        return JSONResponse({"say": _say(request, Unfit("expired", {}))}, 409)
    turned, visit.turned = visit.turned, None
    picture = await _body(request)
    found = await run_in_threadpool(lambda: kiosks.kiosk.identify(hall, picture, now, turned=turned))
    if isinstance(found, NotNamed):
        return JSONResponse({"say": _say(request, found.reason)})
    visit.named = found, now
    return JSONResponse(_told(found))


async def identify(request: Request) -> Response:
    """Say whose face a photo shows, and no more: for programs that look after the rest themselves."""
    desk, kiosks, hall, who = _seat(request)
    now = desk.clock()
    if wait := _wait(request, kiosks, who, now):
        return wait
    picture = await _body(request)
    found = await run_in_threadpool(lambda: kiosks.kiosk.identify(hall, picture, now))
    return JSONResponse({"say": _say(request, found.reason)} if isinstance(found, NotNamed) else _told(found))


def _told(found: NamedAtKiosk) -> dict[str, Any]:
    student = {"student_id": found.student.student_id, "name": found.student.name}
    section = {"section": found.hour.section, "marked": found.marked}
    return {**student, **section, "percent": min(99.9, round(100 * found.probability, 1))}


def _wait(request: Request, kiosks: KioskDesk, who: str, now: datetime) -> Response | None:
    """Return the answer to who asks too often."""
    kiosks.paces[who] = pace = paced(kiosks.paces.get(who, Paced()), now)
    seconds = ceil(pace.wait.total_seconds())
    if not seconds:
        return None
    return JSONResponse({"wait": seconds, "say": _say(request, Unfit("wait", {"seconds": seconds}))}, 429)


async def confirm(request: Request) -> Response:
    """Mark whoever was named, and said that he is it."""
    desk, kiosks, hall, who = _seat(request)
    visit, now = kiosks.visits.pop(who, KioskVisit()), desk.clock()
    if visit.named is None or now - visit.named[1] > ANSWERED_WITHIN:
        return JSONResponse({"say": _say(request, Unfit("expired", {}))}, 409)
    known = visit.named[0]
    if now >= known.hour.ends_at:
        return JSONResponse({"say": _say(request, Unfit("over", {}))}, 409)
    await on_record(request, "kiosk_mark", known.hour, known.student.student_id)
    done = await run_in_threadpool(lambda: kiosks.kiosk.mark(hall, known, now, turned=True))
    return JSONResponse({"verdict": done.verdict, "fresh": done.fresh, "name": done.student.name})


async def again(request: Request) -> Response:
    """Forget whoever stood there."""
    _, kiosks, _, who = _seat(request)
    kiosks.visits.pop(who, None)
    return JSONResponse({})


async def leave(request: Request) -> Response:
    """End the kiosk."""
    desk, kiosks, _, who = _seat(request)
    kiosks.forget(who)
    address = origin_of(request).address
    session = request.state.visitor.session
    await run_in_threadpool(sign_out, desk.settings, session, address, desk.clock(), desk.audit.record)
    return forget(JSONResponse({}))


async def mark(request: Request) -> Response:
    """Mark a student of a section by his id: for programs that know who it is."""
    desk, kiosks, hall, _ = _seat(request)
    fields = {name: str(value) for name, value in (await request.form()).items()}
    section, student = (written_plainly(fields.get(each, "")) for each in ("section", "student_id"))
    now = desk.clock()
    meeting = await run_in_threadpool(kiosks.kiosk.hours, hall, now)
    for hour in [each for each in meeting if each.section == section]:
        await on_record(request, "kiosk_mark", hour, student)
    done = await run_in_threadpool(kiosks.kiosk.mark_student, hall, section, student, now)
    return JSONResponse({"student_id": done.student.student_id, "verdict": done.verdict, "fresh": done.fresh})


async def roster(request: Request) -> Response:
    """Return who takes a section that meets here now."""
    desk, kiosks, hall, _ = _seat(request)
    section = request.query_params.get("section", "")
    students = await run_in_threadpool(kiosks.kiosk.roster, hall, section, desk.clock())
    return JSONResponse([{"student_id": each.student_id, "name": each.name} for each in students])


async def _body(request: Request) -> bytes:
    """Return what was sent; of what is larger than any photo nothing is kept.

    Raises:
        UnfitPictureError: it is.
    """
    allow(request, 8 * PHOTO.size)  # up to there he is told what is wrong with his photo
    found, size = bytearray(), 0
    async for part in request.stream():
        size += len(part)
        found += part if size <= PHOTO.size else b""
    if size > PHOTO.size:
        raise UnfitPictureError("bytes", size=size, most=PHOTO.size)
    return bytes(found)


def _say(request: Request, reason: Unfit | None) -> str:
    return kiosk_text(request.state.language, reason) if reason else ""


Endpoint = Callable[[Request], Awaitable[Response]]


def _in_json(endpoint: Endpoint) -> Endpoint:
    """Have what goes wrong told as its page and programs read it."""

    async def answered(request: Request) -> Response:
        try:
            return await endpoint(request)
        except UnfitPictureError as error:
            return JSONResponse({"say": _say(request, error.unfit)})
        except NaulError as error:
            status = 503 if isinstance(error, UnavailableError) else 400
            return JSONResponse(
                {"say": " ".join(f"{each.rstrip('.')}." for each in told_in_words(request, error) if each)}, status
            )

    return answered


ROUTES = [
    Route(f"{PATH}/kiosk", start, methods=["POST"]),
    Route(f"{PATH}/kiosk/end", revoke, methods=["POST"]),
    Route("/kiosk", kiosk, methods=["GET"]),
    Route("/kiosk/look", _in_json(look), methods=["POST"]),
    Route("/kiosk/ask", _in_json(ask), methods=["POST"]),
    Route("/kiosk/photo", _in_json(photo), methods=["POST"]),
    Route("/kiosk/confirm", _in_json(confirm), methods=["POST"]),
    Route("/kiosk/again", _in_json(again), methods=["POST"]),
    Route("/kiosk/leave", _in_json(leave), methods=["POST"]),
    Route("/kiosk/mark", _in_json(mark), methods=["POST"]),
    Route("/kiosk/identify", _in_json(identify), methods=["POST"]),
    Route("/kiosk/roster", _in_json(roster), methods=["GET"]),
]
