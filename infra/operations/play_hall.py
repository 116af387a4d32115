"""A simulated hall that is played as if it happened now."""

from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from producers.camera import Sent, send
from producers.delivery import SYSTEM_CLOCK
from producers.simulated_hall import Script
from producers.simulated_hall.playing import PlayedHall, first_hour, moved_to, starting_point
from producers.simulated_hall.recording import write_papers
from schemas.settings import Settings

__all__ = ["PreparedHall", "play", "prepare"]


class PreparedHall(NamedTuple):
    """A script moved to now, and what an office brings along for it."""

    script: Script
    photos_dir: Path
    roster_csv: Path
    timetable_csv: Path


def prepare(story: Script, folder: Path, speed: float) -> PreparedHall:
    """Move the first class hour of a script so that it ends with the clock; write photos, roster and timetable."""
    story = first_hour(story)
    script = moved_to(story, starting_point(story, speed, datetime.now(UTC)))
    return PreparedHall(script, *write_papers(script, folder))


def play(settings: Settings, prepared: PreparedHall, speed: float) -> Sent:
    """Send each frame when it is due, until the script ends or Ctrl-C."""
    script = prepared.script
    return send(settings, PlayedHall(script, speed, SYSTEM_CLOCK), script.hall, script.camera)
