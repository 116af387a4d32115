"""``naul export`` as it is typed, with a real Kafka and a real store: what it writes, and that it is on record."""

import csv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from python_calamine import CalamineWorkbook

from infra.cli.main import naul
from infra.operations.accounts.audit import audit_table
from schemas.cluster import send
from schemas.errors import RefusedError, UnavailableError
from schemas.messages import ClassHour, HallDay, Term, encode
from schemas.settings import Settings
from sinks.rows import AttendanceRow
from sinks.store import open_store
from streams.faces.key_file import create_keys
from tests.benchmarks.paper_term import MONDAY, PaperTerm, fill_term, paper_term
from tests.integration.sinks.conftest import Site

Export = Callable[..., Result]
EVIL = '=HYPERLINK("http://a.example")'


@pytest.fixture
def paper(site: Settings) -> PaperTerm:
    """A small term, stored; the name of one student is a formula."""
    term = paper_term(sections=2, weeks=3, a_week=2, students=12, roster=10)
    create_keys(site.key_file, lambda: term.hours["EA0000-1"][0].starts_at)
    days: dict[tuple[str, object], list[ClassHour]] = {}
    for hour in (each for hours in term.hours.values() for each in hours):
        days.setdefault((hour.hall, hour.date), []).append(hour)
    records = [
        (site.topic("timetable"), f"{hall}|{day}".encode(),
         encode(HallDay(hall=hall, date=those[0].date, hours=tuple(those))), None, None)
        for (hall, day), those in days.items()
    ]  # fmt: skip
    last = max(each.date for hours in term.hours.values() for each in hours)
    message = Term(term="2026-1", first=MONDAY, last=last, loaded_at=term.hours["EA0000-1"][0].starts_at)
    send(site, [*records, (site.topic("terms"), b"2026-1", encode(message), None, None)])
    with open_store(site) as store:
        fill_term(store, term)
        table = "SELECT * FROM attendance_rows WHERE section = 'EA0000-1' ORDER BY student_id, date LIMIT 1"
        found = store.query(table)
        row = dict(zip(found.columns, found.rows[0], strict=True)) | {"name": EVIL, "version": 99}
        store.insert("attendance_rows", AttendanceRow._fields, [[row[each] for each in AttendanceRow._fields]])
    return term


@pytest.fixture
def run(site: Settings, paper: PaperTerm, monkeypatch: pytest.MonkeyPatch) -> Export:
    known = {"HOME": str(site.home), "KAFKA": site.kafka, "PREFIX": site.prefix}
    for name, value in known.items():
        monkeypatch.setenv(f"NAUL_{name}", value)

    def called(*words: str) -> Result:
        return CliRunner().invoke(naul, ["export", *words])

    return called


def read(file: Path) -> list[list[str]]:
    return list(csv.reader(file.read_text("utf-8-sig").splitlines()))


def test_every_export_writes_what_it_says(run: Export, paper: PaperTerm, tmp_path: Path) -> None:
    student = paper.students["EA0000-1"][0].student_id
    for words in (("attendance",), ("rates", "--what", "week"), ("slipping",), ("standing",), ("student", student)):
        for end in ("csv", "xlsx"):
            file = tmp_path / f"{words[0]}.{end}"
            done = run(*words, "--term", "2026-1", "--output", str(file))
            assert done.exit_code == 0, (words, done.output, done.exception)
        sheet = CalamineWorkbook.from_path(tmp_path / f"{words[0]}.xlsx").get_sheet_by_index(0).to_python()
        lines = read(tmp_path / f"{words[0]}.csv")
        assert sheet[0] == lines[0]
        assert len(sheet) == len(lines) > 1
    rows = read(tmp_path / "attendance.csv")
    assert len(rows) == 1 + 2 * 6 * 10
    assert f"'{EVIL}" in {each[6] for each in rows}, "text in a spreadsheet"
    sheet = CalamineWorkbook.from_path(tmp_path / "attendance.xlsx").get_sheet_by_index(0).to_python()
    assert EVIL in {each[6] for each in sheet}
    assert sheet[1][0] == min(each.date for each in paper.hours["EA0000-1"])


def test_moodle_canvas_and_registers(run: Export, paper: PaperTerm, tmp_path: Path) -> None:
    hour = paper.hours["EA0000-1"][0]
    one = tmp_path / "hour.csv"
    done = run(
        "moodle",
        "--section",
        hour.section,
        "--date",
        f"{hour.date}",
        "--period",
        f"{hour.period}",
        "--output",
        str(one),
    )
    assert done.exit_code == 0, done.exception
    lines = read(one)
    assert lines[0] == ["idnumber", "status"]
    assert {each[1] for each in lines[1:]} <= {"P", "L", "E", "A"}
    assert run("moodle", "--term", "2026-1", "--output", str(tmp_path / "m.zip")).exit_code == 0
    with zipfile.ZipFile(tmp_path / "m.zip") as packed:
        names = packed.namelist()
    assert f"{hour.id.replace('|', '_')}.csv" in names
    assert names[-1] == "summary.csv"
    assert run("canvas", "--term", "2026-1", "--title", "출석", "--output", str(tmp_path / "c.csv")).exit_code == 0
    gradebook = read(tmp_path / "c.csv")
    assert gradebook[0][-1] == "출석"
    assert len(gradebook) == 2 + 20
    assert run("register", "--term", "2026-1", "--output", str(tmp_path / "r.zip")).exit_code == 0
    with zipfile.ZipFile(tmp_path / "r.zip") as packed:
        assert sorted(packed.namelist()) == sorted(f"{each}.xlsx" for each in paper.hours)
    listed = run("register", "--map", "list", "--term", "2026-1", "--output", str(tmp_path / "l.csv"))
    assert listed.exit_code == 0
    assert len(read(tmp_path / "l.csv")) == 1 + 120


def test_what_was_taken_away_is_on_record_and_what_could_not_be_is_not_there(
    site: Settings, run: Export, tmp_path: Path, sink: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    for words, said in (
        (("attendance", "--term", "2026-2"), "there is no term"),
        (("attendance", "--term", "2026-1", "--section", "EA0000-2"), "Did you mean EA0000-1?"),
        (("moodle", "--term", "2026-1"), "Moodle takes a file for each class hour, and these are 12"),
        (("register", "--map", "nothing", "--term", "2026-1"), "there is no map 'nothing'"),
        (("standing", "--from", "2026-03-02"), "these are days of no term"),
        (("attendance", "--from", "2026-03-05", "--until", "2026-03-02"), "the last day is before the first"),
    ):
        refused = run(*words, "--output", str(tmp_path / "no.csv")).exception
        assert isinstance(refused, RefusedError), words
        assert said in f"{refused.message} {refused.remedy}"
        assert list(tmp_path.glob("*no*")) == []
    lost = run("attendance", "--term", "2026-1", "--output", str(tmp_path / "nowhere" / "a.csv")).exception
    assert isinstance(lost, RefusedError)
    assert run("moodle", "--date", "2026-03-02", "--output", "a.csv").exit_code == 2
    file = tmp_path / "a.csv"
    assert run("attendance", "--term", "2026-1", "--output", str(file), "--by", "office").exit_code == 0
    with sink(site):  # type: ignore[attr-defined]
        Site(site).caught_up()
        rows = list(audit_table(site, {}).dicts())
    assert ("office", "console", "export", "attendance of 2026-1, csv") in [
        (each["account"], each["role"], each["action"], each["detail"]) for each in rows
    ]
    file.unlink()
    monkeypatch.setenv("NAUL_KAFKA", "127.0.0.1:9")
    away = run("attendance", "--term", "2026-1", "--output", str(file)).exception
    assert isinstance(away, UnavailableError)
    assert not file.exists()


def test_the_names_of_what_a_site_wrote_are_found(site: Settings, run: Export, tmp_path: Path) -> None:
    folder = site.home / "exports"
    folder.mkdir()
    (folder / "moodle.toml").write_text('[status]\npresent = "출"\n', "utf-8")
    (folder / "own.toml").write_text('layout = "list"\n[[columns]]\ntitle = "a"\nwhat = "name"\n', "utf-8")
    assert run("moodle", "--term", "2026-1", "--output", str(tmp_path / "m.zip")).exit_code == 0
    with zipfile.ZipFile(tmp_path / "m.zip") as packed:
        assert ",출\n" in packed.read(packed.namelist()[0]).decode()
    assert run("register", "--map", "own", "--term", "2026-1", "--output", str(tmp_path / "o.csv")).exit_code == 0
    assert read(tmp_path / "o.csv")[0] == ["a"]
