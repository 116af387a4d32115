"""The app ``recognise``: frames become sightings. It keeps no state; more of it means more frames a second."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.errors import BadMessageError
from schemas.frames import FrameHeaders
from schemas.messages import FrameRef, Observation, Profile, encode
from schemas.settings import Settings
from schemas.topics import topic
from streams.app import App, Continuity, Flood, execute, put_aside
from streams.attention import Attention
from streams.faces.engines import Engine
from streams.faces.pictures import picture_digest
from streams.faces.profile import variant
from streams.lookers import LookerOf, Lookers
from streams.patience import patiently
from streams.pipeline import Pipeline
from streams.reference import NOBODY, Reference
from streams.shedding import Waiting, shed
from streams.sighting import check_clock, observe
from streams.visitors import NO_VISITORS

__all__ = ["Recogniser", "run"]

log = logging.getLogger(__name__)


class Recogniser:
    """Turns one frame into an observation."""

    def __init__(self, settings: Settings, looker_of: LookerOf, reference: Reference) -> None:
        self._ahead = settings.clock_ahead
        self._attention = Attention()
        self._looker_of = looker_of
        self._reference = reference
        self._reading = asyncio.Lock()  # frames are under way while the reference moves on

    async def catch_up(self) -> None:
        """Learn what was said until now of timetable, rosters and people; wait for the broker if it is away."""
        async with self._reading:
            await patiently(self._reference.catch_up)

    async def recognise(self, head: FrameHeaders, jpeg: bytes, appended_at: datetime, frame: FrameRef) -> Observation:
        """Return what a frame showed. appended_at: by the broker's clock.

        Raises:
            BadMessageError: the frame can never be looked at; the text says why.
        """
        check_clock(head, appended_at, self._ahead)
        async with self._reading:
            if not self._reference.hours(head.hall):
                raise BadMessageError(
                    f"hall {head.hall!r} is not in the timetable",
                    "Load its timetable with `naul timetable load`, then `naul dead-letters retry`.",
                )
            hour = self._reference.hour_at(head.hall, head.captured_at)
            choices = self._reference.choices
            candidates = self._reference.candidates(hour) if hour else NOBODY
            visitors = self._reference.visitors(hour) if hour else NO_VISITORS
            vault = None if candidates is NOBODY else self._reference.vault
            known = self._reference.profile(head.hall, head.camera)
        profile = self._attention.profile(head, known)
        engine, eyes = await self._looker_of(choices.of(hour) if hour else choices.at(head.captured_at))
        look = await eyes.look(head, jpeg, profile)
        seen = observe(
            head,
            frame,
            look,
            engine=_sight(engine, profile),
            calibration=engine.calibration,
            hour=hour,
            candidates=candidates,
            vault=vault,
            visitors=visitors,
            picture=picture_digest(jpeg),
        )
        self._attention.saw(seen, known)
        return seen


def _sight(engine: Engine, profile: Profile | None) -> str:
    """Return an observation's engine: the id of the one that embeds, and how faces were found."""
    return "+".join(filter(None, (engine.id, engine.variant, variant(profile) if profile else "")))


def build(settings: Settings, lookers: Lookers, reference: Reference) -> App:
    """Build the Faust app round the recogniser."""
    app = App(settings, "recognise", partitions=topic("frames").partitions)
    frames, sightings = app.raw_topic(settings.topic("frames")), app.raw_topic(settings.topic("sightings"))
    letters = app.raw_topic(settings.topic("dead-letters"))
    recogniser = Recogniser(settings, lookers.of, reference)
    order, flood = Continuity(app), Flood()

    def read(headers: Any) -> FrameHeaders:
        try:
            head = FrameHeaders.unpack(headers)
        except BadMessageError:
            flood.bad()
            raise
        flood.good()
        return head

    async def one(event: Any) -> None:
        message = event.message
        frame = FrameRef(topic=message.topic, partition=message.partition, offset=message.offset)
        try:
            came_at = datetime.fromtimestamp(message.timestamp, UTC)
            seen = await recogniser.recognise(read(message.headers), event.value or b"", came_at, frame)
        except BadMessageError as error:
            sent = await put_aside(letters, message, error, "recognise")
        else:
            sent = await sightings.send(key=seen.hall.encode(), value=encode(seen))
        await sent

    @app.agent(frames)
    async def recognise(stream: Any) -> None:
        async with Pipeline(2 * settings.threads, stream.ack) as pipeline:
            async for events in stream.noack_take(4 * settings.threads, within=0.1):
                for event in events:
                    order.check(event.message)
                await recogniser.catch_up()
                now = datetime.now(UTC)
                lookers.prepare(reference.choices.since(now))
                left_out = shed([_waiting(event, now) for event in events])
                if any(left_out):
                    log.warning("behind: left out %d live frames of %d", sum(left_out), len(events))
                for event, out in zip(events, left_out, strict=True):
                    await (pipeline.leave_out(event) if out else pipeline.put(event, one))

    return app


def _waiting(event: Any, now: datetime) -> Waiting:
    headers = dict(event.message.headers or ())
    waited = now.timestamp() - event.message.timestamp
    return Waiting(
        (event.message.key or b"").decode("utf-8", "replace"), headers.get("mode") == b"live", timedelta(seconds=waited)
    )


def run(settings: Settings, *, on_ready: Callable[[], None]) -> None:
    """Run the worker until it is told to stop."""
    reference, lookers = Reference(settings), Lookers(settings)
    asyncio.run(patiently(reference.catch_up))
    try:
        lookers.open(reference.choices.at(datetime.now(UTC)))  # who starts a worker that cannot look is told now
        execute(build(settings, lookers, reference), on_ready)
    finally:
        lookers.close()
