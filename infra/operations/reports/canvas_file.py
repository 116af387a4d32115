"""What Canvas imports into a gradebook: a column of scores, by the rule of the term. Pure.

The score is 100 less what absence costs, in percent of the class hours of the term: whoever was charged two of 40 has
95. What nobody could see costs nothing, as in a standing. ``EX``, excused: whatever was decided of him is excused or
official leave. Where nothing was decided the cell is empty, and Canvas leaves what it has.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from infra.operations.terms.terms import StudentStanding
from sinks.reports import Table

__all__ = ["EXCUSED", "canvas_table", "score"]

EXCUSED: Final = "EX"
HEAD: Final = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
POSSIBLE: Final = "    Points Possible"
"""Of the second line, as Canvas writes it: what a new column is out of."""


def score(standing: StudentStanding, decided: int) -> str:
    """Return a cell. decided: class hours of which it is known whether he was there."""
    counts = standing.row.counts
    if decided:
        return f"{max(100 * (1 - float(standing.it.rate)), 0):.2f}"
    return EXCUSED if counts.excused + counts.official_leave else ""


def canvas_table(title: str, standings: Iterable[StudentStanding], decided: Mapping[tuple[str, str], int]) -> Table:
    """Return the gradebook of some students.

    title: of the column, with its id in brackets if Canvas has it already. decided: by section and student's id.
    """
    rows = [
        (row.name, "", row.student_id, row.student_id, row.section,
         score(each, decided.get((row.section, row.student_id), 0)))
        for each in sorted(standings, key=lambda each: (each.row.section, each.row.student_id))
        for row in [each.row]
    ]  # fmt: skip
    return Table((*HEAD, title), [(POSSIBLE, "", "", "", "", "100"), *rows])
