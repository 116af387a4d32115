"""What happens in a hall, as server-sent events: all of it once, then what changes, for as long as the token holds."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping

import msgspec
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from infra.desk.api.calls import ApiCall
from infra.desk.api.shown_halls import hall_in_path
from infra.desk.site import Desk
from infra.operations.accounts.access import may_see_hour, sees_names
from infra.operations.accounts.api_scopes import TokenHolder
from infra.operations.class_hours.hall_feed import HallFeed, HappeningRing
from infra.operations.class_hours.happenings import Happening
from schemas.ids import class_hour_id
from schemas.messages import ClassHour, Moment, Verdict
from sinks.hall_now import HallNow

__all__ = ["EventsQuery", "HallSnapshot", "SnapshotHour", "SnapshotStudent", "answer_stream", "stream_events"]

LOOK = 0.1
"""Seconds between two looks at what came."""
STILL = 1.0
"""Seconds between two questions whether the token still holds."""
PING = 15
OVERLAP = 10.0
"""Seconds of events that follow a snapshot once more: it is made of rows, which may be behind them."""


class EventsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From where on. after: an id of an event, where the header ``Last-Event-ID`` cannot be sent."""

    after: str = ""


class SnapshotStudent(msgspec.Struct, frozen=True, kw_only=True):
    """A student as he is now; departed_at: null: he is there, or never came."""

    student_id: str
    verdict: Verdict
    arrived_at: Moment | None
    departed_at: Moment | None
    review: bool


class SnapshotHour(msgspec.Struct, frozen=True, kw_only=True):
    """A class hour of the hall. students: without those of whom nothing is judged yet. final: it is closed."""

    class_hour: str
    section: str
    final: bool
    students: tuple[SnapshotStudent, ...]


class HallSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The event ``snapshot``: the hall as it is; what follows changes it. Whoever gets one forgets what he knew."""

    hall: str
    at: Moment
    class_hours: tuple[SnapshotHour, ...]


def stream_events(call: ApiCall) -> AsyncIterator[ServerSentEvent]:
    """Follow a hall by server-sent events: arrivals, departures, returns, class hours closed, marks.

    First comes the event `snapshot`, then what happens (the type of each event is its name, its data a `Happening`).
    Whoever was cut off sends the id of the last event as `Last-Event-ID` and gets what came after it; if that is not
    kept any more, or the desk was started anew, a `snapshot` once more. The stream ends with the event `end` when the
    token is revoked or its time is over. A happening may come twice: its `id` is the same then.
    """
    hall, _ = hall_in_path(call)
    call.on_record("see_hall", detail=hall)
    feed = call.desk.kept("hall feed", _feed)
    return _follow(call, hall, feed.ring, call.headers.get("last-event-id") or call.query.after)


async def answer_stream(call: ApiCall, *, headers_only: bool) -> Response:
    """Answer with the events of an endpoint."""
    events = await run_in_threadpool(call.endpoint.handle, call)
    if headers_only:
        return Response(None, 200, {"cache-control": "no-store"}, "text/event-stream")
    return EventSourceResponse(events, ping=PING)


def _feed(desk: Desk) -> HallFeed:
    made = HallFeed(desk.settings, f"{desk.clock().timestamp():.6f}")
    desk.drawn.append(made.ring.let_go)
    return made


async def _follow(call: ApiCall, hall: str, ring: HappeningRing, after: str) -> AsyncIterator[ServerSentEvent]:
    holder: TokenHolder | None = call.holder
    asked = time.monotonic()
    number = ring.number_of(after) if after else None
    while True:
        if number is None:
            position, number = ring.position, ring.since(time.monotonic() - OVERLAP)
            snapshot = await run_in_threadpool(_snapshot, call, hall, call.holder)
            yield ServerSentEvent(id=position, event="snapshot", data=msgspec.json.encode(snapshot).decode())
        if time.monotonic() - asked >= STILL:
            asked, holder = time.monotonic(), await run_in_threadpool(call.again)
        if holder is None:
            yield ServerSentEvent(event="end", data="{}")
            return
        if ring.last > number:
            came = ring.after(number)
            if came is None:
                number = None
                continue
            for each in came:
                number = each.number
                if _is_shown(call.desk, holder, hall, each.happening):
                    data = msgspec.json.encode(each.happening).decode()
                    yield ServerSentEvent(id=f"{ring.boot}-{number}", event=each.happening.type, data=data)
        await asyncio.sleep(LOOK)


def _is_shown(desk: Desk, holder: TokenHolder, hall: str, it: Happening) -> bool:
    hour = desk.calendar.hour(it.class_hour)
    if hour is None or hall not in hour.halls:
        return False
    if it.type == "class_hour.closed":  # nobody is in it
        return holder.reaches(hour.section) and may_see_hour(holder.person, hour)
    return _may(holder, hour)


def _may(holder: TokenHolder, hour: ClassHour) -> bool:
    """Whether a token may see who is there in a class hour."""
    return holder.reaches(hour.section) and sees_names(holder.person) and may_see_hour(holder.person, hour)


def _snapshot(call: ApiCall, hall: str, holder: TokenHolder) -> HallSnapshot:
    def read(now: HallNow) -> Mapping[str, SnapshotHour]:
        final = {class_hour_id(each.section, each.date, each.period): bool(each.final) for each in now.covered}
        rows = [(class_hour_id(row.section, row.date, row.period), row) for row in now.rows]
        return {
            each: SnapshotHour(
                class_hour=each,
                section=each.partition("|")[0],
                final=final.get(each, False),
                students=tuple(
                    SnapshotStudent(
                        student_id=row.student_id,
                        verdict=row.verdict,  # type: ignore[arg-type]
                        arrived_at=row.arrived_at,
                        departed_at=row.departed_at,
                        review=bool(row.review),
                    )
                    for of, row in rows
                    if of == each
                ),
            )
            for each in now.class_hours
        }

    known: Callable[[str], ClassHour | None] = call.desk.calendar.hour
    hours = call.desk.live.look(hall, read)
    shown = tuple(each for name, each in hours.items() if (hour := known(name)) and _may(holder, hour))
    return HallSnapshot(hall=hall, at=call.desk.clock(), class_hours=shown)
