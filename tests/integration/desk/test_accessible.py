"""Every page in both languages, on a wide screen and a phone, light and dark: axe-core finds nothing.

With SCREENSHOTS=DIR the pictures of them are kept there, to be looked at.
"""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser

from infra.operations.accounts.access import DeskUser
from infra.operations.accounts.api_tokens import NewToken, create_token
from infra.operations.accounts.manage_accounts import Manager
from infra.operations.appeals.appeal_register import appeal_key
from infra.operations.webhooks.webhook_endpoints import NewWebhook, add_webhook
from schemas.cluster import send
from schemas.dead_letters import RecordPlace, dead_letter
from schemas.frames import FrameHeaders
from schemas.messages import AppealAnswered, Appealed, Face, Gap, HallDay, Message, Term, TermRule, decode, encode
from tests.examples import example
from tests.integration.desk.conftest import (
    HOUR,
    NINE,
    STUDENTS,
    ServedDesk,
    SignedIn,
    coverage,
    observation,
    opener,
    row,
)
from tests.integration.desk.test_access_of_pages import RUN, asked_what_if

AXE = (Path(__file__).parents[2] / "tools" / "axe" / "axe.min.js").read_text("utf-8")
PAGES = {
    "today": "/",
    "hall": f"/hours/{HOUR.section}/{HOUR.date}/1",
    "decide": f"/hours/{HOUR.section}/{HOUR.date}/1/decide",
    "why": f"/hours/{HOUR.section}/{HOUR.date}/1/why?student={STUDENTS[1].student_id}",
    "roll-call": f"/hours/{HOUR.section}/{HOUR.date}/1/roll-call?who=missing",
    "appeals": "/appeals",
    "refused": "/hours/XX0000-1/2026-03-09/1",
}
OFFICE = {
    "audit": "/audit",
    "people": f"/people?find={STUDENTS[0].name}",
    "section": f"/people/section?section={HOUR.section}",
    "student": f"/people/student?student={STUDENTS[0].student_id}",
    "people-check": "/people/check",
    "timetable": "/timetable",
    "terms": "/terms",
    "term": "/terms/term?term=2026-1",
    "term-as-asked": "/terms/term?term=2026-1&limit=1/3&sections=EA0017-1",
    "accounts": "/accounts",
    "account": "/accounts/account?account=kim",
    "account-own": "/accounts/account?account=office",
    "account-new": "/accounts/account",
    "tokens": "/accounts/tokens",
    "webhooks": "/accounts/webhooks",
    "halls": "/halls",
    "what-if": "/what-if",
    "what-if-refused": "/what-if/rule?limit=x&term=2026-1",
    "what-if-given-up": f"/what-if/{RUN}",
    "what-if-rule": "/what-if/rule?term=2026-1&limit=1/100&late_per_absence=1",
    "health-plain": "/health",
}
"""What the registrar alone sees."""
TYPED = {"term-change": "/terms/term?term=2026-1#1/3", "term-wrong": "/terms/term?term=2026-1#a third"}
"""Forms of a term, and what is typed as the limit before Enter is pressed."""
OWN = {"me": "/me", "appeal": f"/hours/{HOUR.section}/2026-03-16/1/appeal"}
"""What a student sees of himself."""
ENGINEER = {"health": "/health", "machine": "/health/machine", "runs": "/runs", "run": "/runs/live"}
"""What an engineer sees."""
LOOKS = {
    "wide-light-en": {"locale": "en-GB", "viewport": {"width": 1280, "height": 800}, "color_scheme": "light"},
    "wide-dark-ko": {"locale": "ko-KR", "viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "phone-light-ko": {"locale": "ko-KR", "viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
    "phone-dark-en": {"locale": "en-GB", "viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
}


@pytest.fixture(scope="module")
def told(shared_desk: ServedDesk) -> ServedDesk:
    """A class hour in which a bit of everything happens."""
    desk = shared_desk
    minute = 60
    gap = Gap(starts_at=NINE.replace(minute=3), ends_at=NINE.replace(minute=5), reason="dark")
    desk.tell(
        coverage(gaps=(gap,), seconds_covered=7 * minute),
        row(0, arrived_at=NINE),
        row(1, "late", arrived_at=NINE.replace(minute=12), review=True, doubts=("came_unseen",), confidence=0.7),
        row(2, "unobserved", review=True, doubts=("like_him",), confidence=0.4, p=0.5),
        row(3, "left_early", arrived_at=NINE, departed_at=NINE.replace(minute=8)),
        observation(faces=(Face(box=(0, 0, 9, 9), score=1, student=STUDENTS[0].student_id),)),
    )
    asked(desk)
    desk.stored()
    asked_what_if(desk, RUN)
    by = Manager(DeskUser(account="root"), desk.desk.audit.record, "console")
    create_token(desk.settings, NewToken(name="board", owner="kim", scopes=("halls:read", "names:read")), by, NINE)
    add_webhook(desk.settings, NewWebhook("https://lms.example.ac.kr/naul", ["marks.made"]), by, NINE)
    rule = TermRule(limit="1/2")
    term = Term(term="2026-1", first=HOUR.date, last=HOUR.date, rule=rule, loaded_at=NINE, by="office")
    letter = dead_letter(
        RecordPlace(desk.settings.topic("frames"), 0, 0), b"E101", b"x", [], "a PNG, not a JPEG", "recognise"
    )
    frame = FrameHeaders(hall="E101", camera="front", captured_at=NINE, live=False, sequence=1).pack()
    send(
        desk.settings,
        [
            (desk.settings.topic("terms"), term.term.encode(), encode(term), None, None),
            (desk.settings.topic("dead-letters"), letter.key, letter.value, None, letter.headers),
            (desk.settings.topic("frames"), b"E101/front", b"no picture", None, frame),
        ],
    )
    return desk


def asked(desk: ServedDesk) -> None:
    """A term with a class hour to come, and two students who contest; one has an answer."""
    week = timedelta(days=7)
    coming = replace(HOUR, date=HOUR.date + week, starts_at=HOUR.starts_at + week, ends_at=HOUR.ends_at + week)
    term = Term(term="2026-1", first=HOUR.date, last=HOUR.date + 15 * week, loaded_at=NINE)
    first = decode(example("appealed"), Appealed)
    other = replace(first, id="other", student_id=STUDENTS[1].student_id)
    answer = decode(example("appeal_answered"), AppealAnswered)
    day = HallDay(hall="E101", date=coming.date, hours=(coming,))
    records: list[tuple[str, str, Message]] = [
        ("timetable", f"E101|{coming.date}", day),
        ("terms", term.term, term),
        *(("appeals", appeal_key(each), each) for each in (first, other, answer)),
    ]
    send(
        desk.settings, [(desk.settings.topic(to), key.encode(), encode(what), None, None) for to, key, what in records]
    )
    desk.desk.calendar.refresh()


@pytest.fixture
def signed_in(told: ServedDesk, browser: Browser) -> Iterator[SignedIn]:
    with opener(told, browser) as enter:
        yield enter


def faults(page: Any) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']}: {node['target']} {node['html'][:100]}" for each in found["violations"] for node in each["nodes"]
    ]


BROKEN = """() => [...document.querySelectorAll("td, th")].flatMap((cell) => {
  const words = [], texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) for (const word of texts.currentNode.data.matchAll(/\\S+/g)) {
    const range = document.createRange();
    range.setStart(texts.currentNode, word.index);
    range.setEnd(texts.currentNode, word.index + word[0].length);
    if (new Set([...range.getClientRects()].map((each) => Math.round(each.top))).size > 1) words.push(word[0]);
  }
  return words;
})"""
"""Words of tables that stand on more than one line."""


@pytest.mark.parametrize("look", LOOKS)
def test_a_page_is_for_everybody_on_every_screen(told: ServedDesk, signed_in: Any, look: str) -> None:
    people = {name: signed_in(name, **LOOKS[look]) for name in ("kim", "office", "tech", "naeol")}
    found: dict[str, list[str]] = {}
    seen_by = {
        **dict.fromkeys([*OFFICE, *TYPED], "office"),
        **dict.fromkeys(ENGINEER, "tech"),
        **dict.fromkeys(OWN, "naeol"),
    }
    for name, address in (PAGES | OFFICE | ENGINEER | OWN | TYPED).items():
        page = people[seen_by.get(name, "kim")]
        page.goto(told.url + address.partition("#")[0])
        if name in TYPED:
            page.locator("#limit").fill(address.partition("#")[2])
            with page.expect_navigation():
                page.keyboard.press("Enter")
        page.wait_for_load_state("networkidle") if name in ("decide", "why") else page.wait_for_load_state()
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found[name] = faults(page) + ([f"{wider} pixels stick out"] if wider > 0 else [])
        found[name] += [f"{each} is broken" for each in page.evaluate(BROKEN)]
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=f"{folder}/{name}-{look}.png", full_page=True)
    page.context.clear_cookies()
    page.goto(f"{told.url}/sign-in")
    found["sign-in"] = faults(page)
    assert found == {name: [] for name in found}


def test_a_page_prints_without_what_only_a_screen_needs(told: ServedDesk, signed_in: Any) -> None:
    page = signed_in("kim")
    page.goto(told.url + PAGES["hall"])
    page.emulate_media(media="print")
    for hidden in (".top", ".camera", "#happened", ".order"):
        assert not page.locator(hidden).first.is_visible(), hidden
    assert page.locator(".tile").first.is_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_a_keyboard_alone_reaches_what_there_is_to_do(told: ServedDesk, signed_in: Any) -> None:
    page = signed_in("kim")
    page.goto(told.url + PAGES["hall"])
    reached = set()
    for _ in range(30):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.textContent.trim()"))
    assert {
        "Skip to the content",
        "Today",
        "Sign out",
        "Call the roll",
        "Decide the doubtful",
        "by state",
        "김나얼",
    } <= reached
