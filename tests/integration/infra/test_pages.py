"""The pages of comparisons and evaluations, opened in a real browser and looked at."""

import os
import shutil
import subprocess
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from sinks.runs.compare import compare
from sinks.runs.evaluate import evaluate
from sinks.runs.page import HEIGHT, WIDTH, comparison_page, evaluation_page
from sinks.runs.rows import StudentKey
from sinks.runs.truth import Truth
from tests.unit.sinks.runs.paper import DAY, at, run, told

SEOUL = ZoneInfo("Asia/Seoul")
GREEN, GREY = (0x2A, 0x7F, 0x62), (0xE4, 0xE4, 0xE4)
NAME = "<i>최민서</i>"


@pytest.fixture(scope="session")
def chromium() -> str:
    """A browser. It is no need of Naul's, but of these tests."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None and not os.environ.get("CI"):
        pytest.skip("chromium is missing: sudo apt-get install chromium")
    assert found, "CI installs chromium"
    return found


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

    def _open(self, page: str, what: str) -> str:
        file = self._folder / "page.html"
        file.write_text(page, "utf-8")
        done = subprocess.run(
            [
                self._chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                "--host-resolver-rules=MAP * ~NOTFOUND", "--window-size=1200,2000", "--force-device-scale-factor=1",
                "--enable-logging=stderr", f"--user-data-dir={self._folder / 'profile'}", what, file.as_uri(),
            ],
            capture_output=True, check=True, timeout=120,
        )  # fmt: skip
        complaints = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if "CONSOLE" in line]
        assert complaints == []
        return done.stdout.decode("utf-8")


@pytest.fixture
def browser(chromium: str, tmp_path: Path) -> Browser:
    return Browser(chromium, tmp_path)


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


def test_an_evaluation_shows_the_truth_above_what_was_said_and_its_plot(browser: Browser) -> None:
    truths: dict[StudentKey, Truth] = {
        ("EA", DAY, 1, "1"): Truth("left_early", at(5), at(25)), ("EA", DAY, 1, "2"): Truth("present")
    }  # fmt: skip
    page = evaluation_page(evaluate(run("r", told("1"), told("2", confidence=0.5)), truths), SEOUL)
    picture = browser.picture(page)
    assert strips(picture) == [near(0.1, 0.5), near(0.0, 1.0)]
    assert browser.document(page).count("<circle") == 2
    above = (picture == GREEN).all(2)[: 2000 // 2]
    assert above.any(), "the points of the plot"
