"""One frame becomes observations: by its hall's timetable, its hour's engine and its camera's profile."""

import asyncio
from datetime import datetime
from typing import NamedTuple

from schemas.errors import BadMessageError
from schemas.frames import FrameHeaders
from schemas.messages import ClassHour, FrameRef, Observation, Profile
from schemas.retry import retry_until_available
from schemas.settings import Settings
from streams.faces.engines import Engine
from streams.faces.pictures import picture_digest
from streams.faces.profile import variant
from streams.recognise.engine_pool import EngineLookup
from streams.recognise.observing import NOBODY_TO_COMPARE, HourGallery, check_clock, observe
from streams.recognise.profile_selection import ProfileSelector
from streams.reference.reference_data import NOBODY, Reference

__all__ = ["HallObservation", "Recogniser"]


class HallObservation(NamedTuple):
    """An observation, and the hall that keeps the facts of its class hour: the key under which it is sent."""

    hall: str
    observation: Observation


class Recogniser:
    """Turns one frame into observations."""

    def __init__(self, settings: Settings, loaded_engine: EngineLookup, reference: Reference) -> None:
        self._clock_skew = settings.clock_skew
        self._attention = ProfileSelector()
        self._loaded_engine = loaded_engine
        self._reference = reference
        self._reading = asyncio.Lock()  # frames are under way while the reference moves on

    async def catch_up(self) -> None:
        """Learn what was said until now of timetable, rosters and people; wait for the broker if it is away."""
        async with self._reading:
            await retry_until_available(self._reference.catch_up)

    async def recognise(
        self, head: FrameHeaders, jpeg: bytes, appended_at: datetime, frame: FrameRef
    ) -> list[HallObservation]:
        """Return what a frame showed: to each class hour that runs in its hall, or once if none does.

        It is looked at once by each engine that one of them has. appended_at: by the broker's clock.

        Raises:
            BadMessageError: the frame can never be looked at; the text says why.
        """
        check_clock(head, appended_at, self._clock_skew)
        async with self._reading:
            if not self._reference.hours(head.hall):
                raise BadMessageError(
                    f"hall {head.hall!r} is not in the timetable",
                    "Load its timetable with `naul timetable load`, then `naul dead-letters retry`.",
                )
            hours = self._reference.hours_at(head.hall, head.captured_at)
            engine_schedule = self._reference.engine_schedule
            galleries: dict[str, list[HourGallery]] = {}
            for hour in hours:
                galleries.setdefault(engine_schedule.of(hour), []).append(self._gallery(hour))
            if not hours:
                galleries[engine_schedule.at(head.captured_at)] = [NOBODY_TO_COMPARE]
            known = self._reference.profile(head.hall, head.camera)
        profile = self._attention.profile(head, known)
        picture, told = b"", list[HallObservation]()
        for name, those in galleries.items():
            engine, runner = await self._loaded_engine(name)
            look = await runner.look(head, jpeg, profile)
            picture = picture or picture_digest(jpeg)
            for gallery in those:
                seen = observe(
                    head,
                    frame,
                    look,
                    gallery,
                    engine=_sight(engine, profile),
                    calibration=engine.calibration,
                    picture=picture,
                )
                told.append(HallObservation(gallery.hour.hall if gallery.hour else head.hall, seen))
        self._attention.saw(told[0].observation, known)
        return told

    def _gallery(self, hour: ClassHour) -> HourGallery:
        candidates, visitors = self._reference.candidates(hour), self._reference.visitors(hour)
        cipher = None if candidates is NOBODY else self._reference.cipher
        return HourGallery(hour, candidates, cipher, visitors, self._reference.roster_version(hour))


def _sight(engine: Engine, profile: Profile | None) -> str:
    """Return an observation's engine: the id of the one that embeds, and how faces were found."""
    return "+".join(filter(None, (engine.id, engine.variant, variant(profile) if profile else "")))
