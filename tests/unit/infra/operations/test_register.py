"""Registers by a map of columns."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from infra.operations.reports.export_term import MAPS
from infra.operations.reports.register_map import SIGNS, read_register_map
from infra.operations.reports.register_table import RegisterWords, register_table
from schemas.errors import RefusedError
from sinks.term_reports import VerdictRow

WORDS = RegisterWords(lambda verdict: verdict.upper(), lambda day: "월화수목금토일"[day - 1], ZoneInfo("Asia/Seoul"))
FIRST = date(2026, 3, 4)
SHEET = """
layout = "sheet"
[[columns]]
title = "학번"
what = "student_id"
[[columns]]
title = "{month}/{day}({weekday}) {period}"
what = "hours"
[[columns]]
title = "결석"
what = "absent"
[[columns]]
title = "비고"
what = "text"
text = "-"
[signs]
absent = "×"
"""


def row(student: str, day: int, verdict: str, period: int = 1) -> VerdictRow:
    on = FIRST + timedelta(days=day)
    start = datetime(on.year, on.month, on.day, period - 1, tzinfo=UTC)
    return VerdictRow(
        "EA1", on, period, "E101", start, start + timedelta(minutes=50), student, f"name {student}", verdict, None,
        None, "camera",
    )  # fmt: skip


ROWS = [
    row("s1", 0, "present"), row("s2", 0, "absent"),
    row("s1", 7, "official_leave"), row("s2", 7, "unobserved"), row("s3", 7, "late"),
]  # fmt: skip


def written(folder: Path, text: str) -> Path:
    file = folder / "map.toml"
    file.write_text(text, "utf-8")
    return file


def test_a_sheet_has_a_row_a_student_and_a_column_a_class_hour(tmp_path: Path) -> None:
    table = register_table(read_register_map(written(tmp_path, SHEET)), ROWS, WORDS)
    assert table.columns == ("학번", "3/4(수) 1", "3/11(수) 1", "결석", "비고")
    assert table.rows == [
        ("s1", "", "공", 0, "-"),
        ("s2", "×", "?", 1, "-"),
        ("s3", "-", "X", 0, "-"),
    ], "who joined later was not absent before, nor present; and whom nobody saw is neither"


def test_the_maps_that_every_site_has() -> None:
    sheet = register_table(read_register_map(MAPS / "register.toml"), ROWS, WORDS)
    assert sheet.columns == ("번호", "학번", "이름", "3/4 1교시", "3/11 1교시", "결석", "지각", "조퇴")
    assert sheet.rows[1] == (2, "s2", "name s2", "/", "?", 1, 0, 0)
    listed = register_table(read_register_map(MAPS / "list.toml"), ROWS, WORDS)
    assert listed.rows[0] == ("EA1", FIRST, 1, "s1", "name s1", "출석")
    assert [each[-1] for each in listed.rows] == ["출석", "결석", "공결", "미확인", "지각"]
    assert len(listed.rows) == len(ROWS)


def test_a_list_knows_all_of_a_class_hour(tmp_path: Path) -> None:
    names = (
        "number",
        "section",
        "date",
        "weekday",
        "week",
        "period",
        "hall",
        "starts_at",
        "ends_at",
        "verdict",
        "sign",
    )
    text = 'layout = "list"\n' + "".join(f'[[columns]]\ntitle = "{each}"\nwhat = "{each}"\n' for each in names)
    table = register_table(read_register_map(written(tmp_path, text)), ROWS, WORDS)
    assert table.columns == names
    assert table.rows[3] == (2, "EA1", date(2026, 3, 11), "수", 2, 1, "E101", "09:00", "09:50", "UNOBSERVED", "?")


def test_nothing_on_record_is_an_empty_register(tmp_path: Path) -> None:
    assert register_table(read_register_map(written(tmp_path, SHEET)), [], WORDS).rows == []


def test_signs_are_those_of_registers() -> None:
    assert [SIGNS[each] for each in ("present", "absent", "late", "left_early", "official_leave")] == [
        "", "/", "X", "ⓧ", "공"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"sheet"', '"table"', "line 2: layout must be sheet or list, got 'table'"),
        ("layout", "laout", "line 2: 'laout' is nothing here; Did you mean layout?"),
        ('"absent"', '"absnt"', "line 11: 'absnt' is nothing that a sheet has; There are number, student_id"),
        ('title = "결석"', "title = 3", "line 10: title must be text in quotes"),
        ('title = "결석"', 'titel = "결석"', "line 10: 'titel' is nothing here; Did you mean title?"),
        ('"{month}/{day}({weekday}) {period}"', '"{mont}"', "line 7: '{mont}' names no class hour; Write it like"),
        ('"{month}/{day}({weekday}) {period}"', '"a"', "line 7: 'a' names no class hour"),
        ('"{month}/{day}({weekday}) {period}"', '"{month.x}"', "line 7: '{month.x}' names no class hour"),
        ('"{month}/{day}({weekday}) {period}"', '"{month:9999}"', "line 7: '{month:9999}' names no class hour"),
        ('what = "hours"', 'what = "number"', "a sheet has the class hours in one place; Write exactly one part"),
        ('absent = "×"', 'unobserved = "/"', "line 17: unobserved has the sign of absent; Give it another"),
        ('absent = "×"', 'present = "?"', "line 17: unobserved has the sign of present"),
        ('absent = "×"', 'no_row = ""', "line 17: no_row has the sign of present"),
        ('absent = "×"', "absent = 1", "line 17: a sign must be text of at most 20 letters"),
        ('absent = "×"', 'absence = "×"', "line 17: 'absence' is nothing here"),
        ('title = "학번"', 'title = "학번', "line 4: "),
    ],
)
def test_a_bad_map_is_refused_with_line_and_remedy(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in SHEET
    with pytest.raises(RefusedError) as refused:
        read_register_map(written(tmp_path, SHEET.replace(old, new, 1)))
    assert said in f"{refused.value.message}; {refused.value.remedy}"
    assert refused.value.remedy


@pytest.mark.parametrize("text", ["", "columns = 3", "columns = []", "columns = [1]"])
def test_a_map_without_columns_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(RefusedError):
        read_register_map(written(tmp_path, text))
