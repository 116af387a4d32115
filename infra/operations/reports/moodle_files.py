"""What Moodle's attendance plugin imports: a CSV file a session, ``idnumber,status``. Pure.

Its importer finds the student by his ID number and the status by its exact acronym, which a site may have changed; a
line that it does not know it passes over with a notice. A scan time would win over the status, so there is none. Who
could not be seen has no line: his status in Moodle stays unset, and the summary counts him.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

from infra.operations.reports.map_file import read_map
from schemas.errors import RefusedError
from schemas.translations import Text
from sinks.term_reports import VerdictRow

__all__ = ["ACRONYMS", "MoodleSession", "moodle_sessions", "read_acronyms"]

ACRONYMS: Final[Mapping[str, str]] = {
    "present": "P",
    "late": "L",
    "left_early": "L",
    "excused": "E",
    "official_leave": "E",
    "absent": "A",
}
"""As Moodle has them in English: present, late, excused, absent. It has no word for who left early."""

_ACRONYM = re.compile(r"[^\W_]{1,2}")


class MoodleSession(NamedTuple):
    """A file. unobserved: students of the class hour who are not in it."""

    name: str
    text: str
    lines: int
    unobserved: int


def read_acronyms(file: Path) -> dict[str, str]:
    """Return the acronyms of a site: a table ``[status]`` of a TOML file, what it does not name as in ``ACRONYMS``.

    Raises:
        RefusedError: a line is wrong; the text names it.
    """
    found = read_map(file, ("status",))
    table = found.table("status")
    for verdict, acronym in table.items():
        if verdict == "unobserved":
            raise found.refusal(
                Text("who could not be seen has no status in Moodle"), Text("Leave the line out."), "status", verdict
            )
        found.known(verdict, ACRONYMS, "status")
        if not isinstance(acronym, str) or not _ACRONYM.fullmatch(acronym):
            raise found.refusal(
                Text("{acronym!r} is no acronym of Moodle", acronym=acronym),
                Text("Write one or two letters or digits in quotes, as Moodle's status set has them."),
                "status",
                verdict,
            )
    return {**ACRONYMS, **table}


def moodle_sessions(rows: Iterable[VerdictRow], acronyms: Mapping[str, str]) -> Iterator[MoodleSession]:
    """Yield a file for each class hour that has a line. rows: of a class hour together.

    Raises:
        RefusedError: a student's id cannot stand in such a file.
    """
    for (section, day, period), of_hour in groupby(rows, lambda each: (each.section, each.date, each.period)):
        told = list(of_hour)
        lines = [f"{_id(each)},{acronyms[each.verdict]}\n" for each in told if each.verdict != "unobserved"]
        yield MoodleSession(
            f"{section}_{day}_{period}.csv", "".join(["idnumber,status\n", *lines]), len(lines), len(told) - len(lines)
        )


def _id(row: VerdictRow) -> str:
    if re.search(r'[,;:"\s]', row.student_id):
        raise RefusedError(
            Text("{student_id!r} cannot be an ID number in Moodle's file", student_id=row.student_id),
            "Ids have letters, digits, dots, dashes, underscores and slashes.",
        )
    return row.student_id
