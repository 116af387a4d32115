"""A hall of one's own, from a directory of JPEGs to the table: with the lines of the README, and through kills."""

import os
import re
import signal
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from infra.machine.lag import STAGES
from infra.machine.readiness import ready_pid
from infra.machine.supervisor import processes
from producers.login import mark_author
from schemas.settings import Settings, load_settings
from tests.e2e import flat_hall
from tests.e2e.shell import Shell
from tests.tools.metrics import Sample, read_metrics, total

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("flat")
    flat_hall.write(folder)
    return folder


@pytest.fixture
def shell(hall: Path, tmp_path: Path) -> Iterator[Shell]:
    for each in hall.iterdir():
        (tmp_path / each.name).symlink_to(each)
    made = Shell(tmp_path)
    yield made
    made("naul down || true")


def check(shell: Shell) -> None:
    """Compare every verdict and every departure with the plan."""
    verdicts = {row["student_id"]: row["verdict"] for row in shell.rows("attendance")}
    assert verdicts == {student: verdict for student, (verdict, _) in flat_hall.PLAN.items()}
    told: dict[str, list[tuple[float, float | None]]] = {}
    for row in shell.rows("departures"):
        left, back = (
            flat_hall.minute(datetime.fromisoformat(row[name])) if row[name] else None
            for name in ("departed_at", "returned_at")
        )
        assert left is not None
        told.setdefault(row["student_id"], []).append((left, back))
    assert told.keys() == flat_hall.AWAY.keys()
    for student, away in flat_hall.AWAY.items():
        assert told[student] == [
            (pytest.approx(left, abs=1), back if back is None else pytest.approx(back, abs=1)) for left, back in away
        ]


def test_the_lines_of_the_readme_lead_from_photos_to_the_table(shell: Shell) -> None:
    section = README.read_text("utf-8").split("test_own_hall.py runs these lines")[1]
    block = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert block
    lines = [line.partition("#")[0].strip() for line in block[1].splitlines()]
    printed = {line: shell(line) for line in lines if line}
    assert "ready" in printed["naul up --detach"]
    assert "left early" in printed["naul report attendance --section CS2001-2"]
    assert (shell.folder / "departures.csv").read_text("utf-8-sig").startswith("date,period,section,hall,student_id")
    check(shell)  # the store answers when everything is down, too
    kept = [shell.home, *shell.home.rglob("*")]
    assert len(kept) > 100
    assert [each for each in kept if stat.S_IMODE(each.lstat().st_mode) & 0o077 and not each.is_symlink()] == []


def test_the_readme_is_whole() -> None:
    text = README.read_text("utf-8")
    assert "@@" not in text
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", text):
        assert (README.parent / link).exists(), link


def test_any_process_can_be_killed_at_any_moment(shell: Shell) -> None:
    shell("naul up --detach")
    shell("naul enroll photos --consent-on-file")
    shell("naul roster load roster.csv")
    shell("naul timetable load timetable.csv")
    shell("naul camera frames --hall B12 --camera front --no-wait")
    settings = load_settings(shell.home, shell.environ)
    for name in ("recognise-1", "attend-1", "sink-1"):
        pid = ready_pid(settings, name)
        assert pid
        os.kill(pid, signal.SIGKILL)
    (kafka,) = [each for each in processes(settings) if each.name == "kafka"]
    os.kill(kafka.pid, signal.SIGKILL)
    shell("naul wait")
    check(shell)
    before, counted = shell.rows("attendance"), Counted(settings)
    shell("naul camera frames --hall B12 --camera front")
    shell("naul wait")
    assert shell.rows("attendance") == before, "a recording that was sent before is sent again without harm"
    counted.agrees(len(list((shell.folder / "frames").glob("*.jpg"))))
    people_have_the_last_word(shell)


class Counted:
    """What the parts counted from now on."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._before = self._all()

    def _all(self) -> dict[str, list[Sample]]:
        return {name: read_metrics(self._settings, name) for name in ("recognise-1", "attend-1", "sink-1")}

    def agrees(self, frames: int) -> None:
        """Hold it to so many frames, which were all sent before, and looked at a second time."""
        now = self._all()

        def more(part: str, metric: str, **labels: str) -> float:
            return total(now[part], metric, **labels) - total(self._before[part], metric, **labels)

        assert more("recognise-1", "naul_frames_total") == more("recognise-1", "naul_frames_total", outcome="looked_at")
        assert more("recognise-1", "naul_frames_total") == more("recognise-1", "naul_looking_seconds_count") == frames
        faces = more("recognise-1", "naul_faces_total")
        assert faces > frames
        assert more("sink-1", "naul_store_rows_total", table="sightings_rows") == faces
        assert more("sink-1", "naul_store_batches_total", outcome="written") >= 1
        assert more("attend-1", "naul_attend_messages_total", topic="sightings") >= frames  # ticks are messages, too
        assert total(now["attend-1"], "naul_hall_coverage_ratio", hall="B12", state="closed") > 0.9
        for part in now:
            assert total(now[part], "naul_ready") == 1
            assert total(now[part], "naul_hung") == 0
        lag = [each for each in read_metrics(self._settings, "watchdog") if each[0] == "naul_lag_records"]
        assert {(labels["stage"], labels["topic"]) for _, labels, _ in lag} == {
            (stage.name, topic) for stage in STAGES for topic in stage.topics
        }


def people_have_the_last_word(shell: Shell) -> None:
    """Look at the hall, mark a student, ask whose face it is, forget a student."""
    assert "202100001" in shell("naul watch --hall B12 --once")
    assert "202100001" in shell("naul identify photos/202100001/2.png --section CS2001-2")
    hour = "--section CS2001-2 --date 2026-03-10 --period 1"
    shell(f"naul mark 202100011 {hour} --verdict present --reason 병원")
    shell("naul forget 202100002 --yes")
    shell("naul wait")
    rows = {row["student_id"]: row for row in shell.rows("attendance")}
    assert (rows["202100011"]["verdict"], rows["202100011"]["source"]) == ("present", mark_author(Settings()))
    assert rows.keys() == flat_hall.PLAN.keys() - {"202100002"}
