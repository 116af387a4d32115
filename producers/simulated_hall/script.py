"""What happens in a simulated hall, and so the truth to compare with: the values that ``reading`` reads from a file."""

from datetime import datetime, timedelta

import msgspec

from schemas.messages import ClassHour

__all__ = ["Mishap", "Role", "Script", "SeatMove", "Stretch", "StudentRole"]


class Stretch(msgspec.Struct, frozen=True):
    """A stretch of time. starts_at belongs to it, ends_at does not; both are aware."""

    starts_at: datetime
    ends_at: datetime

    def __contains__(self, moment: datetime) -> bool:
        return self.starts_at <= moment < self.ends_at


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in the hall: a stranger, the lecturer, or a student.

    face: who plays him (``s7`` of ORL, or a folder's name). seat: none for the lecturer, who walks.
    here: when he is in the hall. head_down: when his head is bent, besides the usual.
    """

    face: str
    here: tuple[Stretch, ...]
    seat: str = ""
    head_down: tuple[Stretch, ...] = ()


class StudentRole(Role, frozen=True, kw_only=True):
    """A person on the roster. story: what happens to him, in words, for the reader of the script."""

    student_id: str
    name: str
    story: str = ""


class Mishap(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch in which the camera sends pictures that show less than usual. kind: one of ``mishaps.MISHAPS``."""

    kind: str
    when: Stretch


class SeatMove(msgspec.Struct, frozen=True, kw_only=True):
    """From a moment on somebody sits on another seat."""

    face: str
    at: datetime
    seat: str


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """A day of a hall.

    record: when the camera is on. dark: when it gives no frames all the same. every: between frames.
    heads_down: share of the time that a head is bent. seed: of everything that is random.
    faces: where faces come from: ``orl``, or a folder with a folder of pictures for each person.
    photos: how many pictures of a student are enrolled, at most half of them; the others play.
    shuffle: 0, or another order in which pictures of a person are taken (``people``).
    nearest, farthest: width of a face in the first and the last row, pixels.
    face_shown: around arrival and departure nobody bends his head for so long, so that the frames tell when it was.
    mishaps: of the camera. moves: of people, in the order of time.
    """

    name: str
    hall: str
    camera: str
    zone: str
    record: Stretch
    dark: tuple[Stretch, ...]
    every: timedelta
    width: int
    height: int
    seed: int
    heads_down: float
    faces: str
    hours: tuple[ClassHour, ...]
    students: tuple[StudentRole, ...]
    strangers: tuple[Role, ...]
    lecturer: Role | None
    photos: int = 4
    shuffle: int = 0
    nearest: float = 62
    farthest: float = 31
    face_shown: timedelta = timedelta(seconds=60)
    mishaps: tuple[Mishap, ...] = ()
    moves: tuple[SeatMove, ...] = ()

    @property
    def seated(self) -> tuple[Role, ...]:
        """Everybody who has a seat."""
        return (*self.students, *self.strangers)

    def seated_at(self, moment: datetime) -> "Script":
        """Return the script with everybody on the seat that is his at a moment, and nothing that goes wrong."""
        if not (self.moves or self.mishaps):
            return self
        seats = {each.face: each.seat for each in self.moves if each.at <= moment}
        students = tuple(msgspec.structs.replace(each, seat=seats.get(each.face, each.seat)) for each in self.students)
        strangers = tuple(
            msgspec.structs.replace(each, seat=seats.get(each.face, each.seat)) for each in self.strangers
        )
        return msgspec.structs.replace(self, students=students, strangers=strangers, mishaps=(), moves=())

    def moments(self) -> tuple[datetime, ...]:
        """The capture times of all frames."""
        count = -(-(self.record.ends_at - self.record.starts_at) // self.every)
        every = (self.record.starts_at + self.every * n for n in range(count))
        return tuple(each for each in every if not any(each in dark for dark in self.dark))
