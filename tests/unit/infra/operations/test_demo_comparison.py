"""What Naul says beside what a script says."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from infra.operations.runs.demo_comparison import ScriptComparison, compare
from producers.simulated_hall import Script, expected, load_script
from schemas.ids import split_class_hour
from schemas.messages import Absence
from schemas.settings import Policy


@pytest.fixture(scope="module")
def script() -> Script:
    return load_script("demo")


Rows = tuple[list[dict[str, Any]], list[dict[str, Any]]]


def perfect(script: Script) -> Rows:
    """The rows of two reports that say exactly what the script says."""
    names = {each.student_id: each.name for each in script.students}
    said, departures = [], []
    for (hour, student), truth in expected(script).items():
        section, day, period = split_class_hour(hour)
        who = {"section": section, "date": day.isoformat(), "period": period, "student_id": student}
        at = truth.arrived_at.isoformat() if truth.arrived_at else None
        said.append(who | {"name": names[student], "verdict": truth.verdict, "arrived_at": at})
        departures += [who | {"returned_at": None} | msgspec.to_builtins(each) for each in truth.absences]
    return said, departures


def wrong(compared: list[ScriptComparison]) -> list[str]:
    return [each.student_id for each in compared if not (each.verdict_right and each.departures_right)]


def test_what_the_script_says_is_right(script: Script) -> None:
    compared = compare(script, *perfect(script), Policy())
    assert len(compared) == 48
    assert wrong(compared) == []


def test_another_verdict_is_wrong(script: Script) -> None:
    said, departures = perfect(script)
    said[3]["verdict"] = "late"
    assert wrong(compare(script, said, departures, Policy())) == [said[3]["student_id"]]


def test_a_row_that_is_missing_is_wrong(script: Script) -> None:
    said, departures = perfect(script)
    gone = said.pop(3)
    assert wrong(compare(script, said, departures, Policy())) == [gone["student_id"]]


@pytest.mark.parametrize(("seconds", "right"), [(0, True), (60, True), (-60, True), (61, False), (-61, False)])
def test_a_departure_may_be_a_minute_off(script: Script, seconds: int, right: bool) -> None:
    said, departures = perfect(script)
    true = msgspec.convert({key: departures[0][key] for key in ("departed_at", "returned_at")}, Absence)
    departures[0]["departed_at"] = (true.departed_at + timedelta(seconds=seconds)).isoformat()
    assert (wrong(compare(script, said, departures, Policy())) == []) is right


def test_a_departure_too_many_and_one_too_few_are_wrong(script: Script) -> None:
    said, departures = perfect(script)
    assert len(wrong(compare(script, said, [*departures, departures[0]], Policy()))) == 1
    assert len(wrong(compare(script, said, departures[1:], Policy()))) == 1


def test_a_return_that_was_not_is_wrong(script: Script) -> None:
    said, departures = perfect(script)
    departures[0]["returned_at"] = None if departures[0]["returned_at"] else departures[0]["departed_at"]
    assert len(wrong(compare(script, said, departures, Policy()))) == 1
