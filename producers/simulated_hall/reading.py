"""A script as a person writes it: a small TOML file, read and checked.

Times of day are ``HH:MM`` or ``HH:MM:SS`` of the script's date and zone; a stretch is ``09:00-09:50``.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from producers.simulated_hall.geometry import room
from producers.simulated_hall.script import Role, Script, Stretch, StudentRole
from schemas.errors import RefusedError
from schemas.ids import student_id
from schemas.messages import ClassHour
from schemas.paths import on_disk
from schemas.settings import duration
from schemas.toml_file import toml_values
from schemas.translations import Text
from schemas.unreadable import UNREADABLE

__all__ = ["load_script"]


def load_script(path_or_name: Path | str) -> Script:
    """Read a script: a file, or the name of one that comes with Naul (``demo``).

    Raises:
        RefusedError: no such script, or something in it cannot be; the text names the file and the field.
    """
    shipped = resources.files(__package__).joinpath(f"{path_or_name}.toml")
    file = on_disk(path_or_name)
    try:
        text = shipped.read_text("utf-8") if shipped.is_file() else file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedError(
            Text("{file}: cannot be read: {error}", file=file, error=error), "Give a script's file, or `demo`."
        ) from error
    name = f"{path_or_name}.toml" if shipped.is_file() else str(file)
    try:
        return _resolved(name, file.parent, msgspec.convert(toml_values(text), _Script))
    except UNREADABLE as error:
        raise RefusedError(
            Text("{name}: {error}", name=name, error=error),
            "Mend it; producers/simulated_hall/demo.toml is an example.",
        ) from error


# ---------------------------------------------------------------- as it is written


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the file."""


class _Hour(_Part, frozen=True):
    section: str
    period: int
    time: str


class _Person(_Part, frozen=True):
    face: str
    seat: str
    here: tuple[str, ...]
    head_down: tuple[str, ...] = ()


class _Lecturer(_Part, frozen=True):
    face: str
    here: tuple[str, ...]


class _Student(_Part, frozen=True):
    student_id: str
    name: str
    face: str
    seat: str
    here: tuple[str, ...] = ()
    head_down: tuple[str, ...] = ()
    story: str = ""


class _Script(_Part, frozen=True):
    hall: str
    date: date
    record: str
    hours: tuple[_Hour, ...]
    students: tuple[_Student, ...]
    strangers: tuple[_Person, ...] = ()
    lecturer: _Lecturer | None = None
    camera: str = "front"
    timezone: str = "Asia/Seoul"
    every: str = "20s"
    width: int = 1280
    height: int = 720
    seed: int = 1
    heads_down: float = 0.33
    dark: tuple[str, ...] = ()
    faces: str = "orl"


def _resolved(name: str, folder: Path, raw: _Script) -> Script:
    read = _Times(raw.date, raw.timezone)
    script = Script(
        name=name,
        hall=raw.hall,
        camera=raw.camera,
        zone=raw.timezone,
        record=read.stretch("record", raw.record),
        dark=read.stretches("dark", raw.dark),
        every=duration(raw.every),
        width=raw.width,
        height=raw.height,
        seed=raw.seed,
        heads_down=raw.heads_down,
        faces=raw.faces if raw.faces == "orl" else str(folder / raw.faces),
        hours=tuple(read.hour(f"hours[{n}]", raw.hall, each) for n, each in enumerate(raw.hours)),
        students=tuple(
            StudentRole(
                **read.person(f"students[{n}]", each),
                student_id=student_id(each.student_id),
                name=each.name,
                story=each.story,
            )
            for n, each in enumerate(raw.students)
        ),
        strangers=tuple(Role(**read.person(f"strangers[{n}]", each)) for n, each in enumerate(raw.strangers)),
        lecturer=Role(face=raw.lecturer.face, here=read.stretches("lecturer.here", raw.lecturer.here))
        if raw.lecturer
        else None,
    )
    _check(script)
    return script


class _Times:
    """Reads times of day of one date."""

    def __init__(self, day: date, zone: str) -> None:
        self._day = day
        try:
            self._zone = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"timezone {zone!r} does not exist; write it like Asia/Seoul") from error

    def stretch(self, field: str, text: str) -> Stretch:
        parts = re.fullmatch(r"\s*([\d:]+)\s*-\s*([\d:]+)\s*", text)
        if parts is None:
            raise ValueError(f"{field}: {text!r} is no stretch of time; write it like 09:00-09:50")
        starts_at, ends_at = self._moment(field, parts[1]), self._moment(field, parts[2])
        if ends_at <= starts_at:
            raise ValueError(f"{field}: {text!r} ends before it starts")
        return Stretch(starts_at, ends_at)

    def stretches(self, field: str, texts: Sequence[str]) -> tuple[Stretch, ...]:
        found = tuple(self.stretch(f"{field}[{n}]", text) for n, text in enumerate(texts))
        for n, (first, second) in enumerate(pairwise(found), 1):
            if second.starts_at < first.ends_at:
                raise ValueError(f"{field}[{n}]: {texts[n]!r} begins before {texts[n - 1]!r} ends")
        return found

    def hour(self, field: str, hall: str, raw: _Hour) -> ClassHour:
        time = self.stretch(f"{field}.time", raw.time)
        return ClassHour(
            section=raw.section,
            hall=hall,
            date=self._day,
            period=raw.period,
            starts_at=time.starts_at,
            ends_at=time.ends_at,
        )

    def person(self, field: str, raw: _Person | _Student) -> dict[str, Any]:
        return {
            "face": raw.face,
            "seat": raw.seat,
            "here": self.stretches(f"{field}.here", raw.here),
            "head_down": self.stretches(f"{field}.head_down", raw.head_down),
        }

    def _moment(self, field: str, text: str) -> datetime:
        for form in ("%H:%M", "%H:%M:%S"):
            try:
                time = datetime.strptime(text, form).time()  # noqa: DTZ007  a time of day; the zone follows
                return datetime.combine(self._day, time, self._zone)
            except ValueError:
                continue
        raise ValueError(f"{field}: {text!r} is no time of day; write it like 09:00 or 09:00:30")


def _check(script: Script) -> None:
    """Refuse what cannot be.

    Raises:
        ValueError: which, in words.
    """
    if script.every <= timedelta(0):
        raise ValueError("every must be longer than nothing")
    if not 0 <= script.heads_down <= 0.6:
        raise ValueError(f"heads_down must be between 0 and 0.6, got {script.heads_down:g}")
    if not (640 <= script.width <= 3840 and 360 <= script.height <= 2160):
        raise ValueError(f"a picture of {script.width}x{script.height} is no hall; 1280x720 or 1920x1080 are usual")
    for first, second in pairwise(sorted(script.hours, key=lambda hour: hour.starts_at)):
        if second.starts_at < first.ends_at:
            raise ValueError(f"class hours {first.id} and {second.id} overlap")
    seats = room(script.width, script.height, script.nearest, script.farthest).seats
    for person in script.seated:
        if person.seat not in seats:
            raise ValueError(f"seat {person.seat!r} of {person.face} does not exist; there are {', '.join(seats)}")
    _check_no_double("student id", [student.student_id for student in script.students])
    everybody = [*script.seated, *([script.lecturer] if script.lecturer else [])]
    _check_no_double("face", [person.face for person in everybody])
    _check_one_a_seat(script.seated)


def _check_no_double(what: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{what} {name} is given to two people")


def _check_one_a_seat(people: Sequence[Role]) -> None:
    taken = sorted(
        (person.seat, stay.starts_at, stay.ends_at, person.face) for person in people for stay in person.here
    )
    for (seat, _, end, first), (other, start, _, second) in pairwise(taken):
        if seat == other and start < end:
            raise ValueError(f"{first} and {second} sit in {seat} at {start:%H:%M:%S} both")
