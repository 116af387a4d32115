"""The demonstration, and the tutorial that goes on from it: every line of the page as it stands."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.shell import Shell

PAGE = Path(__file__).parents[2] / "docs" / "replay.md"
BLOCK = re.compile(r"^```(sh|python|text)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FIRST = "naul demo --truth truth.csv"


class Reader:
    """Types what the page says, block after block, and holds what comes out to what the page shows of it."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.printed: dict[str, str] = {}
        self._exports = ["export COLUMNS=120"]

    def type(self, line: str) -> str:
        """Run a line; what it exports holds for the lines after it."""
        if line.startswith("export "):
            self._exports.append(line)
        self.printed[line] = self.shell("; ".join([*self._exports, f"{{ {line}; }} 2>&1"]))
        return self.printed[line]

    def read(self, page: str) -> None:
        """Type all but the first line, which was typed."""
        out = ""
        for kind, text in BLOCK.findall(page):
            if kind == "text":
                line = unseen(text, out)
                assert line is None, f"the page says:\n{line}\nand it was:\n{out}"
                continue
            if kind == "python":
                (self.shell.folder / "page.py").write_text(text, "utf-8")
                out = self.type("python page.py")
                continue
            lines = [line for each in text.splitlines() if (line := each.partition("  #")[0].strip())]
            out = "\n".join(self.printed[line] if line == FIRST else self.type(line) for line in lines)


def unseen(said: str, out: str) -> str | None:
    """Return the first line that did not come out after those before it; ``…`` in it stands for anything."""
    there = iter(_plain(out))
    for line in _plain(said):
        pattern = re.compile(".*".join(map(re.escape, line.split("…"))))
        if not any(pattern.fullmatch(each) for each in there):
            return line
    return None


def _plain(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


pytestmark = pytest.mark.timeout(1800)  # two minutes of it are a core's work, which others may want, too


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Somebody who has typed the first line of the page."""
    shell = Shell(tmp_path_factory.mktemp("tutorial"))
    made = Reader(shell)
    made.type(FIRST)
    yield made
    shell("naul down --home .naul-demo || true")


def test_the_simulated_hall_is_told_as_its_script_plays_it(reader: Reader) -> None:
    assert "48 of 48 verdicts right; 3 departures" in reader.printed[FIRST]
    assert reader.printed[FIRST].endswith("See it in a browser: naul desk --home .naul-demo\n")


def test_the_lines_of_the_tutorial_lead_from_a_recorded_hour_to_a_judged_replay(reader: Reader) -> None:
    reader.read(PAGE.read_text("utf-8"))
    page = (reader.shell.folder / "reference.html").read_text("utf-8")
    assert "reference" in page
    assert not list((reader.shell.folder / ".naul-demo" / "runs").iterdir()), "no look outlives its replay"
