from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.benchmarks.__main__ import HOUSE, PARTS
from tests.benchmarks.parts import Kept, Result, measure, spoken, state_of

DAY = datetime(2026, 11, 27, tzinfo=UTC)


class Bench:
    """Parts that take a minute each and print their names; some fail."""

    def __init__(self, kept: Kept, failing: Mapping[str, str] | None = None) -> None:
        self.kept = kept
        self.failing = failing or {}
        self.now = DAY
        self.said: list[str] = []

    def run(self, part: str) -> tuple[str, str]:
        self.now += timedelta(minutes=1)
        return f"table of {part}\n", self.failing.get(part, "")

    def measure(self, parts: Sequence[str]) -> list[str]:
        return list(
            measure(parts, self.kept, self.run, machine="two cores", clock=lambda: self.now, say=self.said.append)
        )


@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_a_module_that_prints_its_tables(part: str) -> None:
    assert 'if __name__ == "__main__":' in (HOUSE / "tests" / "benchmarks" / f"{part}.py").read_text("utf-8")


def test_what_a_part_prints_is_kept_with_machine_day_and_seconds(tmp_path: Path) -> None:
    bench = Bench(Kept(tmp_path / "not there yet", "state"))
    assert bench.measure(["speed"]) == []
    assert bench.kept.of("speed") == Result(
        part="speed",
        machine="two cores",
        measured_at=DAY + timedelta(minutes=1),
        seconds=60,
        text="table of speed\n",
    )


def test_a_part_that_fails_is_shown_and_not_kept_and_the_others_go_on(tmp_path: Path) -> None:
    bench = Bench(Kept(tmp_path, "state"), failing={"speed": "exit status 1"})
    assert bench.measure(["speed", "halls"]) == ["speed"]
    assert "table of speed\nspeed failed: exit status 1" in bench.said
    assert bench.kept.of("speed") is None
    assert bench.kept.of("halls")


def test_a_part_begins_with_how_long_it_took_in_any_state(tmp_path: Path) -> None:
    Bench(Kept(tmp_path, "older")).measure(["speed"])
    bench = Bench(Kept(tmp_path, "newer"))
    assert bench.kept.of("speed") is None
    bench.measure(["speed", "halls"])
    assert bench.said == ["speed: took 60 s the last time ...", "halls: nobody knows yet how long ..."]


def test_the_last_time_is_the_newest(tmp_path: Path) -> None:
    for day, state in enumerate("bca"):
        result = Result(part="runs", machine="", measured_at=DAY + timedelta(days=day), seconds=day, text="")
        Kept(tmp_path, state).keep(result)
    last = Kept(tmp_path, "b").last("runs")
    assert last
    assert last.seconds == 2


def test_what_cannot_be_read_is_measured_again(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "speed.json").write_text("{", "utf-8")
    assert Kept(tmp_path, "state").of("speed") is None
    assert Kept(tmp_path, "state").last("speed") is None


def test_a_state_changes_with_names_contents_and_conditions_alone() -> None:
    files = [("a.py", b"1"), ("b.py", b"2")]
    others = [
        state_of(files[:1], "two cores"),
        state_of([("a.py", b"1"), ("b.py", b"3")], "two cores"),
        state_of([("a.py", b"1"), ("c.py", b"2")], "two cores"),
        state_of(files, "four cores"),
        state_of(files, "two cores", "LFW"),
    ]
    assert state_of(reversed(files), "two cores") == state_of(files, "two cores")
    assert len({state_of(files, "two cores"), *others}) == 6


@pytest.mark.parametrize(
    ("seconds", "said"), [(3.4, "3 s"), (89, "89 s"), (90, "2 min"), (3599, "1 h 0 min"), (7500, "2 h 5 min")]
)
def test_times_as_people_say_them(seconds: float, said: str) -> None:
    assert spoken(seconds) == said
