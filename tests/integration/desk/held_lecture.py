"""A lecture of numbers that a desk's site has held: late and absent students, seen, judged by a worker, and stored."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from msgspec.structs import replace

from schemas.cluster import send
from schemas.messages import HallDay, Mark, MarkBatch, Term, TermRule, encode
from schemas.settings import Settings
from streams.judgement.observations import Facts
from tests.integration.desk.conftest import ServedDesk, coverage, row, served_desk
from tests.integration.streams.conftest import Worker
from tests.integration.streams.paper_hall import HOUR, OVER, SOURCES, Hall

__all__ = ["GONE", "NAMES", "SECTION", "TERM", "held_lecture"]

SECTION, ROOM = "MA1001-1", "E102"
NAMES = [f"학생 {number}" for number in range(8)]
TERM = Term(
    term="2026-1", first=HOUR.date, last=HOUR.date + timedelta(days=90), loaded_at=HOUR.starts_at, by="office",
    rule=TermRule(late_per_absence=1, limit="1/5"),
)  # fmt: skip
"""Of four class hours: one absence is an F, and so is being late once."""


MARKED = {3: "absent", 4: "present"}
"""Whom a person looked at, and found so."""

GONE = replace(HOUR, section="PH1001-1", hall="E103")
"""A class hour that was judged, and of which no sightings are left."""


class Latecomers(Hall):
    """0 comes in minute 15, 1 and 2 in minute 7, 3 never; all others are there from the beginning."""

    def _film(self) -> Facts:
        return self.lecture.film({0: [(15, 60)], 1: [(7, 60)], 2: [(7, 60)], 3: []})


def hold(settings: Settings) -> Latecomers:
    """Hold the lecture: what was seen is in the topics, judged by a worker."""
    hall = Latecomers(settings, name=ROOM, section=SECTION)
    hall.prepare()
    weeks = [timedelta(weeks=week) for week in range(4)]
    for later in weeks[1:]:
        hour = replace(
            hall.hour, date=HOUR.date + later, starts_at=HOUR.starts_at + later, ends_at=HOUR.ends_at + later
        )
        day = HallDay(hall=ROOM, date=hour.date, hours=(hour,))
        send(settings, [(settings.topic("timetable"), f"{ROOM}|{hour.date}".encode(), encode(day), None, None)])
    day = HallDay(hall=GONE.hall, date=GONE.date, hours=(GONE,))
    send(settings, [(settings.topic("timetable"), f"{GONE.hall}|{GONE.date}".encode(), encode(day), None, None)])
    send(settings, [(settings.topic("terms"), TERM.term.encode(), encode(TERM), None, None)])
    told = tuple(Mark(student_id=hall.students[place].student_id, verdict=said) for place, said in MARKED.items())
    marks = MarkBatch(id="m1", class_hour=hall.hour.id, hall=ROOM, kind="mark", by="kim", at=HOUR.ends_at, marks=told)
    hall.tell(marks, name="marks")
    hall.tell(*hall.observations)
    hall.tell(replace(OVER, hall=ROOM))
    return hall


@contextmanager
def held_lecture(site: Settings) -> Iterator[ServedDesk]:
    """Give a desk whose site has held the lecture."""
    with served_desk(site) as desk:
        hall = hold(desk.settings)
        attend = Worker(site, "attend", "1").start()
        try:
            attend.until(SOURCES)
        finally:
            attend.stop()
        of = {"class_hour": GONE.id, "section": GONE.section, "hall": GONE.hall, "date": GONE.date, "final": True}
        times = {"starts_at": GONE.starts_at, "ends_at": GONE.ends_at}
        desk.tell(coverage(**of, **times), row(0, "late", **of))
        desk.stored()
        assert [hall.rows()[each.student_id].verdict for each in hall.students[:4]] == [
            "late", "present", "present", "absent",
        ]  # fmt: skip
        desk.now = HOUR.ends_at + timedelta(days=1)
        desk.account("registry", "registrar")
        yield desk
