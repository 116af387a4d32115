"""Canvas' gradebook: the score by the rule of the term."""

from fractions import Fraction

import pytest

from infra.operations.reports.canvas_file import canvas_table, score
from infra.operations.terms.term_standing import TermStanding
from infra.operations.terms.terms import StudentStanding
from sinks.term_rows import TermCounts, TermRow


def stands(charged: Fraction | int = 0, **counts: int) -> StudentStanding:
    row = TermRow("EA1", "s1", "=HYPERLINK(1)", TermCounts(**counts))
    return StudentStanding(row, TermStanding(Fraction(charged), Fraction(10), Fraction(charged) / 40, 3, "ok"))


@pytest.mark.parametrize(
    ("standing", "decided", "said"),
    [
        (stands(2), 20, "95.00"),
        (stands(Fraction(1, 3)), 20, "99.17"),
        (stands(50), 20, "0.00"),
        (stands(excused=2, official_leave=1), 0, "EX"),
        (stands(1, official_leave=1), 3, "97.50"),
        (stands(unobserved=5), 0, ""),
    ],
)
def test_what_absence_costs_is_taken_from_a_hundred(standing: StudentStanding, decided: int, said: str) -> None:
    assert score(standing, decided) == said


def test_the_columns_are_those_of_canvas() -> None:
    table = canvas_table("출석 (123)", [stands(2)], {("EA1", "s1"): 9})
    assert table.columns == ("Student", "ID", "SIS User ID", "SIS Login ID", "Section", "출석 (123)")
    assert table.rows[0] == ("    Points Possible", "", "", "", "", "100")
    assert table.rows[1] == ("=HYPERLINK(1)", "", "s1", "s1", "EA1", "95.00")
