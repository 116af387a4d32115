"""A term, its rule and who is near the limit, through the command line, with a real Kafka and a real store."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import Result

from enrollment.loaded import terms
from schemas.errors import RefusedError
from schemas.ids import class_hour_id
from schemas.messages import Attendance, Coverage, decode, encode
from schemas.settings import Settings
from sinks.batch import Batch, write
from sinks.store import open_store
from tests.examples import example

Naul = Callable[..., Result]

FIRST = date(2035, 3, 5)
DAYS = [FIRST + timedelta(days=7 * week) for week in range(8)]
"""Mondays: the class hours of the term. They are to come, whenever this runs; those stored have closed all the same."""
TIMETABLE = "section,hall,date,period,starts_at,ends_at\n" + "".join(
    f"{section},{hall},{day},1,09:00,09:50\n" for section, hall in (("EA1", "E101"), ("CS1", "E102")) for day in DAYS
)
TERM = """
term = "2035-1"
first = 2035-03-05
last = 2035-06-19
[rule]
limit = "1/4"
[sections.CS1]
limit = "1/2"
"""
SAID = {
    ("EA1", "s1"): "absent absent late",
    ("EA1", "s2"): "absent official_leave absent",
    ("EA1", "s3"): "present excused unobserved",
    ("CS1", "s1"): "absent absent late",
}


def stored(site: Settings) -> None:
    """Store what is said of the first weeks."""
    batch = Batch(site.run)
    for (section, student), verdicts in SAID.items():
        for day, verdict in zip(DAYS, verdicts.split(), strict=False):
            start = datetime(day.year, day.month, day.day, tzinfo=UTC)
            of: dict[str, Any] = {
                "class_hour": class_hour_id(section, day, 1), "section": section, "hall": "E1", "date": day,
                "period": 1, "final": True,
            }  # fmt: skip
            row = msgspec.structs.replace(
                decode(example("attendance"), Attendance), student_id=student, name=f"name {student}", verdict=verdict,
                withdrawn=False, arrived_at=None, departed_at=None, absences=(), **of,
            )  # fmt: skip
            ends = start + timedelta(minutes=50)
            hour = msgspec.structs.replace(
                decode(example("coverage"), Coverage), starts_at=start, ends_at=ends, gaps=(), **of
            )
            batch.take("attendance", b"", encode(row))
            batch.take("attendance", b"", encode(hour))
    with open_store(site) as store:
        write(store, batch)


@pytest.fixture
def loaded(site: Settings, run: Naul, tmp_path: Path) -> Naul:
    """A site with a timetable and a term."""
    for name, text in (("timetable.csv", TIMETABLE), ("term.toml", TERM)):
        (tmp_path / name).write_text(text, "utf-8")
        done = run(name.partition(".")[0], "load", str(tmp_path / name))
        assert done.exception is None, done.exception
    return run


def test_a_term_is_loaded_shown_and_tells_who_is_near_the_limit(site: Settings, loaded: Naul, tmp_path: Path) -> None:
    assert terms(site)["2035-1"].sections["CS1"].limit == "1/2"
    listed = loaded("term", "list", "--format", "json").output
    assert [each["section"] for each in msgspec.json.decode(listed)] == ["", "CS1"]
    assert "F above 1/2 of the class hours" in listed
    stored(site)
    told = loaded("term", "standing", "2035-1", "--format", "json").output
    rows = [
        (each["section"], each["student_id"], each["charged"], each["standing"]) for each in msgspec.json.decode(told)
    ]
    assert rows == [
        ("EA1", "s2", 3, "failed"), ("EA1", "s1", 2, "last_hour"), ("CS1", "s1", 2, "ok"), ("EA1", "s3", 0, "ok"),
    ]  # fmt: skip
    mine = loaded("term", "standing", "2035-1", "--student", "s1", "--section", "EA1").output
    assert all(each in mine for each in ("name s1", "last hour", "2.0"))
    assert "name s2" not in mine
    (tmp_path / "term.toml").write_text(TERM.replace('"1/4"', '"1/2"'), "utf-8")
    assert "2035-1: 2035-03-05 to 2035-06-19" in loaded("term", "load", str(tmp_path / "term.toml")).output
    changed = loaded("term", "standing", "2035-1", "--format", "json").output
    assert {each["standing"] for each in msgspec.json.decode(changed)} == {"ok"}, "no verdict has changed"


def test_what_is_not_there_is_refused_with_what_may_be_meant(loaded: Naul, tmp_path: Path) -> None:
    for words, said in {
        ("standing", "2035-11"): "there is no term '2035-11'",
        ("standing", "2035-1", "--section", "EA11"): "EA11 has no class hour in 2035-1",
    }.items():
        refused = loaded("term", *words).exception
        assert isinstance(refused, RefusedError)
        assert (refused.message, refused.remedy[:12]) == (said, "Did you mean")
    (tmp_path / "term.toml").write_text(TERM.replace("CS1", "CS11"), "utf-8")
    refused = loaded("term", "load", str(tmp_path / "term.toml")).exception
    assert isinstance(refused, RefusedError)
    assert "no class hour of CS11 lies between 2035-03-05 and 2035-06-19" in refused.message
