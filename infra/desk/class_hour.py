"""The page of a class hour in its hall: live while it runs, and as it was judged when it is over."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal, NamedTuple, TypeAlias

from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.desk.hall_board import Board, Tile, board
from infra.desk.in_time import may_now
from infra.desk.site import Desk, desk_of, macros, page
from infra.desk.visitor import on_record
from infra.operations.accounts.access import (
    DeskUser,
    may_see_hour,
    may_see_pictures,
    may_see_student_hour,
    may_start_kiosk,
    sees_names,
)
from infra.operations.accounts.desk_sessions import Session, kiosks_of
from infra.operations.class_hours.class_hour_now import CameraView, cameras_of, see_class_hour
from infra.operations.class_hours.frame_pictures import frame_picture
from infra.operations.class_hours.seats import Seats
from infra.operations.terms.deadlines import call_roll_now, correct_now
from schemas.ids import class_hour_id, split_class_hour
from schemas.messages import ClassHour
from schemas.settings import Settings
from schemas.translations import LANGUAGES
from sinks.coverage_gaps import Unseen
from sinks.hall_now import HallEvent, HallNow

__all__ = ["PATH", "ROUTES", "hour_of", "let_go", "named_hour"]

ORDERS = ("name", "seat", "state")

DRAWN = 2**14
"""Tiles that are kept as they were drawn: twenty halls of 200, in each language, as they are and as they were."""

PACKED = 64
"""Changes that are kept as they are sent: the latest of twenty halls in each language."""

LAST_WORD = timedelta(minutes=5)
"""After a class hour has closed: until what was judged at its end is here, at the latest."""

Phase: TypeAlias = Literal["coming", "running", "closing", "over"]
"""closing: it is over by the clock, and the last judgement is not here yet."""


class HourPage(NamedTuple):
    """What the page shows. trouble: since when nothing comes. waiting: frames that nobody has looked at.

    phase: until it is over the page follows what happens. pictures: whether the last frames may be shown.
    leads: whether a student's name leads to why he is what he is. position: of the stream of changes.
    """

    hour: ClassHour
    board: Board
    cameras: Mapping[str, CameraView]
    happenings: Sequence[HallEvent]
    unseen: Sequence[Unseen]
    trouble: datetime | None
    waiting: int
    pictures: bool
    leads: bool
    phase: Phase
    position: str

    @property
    def names(self) -> Mapping[str, str]:
        """The students' names by id."""
        return {each.student_id: each.name for each in self.board.tiles}


def phase_of(settings: Settings, hour: ClassHour, now: datetime, *, final: bool) -> Phase:
    """Return how far a class hour is. final: its last judgement is here."""
    if now < hour.ends_at:
        return "running" if now in hour else "coming"
    return "over" if final or now >= hour.ends_at + settings.policy.grace + LAST_WORD else "closing"


def named_hour(request: Request) -> ClassHour | None:
    """Return the class hour that a path names; who may see it is for the caller to ask."""
    named = (request.path_params[each] for each in ("section", "date", "period"))
    try:
        wanted = class_hour_id(*split_class_hour("|".join(named)))
    except ValueError:
        return None
    return desk_of(request).calendar.hour(wanted)


def hour_of(request: Request) -> ClassHour:
    """Return the class hour that a path names, if the visitor may see it.

    Raises:
        HTTPException: 404: there is none, or it is not his.
    """
    hour = named_hour(request)
    if hour is None or not may_see_hour(request.state.visitor.person, hour):
        raise HTTPException(404)  # whether it exists is nobody else's business
    return hour


def shown(desk: Desk, person: DeskUser, hour: ClassHour, order: str) -> HourPage:
    """Return what the page of a class hour shows.

    Raises:
        UnavailableError: it is over, and the store does not answer.
    """
    position = desk.pages.positions.now  # before anything is read: what changes meanwhile is sent once more
    taking = {hour.id: desk.calendar.roster(hour).students}
    seats = desk.kept("seats", lambda desk: Seats(desk.settings, desk.clock)).of(hour) if order == "seat" else {}

    def read(now: HallNow) -> tuple[Board, Sequence[HallEvent], Sequence[Unseen]]:
        return board(now, [hour], taking, order, seats), now.happenings, now.unseen

    seen, happenings, unseen = see_class_hour(desk.settings, desk.live, hour, read)
    final = bool(seen.coverage and seen.coverage.final)
    phase = phase_of(desk.settings, hour, desk.clock(), final=final)
    if not sees_names(person):
        seen, happenings = seen._replace(tiles=()), ()
    return HourPage(
        hour=hour,
        board=seen,
        cameras=cameras_of(desk.live, hour),
        happenings=happenings,
        unseen=unseen,
        trouble=desk.live.trouble[0] if desk.live.trouble else None,
        waiting=desk.live.frames_waiting if phase in ("running", "closing") else 0,
        pictures=may_see_pictures(person, hour),
        leads=may_see_student_hour(person, hour, ""),
        phase=phase,
        position=position,
    )


def parts(desk: Desk, language: str, view: HourPage) -> Mapping[str, str]:
    """Return the page's parts by the id of their element."""
    made = macros(desk, language, "tiles.html")
    tiles = dict(_tile(made, each, view.hour, view.leads) for each in view.board.tiles)
    found = {
        "phase": made.phase(view),
        "totals": made.totals(view.board, view.phase == "over"),
        "health": made.health(view),
        "camera": made.camera(view),
        "happened": made.happened(view),
        "tiles": made.tiles(tiles.values()),
    }
    return found | tiles


def _kiosks(desk: Desk, person: DeskUser, hour: ClassHour) -> tuple[Session, ...] | None:
    """Return the kiosks of a class hour's halls; None: it is none of today, or the visitor may start none."""
    mine = hour.date == desk.today and may_start_kiosk(person, hour.hall, hour.date, [hour])
    return kiosks_of(desk.settings, hour, desk.clock()) if mine else None


@lru_cache(maxsize=DRAWN)
def _tile(made: Any, tile: Tile, hour: ClassHour, leads: bool) -> tuple[str, str]:
    """Return the id of a student's element, and its HTML. made: the macros of a language. leads: to why he is that.

    A page is drawn again and again, for many, and little of it changes; to draw its tiles takes longer than the rest.
    """
    return made.key(tile), made.tile(tile, hour, leads)


def let_go() -> None:
    """Keep nothing of what was drawn."""
    _tile.cache_clear()
    _packed.cache_clear()


def _order(request: Request) -> str:
    wanted = request.query_params.get("order", "name")
    return wanted if wanted in ORDERS else "name"


async def hall(request: Request) -> Response:
    """Show the class hour."""
    hour, order = hour_of(request), _order(request)
    await on_record(request, "see_hall", hour)
    view = await run_in_threadpool(shown, desk_of(request), request.state.visitor.person, hour, order)
    return page(
        request,
        "hall.html",
        view=view,
        parts=parts(desk_of(request), request.state.language, view),
        order=order,
        may_call=may_now(request, hour, call_roll_now),
        kiosks=await run_in_threadpool(_kiosks, desk_of(request), request.state.visitor.person, hour),
        may_correct=may_now(request, hour, correct_now),
        named=sees_names(request.state.visitor.person),
        answers=request.query_params.get("answers", ""),
        left=request.query_params.get("left", ""),
    )


async def frame(request: Request) -> Response:
    """Show the last frame of a camera; whoever it does not know is blurred."""
    desk, hour = desk_of(request), hour_of(request)
    if not may_see_pictures(request.state.visitor.person, hour):
        raise HTTPException(403)
    camera = cameras_of(desk.live, hour).get(request.query_params.get("camera", ""))
    if camera is None:
        raise HTTPException(404)
    roster = {each.student_id for each in desk.calendar.roster(hour).students}
    found = await run_in_threadpool(frame_picture, desk.frames, camera.seen, roster)
    if found is None:
        raise HTTPException(404)
    return Response(found.jpeg, media_type="image/jpeg")


@lru_cache(maxsize=PACKED)
def _packed(position: str, html: str) -> bytes:
    """Return a change as it is sent, which is the same for all who watch a page."""
    return ServerSentEvent(id=position, data=html).encode()


async def events(request: Request) -> Response:
    """Send what changes on the page, as long as somebody listens."""
    desk, hour, order = desk_of(request), hour_of(request), _order(request)
    asked = request.query_params.get("language")  # of the page that is to be changed; another tab may have chosen anew
    language = asked if asked in LANGUAGES else request.state.language
    person = request.state.visitor.person
    after = request.headers.get("last-event-id") or request.query_params.get("after", "")

    def render() -> Mapping[str, str]:
        return parts(desk, language, shown(desk, person, hour, order))

    key = (
        hour.id,
        order,
        language,
        may_see_pictures(person, hour),
        may_see_student_hour(person, hour, ""),
        sees_names(person),
    )
    if request.query_params.get("once"):
        position, html = desk.pages.since(key, after)
        return Response(html, media_type="text/html", headers={"x-position": position})

    async def changes() -> AsyncIterator[ServerSentEvent | bytes]:
        async for position, html in desk.pages.watch(key, hour.halls, render, after):
            if not request.state.visitor.still():
                yield ServerSentEvent(event="end", data="")
                return
            yield _packed(position, html)

    return EventSourceResponse(changes(), ping=15)


PATH = "/hours/{section}/{date}/{period}"
ROUTES = [Route(PATH, hall), Route(f"{PATH}/frame", frame), Route(f"{PATH}/events", events)]
