"""A person asks to be forgotten: what is erased at once, what the workers erase, and what goes by itself.

At once: the templates, the places in rosters, the marks, what he contested and was answered, answers of an unfinished
roll call, and every row that stands in the topic ``attendance``. ``Forget``, sent to every partition of the sightings,
has attend erase its facts, and the rows of those hours once more in case it was just writing them; the sink deletes
what the tombstones name. Frames and sightings are not searched: they go with their retention. Finished replays stand in
the store, and the sink erases there too; what an unfinished one has seen is deleted.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from pathlib import Path

import msgspec
from kafka import TopicPartition

from enrollment.rollcall import keep, resume
from enrollment.roster import records as roster_records
from schemas.cluster import EVERYWHERE, Record, consumer, end_offsets, read
from schemas.errors import UnavailableError
from schemas.messages import Appeal, Enrollment, Erased, Forget, MarkBatch, Roster, encode
from schemas.settings import Settings
from schemas.translations import Text
from streams.faces.template_cipher import TemplateCipher

__all__ = [
    "AttendanceKeys",
    "Erasure",
    "erased_record",
    "erasure_of",
    "forget_answers",
    "forget_records",
    "reference_records",
    "student_digest",
]


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """What stands of a student in the compacted topics.

    recorded: whether an enrolment, or consent, is on record. templates: how many, replaced ones included. rosters,
    batches: as they are without the student. appeals: the keys of what is said of his.
    """

    student_id: str
    templates: int
    rosters: tuple[Roster, ...]
    batches: tuple[MarkBatch, ...]
    appeals: tuple[str, ...] = ()
    recorded: bool = False

    @property
    def nothing(self) -> bool:
        """Whether nobody of this id was ever known."""
        return not (self.recorded or self.rosters or self.batches or self.appeals)


def erasure_of(
    student: str,
    enrollments: Mapping[str, Enrollment],
    rosters: Iterable[Roster],
    batches: Iterable[MarkBatch],
    appeals: Mapping[str, Appeal],
) -> Erasure:
    """Return what has to be rewritten so that nothing of a student is left. appeals: by key."""
    enrollment = enrollments.get(student)
    return Erasure(
        student_id=student,
        recorded=enrollment is not None,
        templates=len(enrollment.templates) + len(enrollment.previous) if enrollment else 0,
        rosters=tuple(
            msgspec.structs.replace(each, students=tuple(one for one in each.students if one.student_id != student))
            for each in rosters
            if any(one.student_id == student for one in each.students)
        ),
        batches=tuple(less for each in batches if (less := each.without(student)) is not each),
        appeals=tuple(key for key, each in appeals.items() if each.student_id == student),
    )


def reference_records(settings: Settings, erasure: Erasure) -> list[Record]:
    """Write the tombstones of the enrolment and of what he contested, and the rosters."""
    keys = [("enrollments", erasure.student_id), *(("appeals", each) for each in erasure.appeals)]
    tombstones: list[Record] = [(settings.topic(name), key.encode(), None, None, None) for name, key in keys]
    return [*tombstones, *roster_records(settings, erasure.rosters)]


class AttendanceKeys:
    """The keys under which attendance of a student stands, of all runs. The topic is read once, then what is new."""

    def __init__(self, settings: Settings, student: str) -> None:
        self._settings, self._student = settings, f"|{student}".encode()
        self._place: dict[TopicPartition, int] = {}
        self._found: dict[str, None] = {}

    def catch_up(self) -> tuple[str, ...]:
        """Return the keys as of now. Nobody else's are kept: a term has millions.

        Raises:
            UnavailableError: the broker does not answer, or the topic is not there.
        """
        name = self._settings.topic("attendance")
        with closing(consumer(self._settings, max_poll_records=5000)) as client:
            ends = end_offsets(client, name)
            if not ends:
                raise UnavailableError(
                    Text("topic {topic} is not there", topic=name), "Start with `naul up`, which creates it."
                )
            starts = {each: self._place.get(each, 0) for each in ends}
            for record in read(self._settings, client, starts, ends):
                self._take(record.key or b"", erased=record.value is None)
        self._place = ends
        return tuple(self._found)

    def _take(self, key: bytes, *, erased: bool) -> None:
        # The key of an attendance is run|section|date|period|student, that of a coverage has no student.
        if key.endswith(self._student) and key.count(b"|") == 4:
            if erased:
                self._found.pop(key.decode(), None)
            else:
                self._found[key.decode()] = None


def forget_records(settings: Settings, student: str, keys: Iterable[str]) -> list[Record]:
    """Write what tells the workers: one message in each partition of the sightings, and a tombstone for each row."""
    value = encode(Forget(student_id=student))
    told: Record = (settings.topic("sightings"), student.encode(), value, EVERYWHERE, None)
    return [told, *((settings.topic("attendance"), key.encode(), None, None, None) for key in keys)]


def student_digest(cipher: TemplateCipher, student: str) -> bytes:
    """Return what stands for a student in the audit: without the key it tells nobody who that is."""
    return cipher.digest(b"student|" + student.encode())


def erased_record(settings: Settings, erased: Erased) -> Record:
    """Write what tells every machine of an erasure, and keeps on record who did it."""
    return (
        settings.topic("erasures"),
        f"{erased.at.isoformat()}|{erased.student.hex()}".encode(),
        encode(erased),
        0,
        None,
    )


def forget_answers(home: Path, erased: Callable[[str], bool]) -> int:
    """Remove students from roll calls of this home that are not yet sent, and return how many answers that were."""
    found = 0
    for file in sorted(home.glob("rollcall-*.json")):
        call = resume(file)
        for student in [each for each in call.answers if erased(each)] if call else []:
            call = call and call.without(student)
            found += 1
        if call:
            keep(file, call)
    return found
