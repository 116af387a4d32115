"""What comparing faces with everybody who is enrolled costs, beside looking at a frame: ratios of one run."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import numpy as np
from rich.console import Console
from rich.table import Table

from schemas.frames import FrameHeaders
from schemas.messages import Candidate, ClassHour, Enrollment, EnrollmentTemplate, FrameRef, Observation, encode
from streams.faces.engines import DEFAULT, load_engine
from streams.faces.pictures import decode_jpeg
from streams.faces.template_cipher import TemplateCipher, template_context
from streams.faces.values import Found
from streams.recognise.engine_runner import FrameFaces
from streams.recognise.observing import HourGallery, observe
from streams.reference.reference_data import Candidates
from streams.reference.visitors import NO_VISITORS, Opened, Register, Visitors
from tests.benchmarks.full_hall import full_hall, jpegs
from tests.benchmarks.speed import seconds
from tests.lecture import CALIBRATION, Lecture

FACES, ROSTER, VISITORS = 60, 200, 20_000
STARTS = datetime(2026, 3, 9, tzinfo=UTC)


class Site:
    """Everybody of a university, with templates sealed as in the topic, and a frame of one of its halls."""

    def __init__(self) -> None:
        self.room = Lecture(size=ROSTER)
        self.cipher = TemplateCipher(bytes(32))
        people = [*self.room.people, *self.room.enrol([], VISITORS)]
        self.enrollments = {
            each.student_id: self._enrolled(each.student_id, each.template, each.photos)
            for each in people
            if each.template is not None
        }
        looks = self.room.look(self.room.identities[:FACES]).astype(np.float32)
        found = [Found(box=(0, 0, 40, 50), score=0.9, embedding=each) for each in looks]
        self.look = FrameFaces(1920, 1080, found)
        self.candidates = Candidates(
            tuple(Candidate(student_id=name, version=1) for name in self.room.names),
            self.room.templates,
            np.full(ROSTER, self.room.photos),
        )

    def _enrolled(self, student: str, template: np.ndarray, photos: int) -> Enrollment:
        sealed = EnrollmentTemplate(
            engine="e", photos=photos, sealed=self.cipher.seal(template, template_context(student, "e"))
        )
        return Enrollment(student_id=student, version=1, enrolled_at=STARTS, consent_on_file=True, templates=(sealed,))

    def open_template(self, enrollment: Enrollment) -> Opened:
        (mine,) = enrollment.templates
        return self.cipher.open_sealed(mine.sealed, template_context(enrollment.student_id, "e")), mine.photos

    def visitors(self, register: Register) -> Visitors:
        rows = sorted(register.everybody.rows[name] for name in self.room.names)
        return Visitors(register.everybody, np.array(rows, np.intp))

    def observe(self, visitors: Visitors) -> Observation:
        """Return what the frame showed."""
        hour = ClassHour(
            section="EA0017-1", hall="E101", date=date(2026, 3, 9), period=1, starts_at=STARTS,
            ends_at=STARTS + timedelta(minutes=50),
        )  # fmt: skip
        return observe(
            FrameHeaders(hall="E101", camera="front", captured_at=STARTS, live=True, sequence=0),
            FrameRef(topic="frames", partition=0, offset=0), self.look,
            HourGallery(hour, self.candidates, self.cipher, visitors), engine="e", calibration=CALIBRATION,
        )  # fmt: skip


def tables() -> list[Table]:
    """Return what was measured."""
    engine, pictures = load_engine(DEFAULT, threads=2), [decode_jpeg(each) for each in jpegs(full_hall(), 3)]
    engine.quicken("auto")
    site = Site()
    register = Register(site.open_template)
    register.catch_up(site.enrollments)
    visitors = site.visitors(register)
    looking = seconds(lambda: [engine.look(each) for each in pictures]) / len(pictures)
    shown = sum(len(engine.look(each)) for each in pictures) / len(pictures)
    alone, beside = (seconds(lambda who=who: site.observe(who), rounds=25) for who in (NO_VISITORS, visitors))
    matched = Table("what", "ms", "of looking", title=f"{FACES} faces, names and sealed looks of a frame")
    matched.add_row(f"looking at a frame of {shown:.0f} faces", f"{looking * 1000:.0f}", "100 %")
    for what, spent in ((f"a roster of {ROSTER}", alone), (f"that and {VISITORS:,} visitors", beside)):
        matched.add_row(what, f"{spent * 1000:.1f}", f"{spent / looking:.1%}")

    again = dict(site.enrollments)

    def change() -> None:
        name = site.room.names[0]
        again[name] = msgspec.structs.replace(again[name], version=again[name].version + 1)
        register.catch_up(again)

    opened = Table("what", "ms", title=f"templates of {ROSTER + VISITORS:,} people")
    everything = seconds(lambda: Register(site.open_template).catch_up(site.enrollments), rounds=1)
    opened.add_row("open them all", f"{everything * 1000:.0f}")
    opened.add_row("one enrolment changes", f"{seconds(change) * 1000:.0f}")
    opened.add_row("size of a sighting, kB", f"{len(encode(site.observe(visitors))) / 1000:.0f}")
    return [matched, opened]


if __name__ == "__main__":
    for each in tables():
        Console(width=110).print(each)
