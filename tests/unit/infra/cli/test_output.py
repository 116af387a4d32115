"""What a file is written as follows from its name."""

import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from infra.cli.shared.output import PAGE_FORMATS, TABLE_FORMATS, format_of, page_output, table_output
from schemas.errors import RefusedError


def asked(output: object, *line: str) -> str:
    """What a command with these options is told, or why it is not called."""

    @click.command()
    @output  # type: ignore[operator, misc, untyped-decorator]
    def command(format_: str, output: Path | None) -> None:
        click.echo(f"{format_} {output}")

    try:
        return CliRunner().invoke(command, line, standalone_mode=False, catch_exceptions=False).output.strip()
    except RefusedError as error:
        return f"refused: {error}"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ([], "table None"),
        (["--format", "csv"], "csv None"),
        (["--output", "a.csv"], "csv a.csv"),
        (["--output", "a.JSON"], "json a.JSON"),
        (["--output", "a.txt"], "table a.txt"),
        (["--output", "a.csv", "--format", "csv"], "csv a.csv"),
        (["--output", "a.dat", "--format", "csv"], "csv a.dat"),
        (["--output", "/dev/stdout", "--format", "json"], "json /dev/stdout"),
    ],
    ids=str,
)
def test_a_file_is_written_as_it_is_named_unless_the_name_says_nothing(line: list[str], told: str) -> None:
    assert asked(table_output, *line) == told


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (
            ["--output", "a.csv", "--format", "json"],
            "named like csv, and json was asked for\n  Name it a.json",
        ),
        (["--output", "a.html", "--format", "csv"], "a.html is named like html, and csv was asked for"),
        (
            ["--output", "a.html"],
            "nothing here is written as .html\n  Let its name end in .csv or .xlsx or .json or .txt.",
        ),
        (["--output", "a.xls"], "nothing here is written as .xls"),
        (["--output", "departures"], "its name does not say what it is to hold"),
    ],
    ids=str,
)
def test_a_name_that_says_something_else_is_refused_before_the_work(line: list[str], why: str) -> None:
    assert re.match(f"refused: .*{re.escape(why)}", asked(table_output, *line))


def test_a_page_has_a_name_too() -> None:
    assert asked(page_output, "--output", "a.html") == asked(page_output, "--output", "a.html", "--format", "html")
    assert format_of(Path("a.htm"), PAGE_FORMATS) == "html"


def test_excel_is_told_what_it_opens() -> None:
    assert "Excel opens .csv" in asked(page_output, "--output", "a.xlsx")
    assert asked(table_output, "--output", "a.xlsx") == "xlsx a.xlsx"


def test_a_command_may_write_fewer_formats() -> None:
    assert format_of(Path("enrolment.csv"), ("csv", "json")) == "csv"
    with pytest.raises(RefusedError, match=r"Let its name end in \.csv or \.json\."):
        format_of(Path("enrolment.txt"), ("csv", "json"))
    assert "html" not in TABLE_FORMATS
