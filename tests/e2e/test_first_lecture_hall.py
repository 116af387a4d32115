"""The tutorial "your first lecture hall", followed in a browser in both languages: what it names stands on the pages.

With SCREENSHOTS=docs its pictures, and that of the README, are made anew.
"""

import os
import re
import signal
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import pytest
from playwright.sync_api import Browser, Page, expect

from producers.simulated_hall.actors import people_of
from tests.e2e.shell import BIN, Shell
from tests.e2e.turned_head import pictures_of, portrait
from tests.e2e.tutorial import DOCS, PHONE, WIDE, Tutorial, assert_pictures, opened_browser, window

TALL = "hall", "why", "decide"
ME = "s4"
"""Who of ORL tries the kiosk; nobody of the simulated hall."""

CAMERA = """pictures => {
  const canvas = document.createElement("canvas");
  canvas.width = 640; canvas.height = 480;
  let shown = "front";
  setInterval(() => {
    const image = new Image();
    image.onload = () => canvas.getContext("2d").drawImage(image, 0, 0);
    image.src = pictures[shown];
  }, 50);
  navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(20);
  const said = document.getElementById("say"), text = document.getElementById("kiosk").dataset;
  let side = "left";
  window.told = [];  // what it says may stand there for a blink of an eye
  new MutationObserver(() => {
    const now = said.textContent;
    told.push(now);
    if (now === text.left || now === text.right) shown = `half ${side = now === text.left ? "left" : "right"}`;
    else if (now === text.further) shown = side;
    else if (now === text.back || now === text.look) shown = "front";
  }).observe(said, { childList: true });
}"""
"""A camera before which somebody does what the page says: the pictures are real, the device is not."""


class Professor:
    """Somebody who follows the steps in English."""

    def __init__(self, browser: Browser, first_link: str) -> None:
        self.page = window(browser, "en-GB").new_page()
        self.tutorial = ScreenedHall("first-lecture-hall", browser, TALL)
        self.page.goto(first_link)
        self.look(2, "sign-in")
        self.page.get_by_role("main").get_by_role("button", name="Sign in").click()
        self.page.wait_for_url("**/")

    def look(self, step: int, picture: str = "", page: Page | None = None, **how: Any) -> None:
        """See what stands on the page, in both languages."""
        self.tutorial.look(step, page or self.page, picture, **how)


class ScreenedHall(Tutorial):
    """The page of the hall is the picture of README, too."""

    def picture(self, folder: Path, name: str, image: Any) -> None:
        super().picture(folder, name, image)
        if name == "hall.en":
            cv2.imwrite(str(folder / "desk.png"), image[:710], [cv2.IMWRITE_PNG_COMPRESSION, 9])


class Played:
    """`naul demo --live` in a terminal."""

    def __init__(self, shell: Shell, photos: Path) -> None:
        line = [str(BIN / "naul"), "demo", "--live", "--speed", "60", "--me", str(photos), "--script", "hall.toml"]
        self._process = subprocess.Popen(line, cwd=shell.folder, env=shell.environ, stdout=subprocess.PIPE, text=True)
        self.printed = list[str]()

    def until(self, wanted: str) -> str:
        """Read what it prints, up to a line with these words."""
        assert self._process.stdout
        for line in self._process.stdout:
            self.printed.append(line.strip())
            if wanted in line:
                return line.strip()
        raise AssertionError(f"{wanted!r} was not printed:\n" + "\n".join(self.printed))

    def end(self) -> None:
        """Press Ctrl-C."""
        with self._process:
            if self._process.poll() is None:
                self._process.send_signal(signal.SIGINT)
                self.until("See it in a browser")
        assert self._process.returncode == 0


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Where it is between nine and ten in the morning: a class hour over midnight would be one of yesterday."""
    east = (9 - datetime.now(UTC).hour + 11) % 24 - 11
    zone = f"Etc/GMT{-east:+d}" if east else "Etc/GMT"
    made = Shell(tmp_path)
    made.environ |= {"NAUL_TIMEZONE": zone, "LOGNAME": "professor", "COLUMNS": "100"}
    script = Path(str(people_of.__code__.co_filename)).with_name("demo.toml").read_text("utf-8")
    (tmp_path / "hall.toml").write_text(script.replace("Asia/Seoul", zone), "utf-8")
    (tmp_path / "me").mkdir()
    for number in (2, 3, 5):
        cv2.imwrite(str(tmp_path / "me" / f"{number}.png"), portrait(ME, number))
    return made


@pytest.fixture
def played(shell: Shell) -> Iterator[Played]:
    """The lecture has begun."""
    playing = Played(shell, shell.folder / "me")
    try:
        yield playing
    finally:
        playing.end()


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A browser without a camera."""
    with opened_browser() as opened:
        yield opened


def at_the_kiosk(professor: Professor, browser: Browser, link: str) -> None:
    """Make a second browser the kiosk; whoever is on the roster marks himself."""
    page = window(browser, "en-GB").new_page()
    page.goto(link)
    page.get_by_role("main").get_by_role("button").click()
    page.locator(".hour.now a").click()
    professor.look(4, page=page)
    page.get_by_role("button", name="Make this device the kiosk of E101").click()
    pictures = {name: f"data:image/jpeg;base64,{b64encode(each).decode()}" for name, each in pictures_of(ME).items()}
    for language, start, yes in (("en", "Start", "Yes, that is me"), ("ko", "시작", "네, 맞습니다")):
        professor.tutorial.take(4, language, page, "kiosk")
        page.get_by_role("button", name=start).click()
        expect(page.get_by_role("button", name=start)).to_be_visible()  # there is no camera
        professor.tutorial.take(4, language, page)
        page.evaluate(CAMERA, pictures)
        begin, named = page.get_by_role("button", name=start), page.get_by_role("button", name=yes)
        for _ in range(20):  # a machine that does much else looks too seldom; whoever stands there tries again
            begin.click()
            expect(begin.or_(named)).to_be_visible()
            if named.is_visible():
                break
        expect(named).to_be_visible()
        professor.tutorial.take(4, language, page, "named")
        professor.tutorial.seen[4, language] += page.evaluate("told.join('\\n')")
        if language == "en":
            page.get_by_role("button", name="한국어").click()
    page.get_by_role("button", name="네, 맞습니다").click()
    expect(page.locator("#say")).to_contain_text("나 님")
    page.get_by_role("button", name="키오스크 끝내기").click()
    expect(page).to_have_url(re.compile("/sign-in$"))
    page.context.close()


def at_the_desk(professor: Professor) -> None:
    """Watch, decide, call the roll, ask why, print, sign out."""
    page, hour = professor.page, professor.page.url
    expect(page.locator("#s-EA0017-1-me")).to_contain_text("kiosk E101")
    expect(page.locator(".tile", has_text="조현우")).to_contain_text("to decide")
    expect(page.locator(".tile", has_text="장수아")).to_contain_text("left")
    if "SCREENSHOTS" in os.environ:  # a frame in which heads are up makes a better picture
        expect(page.locator(".frame text").nth(8)).to_be_attached()
    professor.look(3, "hall")
    professor.look(5)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    professor.look(3, "phone")
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    page.goto(hour.partition("/hours")[0] + "/")
    professor.look(2, "today")
    page.goto(hour)
    page.get_by_role("link", name="Decide the doubtful").click()
    professor.look(5, "decide")
    page.keyboard.press("l")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    professor.look(5)
    professor.look(6)
    page.get_by_role("link", name="Back to the class hour").click()
    professor.look(6)
    page.get_by_role("link", name="Call the roll").click()
    page.get_by_role("link", name="only who is missing or in doubt").click()
    professor.look(6, "roll-call")
    expect(page.locator("#called-name")).to_have_text("권태민")
    for key in "31":
        page.keyboard.press(key)
    page.locator("[data-student='202214534']").get_by_label("absent").check()
    page.get_by_role("button", name="Send all answers").click()
    expect(page.locator(".tile", has_text="서건우")).to_contain_text("present")
    expect(page.locator(".tile", has_text="장수아")).to_contain_text("left")
    expect(page.locator(".tile", has_text="조현우")).to_contain_text("late")
    professor.look(8, "print", media="print")
    page.get_by_role("link", name="장수아").click()
    professor.look(7, "why")
    page.goto(hour)
    professor.look(9)
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/sign-in$"))


def test_the_steps_lead_through_a_lecture_and_every_word_that_they_name_is_on_the_pages(
    shell: Shell, played: Played, browser: Browser
) -> None:
    played.until("Open this address in a browser. Ctrl-C stops everything.")
    professor = Professor(browser, next(each for each in played.printed if "/sign-in?once=" in each))
    professor.page.locator(".hour.now a").click()
    at_the_kiosk(professor, browser, shell("naul desk --home .naul-demo"))
    at_the_desk(professor)
    played.end()
    assert played.printed[-1].endswith("naul desk --home .naul-demo")
    professor.tutorial.assert_true()


def test_the_pictures_are_there_and_small() -> None:
    assert_pictures("first-lecture-hall")
    assert (DOCS / "desk.png").stat().st_size < 300_000
