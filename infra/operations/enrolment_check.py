"""What is told of enrolled people: who needs better photos, who is there twice, and who is hard to tell apart."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from rich.table import Table as RichTable

from enrollment.advice import COLUMNS, Advice, advise, refused_row, rows, sentences
from enrollment.likeness import Pair, look_alikes
from enrollment.templates import Portrayal, known
from enrollment.texts import say
from infra.cli.shared.console import console
from schemas.errors import RefusedError
from schemas.messages import Enrollment, EnrollmentTemplate, Roster
from schemas.settings import Settings
from sinks.reports import Table
from sinks.reports.render import write
from streams.faces.calibration import Calibration
from streams.faces.template_cipher import TemplateCipher

__all__ = ["report_format", "tell", "write_report"]

SHOWN = 20
"""People, and pairs, that the terminal names; the report has all."""


def tell(
    settings: Settings,
    engine: tuple[str, Calibration],
    people: Mapping[str, Sequence[str]],
    everybody: Mapping[str, Enrollment],
    rosters: Iterable[Roster],
    cipher: TemplateCipher,
    troubled: Iterable[Portrayal] = (),
) -> Table:
    """Print what some people need, and who among everybody is alike; return the full report.

    engine: its id and calibration. people: whom the report is about, with the names of their photos, if known.
    troubled: portrayals of this engine in which a photo was refused.
    """
    name, calibration = engine
    templates = {student: each for student in people if (each := _of(everybody.get(student), name))}
    advice = {student: advise(student, each, calibration) for student, each in templates.items()}
    unusable = tuple(student for student in people if student not in templates)
    _tell_needs(settings, name, advice, people, unusable)
    enrolled, closed = known(everybody.values(), name, cipher)
    pairs = look_alikes(enrolled, calibration)
    _tell_pairs(settings, pairs, rosters)
    if closed:
        _print(f"Warning: the key of this home does not open {len(closed)} enrolled templates ({closed[0]}, ...).")
        _print("  Copy the key of the machine where they were enrolled, or enrol them again.")
    alike: dict[str, list[Pair]] = {}
    for pair in pairs:
        alike.setdefault(pair.one, []).append(pair)
        alike.setdefault(pair.other, []).append(pair)
    found: list[tuple[Any, ...]] = [
        row
        for student, each in templates.items()
        for row in rows(settings, advice[student], each, alike.get(student, ()), people[student])
    ]
    found += [
        refused_row(each.student_id, name, path.name, why) for each in troubled for path, why in each.refused.items()
    ]
    return Table(COLUMNS, sorted(found, key=lambda row: row[:3]))


def write_report(reports: Iterable[Table], file: Path) -> None:
    """Write full reports into a file, as its ending says.

    Raises:
        RefusedError: it is neither .csv nor .json, or cannot be written.
    """
    try:
        write(Table(COLUMNS, [row for each in reports for row in each.rows]), report_format(file), file)
    except OSError as error:
        raise RefusedError(f"cannot write {file}: {error.strerror}", "Choose another --report.") from error


def report_format(file: Path) -> Literal["csv", "json"]:
    """Return what a report's file is to be.

    Raises:
        RefusedError: it is neither .csv nor .json.
    """
    match file.suffix.lower():
        case ".csv":
            return "csv"
        case ".json":
            return "json"
    raise RefusedError(f"{file}: a report is a .csv or a .json file", "Name it like enrolment.csv.")


def _tell_needs(
    settings: Settings,
    engine: str,
    advice: Mapping[str, Advice],
    people: Mapping[str, Sequence[str]],
    unusable: Sequence[str],
) -> None:
    needy = [each for each in advice.values() if not each.nothing]
    # Without a photo a person is not recognised at all; with photos that disagree, perhaps as somebody else.
    needy.sort(key=lambda each: (not each.odd, not each.poor, each.student_id))
    lines = [(student, say(settings, "none")) for student in unusable]
    lines += [(each.student_id, "; ".join(sentences(settings, each, people[each.student_id]))) for each in needy]
    if lines:
        table = RichTable(say(settings, "student"), say(settings, "improve"), box=None, pad_edge=False)
        for line in lines[:SHOWN]:
            table.add_row(*line)
        console.print(table)
        if len(lines) > SHOWN:
            _print(say(settings, "and_more", count=len(lines) - SHOWN))
    singles = sum(each.single for each in advice.values())
    counts = {
        "people": len(people),
        "fine": len(people) - len(lines),
        "single": singles,
        "disagree": sum(bool(each.odd) for each in advice.values()),
        "poor": sum(each.poor for each in advice.values()),
        "none": len(unusable),
    }
    _print(say(settings, "totals", engine=engine, **counts))
    if singles:
        _print(say(settings, "singles", count=singles))


def _tell_pairs(settings: Settings, pairs: Sequence[Pair], rosters: Iterable[Roster]) -> None:
    sections: dict[str, set[str]] = {}
    for roster in rosters:
        for student in roster.students:
            sections.setdefault(student.student_id, set()).add(roster.section)
    same = [say(settings, "same", one=each.one, other=each.other, cosine=each.cosine) for each in pairs if each.same]
    others = [each for each in pairs if not each.same]
    alike = [
        say(
            settings, "alike", one=each.one, other=each.other, sections=", ".join(sorted(shared)), looks=100 * each.rate
        )
        for each in others
        if (shared := sections.get(each.one, set()) & sections.get(each.other, set()))
    ]
    for said in (same, alike):
        for line in said[:SHOWN]:
            _print(line)
        if len(said) > SHOWN:
            _print(say(settings, "and_more", count=len(said) - SHOWN))
    if apart := len(others) - len(alike):
        _print(say(settings, "alike_apart", count=apart))
    if sections and not alike and not same:
        _print(say(settings, "alike_none"))


def _of(enrollment: Enrollment | None, engine: str) -> EnrollmentTemplate | None:
    return next((each for each in enrollment.templates if each.engine == engine), None) if enrollment else None


def _print(text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
