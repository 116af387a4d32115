"""What Moodle imports, read back as its importer documents it."""

import csv
import io
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from infra.operations.reports.moodle_files import ACRONYMS, moodle_sessions, read_acronyms
from schemas.errors import RefusedError
from sinks.term_reports import VerdictRow

NINE = datetime(2026, 3, 9, tzinfo=UTC)
VERDICTS = ("present", "late", "left_early", "absent", "excused", "official_leave", "unobserved")


def row(number: int, verdict: str, period: int = 1) -> VerdictRow:
    return VerdictRow(
        "EA0017-1",
        date(2026, 3, 9),
        period,
        "E101",
        NINE,
        NINE,
        f"2019A{number}",
        "김나얼",
        verdict,
        None,
        None,
        "camera",
    )


def imported(text: str, statuses: set[str], users: set[str]) -> tuple[dict[str, str], list[str]]:
    """Read a file as the plugin documents: user by lower-cased id, status by its acronym; the unknown is noticed."""
    log: dict[str, str] = {}
    notices = []
    lines = list(csv.reader(io.StringIO(text)))
    assert lines[0] == ["idnumber", "status"]
    for user, status in lines[1:]:
        if user.lower() not in users or user.lower() in log or status not in statuses:
            notices.append(user)
        else:
            log[user.lower()] = status
    return log, notices


def test_moodle_takes_every_line_and_hears_nothing_of_whom_nobody_could_see() -> None:
    rows = [row(number, verdict) for number, verdict in enumerate(VERDICTS)]
    [session] = moodle_sessions(rows, ACRONYMS)
    log, notices = imported(session.text, {"P", "L", "E", "A"}, {f"2019a{number}" for number in range(9)})
    assert notices == []
    assert [*log.values()] == ["P", "L", "L", "A", "E", "E"]
    assert (session.name, session.lines, session.unobserved) == ("EA0017-1_2026-03-09_1.csv", 6, 1)


def test_a_class_hour_is_a_file_and_one_that_nobody_saw_has_no_line() -> None:
    first, second = moodle_sessions([row(0, "present"), row(0, "unobserved", 2), row(1, "unobserved", 2)], ACRONYMS)
    assert (first.lines, first.unobserved) == (1, 0)
    assert (second.lines, second.unobserved) == (0, 2)


def test_a_site_has_acronyms_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "moodle.toml"
    file.write_text('[status]\nleft_early = "조"\nofficial_leave = "공"\n', "utf-8")
    assert read_acronyms(file) == ACRONYMS | {"left_early": "조", "official_leave": "공"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[status]\nlate = "LATE"', "line 2: 'LATE' is no acronym of Moodle; Write one or two letters"),
        ('[status]\npresent = "P"\nlate = ""', "line 3: '' is no acronym"),
        ('[status]\nlate = "=1"', "line 2: '=1' is no acronym"),
        ("[status]\nlate = 1", "line 2: 1 is no acronym"),
        ('[status]\n\nunobserved = "U"', "line 3: who could not be seen has no status in Moodle; Leave the line out."),
        ('[status]\nlaet = "L"', "line 2: 'laet' is nothing here; Did you mean late?"),
        ('[state]\nlate = "L"', "line 1: 'state' is nothing here; Did you mean status?"),
        ('status = "L"', "line 1: status must be a table; Write a line [status]."),
    ],
)
def test_a_bad_map_is_refused_with_line_and_remedy(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "moodle.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(RefusedError) as refused:
        read_acronyms(file)
    assert said in f"{refused.value.message}; {refused.value.remedy}"
