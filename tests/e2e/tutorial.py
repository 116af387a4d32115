"""A tutorial of docs that is followed in a browser: what it names stands on the pages, in both languages.

With SCREENSHOTS=docs its pictures are made anew.
"""

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.tools.browser import chromium

__all__ = ["DOCS", "PHONE", "WIDE", "Tutorial", "assert_pictures", "opened_browser", "window"]

DOCS = Path(__file__).parents[2] / "docs"
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
_NAMED = re.compile(r"(?<![*\w])\*([^*\s][^*]*)\*(?!\*)")


@contextmanager
def opened_browser() -> Iterator[Browser]:
    """A browser without a camera."""
    with sync_playwright() as tools:
        expect.set_options(timeout=120_000)
        opened = tools.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield opened
        opened.close()


def window(browser: Browser, locale: str) -> BrowserContext:
    """Open a window of a browser of its own, which is patient: the machine may do much else."""
    opened = browser.new_context(locale=locale, viewport=WIDE)  # type: ignore[arg-type]
    opened.set_default_timeout(120_000)
    return opened


class Tutorial:
    """A tutorial and what was seen while it was followed in English; the same pages are looked at in Korean beside it.

    tall: pictures that show the whole page.
    """

    def __init__(self, name: str, browser: Browser, tall: tuple[str, ...] = ()) -> None:
        self.files = {"en": DOCS / f"{name}.md", "ko": DOCS / f"{name}.ko.md"}
        self.pictures, self._tall = DOCS / name, tall
        self._browser = browser
        self.seen, self.made = defaultdict[tuple[int, str], str](str), set[str]()

    def look(self, step: int, page: Page, picture: str = "", **how: Any) -> None:
        """See what stands on a page, in both languages, and take a picture of both."""
        self.take(step, "en", page, picture, **how)
        beside = window(self._browser, "ko-KR")
        beside.add_cookies(page.context.cookies())  # type: ignore[arg-type]
        korean = beside.new_page()
        korean.set_viewport_size(page.viewport_size or WIDE)  # type: ignore[arg-type]
        korean.goto(page.url)
        self.take(step, "ko", korean, picture, **how)
        beside.close()

    def take(self, step: int, language: str, page: Page, picture: str = "", media: str = "screen") -> None:
        """See what stands on a page, and take a picture of it."""
        if page.locator("#looks").count():
            expect(page.locator("#looks figure").first).to_be_visible()
        page.emulate_media(media=media)  # type: ignore[arg-type]
        self.seen[step, language] += page.inner_text("body") + "\n"
        if picture:
            self.made.add(f"{picture}.{language}")
            if folder := os.environ.get("SCREENSHOTS"):
                taken = page.screenshot(full_page=page.viewport_size == PHONE or picture in self._tall)
                image = cv2.imdecode(np.frombuffer(taken, np.uint8), cv2.IMREAD_COLOR)
                self.picture(Path(folder), f"{picture}.{language}", image)
        page.emulate_media(media="screen")

    def picture(self, folder: Path, name: str, image: Any) -> None:
        """Write a picture of a page."""
        place = folder / self.pictures.name
        place.mkdir(exist_ok=True)
        cv2.imwrite(str(place / f"{name}.webp"), image, [cv2.IMWRITE_WEBP_QUALITY, 80])

    def steps(self, language: str) -> list[str]:
        """Return the steps; the first is what stands before them."""
        return re.split(r"^## .*$", self.files[language].read_text("utf-8"), flags=re.MULTILINE)

    def assert_true(self) -> None:
        """Each word that a step names stood on its pages; its pictures are those that were made."""
        missing = []
        for language, file in self.files.items():
            for step, text in enumerate(self.steps(language)[1:], 1):
                said = re.sub(r"\s+", " ", self.seen[step, language])
                named = {re.sub(r"\s+", " ", each) for each in _NAMED.findall(text)}
                missing += [f"step {step} of {file.name}: {each}" for each in sorted(named) if each not in said]
        assert not missing, "\n".join(missing)
        name = self.pictures.name
        linked = {
            each for file in self.files.values() for each in re.findall(rf"\(({name}/.*?)\)", file.read_text("utf-8"))
        }
        made = {f"{name}/{each}.webp" for each in self.made}
        assert linked == made, f"pictures that differ: {linked ^ made}"


def assert_pictures(name: str) -> None:
    """What a tutorial links to is there, and its pictures are small."""
    for file in (DOCS / f"{name}.md", DOCS / f"{name}.ko.md"):
        for link in re.findall(r"\]\((?!http)([^)#]+)", file.read_text("utf-8")):
            assert (DOCS / link).exists(), f"{file.name}: {link}"
    assert max(each.stat().st_size for each in (DOCS / name).iterdir()) < 150_000
