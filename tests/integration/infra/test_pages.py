"""The pages of comparisons and evaluations, opened in a real browser and looked at."""

import json
import re
import subprocess
from collections.abc import Callable
from html import escape, unescape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from sinks.runs.compare import compare
from sinks.runs.evaluate import evaluate
from sinks.runs.page import HEIGHT, WIDTH, comparison_page, evaluation_page
from sinks.runs.rows import StudentKey
from sinks.runs.seen_places import Example, Given, Named, RunSightings, SeenPlace
from sinks.runs.truth import Truth
from tests.tools.browser import chromium
from tests.unit.sinks.runs.paper import DAY, at, run, told

SEOUL = ZoneInfo("Asia/Seoul")
GREEN, GREY = (0x2A, 0x7F, 0x62), (0xE4, 0xE4, 0xE4)
NAME = "<i>최민서</i>"


MEASURE = """<!doctype html><meta charset="utf-8"><body style="margin: 0">
<iframe width="{width}" height="3000" style="border: 0" srcdoc="{page}"></iframe><pre id="found"></pre><script>
onload = () => {{
  const page = document.querySelector("iframe").contentDocument;
  const all = (within, what) => [...within.querySelectorAll(what)];
  const box = (each) => {{ const {{x, y, width}} = each.getBoundingClientRect(); return {{x, y, width}}; }};
  document.querySelector("#found").textContent = JSON.stringify({{
    page: page.documentElement.scrollWidth,
    room: page.documentElement.clientWidth,
    headings: all(page, "h1, h2, h3").map((each) => each.tagName),
    strips: all(page, ".strip").map(box),
    sections: all(page, "section").map((each) => ({{
      ...box(each), within: each.scrollWidth, scrolls: page.defaultView.getComputedStyle(each).overflowX,
    }})),
    plots: all(page, ".plots svg").map((each) => ({{
      ...box(each), marks: all(each, "use[style*='fill: #20639b']").map(box), words: all(each, "text").map(box),
    }})),
  }});
}};
</script></body>"""


class Browser:
    """Opens a page without any network."""

    def __init__(self, chromium: str, folder: Path) -> None:
        self._chromium = chromium
        self._folder = folder

    def picture(self, page: str) -> NDArray[np.uint8]:
        """What a person sees of it, (h, w, 3)."""
        file = self._folder / "page.png"
        self._open(page, f"--screenshot={file}")
        with Image.open(file) as image:
            return np.array(image.convert("RGB"))

    def document(self, page: str) -> str:
        """What the browser understood."""
        return self._open(page, "--dump-dom")

    def measured(self, page: str, width: int) -> dict[str, Any]:
        """How large things are in a window of this width, in pixels: the page measured from outside of it."""
        document = self._open(MEASURE.format(page=escape(page), width=width), "--dump-dom")
        found = re.search(r'<pre id="found">(.*?)</pre>', document, re.DOTALL)
        assert found, document
        measured: dict[str, Any] = json.loads(unescape(found[1]))
        return measured

    def _open(self, page: str, what: str) -> str:
        file = self._folder / "page.html"
        file.write_text(page, "utf-8")
        done = subprocess.run(
            [
                self._chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                "--host-resolver-rules=MAP * ~NOTFOUND", "--window-size=1300,3000", "--force-device-scale-factor=1",
                "--enable-logging=stderr", f"--user-data-dir={self._folder / 'profile'}", what, file.as_uri(),
            ],
            capture_output=True, check=True, timeout=120,
        )  # fmt: skip
        complaints = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if "CONSOLE" in line]
        assert complaints == []
        return done.stdout.decode("utf-8")


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    return Browser(chromium(), tmp_path)


def strips(picture: NDArray[np.uint8]) -> list[list[float]]:
    """The strips from top to bottom: of each, where green begins and ends, as shares of its width."""
    green, grey = ((picture == colour).all(2) for colour in (GREEN, GREY))
    rows = np.flatnonzero((green | grey).sum(1) >= WIDTH - 2)
    found = []
    for row in (each[HEIGHT // 2] for each in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)):
        start = int(np.flatnonzero((green | grey)[row])[0])
        edges = np.flatnonzero(np.diff(np.concatenate([[0], green[row, start : start + WIDTH].astype(int), [0]])))
        found.append([each / WIDTH for each in edges.tolist()])
    return found


def near(*shares: float) -> object:
    return pytest.approx(list(shares), abs=0.005)


def test_a_comparison_shows_who_was_there_when_in_both_runs(browser: Browser) -> None:
    away = told("1", name=NAME, arrived_at=at(10), absences_departed_at=[at(20)], absences_returned_at=[at(30)])
    page = comparison_page(compare(run("a", away), run("b", told("1", "absent", name=NAME))), SEOUL)
    assert strips(browser.picture(page)) == [near(0.2, 0.4, 0.6, 1.0), near()]
    document = browser.document(page)
    assert "&lt;i&gt;최민서" in document
    assert "1 of 1 (100.0%" in document


def an_evaluation() -> str:
    """Of three students: of the first the truth is another, the second is right, the third was not there."""
    truths: dict[StudentKey, Truth] = {
        ("EA", DAY, 1, "1"): Truth("left_early", at(5), at(25)), ("EA", DAY, 1, "2"): Truth("present"),
        ("EA", DAY, 1, "3"): Truth("absent"),
    }  # fmt: skip
    place = SeenPlace(
        camera="앞 <b>", box=(10, 20, 50, 70), frames=3, him=2, others=(Given(student_id="2", name=NAME, frames=1),),
        nobody=0, elsewhere=0, visitors=(), examples=(Example(captured_at=at(3), box=(10, 20, 50, 70)),),
    )  # fmt: skip
    named = {key: Named("앞 <b>" if key[3] == "3" else "뒤", 30 + 10 * int(key[3])) for key in truths}
    rows = run("r", told("1"), told("2", confidence=0.5, name=NAME), told("3", "late", arrived_at=at(10), p=0.6))
    seen = RunSightings(named, {("EA", DAY, 1, "3"): place})
    return evaluation_page(evaluate(rows, truths, seen), SEOUL)


def a_comparison() -> str:
    names = "a-replay-with-a-long-name." + "x" * 34, "b"
    a, b = run(names[0], told("1", name=NAME)), run(names[1], told("1", "absent", name=NAME, reason="dark, " * 20))
    return comparison_page(compare(a, b), SEOUL)


def test_an_evaluation_shows_the_truth_above_what_was_said(browser: Browser) -> None:
    page = an_evaluation()
    wrong = [near(0.1, 0.5), near(0.0, 1.0), near(), near(0.2, 1.0)]
    right = [near(0.0, 1.0), near(0.0, 1.0)]
    assert strips(browser.picture(page)) == [*wrong, *right]
    document = browser.document(page)
    assert "at 앞 &lt;b&gt; 10,20 to 50,70: of 3 frames named him in 2, 2 &lt;i&gt;최민서&lt;/i&gt; in 1" in document


def test_plots_stand_beside_one_another_where_there_is_room_and_their_marks_are_seen(browser: Browser) -> None:
    wide, narrow = (browser.measured(an_evaluation(), width) for width in (1280, 400))
    assert len(wide["plots"]) == len(narrow["plots"]) == 4
    assert wide["plots"][0]["y"] == wide["plots"][1]["y"]
    assert [each["x"] for each in narrow["plots"]] == [narrow["plots"][0]["x"]] * 4
    for plots in (wide["plots"], narrow["plots"]):
        for plot in plots:
            assert plot["width"] > 300
            assert plot["marks"]
            for each in [*plot["marks"], *plot["words"]]:  # nothing is cut at the edge of its plot
                assert plot["x"] - 1 <= each["x"]
                assert each["x"] + each["width"] <= plot["x"] + plot["width"] + 1
                assert each["width"] > 0


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("page", [an_evaluation, a_comparison])
def test_nothing_is_wider_than_the_page_and_wide_tables_scroll_in_their_section(
    browser: Browser, page: Callable[[], str], width: int
) -> None:
    found = browser.measured(page(), width)
    assert found["page"] <= found["room"] <= width
    assert found["room"] > width - 20  # the rest is its scroll bar
    for each in found["sections"]:
        assert each["x"] + each["width"] <= width
        assert each["within"] <= each["width"] or each["scrolls"] == "auto"
    if width == 400:
        assert any(each["within"] > each["width"] for each in found["sections"])
    assert all(each["width"] > 300 and each["x"] + each["width"] <= width for each in found["strips"])
    assert found["headings"][0] == "H1"
    assert set(found["headings"][1:]) == {"H2"}
