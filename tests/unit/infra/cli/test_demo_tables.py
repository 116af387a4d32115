"""How what Naul says of a script is shown."""

from io import StringIO

from rich.console import Console

from infra.cli.shared.demo_tables import tables
from infra.operations.demo_comparison import compare
from producers.simulated_hall import load_script
from schemas.settings import Policy
from tests.unit.infra.operations.test_demo_comparison import perfect


def test_the_last_line_counts() -> None:
    script = load_script("demo")
    said, departures = perfect(script)
    said[3]["verdict"] = "late"
    console = Console(width=80, file=StringIO())
    console.print(tables(script, compare(script, said, departures, Policy())))
    assert "47 of 48 verdicts right; 3 departures, at most 0 s from the script" in console.file.getvalue()
