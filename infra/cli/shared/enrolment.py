"""What is told of enrolled people, in the terminal and as a file."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from rich.table import Table as RichTable

from enrollment.advice import COLUMNS, sentences
from enrollment.people_texts import say
from enrollment.photos import FoundPhotos, Ignored
from enrollment.portrayals import Replaced
from infra.cli.shared.console import console, print_line
from infra.operations.enrolment_check import EnrolmentCheck
from schemas.errors import RefusedError
from schemas.settings import Settings
from sinks.reports import Table
from sinks.reports.render import write

__all__ = [
    "print_check",
    "print_found",
    "print_people",
    "print_replaced",
    "print_todo",
    "report_format",
    "write_enrolment_report",
    "write_names_report",
]

SHOWN = 20
"""People, and pairs, that the terminal names; the report has all."""

LISTED = 100
"""People whose photos are named before anybody is enrolled."""

FILES = 5
"""Files of a kind that are named where something is said of all of them."""

_GROUPS = ("no_photo", "unread", "nobody", "device")
"""Why files are not taken of which the same is said; of the others each has its own line."""

_TODO: Mapping[str, frozenset[str]] = {
    "smaller": frozenset({"bytes", "pixels"}),
    "convert": frozenset({"format"}),
    "copy": frozenset({"truncated", "corrupted", "empty"}),
    "access": frozenset({"unreadable"}),
    "crop": frozenset({"faces"}),
    "retake": frozenset({"no_face", "small_face", "blurred", "other"}),
}
"""What a person without a usable photo needs, the least trouble first, if his were refused for one of these causes."""


def print_found(settings: Settings, found: FoundPhotos) -> None:
    """Print what was understood of a folder: how many people and photos, what is not taken, who is on no roster."""
    print_line(say(settings, "understood", folder=found.folder, people=len(found.people), photos=found.photos))
    by_kind: dict[str, list[Ignored]] = {}
    for each in found.ignored:
        by_kind.setdefault(each.why, []).append(each)
    for why, those in by_kind.items():
        if why in _GROUPS:
            paths = _some(settings, _within(found, [each.path for each in those]), FILES)
            print_line(say(settings, f"ignored_{why}", count=len(those), paths=paths))
            continue
        for each in those[:SHOWN]:
            print_line(_why_ignored(settings, each))
        if len(those) > SHOWN:
            print_line(say(settings, "as_many_more", count=len(those) - SHOWN))
    if found.unlisted:
        ids = _some(settings, found.unlisted, SHOWN)
        near = "".join(say(settings, "looks_like", name=name, near=near) for name, near in found.near[:FILES])
        print_line(say(settings, "unlisted", count=len(found.unlisted), people=len(found.people), ids=ids, near=near))
    if found.people and not found.checked:
        print_line(say(settings, "unchecked"))


def print_people(settings: Settings, found: FoundPhotos) -> None:
    """Print of each person which photos are his, by their names."""
    for student, paths in list(found.people.items())[:LISTED]:
        print_line(say(settings, "whose", student=student, paths=_some(settings, _within(found, paths), FILES)))
    if len(found.people) > LISTED:
        print_line(say(settings, "and_more", count=len(found.people) - LISTED))


def print_replaced(settings: Settings, those: Sequence[Replaced]) -> None:
    """Print whose enrolled photos would be replaced: everybody, for it is asked for everybody."""
    for each in those:
        print_line(say(settings, "replaced", student=each.student_id, before=each.before, now=each.now))
    if those:
        print_line(say(settings, "replaced_why"))


def print_todo(settings: Settings, without: Mapping[str, frozenset[str]]) -> None:
    """Print what those without a usable photo need. without: the causes for which each one's were refused."""
    needs: dict[str, list[str]] = {}
    for student, causes in without.items():
        need = next((name for name, those in _TODO.items() if those & causes), "missing")
        needs.setdefault(need, []).append(student)
    for need, people in needs.items():
        print_line(say(settings, f"todo_{need}", people=", ".join(people)))


def print_check(settings: Settings, check: EnrolmentCheck) -> None:
    """Print what some people need, and who among everybody is alike."""
    _print_needs(settings, check)
    _print_pairs(settings, check)
    if check.closed:
        print_line(say(settings, "warn_closed", count=len(check.closed), first=check.closed[0]))


def write_enrolment_report(checks: Iterable[EnrolmentCheck], file: Path) -> None:
    """Write full reports into a file, as its ending says.

    Raises:
        RefusedError: it is neither .csv nor .json, or cannot be written.
    """
    _write(Table(COLUMNS, [row for each in checks for row in each.report.rows]), file)


def write_names_report(settings: Settings, found: FoundPhotos, file: Path) -> None:
    """Write into a file whose photo each file of a folder is, or why it is nobody's.

    Raises:
        RefusedError: as of ``write_enrolment_report``.
    """
    rows = [
        (name, student, "" if not found.checked else "no" if student in found.unlisted else "yes", "")
        for student, paths in found.people.items()
        for name in _within(found, paths)
    ]
    rows += [(str(each.path.relative_to(found.folder)), "", "", _why_ignored(settings, each)) for each in found.ignored]
    _write(Table(("photo", "student_id", "on_a_roster", "refused"), sorted(rows)), file)


def _write(table: Table, file: Path) -> None:
    try:
        write(table, report_format(file), file)
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


def _print_needs(settings: Settings, check: EnrolmentCheck) -> None:
    lines = [(student, say(settings, "none")) for student in check.unusable]
    lines += [
        (each.student_id, "; ".join(sentences(settings, each, check.photos[each.student_id]))) for each in check.needs
    ]
    if lines:
        table = RichTable(say(settings, "student"), say(settings, "improve"), box=None, pad_edge=False)
        for line in lines[:SHOWN]:
            table.add_row(*line)
        console.print(table)
        _print_more(settings, lines)
    counts = {
        "people": len(check.photos),
        "fine": len(check.photos) - len(lines),
        "single": check.single,
        "disagree": check.disagreeing,
        "poor": check.poor,
        "none": len(check.unusable),
    }
    print_line(say(settings, "totals", engine=check.engine, **counts))
    if check.single:
        print_line(say(settings, "singles", count=check.single))


def _print_pairs(settings: Settings, check: EnrolmentCheck) -> None:
    same = [say(settings, "same", one=each.one, other=each.other, cosine=each.cosine) for each in check.same]
    alike = [
        say(settings, "alike", one=pair.one, other=pair.other, sections=", ".join(sections), looks=100 * pair.rate)
        for pair, sections in check.alike
    ]
    for said in (same, alike):
        for line in said[:SHOWN]:
            print_line(line)
        _print_more(settings, said)
    if check.alike_apart:
        print_line(say(settings, "alike_apart", count=check.alike_apart))
    if check.with_rosters and not alike and not same:
        print_line(say(settings, "alike_none"))


def _within(found: FoundPhotos, paths: Iterable[Path]) -> list[str]:
    return [str(each.relative_to(found.folder)) for each in paths]


def _why_ignored(settings: Settings, ignored: Ignored) -> str:
    values: dict[str, object] = {
        name: say(settings, "or").join(value) if isinstance(value, tuple) else value
        for name, value in ignored.values.items()
    }
    return say(settings, f"ignored_{ignored.why}", **{"path": ignored.path, "paths": ignored.path, "count": 1} | values)


def _some(settings: Settings, names: Sequence[str], most: int) -> str:
    shown = ", ".join(names[:most])
    return say(settings, "more", shown=shown, count=len(names) - most) if len(names) > most else shown


def _print_more(settings: Settings, lines: Sequence[object]) -> None:
    if len(lines) > SHOWN:
        print_line(say(settings, "and_more", count=len(lines) - SHOWN))
