"""A simulated hall that is played as if it happened now."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from producers.camera import Sent, send
from producers.delivery import SYSTEM_CLOCK
from producers.simulated_hall import Script
from producers.simulated_hall.playing import PlayedHall, first_hour, moved_to, starting_point
from producers.simulated_hall.recording import write_papers
from producers.simulated_hall.script import Stretch
from schemas.picture_files import listed
from schemas.settings import Settings

__all__ = ["ME", "PreparedHall", "play", "prepare"]

OUTAGE = timedelta(minutes=7), timedelta(minutes=15)
"""Of the class hour: the camera gives no frames. Whoever comes meanwhile may have come in time: a person decides."""

ME = "me", "나"
"""Student id and name of whoever looks on and takes the course, too."""


class PreparedHall(NamedTuple):
    """A script moved to now, and what an office brings along for it."""

    script: Script
    photos_dir: Path
    roster_csv: Path
    timetable_csv: Path


def prepare(story: Script, folder: Path, speed: float, me: Path | None = None) -> PreparedHall:
    """Move the first class hour of a script so that it happens now; write photos, roster and timetable.

    me: a photo of whoever looks on, or a folder of them: the roster has him, too, and the hall does not show him.
    """
    story = first_hour(story)
    outage = Stretch(*(story.hours[0].starts_at + each for each in OUTAGE))
    story = msgspec.structs.replace(story, dark=(*story.dark, outage))
    script = moved_to(story, starting_point(story, speed, datetime.now(UTC)))
    prepared = PreparedHall(script, *write_papers(script, folder))
    if me is not None:
        mine = prepared.photos_dir / ME[0]
        mine.mkdir()
        for photo in listed(me) if me.is_dir() else [me]:
            shutil.copy(photo, mine)
        with prepared.roster_csv.open("a", encoding="utf-8") as roster:
            roster.write(",".join((script.hours[0].section, *ME)) + "\n")
    return prepared


def play(settings: Settings, prepared: PreparedHall, speed: float) -> Sent:
    """Send each frame when it is due, until the script ends or Ctrl-C."""
    script = prepared.script
    return send(settings, PlayedHall(script, speed, SYSTEM_CLOCK), script.hall, script.camera)
