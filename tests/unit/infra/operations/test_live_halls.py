"""What a desk remembers of its halls, however long it runs."""

from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace

from infra.operations.class_hours.live_halls import LiveHalls
from schemas.ids import class_hour_id
from schemas.messages import Attendance, Coverage, Forget, Observation, decode, encode
from schemas.settings import Settings
from tests.examples import example

SAID = decode(example("coverage"), Coverage)


class TakenRecord(NamedTuple):
    """What comes out of a topic. timestamp: ms since 1970."""

    key: bytes
    value: bytes | None
    timestamp: float


def taken(message: Any) -> TakenRecord:
    return TakenRecord(b"", encode(message), SAID.starts_at.timestamp() * 1000)


def hour_of_day(day: int, section: str) -> dict[str, Any]:
    """The fields of a class hour of a day."""
    starts_at = SAID.starts_at + timedelta(days=day)
    return {
        "class_hour": class_hour_id(section, starts_at.date(), 1),
        "section": section,
        "date": starts_at.date(),
        "period": 1,
    }


def exam(day: int) -> list[Any]:
    """An exam in two halls: the facts are those of E101, and a camera of each sees it."""
    of = hour_of_day(day, "CS2001-2")
    starts_at = SAID.starts_at + timedelta(days=day)
    seen = replace(decode(example("observation"), Observation), class_hour=of["class_hour"], captured_at=starts_at)
    said = replace(SAID, **of, hall="E101", starts_at=starts_at, ends_at=starts_at + timedelta(minutes=50))
    row = replace(decode(example("attendance"), Attendance), **of, hall="E101")
    return [taken(each) for each in (replace(seen, hall="E101"), replace(seen, hall="E102"), said, row)]


def exam_id(day: int) -> str:
    return str(hour_of_day(day, "CS2001-2")["class_hour"])


def test_whoever_is_erased_is_in_no_hall_and_what_was_made_of_them_is_let_go(tmp_path: Path) -> None:
    let_go = list[str]()
    live = LiveHalls(Settings(home=tmp_path), erased=lambda: let_go.append("all"))
    live._take(exam(0))
    row = decode(example("attendance"), Attendance)
    seen = decode(example("observation"), Observation)
    named = replace(seen, faces=(replace(seen.faces[0], student=row.student_id),), captured_at=SAID.starts_at)
    live._take([taken(replace(named, hall="E102"))])
    assert live._take([taken(Forget(student_id=row.student_id))]) == {"E101", "E102"}
    assert let_go == ["all"]
    for hall in ("E101", "E102"):
        assert row.student_id not in live.look(hall, lambda now: repr((now.rows, now.frames)))
    live._take([TakenRecord(f"live|{exam_id(0)}|{row.student_id}".encode(), None, 0)])
    assert let_go == ["all"] * 2


def test_guests_of_a_class_hour_are_let_go_of_with_it(tmp_path: Path) -> None:
    live = LiveHalls(Settings(home=tmp_path))
    for day in range(40):
        assert live._take(exam(day)) == {"E101", "E102"}
        assert live.look("E102", lambda now: len(now.rows)) == 1  # it is shown in the other hall, too
    assert list(live._guests) == [hour_of_day(39, "CS2001-2")["class_hour"]]
    assert all(len(live.look(hall, lambda now: now.seen_here)) == 1 for hall in ("E101", "E102"))


def test_guests_of_a_class_hour_that_was_never_judged_are_let_go_of_too(tmp_path: Path) -> None:
    live = LiveHalls(Settings(home=tmp_path))
    for day in range(40):
        live._take(exam(day)[:2])
    live._take(exam(40))
    assert len(live._guests) == 1
