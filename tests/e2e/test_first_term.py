"""The tutorial "your first term", followed from an empty site: its lines are run, its words stand on the pages.

Each page is used in English and looked at in Korean beside it. With SCREENSHOTS=docs its pictures are made anew.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from python_calamine import CalamineWorkbook

from tests.e2e.shell import Shell
from tests.e2e.tutorial import Tutorial, assert_pictures, opened_browser, window

LINES = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
TALL = "photos", "hour", "me", "appeals", "reports", "what-if"


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    made = Shell(tmp_path)
    made.environ |= {"LOGNAME": "office", "COLUMNS": "100"}
    yield made
    made("naul down --home .naul-demo || true")


@pytest.fixture
def browser() -> Iterator[Browser]:
    with opened_browser() as opened:
        yield opened


class Walk:
    """The windows of three people, and the terminal. lines: those of the tutorial, in order."""

    def __init__(self, shell: Shell, browser: Browser, tutorial: Tutorial) -> None:
        self.shell, self.tutorial, self._browser = shell, tutorial, browser
        self._lines = re.findall(
            r"^```sh\n(.*?)^```", tutorial.files["en"].read_text("utf-8"), re.DOTALL | re.MULTILINE
        )
        assert self._lines == re.findall(
            r"^```sh\n(.*?)^```", tutorial.files["ko"].read_text("utf-8"), re.DOTALL | re.MULTILINE
        )

    def typed(self) -> str:
        """Type the next lines of the page."""
        return self.shell(self._lines.pop(0).replace("make term", "naul demo --term"))

    def signed_in(self, printed: str) -> Page:
        """Open the link that was printed in a window of its own."""
        page = window(self._browser, "en-GB").new_page()
        page.goto(re.findall(r"http://\S+once=\S+", printed)[0])
        self.tutorial.look(2, page)
        page.get_by_role("main").get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/")
        return page

    def load(self, page: Page, step: int, file: str, picture: str = "") -> None:
        """Choose a file, see what it would change, and apply it."""
        self.tutorial.look(step, page)
        page.set_input_files("input[name=file]", self.shell.folder / ".naul-demo" / "papers" / file)
        page.get_by_role("button", name="Show what it would change").click()
        page.wait_for_url("**/load/*")
        self.tutorial.look(step, page, picture)
        page.get_by_role("button", name="Apply exactly this").click()
        page.wait_for_url("**?done=loaded")


def link(page: Page, name: str) -> None:
    page.get_by_role("link", name=name).first.click()


def load_the_term(walk: Walk, office: Page) -> None:
    """The timetable from a calendar, rosters from a workbook, photos from a ZIP; the rule and who teaches by lines."""
    walk.tutorial.look(2, office)
    link(office, "Timetable")
    walk.load(office, 2, "timetable.ics", "timetable")
    link(office, "People")
    walk.load(office, 3, "rosters.xlsx")
    office.set_input_files("input[name=photos]", walk.shell.folder / ".naul-demo" / "papers" / "photos.zip")
    office.check("input[name=consent]")
    walk.tutorial.look(3, office)
    office.get_by_role("button", name="Enrol them").click()
    expect(office.get_by_role("heading", name="Photos were enrolled")).to_be_visible()
    walk.tutorial.look(3, office, "photos")
    walk.typed()


def hold_the_lecture(walk: Walk, office: Page) -> None:
    """The recording is judged, and the class hour looked at."""
    walk.typed()
    link(office, "Today")
    walk.tutorial.look(5, office)
    last = office.get_by_text("The last one before:")
    if last.count():
        last.get_by_role("link").click()
    else:
        office.get_by_role("link", name="←").click()
    walk.tutorial.look(5, office)
    office.locator(".hour", has_text="MA1001-2").get_by_role("link").click()
    walk.tutorial.look(5, office)
    office.go_back()
    office.locator(".hour", has_text="EA0017-1").get_by_role("link").click()
    expect(office.locator(".tile", has_text="조현우")).to_contain_text("present")
    walk.tutorial.look(5, office, "hour")


def contest(walk: Walk, student: Page) -> None:
    link(student, "My attendance")
    walk.tutorial.look(6, student)
    student.locator("summary", has_text="Ask beforehand").click()
    walk.tutorial.seen[6, "en"] += student.inner_text("main")
    walk.tutorial.seen[6, "ko"] += "사유 신청"  # in what is folded up
    link(student, "Contest")
    walk.tutorial.look(6, student)
    student.get_by_label("Until").fill("09:13")
    student.get_by_label("What I should count as").select_option("present")
    student.get_by_label("Reason").fill("버스가 고장 나서 교수님께 미리 말씀드렸습니다.")
    student.get_by_role("button", name="Send").click()
    expect(student.get_by_role("button", name="Withdraw this")).to_be_visible()
    walk.tutorial.look(6, student, "me")


def answer(walk: Walk, professor: Page) -> None:
    expect(professor.get_by_text("Appeals that wait for an answer: 1")).to_be_visible()
    walk.tutorial.look(7, professor)
    link(professor, "Appeals")
    walk.tutorial.look(7, professor, "appeals")
    professor.get_by_label("Reason (the student reads it)").fill("아침에 들었습니다. 버스 회사에도 확인했습니다.")
    professor.get_by_role("main").get_by_role("button", name="present").click()
    expect(professor.get_by_text("Nothing waits for an answer.")).to_be_visible()


def report(walk: Walk, office: Page) -> None:
    """Rates, and every verdict as a workbook that is read back."""
    link(office, "Reports")
    walk.tutorial.look(8, office, "reports")
    link(office, "Near the limit")
    walk.tutorial.look(8, office)
    link(office, "Files")
    walk.tutorial.look(8, office)
    with office.expect_download() as taken:
        office.locator("form", has_text="XLSX").first.get_by_role("button", name="XLSX").click()
    book = CalamineWorkbook.from_path(str(taken.value.path()))
    rows = [row for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python()]
    contested = [row for row in rows if "202011236" in row]
    assert "김나래" in " ".join(map(str, contested[0])), "the professor's answer is in it"


def ask_what_if(walk: Walk, office: Page) -> None:
    link(office, "What if")
    walk.tutorial.look(9, office)
    office.get_by_label("Late after … minutes").fill("5")
    office.get_by_role("button", name="Ask", exact=True).click()
    expect(office.get_by_role("button", name="Delete")).to_be_visible()
    walk.tutorial.look(9, office, "what-if")
    assert re.search(r"verdicts that change\s+1\b", office.locator("main").inner_text())
    assert re.search(r"F more\s+0\b", office.locator("main").inner_text())


@pytest.mark.timeout(1800)
def test_the_steps_lead_through_a_term_and_every_word_that_they_name_is_on_the_pages(
    shell: Shell, browser: Browser
) -> None:
    walk = Walk(shell, browser, Tutorial("first-term", browser, TALL))
    office = walk.signed_in(walk.typed())
    assert walk.typed() == ""
    shell.environ |= {"NAUL_HOME": ".naul-demo"}
    load_the_term(walk, office)
    hold_the_lecture(walk, office)
    student = walk.signed_in(walk.typed())
    contest(walk, student)
    professor = walk.signed_in(walk.typed())
    answer(walk, professor)
    student.reload()
    expect(student.get_by_text("upheld")).to_be_visible()
    walk.tutorial.look(7, student)
    report(walk, office)
    ask_what_if(walk, office)
    walk.typed()
    walk.tutorial.assert_true()


def test_the_pictures_are_there_and_small() -> None:
    assert_pictures("first-term")
