"""Rosters, timetable, marks, roll calls and erasure against a real Kafka, through the command line."""

import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import Result

from enrollment.loaded import class_hours, enrollments, hall_days, mark_batches, rosters
from producers.login import mark_author
from schemas.cluster import consumer, end_offsets, send
from schemas.errors import RefusedError
from schemas.messages import Enrollment, EnrollmentTemplate, encode
from schemas.partitions import partition_of
from schemas.settings import Settings
from schemas.topics import topic
from sinks.store import open_store

Naul = Callable[..., Result]

ROSTER = (
    "section,student_id,name\nEA0017-1,201912345,김민수\nEA0017-1,201954321,Lee Seoyeon\nCS2001-2,201912345,김민수\n"
)
TIMETABLE = (
    "section,hall,date,period,starts_at,ends_at\n"
    "EA0017-1,E101,2026-11-23,1,09:00,09:50\n"
    "EA0017-1,E101,2026-11-23,2,10:00,10:50\n"
)

MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)


@pytest.fixture
def loaded(run: Naul, tmp_path: Path) -> Naul:
    """The same, with a roster and a timetable."""
    (tmp_path / "roster.csv").write_bytes(ROSTER.encode("cp949"))
    (tmp_path / "timetable.csv").write_bytes(TIMETABLE.encode("utf-8-sig"))
    for what in ("roster", "timetable"):
        result = run(what, "load", str(tmp_path / f"{what}.csv"))
        assert result.exception is None, result.exception
    return run


def records(site: Settings, name: str) -> list[tuple[int, str]]:
    """Partition and key of every record of a topic, in order of arrival within a partition."""
    with_client = consumer(site)
    try:
        ends = end_offsets(with_client, site.topic(name))
        with_client.assign(list(ends))
        with_client.seek_to_beginning(*ends)
        found = []
        while any(with_client.position(each) < end for each, end in ends.items()):
            for batch in with_client.poll(timeout_ms=200).values():
                found += [(each.partition, each.key.decode()) for each in batch]
        return found
    finally:
        with_client.close()


def test_what_is_loaded_is_what_the_workers_see(loaded: Naul, site: Settings) -> None:
    found = rosters(site)
    assert {each.section: len(each.students) for each in found.everything} == {"EA0017-1": 2, "CS2001-2": 1}
    assert found.students["201912345"].name == "김민수"
    assert [hour.id for hour in class_hours(site)] == ["EA0017-1|2026-11-23|1", "EA0017-1|2026-11-23|2"]
    assert set(hall_days(site)) == {"E101|2026-11-23"}
    assert "김민수" in loaded("roster", "show", "EA0017-1").output
    assert "not enrolled" in loaded("roster", "show", "EA0017-1").output
    assert "09:00" in loaded("timetable", "show", "--hall", "E101", "--date", "2026-11-23").output


@pytest.mark.parametrize("what", ["roster", "timetable"])
def test_a_refused_file_changes_nothing(loaded: Naul, site: Settings, tmp_path: Path, what: str) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(
        {
            "roster": "section,student_id,name\nEA0017-1,202000001,New\nEA0017-1,1,Kim\n",
            "timetable": f"{TIMETABLE}EA0017-1,E101,2026-11-23,3,09:30,10:30\n",
        }[what]
    )
    before = records(site, "rosters"), records(site, "timetable")
    result = loaded(what, "load", str(bad))
    assert isinstance(result.exception, RefusedError)
    assert "bad.csv, line " in result.exception.message
    assert (records(site, "rosters"), records(site, "timetable")) == before


def test_what_a_load_takes_away_is_shown_and_asked_for_before_anything_is_done(
    loaded: Naul, site: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "changed.csv"
    file.write_text("section,student_id,name\nEA0017-1,201912345,김민수\n", "utf-8")
    before = records(site, "rosters")
    refused = loaded("roster", "load", str(file))
    assert refused.return_value == 1
    assert "1 no longer (201954321 Lee Seoyeon)" in refused.output
    assert "Nothing was applied. Add --yes if that is meant." in refused.output
    assert records(site, "rosters") == before
    assert loaded("roster", "load", str(file), "--from", "2026-11-24", "--yes").return_value == 0
    found = rosters(site)
    ids = {day: [each.student_id for each in found.on("EA0017-1", day).students] for day in (MONDAY, TUESDAY)}
    assert ids == {MONDAY: ["201912345", "201954321"], TUESDAY: ["201912345"]}
    assert len(found.on("CS2001-2", TUESDAY).students) == 1
    assert "Lee Seoyeon" in loaded("roster", "show", "EA0017-1", "--date", "2026-11-23").output
    assert "Lee Seoyeon" not in loaded("roster", "show", "EA0017-1", "--date", "2026-11-24").output


def test_who_changed_the_section_is_marked_by_the_roster_of_that_hour(
    loaded: Naul, site: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "changed.csv"
    file.write_text("section,student_id,name\nEA0017-1,201954321,Lee Seoyeon\n", "utf-8")
    loaded("roster", "load", str(file), "--from", "2026-11-24", "--yes")
    marked = loaded("mark", "201912345", "--section", "EA0017-1", "--date", "2026-11-23", "--period", "1")
    assert "김민수 (201912345) is marked present in 2026-11-23 period 1" in marked.output
    (batch,) = mark_batches(site).values()
    assert [each.student_id for each in batch.marks] == ["201912345"]


def test_the_first_roster_of_a_section_holds_from_the_date_that_is_named(
    loaded: Naul, site: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "new.csv"
    file.write_text("section,student_id,name\nCS3001-1,201912345,김민수\n", "utf-8")
    (tmp_path / "hours.csv").write_text(TIMETABLE.replace("EA0017-1", "CS3001-1"), "utf-8")
    loaded("timetable", "load", str(tmp_path / "hours.csv"))
    result = loaded("roster", "load", str(file), "--from", "2026-11-24")
    assert "CS3001-1: a roster of 1 from 2026-11-24 on: 1 new (201912345 김민수)" in result.output
    assert "Class hours of CS3001-1 are before the date from which the first roster holds" in result.stderr
    assert [len(rosters(site).on("CS3001-1", day).students) for day in (MONDAY, TUESDAY)] == [0, 1]
    refused = loaded("mark", "201912345", "--section", "CS3001-1", "--date", "2026-11-23", "--period", "1").exception
    assert "section 'CS3001-1' has no roster on 2026-11-23: its first one holds from 2026-11-24 on" in str(refused)


def test_what_does_not_fit_together_is_told_with_every_load(loaded: Naul, site: Settings, tmp_path: Path) -> None:
    file = tmp_path / "other.csv"
    file.write_text(TIMETABLE.replace("EA0017-1", "CS2001-02").replace("2026-11-23", "2026-11-24"), "utf-8")
    said = loaded("timetable", "load", str(file))
    assert said.return_value == 0
    assert (
        "No roster for CS2001-02 of the timetable: nobody is looked for there; CS2001-02 looks like CS2001-2"
        in said.stderr
    )
    (site.home / "naul.toml").write_text((site.home / "naul.toml").read_text("utf-8") + 'language = "ko"\n', "utf-8")
    assert "시간표의 CS2001-02 분반에 명단이 없어" in loaded("timetable", "load", str(file)).stderr


def test_a_section_that_was_written_wrongly_is_removed(loaded: Naul, site: Settings, tmp_path: Path) -> None:
    file = tmp_path / "other.csv"
    file.write_text(TIMETABLE.replace("EA0017-1", "EA0017-01").replace("2026-11-23", "2027-11-23"), "utf-8")
    loaded("timetable", "load", str(file))
    assert loaded("timetable", "remove", "EA0017-01").return_value == 1
    assert len(class_hours(site)) == 4
    assert loaded("timetable", "remove", "EA0017-01", "--yes").return_value == 0
    assert {each.section for each in class_hours(site)} == {"EA0017-1"}


def test_a_roster_that_was_written_wrongly_is_removed(loaded: Naul, site: Settings, tmp_path: Path) -> None:
    file = tmp_path / "other.csv"
    file.write_text(ROSTER.replace("EA0017-1", "EA0017-01"), "utf-8")
    loaded("roster", "load", str(file), "--yes")
    shown = loaded("roster", "remove", "EA0017-01")
    assert (shown.return_value, "EA0017-01: the roster of 2 is removed" in shown.output) == (1, True)
    assert "EA0017-01" in rosters(site).sections
    assert loaded("roster", "remove", "EA0017-01", "--yes").return_value == 0
    assert rosters(site).sections == ("CS2001-2", "EA0017-1")
    gone = loaded("roster", "remove", "EA0017-01", "--yes").exception
    assert isinstance(gone, RefusedError)
    assert gone.message == "section 'EA0017-01' has no roster; EA0017-01 looks like EA0017-1"
    assert gone.remedy == "Nothing was removed. If EA0017-1 is meant, `naul roster show EA0017-1` shows that one."
    for line, remedy in (
        (("ZZZ",), "There are rosters of CS2001-2, EA0017-1."),
        (("EA0017-1", "--from", "2099-01-01"), "name an earlier --from, or none for all."),
    ):
        refused = loaded("roster", "remove", *line, "--yes").exception
        assert isinstance(refused, RefusedError)
        assert refused.remedy.endswith(remedy)


def test_a_roster_of_hours_that_have_begun_is_not_removed(loaded: Naul, site: Settings, tmp_path: Path) -> None:
    file = tmp_path / "past.csv"
    file.write_text(TIMETABLE.replace("2026-11-23", "2024-11-25"), "utf-8")
    loaded("timetable", "load", str(file))
    refused = loaded("roster", "remove", "EA0017-1", "--yes").exception
    assert isinstance(refused, RefusedError)
    assert refused.message.startswith("the roster of EA0017-1 was in force when class hours began (")
    assert "--from" in refused.remedy
    assert "EA0017-1" in rosters(site).sections


def test_an_hour_of_the_past_of_which_nothing_is_known_moves_to_the_hall_that_was_meant(
    loaded: Naul, site: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "past.csv"
    past = TIMETABLE.replace("2026-11-23", "2024-11-25")
    file.write_text(past.replace("E101", "e101"), "utf-8")
    assert (
        "Halls that differ only in how they are written; E101 looks like e101"
        in loaded("timetable", "load", str(file)).stderr
    )
    loaded("mark", "201912345", "--section", "EA0017-1", "--date", "2024-11-25", "--period", "2")
    file.write_text(past, "utf-8")
    refused = loaded("timetable", "load", str(file), "--yes").exception
    assert "EA0017-1 on 2024-11-25, period 1 has begun in" in str(refused), "where no store is, nobody knows"
    open_store(site).close()
    refused = loaded("timetable", "load", str(file), "--yes").exception
    assert isinstance(refused, RefusedError)
    assert (
        "EA0017-1 on 2024-11-25, period 2 has begun in hall 'e101' and cannot move to 'E101': it has marks; "
        "leave it in 'e101': E101 looks like e101" in refused.message
    )
    assert "period 1" not in refused.message
    file.write_text(past.replace("E101,2024-11-25,2", "e101,2024-11-25,2"), "utf-8")
    assert "moves from e101 to E101" in loaded("timetable", "load", str(file), "--yes").output
    assert [each.hall for each in class_hours(site) if each.date.year == 2024] == ["E101", "e101"]


def test_a_hall_that_the_timetable_does_not_know_is_not_waited_for(loaded: Naul) -> None:
    refused = loaded("watch", "--hall", "e101", "--once").exception
    assert "the timetable knows no hall 'e101'; e101 looks like E101" in str(refused)
    assert "nothing yet: waiting for frames of this hall" in loaded("watch", "--hall", "E101", "--once").output


def test_a_mark_keeps_who_when_and_why_in_the_partition_of_its_hall(loaded: Naul, site: Settings) -> None:
    before = datetime.now(UTC)
    result = loaded(
        *("mark", "201912345", "--section", "EA0017-1", "--date", "2026-11-23", "--period", "2"),
        *("--verdict", "late", "--reason", "train"),
    )
    assert result.output == "김민수 (201912345) is marked late in 2026-11-23 period 2 (10:00-10:50, E101).\n"
    ((key, batch),) = mark_batches(site).items()
    assert (batch.by, batch.reason, batch.kind, batch.class_hour) == (
        mark_author(site),
        "train",
        "mark",
        "EA0017-1|2026-11-23|2",
    )
    assert before <= batch.at <= datetime.now(UTC)
    assert records(site, "marks") == [(partition_of("E101", topic("marks").partitions), key)]


def test_a_mark_for_a_stranger_is_refused_with_the_nearest_student(loaded: Naul, site: Settings) -> None:
    result = loaded("mark", "201912344", "--section", "EA0017-1", "--date", "2026-11-23", "--period", "1")
    assert "did you mean 201912345 (김민수)?" in str(result.exception)
    assert mark_batches(site) == {}


HOUR = ("--date", "2026-11-23", "--period", "1")


def test_a_roll_call_is_one_message(loaded: Naul, site: Settings) -> None:
    result = loaded("rollcall", "EA0017-1", *HOUR, typed="n\nb\n\nx\nl\n")
    assert result.return_value == 0, result.output
    assert "Sent as one message: 1 present, 1 late, 0 absent." in result.output
    (batch,) = mark_batches(site).values()
    assert batch.kind == "rollcall"
    assert {each.student_id: each.verdict for each in batch.marks} == {"201912345": "present", "201954321": "late"}
    assert len(records(site, "marks")) == 1
    assert list(site.home.glob("rollcall-*")) == []


@pytest.mark.parametrize("ending", ["n\nq\n", "n\n"], ids=["q", "closed input"])
def test_a_stopped_roll_call_goes_on_where_it_was(loaded: Naul, site: Settings, ending: str) -> None:
    stopped = loaded("rollcall", "EA0017-1", *HOUR, typed=ending)
    assert stopped.return_value == 1
    assert "1 of 2 answers are kept" in stopped.output
    assert mark_batches(site) == {}
    resumed = loaded("rollcall", "EA0017-1", *HOUR, typed="\n")
    assert "Going on after 1 of 2 answers." in resumed.output
    (batch,) = mark_batches(site).values()
    assert [each.verdict for each in batch.marks] == ["absent", "present"]


def test_a_roll_call_in_korean(loaded: Naul, site: Settings) -> None:
    with (site.home / "naul.toml").open("a", encoding="utf-8") as file:
        file.write('language = "ko"\n')
    result = loaded("rollcall", "EA0017-1", *HOUR, typed="ㅛ\nㅣ\n")
    assert "김민수: 출석? [Y/n/l(지각)/b(뒤로)/q]" in result.output
    assert "한 번에 전송했습니다: 출석 1, 지각 1, 결석 0." in result.output


class Terminal:
    """``naul rollcall`` in a terminal of its own."""

    def __init__(self, site: Settings) -> None:
        self.mine, theirs = pty.openpty()
        line = [sys.executable, "-m", "infra.cli.main", "rollcall", "EA0017-1", *HOUR, "--home", str(site.home)]
        self.process = subprocess.Popen(line, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
        os.close(theirs)
        self._read = b""

    def wait_for(self, text: str) -> None:
        """Return when this text was printed."""
        waits = select.poll()  # select() knows no descriptor from 1024 on
        waits.register(self.mine, select.POLLIN)
        while text.encode() not in self._read:
            assert waits.poll(60_000), self._read.decode()
            self._read += os.read(self.mine, 4096)
        self._read = self._read.partition(text.encode())[2]

    def type(self, text: str) -> None:
        os.write(self.mine, text.encode())

    def close(self) -> None:
        with suppress(OSError):
            os.close(self.mine)
        self.process.kill()
        self.process.wait()


@pytest.fixture
def terminal(loaded: Naul, site: Settings) -> Iterator[Terminal]:
    opened = Terminal(site)
    yield opened
    opened.close()


@pytest.mark.parametrize("how", ["killed", "terminal closed", "ctrl-c"])
def test_a_roll_call_survives(terminal: Terminal, loaded: Naul, site: Settings, how: str) -> None:
    terminal.wait_for("김민수: present?")
    terminal.type("l\n")
    terminal.wait_for("Lee Seoyeon: present?")
    if how == "terminal closed":
        os.close(terminal.mine)
        terminal.process.send_signal(signal.SIGHUP)
    else:
        terminal.process.send_signal(signal.SIGKILL if how == "killed" else signal.SIGINT)
    while terminal.process.poll() is None:  # one that comes between the question and the reading is pressed again
        with suppress(subprocess.TimeoutExpired):
            terminal.process.wait(5)
        if how == "ctrl-c":
            terminal.process.send_signal(signal.SIGINT)
    assert terminal.process.returncode != 0
    assert mark_batches(site) == {}
    resumed = loaded("rollcall", "EA0017-1", *HOUR, typed="n\n")
    assert resumed.return_value == 0
    (batch,) = mark_batches(site).values()
    assert [each.verdict for each in batch.marks] == ["late", "absent"]


def test_forgetting_erases_templates_rosters_and_marks_and_tells_every_partition(loaded: Naul, site: Settings) -> None:
    student = "201912345"
    loaded("rollcall", "EA0017-1", *HOUR, typed="\n\n")
    loaded("mark", student, "--section", "EA0017-1", "--date", "2026-11-23", "--period", "2")
    template = EnrollmentTemplate(engine="e", photos=1, sealed=b"s")
    enrollment = Enrollment(
        student_id=student, version=1, enrolled_at=datetime.now(UTC), consent_on_file=True, templates=(template,)
    )
    send(site, [(site.topic("enrollments"), student.encode(), encode(enrollment), None, None)])
    result = loaded("forget", student, "--yes")
    assert result.exception is None, result.exception
    assert f"Erased of {student}: 1 templates, 2 rosters, 2 marks" in result.output
    assert enrollments(site) == {}
    assert student not in str(rosters(site).everything)
    (left,) = mark_batches(site).values()
    assert [each.student_id for each in left.marks] == ["201954321"]
    assert sorted(set(records(site, "sightings"))) == [(p, student) for p in range(topic("sightings").partitions)]


def test_forgetting_asks_first_and_erases_nothing_without_a_yes(loaded: Naul, site: Settings) -> None:
    result = loaded("forget", "201912345", typed="n\n")
    assert result.exception is not None
    assert "201912345" in str(rosters(site).everything)
    assert records(site, "sightings") == []
