"""What is told of enrolled people, in the terminal and as a file."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from rich.table import Table as RichTable

from enrollment.advice import COLUMNS, sentences
from enrollment.photos import FoundPhotos, Ignored
from enrollment.replacing import Replaced, Stray
from infra.cli.shared.console import console, print_line
from infra.operations.people.enrolment_check import EnrolmentCheck
from infra.operations.people.enrolment_texts import IGNORED, hard_to_tell, same_face, todo, why_asked, why_ignored
from schemas.errors import RefusedError
from schemas.settings import Settings
from schemas.translations import Text, say
from sinks.reports import Table
from sinks.reports.render import write

__all__ = [
    "print_check",
    "print_found",
    "print_people",
    "print_replaced",
    "print_strays",
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


def print_found(settings: Settings, found: FoundPhotos) -> None:
    """Print what was understood of a folder: how many people and photos, what is not taken, who is on no roster."""
    tell = partial(say, settings.language)
    print_line(
        tell(
            "{folder}: {people} people, {photos} photos.",
            folder=found.folder,
            people=found.pictured,
            photos=found.photos,
        )
    )
    by_kind: dict[str, list[Ignored]] = {}
    for each in found.ignored:
        by_kind.setdefault(each.why, []).append(each)
    for why, those in by_kind.items():
        if why in _GROUPS:
            paths = _some(settings, _within(found, [each.path for each in those]), FILES)
            print_line(tell(IGNORED[why], count=len(those), paths=paths))
            continue
        for each in those[:SHOWN]:
            print_line(why_ignored(settings.language, each))
        if len(those) > SHOWN:
            print_line(tell("... and {count} more of these", count=len(those) - SHOWN))
    if found.unlisted:
        ids = _some(settings, found.unlisted, SHOWN)
        near = "".join(tell("; {name} looks like {near}", name=name, near=near) for name, near in found.near[:FILES])
        print_line(
            tell(
                "{count} of {people} ids are on no roster: {ids}{near}. They are enrolled all the "
                "same; see that they are written as on the roster.",
                count=len(found.unlisted),
                people=len(found.people),
                ids=ids,
                near=near,
            )
        )
    if found.people and not found.checked:
        print_line(
            tell(
                "No roster is loaded, so that the ids could not be checked. Load the rosters first "
                "(`naul roster load`) to be sure."
            )
        )


def print_people(settings: Settings, found: FoundPhotos) -> None:
    """Print of each person which photos are his, by their names."""
    for student, paths in list(found.people.items())[:LISTED]:
        print_line(
            say(
                settings.language,
                "  {student}: {paths}",
                student=student,
                paths=_some(settings, _within(found, paths), FILES) or say(settings.language, "no photo"),
            )
        )
    if len(found.people) > LISTED:
        print_line(
            say(settings.language, "... and {count} more; --report FILE has all", count=len(found.people) - LISTED)
        )


def print_replaced(settings: Settings, those: Sequence[Replaced]) -> None:
    """Print whose enrolled photos would be replaced, and why it is asked: everybody, for it is asked for everybody."""
    tell = partial(say, settings.language)
    for each in those:
        if each.fewer:
            print_line(
                tell(
                    "{student}: enrolled photos: {before}; photos of this folder that would replace them: {now}.",
                    student=each.student_id,
                    before=each.before,
                    now=each.now,
                )
            )
        for why in why_asked(each):
            print_line(why.said(settings.language))
        print_strays(settings, each.strays)
    if any(each.fewer for each in those):
        print_line(
            tell(
                "Photos are not added to those that are enrolled: put all photos of a person into "
                "one folder. If they are to be replaced, add --yes."
            )
        )
    elif those:
        print_line(tell("See whose photos these are. If they are to replace those that are enrolled, add --yes."))


def print_strays(settings: Settings, those: Sequence[Stray]) -> None:
    """Print which photos look like somebody else."""
    for each in those:
        print_line(
            say(
                settings.language,
                "{path} looks like {student}: is it in the wrong folder?",
                path=each.path,
                student=each.student_id,
            )
        )


def print_todo(settings: Settings, without: Mapping[str, frozenset[str]]) -> None:
    """Print what those without a usable photo need. without: the causes for which each one's were refused."""
    for each in todo(without):
        print_line(each.said(settings.language))


def print_check(settings: Settings, check: EnrolmentCheck) -> None:
    """Print what some people need, and who among everybody is alike."""
    _print_needs(settings, check)
    _print_pairs(settings, check)
    if check.closed:
        print_line(
            say(
                settings.language,
                "Warning: the key of this home does not open {count} enrolled templates ({first}, "
                "...).\n  Copy the key of the machine where they were enrolled, or enrol them again.",
                count=len(check.closed),
                first=check.closed[0],
            )
        )


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
    rows += [
        (str(each.path.relative_to(found.folder)), "", "", why_ignored(settings.language, each))
        for each in found.ignored
    ]
    _write(Table(("photo", "student_id", "on_a_roster", "refused"), sorted(rows)), file)


def _write(table: Table, file: Path) -> None:
    try:
        write(table, report_format(file), file)
    except OSError as error:
        raise RefusedError(
            Text("cannot write {file}: {strerror}", file=file, strerror=error.strerror), "Choose another --report."
        ) from error


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
    raise RefusedError(Text("{file}: a report is a .csv or a .json file", file=file), "Name it like enrolment.csv.")


def _print_needs(settings: Settings, check: EnrolmentCheck) -> None:
    tell = partial(say, settings.language)
    lines = [(student, tell("no usable photo; the last lines say what to do")) for student in check.unusable]
    lines += [
        (each.student_id, "; ".join(sentences(settings, each, check.photos[each.student_id]))) for each in check.needs
    ]
    if lines:
        table = RichTable(tell("student"), tell("what to improve"), box=None, pad_edge=False)
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
    print_line(
        tell(
            "{engine}: {people} people, {fine} need nothing. One photo only: {single}. Photos "
            "that disagree: {disagree}. No photo without a flaw: {poor}. No usable photo: {none}.",
            engine=check.engine,
            **counts,
        )
    )
    if check.single:
        print_line(
            tell(
                "With one photo only: {count}. They are recognised clearly less often, and sooner "
                "mistaken for others, than people with two or three. The remedy is a second photo: "
                "put it beside the first one, for only the folder that is given counts.",
                count=check.single,
            )
        )


def _print_pairs(settings: Settings, check: EnrolmentCheck) -> None:
    tell = partial(say, settings.language)
    same = [same_face(each, check.strangers).said(settings.language) for each in check.same]
    alike = [hard_to_tell(pair, sections).said(settings.language) for pair, sections in check.alike]
    for said in (same, alike):
        for line in said[:SHOWN]:
            print_line(line)
        _print_more(settings, said)
    if check.alike_apart:
        print_line(
            tell(
                "{count} more pairs are as alike and share no roster; --report FILE names them.",
                count=check.alike_apart,
            )
        )
    if check.with_rosters and not alike and not same:
        print_line(tell("Nobody of a roster is too alike to another one to be told apart."))


def _within(found: FoundPhotos, paths: Iterable[Path]) -> list[str]:
    return [str(each.relative_to(found.folder)) for each in paths]


def _some(settings: Settings, names: Sequence[str], most: int) -> str:
    shown = ", ".join(names[:most])
    return (
        say(settings.language, "{shown} and {count} more", shown=shown, count=len(names) - most)
        if len(names) > most
        else shown
    )


def _print_more(settings: Settings, lines: Sequence[object]) -> None:
    if len(lines) > SHOWN:
        print_line(say(settings.language, "... and {count} more; --report FILE has all", count=len(lines) - SHOWN))
