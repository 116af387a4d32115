"""What is taken away of a term as a file: tables as CSV and XLSX, and what Moodle, Canvas and a site's register read.

Who asks may do so: that, and that it is on record, is for the door to see to. A file that is not whole is never left.
"""

import csv
import io
import shutil
import zipfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

import msgspec

from infra.machine.scratch import scratch_folder
from infra.operations.class_hours.labels import word
from infra.operations.reports import report_tables
from infra.operations.reports.canvas_file import canvas_table
from infra.operations.reports.moodle_files import ACRONYMS, MoodleSession, moodle_sessions, read_acronyms
from infra.operations.reports.rates import Dimension
from infra.operations.reports.register_map import RegisterMap, read_register_map
from infra.operations.reports.register_table import RegisterWords, register_table
from infra.operations.reports.report_period import ReportPeriod, term_of
from infra.operations.reports.report_tables import ReportTable, weekday_name
from infra.operations.reports.term_numbers import KeptNumbers
from infra.operations.terms.terms import standing_rows
from schemas.errors import RefusedError
from schemas.ids import split_class_hour
from schemas.messages import ClassHour
from schemas.settings import Settings
from schemas.texts import nearest
from schemas.translations import Text, say
from sinks.reports.render import write_csv
from sinks.store import open_for_reading
from sinks.term_reports import VerdictRow, decided_hours, slips, student_rows, verdict_rows

__all__ = [
    "EXPORTS",
    "FILE_FORMATS",
    "FORMATS",
    "ExportKind",
    "ExportSource",
    "ExportWish",
    "ExportedFile",
    "FileFormat",
    "export",
    "exported",
    "map_names",
]

ExportKind: TypeAlias = Literal[
    "attendance", "rates", "slipping", "standing", "student", "moodle", "canvas", "register"
]
EXPORTS: Final[tuple[ExportKind, ...]] = get_args(ExportKind)
FileFormat: TypeAlias = Literal["csv", "xlsx", "zip"]
FILE_FORMATS: Final[tuple[FileFormat, ...]] = get_args(FileFormat)

FORMATS: Final[dict[ExportKind, tuple[FileFormat, ...]]] = {
    **dict.fromkeys(EXPORTS, ("csv", "xlsx")),
    "moodle": ("zip", "csv"),
    "canvas": ("csv",),
    "register": ("xlsx", "csv", "zip"),
}
MAPS: Final = Path(__file__).with_name("maps")
"""Maps that every site has."""
_MOODLE: Final = "moodle"


class ExportSource(NamedTuple):
    """Where it comes from. timetable: all class hours. language: of whoever reads the file. now: aware."""

    settings: Settings
    timetable: Sequence[ClassHour]
    numbers: KeptNumbers
    language: str
    now: datetime


class ExportWish(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for.

    sections: that whoever asks may take away; None: all. section: one of them alone; empty: all. by: of rates.
    student: by id. class_hour: one alone, by id, of Moodle. map_file: of Moodle or a register, in place of ``map``, one
    of ``map_names``. title: of Canvas' column.
    """

    kind: ExportKind
    format: FileFormat
    period: ReportPeriod
    sections: frozenset[str] | None = None
    section: str = ""
    by: Dimension = "section"
    student: str = ""
    class_hour: str = ""
    map: str = ""
    map_file: Path | None = None
    title: str = ""

    @property
    def asked(self) -> frozenset[str] | None:
        """The sections that it is about."""
        return frozenset({self.section}) if self.section else self.sections

    @property
    def name(self) -> str:
        """What the file is called."""
        parts = (self.kind, self.by if self.kind == "rates" else "", self.period.name, self.section, self.student)
        stem = "-".join(each.replace("/", "-").replace(" ", "-") for each in parts if each)
        return f"{stem}.{self.format}"

    @property
    def told(self) -> str:
        """What the audit says of it, students apart."""
        what = f"{self.kind} by {self.by}" if self.kind == "rates" else self.kind
        return ", ".join(filter(None, (f"{what} of {self.period.name}", self.section, self.format)))


class ExportedFile(NamedTuple):
    """A file that is there. rows: lines of students, or of what the table has. unobserved: rows left out."""

    file: Path
    rows: int
    unobserved: int = 0


def map_names(settings: Settings) -> dict[str, Path]:
    """Return the maps of registers that a site has, by name: ours, and those in the folder ``exports`` of its home."""
    files = [*MAPS.glob("*.toml"), *sorted((settings.home / "exports").glob("*.toml"))]
    return {each.stem: each for each in files if each.stem != _MOODLE}


def export(source: ExportSource, wish: ExportWish, file: Path) -> ExportedFile:
    """Write what is wished into a file, in place of what it was; if anything is wrong, nothing of it is there.

    Raises:
        RefusedError: as ``exported``, or the file cannot be written.
        UnavailableError: the store does not answer.
    """
    half = file.with_name(f".{file.name}.new")
    try:
        with scratch_folder(source.settings.home) as folder:
            done = _made(source, wish, folder / "file")
            shutil.copyfile(done.file, half)
        half.replace(file)
    except OSError as error:
        raise RefusedError(
            Text("cannot write {output}: {strerror}", output=file, strerror=error.strerror), "Choose another --output."
        ) from error
    finally:
        with suppress(OSError):
            half.unlink(missing_ok=True)
    return done._replace(file=file)


def exported(source: ExportSource, wish: ExportWish) -> bytes:
    """Return what is wished; nothing of it stays on the disk, whoever is killed meanwhile.

    Raises:
        RefusedError: the format does not go with it, no such section, student or map, a map is wrong, or a sheet is
            full.
        UnavailableError: the store does not answer.
    """
    with scratch_folder(source.settings.home) as folder:
        return _made(source, wish, folder / "file").file.read_bytes()


def _made(source: ExportSource, wish: ExportWish, file: Path) -> ExportedFile:
    if wish.format not in FORMATS[wish.kind]:
        raise RefusedError(
            Text("{kind} is not written as {format}", kind=wish.kind, format=wish.format),
            Text("It is written as {formats}.", formats=", ".join(FORMATS[wish.kind])),
        )
    _see_section(source, wish)
    return _WRITERS.get(wish.kind, _write_table)(source, wish, file)


def _see_section(source: ExportSource, wish: ExportWish) -> None:
    first, last = wish.period[:2]
    if not wish.section:
        return
    known = {each.section for each in source.timetable if first <= each.date <= last}
    if wish.section not in known:
        near = nearest(wish.section, known)
        raise RefusedError(
            Text("{section} has no class hour from {first} to {last}", section=wish.section, first=first, last=last),
            Text("Did you mean {near}?", near=near) if near else Text("`naul timetable show` lists them."),
        )


def _write_table(source: ExportSource, wish: ExportWish, file: Path) -> ExportedFile:
    table = _table(source, wish)
    return ExportedFile(file, _written(table, wish.format, file, wish.kind))


def _table(source: ExportSource, wish: ExportWish) -> ReportTable:
    settings, language, (first, last, _) = source.settings, source.language, wish.period
    if wish.kind == "rates":
        asked = wish.asked
        numbers, fresh = source.numbers.of(
            wish.period, source.timetable, lambda each: asked is None or each in asked, source.now
        )
        if not fresh:
            raise RefusedError("the store does not answer, and a file is never old", "Try again when it does.")
        return report_tables.rates_table(language, wish.by, numbers.by(wish.by), numbers.totals)
    if wish.kind == "standing":
        term = term_of(wish.period)
        rows = standing_rows(settings, term, source.timetable, source.now, sections=wish.asked)
        return report_tables.standing_table(language, rows)
    with open_for_reading(settings) as store:
        match wish.kind:
            case "slipping":
                return report_tables.slips_table(language, slips(store, first, last, wish.asked))
            case "student":
                his = student_rows(store, wish.student, first, last, wish.asked)
                return report_tables.student_table(language, settings.zone, wish.student, his)
            case _:
                found = list(verdict_rows(store, first, last, wish.asked))
                return report_tables.attendance_table(language, settings.zone, found)


def _write_canvas(source: ExportSource, wish: ExportWish, file: Path) -> ExportedFile:
    term = term_of(wish.period)
    rows = standing_rows(source.settings, term, source.timetable, source.now, sections=wish.asked)
    with open_for_reading(source.settings) as store:
        decided = decided_hours(store, term.first, term.last, wish.asked)
    title = wish.title or say(source.language, "Attendance {term}", term=term.term)
    table = canvas_table(title, rows, decided)
    with file.open("w", encoding="utf-8", newline="") as lines:  # no mark before it: its importer knows none
        return ExportedFile(file, write_csv(lines, table.columns, table.rows) - 1)


def _write_moodle(source: ExportSource, wish: ExportWish, file: Path) -> ExportedFile:
    own = source.settings.home / "exports" / f"{_MOODLE}.toml"
    written = wish.map_file or (own if own.exists() else None)
    acronyms = read_acronyms(written) if written else ACRONYMS
    rows = _rows(source, wish)
    if wish.class_hour:
        hour = split_class_hour(wish.class_hour)
        rows = [each for each in rows if each[:3] == hour]
    sessions = list(moodle_sessions(rows, acronyms))
    if wish.format == "csv":
        if len(sessions) != 1:
            raise RefusedError(
                Text("Moodle takes a file for each class hour, and these are {count}", count=len(sessions)),
                "Name one class hour, or a file that ends in .zip.",
            )
        file.write_text(sessions[0].text, "utf-8")
    else:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
            for each in sessions:
                if each.lines:
                    packed.writestr(each.name, each.text)
            packed.writestr("summary.csv", _summary(source.language, sessions))
    return ExportedFile(file, sum(each.lines for each in sessions), sum(each.unobserved for each in sessions))


def _summary(language: str, sessions: Iterable[MoodleSession]) -> str:
    """Return what each file has, and whom it leaves out since nobody could see him."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow([say(language, "file"), say(language, "lines"), say(language, "unobserved, left out")])
    writer.writerows([each.name, each.lines, each.unobserved] for each in sessions)
    return "\ufeff" + lines.getvalue()


def _write_register(source: ExportSource, wish: ExportWish, file: Path) -> ExportedFile:
    said = read_register_map(wish.map_file or _map_of(source.settings, wish.map))
    words = RegisterWords(partial(word, source.language), partial(weekday_name, source.language), source.settings.zone)
    rows = sorted(_rows(source, wish), key=lambda each: each.section)  # by section, and in the order of time
    if wish.format != "zip":
        sections = {each.section for each in rows}
        if said.layout == "sheet" and len(sections) > 1:
            raise RefusedError(
                Text("a sheet is of one section, and these are {count}", count=len(sections)),
                "Name a section, or write a ZIP with a file for each.",
            )
        return ExportedFile(file, _register(said, rows, words, wish.format, file))
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        count, one = 0, file.with_name("one.xlsx")
        for section, his in groupby(rows, lambda each: each.section):
            count += _register(said, list(his), words, "xlsx", one)
            packed.write(one, f"{section}.xlsx")
    return ExportedFile(file, count)


def _register(
    said: RegisterMap, rows: Sequence[VerdictRow], words: RegisterWords, format_: FileFormat, file: Path
) -> int:
    table = register_table(said, rows, words)
    text = frozenset(place for place, each in enumerate(said.columns) if each.what in ("student_id", "section"))
    return _written(ReportTable(table.columns, table.rows, text), format_, file, rows[0].section if rows else "")


def _map_of(settings: Settings, name: str) -> Path:
    known = map_names(settings)
    wanted = name.removesuffix(".toml") or "register"
    if wanted not in known:
        near = nearest(wanted, known)
        raise RefusedError(
            Text("there is no map {name!r}", name=wanted),
            Text("Did you mean {near}?", near=near) if near else Text("There are {names}.", names=", ".join(known)),
        )
    return known[wanted]


def _rows(source: ExportSource, wish: ExportWish) -> list[VerdictRow]:
    first, last = wish.period[:2]
    with open_for_reading(source.settings) as store:
        return list(verdict_rows(store, first, last, wish.asked))


def _written(table: ReportTable, format_: FileFormat, file: Path, title: str) -> int:
    if format_ == "xlsx":
        from sinks.reports.workbook import write_workbook  # who writes none waits for none

        return write_workbook(file, table.head, table.rows, title, text=table.text)
    # With a byte order mark: without it Excel takes UTF-8 for the code page of its country.
    with file.open("w", encoding="utf-8-sig", newline="") as lines:
        return write_csv(lines, table.head, table.rows)


_WRITERS: Final[dict[str, Callable[[ExportSource, ExportWish, Path], ExportedFile]]] = {
    "moodle": _write_moodle,
    "canvas": _write_canvas,
    "register": _write_register,
}
