"""What happens in halls, as other systems are told of it: pure, from the messages that say so."""

from typing import Final, Literal, TypeAlias, get_args

import msgspec

from schemas.ids import LIVE, happening_id, split_class_hour
from schemas.messages import Coverage, MarkBatch, Moment, Presence, Said

__all__ = ["HAPPENINGS", "TOPICS", "Happening", "HappeningType", "MarkedSo", "happening_of"]

HappeningType: TypeAlias = Literal[
    "attendance.arrived", "attendance.departed", "attendance.returned", "class_hour.closed", "marks.made"
]
HAPPENINGS: Final[tuple[str, ...]] = get_args(HappeningType)

TOPICS: Final = ("presence", "attendance", "marks")
"""Which say it."""

_PRESENCE: Final[dict[str, HappeningType]] = {
    "arrived": "attendance.arrived",
    "departed": "attendance.departed",
    "returned": "attendance.returned",
}


class MarkedSo(msgspec.Struct, frozen=True, kw_only=True):
    """What a person said of a student; ``as_judged`` takes back what was said before."""

    student_id: str
    verdict: Said


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """What happened. id: the same, told again, has the same. at: when; of a class hour that closed: its end.

    student_id: who arrived, departed or returned. returned_at: of a departure that ended. retracted: it did not happen,
    as later frames showed. marks: what was marked, of one student or in a roll call.
    """

    id: str
    type: HappeningType
    at: Moment
    class_hour: str
    section: str
    hall: str
    student_id: str | None = None
    returned_at: Moment | None = None
    retracted: bool = False
    marks: tuple[MarkedSo, ...] = ()

    def without(self, student: str) -> "Happening | None":
        """Return it without a student; None if it is about nobody else."""
        if self.student_id == student:
            return None
        marks = tuple(each for each in self.marks if each.student_id != student)
        if marks == self.marks:
            return self
        return msgspec.structs.replace(self, marks=marks) if marks else None


def happening_of(message: object) -> Happening | None:
    """Return what a message says that happened; None: nothing, or not in the live run."""
    match message:
        case Presence() if message.run == LIVE:
            said = (message.id, message.at, message.returned_at, message.retracted)
            return Happening(
                id=str(happening_id(*said)),
                type=_PRESENCE[message.kind],
                at=message.at,
                class_hour=message.class_hour,
                section=message.section,
                hall=message.hall,
                student_id=message.student_id,
                returned_at=message.returned_at,
                retracted=message.retracted,
            )
        case Coverage() if message.run == LIVE and message.final:
            return Happening(
                id=str(happening_id("closed", message.class_hour)),
                type="class_hour.closed",
                at=message.ends_at,
                class_hour=message.class_hour,
                section=message.section,
                hall=message.hall,
            )
        case MarkBatch():
            try:
                section = split_class_hour(message.class_hour)[0]
            except ValueError:
                return None
            return Happening(
                id=str(happening_id("marks", message.class_hour, message.id)),
                type="marks.made",
                at=message.at,
                class_hour=message.class_hour,
                section=section,
                hall=message.hall,
                marks=tuple(MarkedSo(student_id=each.student_id, verdict=each.verdict) for each in message.marks),
            )
    return None
