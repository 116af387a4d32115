"""The page of a class hour, in a browser."""

import gc
import time
from datetime import timedelta
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from infra.desk import class_hour
from infra.operations.class_hours import hour_register
from infra.operations.privacy.forget import forget, known_of
from schemas.cluster import send
from schemas.messages import Face, FrameRef, Roster, Student, encode
from tests.integration.desk.conftest import HOUR, NINE, STUDENTS, ServedDesk, coverage, observation, row

BLANK_PICTURES = """window.blank = [];
new MutationObserver(() => {
    for (const each of document.querySelectorAll(".frame img")) if (!each.complete) blank.push(each.src);
}).observe(document, { childList: true, subtree: true });"""
"""Notes each picture that is put on the page before it is there."""
DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
"""Returns when a page was drawn as it is."""


def is_laid_out(of: Locator, *, wanted: bool = True) -> bool:
    """Whether the browser has laid out what a tile holds, or has not, within some frames."""
    for _ in range(100):
        if of.locator(".name").evaluate("each => each.checkVisibility({contentVisibilityAuto: true})") == wanted:
            return True
        of.page.evaluate(DRAWN)
    return False


def tile(page: Page, student: int) -> Any:
    return page.locator(".tile", has_text=STUDENTS[student].student_id)


def test_the_first_page_leads_to_the_hall_as_it_is(desk: ServedDesk, signed_in: Any) -> None:
    gone = row(3, departed_at=NINE + timedelta(minutes=3))
    desk.tell(coverage(), row(0), row(1, "late", arrived_at=NINE + timedelta(minutes=12)), gone)
    desk.stored()
    page = signed_in("kim")
    line = page.locator(".hour.now")
    expect(line).to_contain_text("2 / 3")  # who is gone is not there now
    line.get_by_role("link").click()
    expect(page.locator("#totals .here dd")).to_have_text("2 / 5")
    expect(tile(page, 0)).to_contain_text("present 09:00")
    expect(tile(page, 1)).to_contain_text("late 09:12")
    expect(tile(page, 2)).to_contain_text("not yet")


def test_of_a_full_hall_what_is_below_the_screen_is_laid_out_when_it_comes_near(
    desk: ServedDesk, signed_in: Any
) -> None:
    many = tuple(Student(student_id=f"2020{each:05}", name=f"학생 {each}") for each in range(200))
    roster = Roster(section=HOUR.section, students=many, version=2)
    send(desk.settings, [(desk.settings.topic("rosters"), HOUR.section.encode(), encode(roster), None, None)])
    while len(desk.desk.calendar.roster(HOUR).students) < len(many):
        desk.desk.warm.wait(0.1)
    page = signed_in("kim")
    page.goto(desk.hour)
    tall, last = "document.documentElement.scrollHeight", page.locator(".tile").last
    assert is_laid_out(page.locator(".tile").first)
    assert is_laid_out(last, wanted=False)
    before = page.evaluate(tall)
    last.scroll_into_view_if_needed()
    assert is_laid_out(last)
    assert page.evaluate(tall) == before  # nothing jumps
    page.emulate_media(media="print")
    assert is_laid_out(page.locator(".tile").nth(100))


def test_whoever_asks_first_waits_for_no_topic(
    desk: ServedDesk, signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.tell(coverage(), row(0))
    desk.stored()
    assert desk.desk.warm.wait(60)
    monkeypatch.setattr(hour_register, "View", None)  # none is opened any more
    page = signed_in("kim")
    page.goto(f"{desk.hour}/why?student={STUDENTS[0].student_id}")
    expect(page.locator(".sentences")).to_contain_text("09:00")


def test_whoever_is_erased_is_nowhere_in_the_memory_of_pages(desk: ServedDesk, signed_in: Any) -> None:
    desk.tell(coverage(), *map(row, range(4)))
    desk.stored()
    him = STUDENTS[3]
    page = signed_in("kim")
    page.goto(desk.hour)
    expect(tile(page, 3)).to_contain_text("present")
    while him.name not in repr(gc.get_referents(class_hour._tile)):
        page.reload()  # the desk lets go once when it has begun to follow the halls
    forget(desk.settings, known_of(desk.settings, him.student_id), by="office", now=lambda: desk.now)
    expect(page.locator(".tile", has_text=him.student_id)).to_have_count(0)
    until = time.monotonic() + 60
    while him.name in (kept := repr([gc.get_referents(each) for each in (class_hour._tile, class_hour._packed)])):
        assert time.monotonic() < until, kept
    assert him.name.encode() not in b"".join(desk.desk.register._items("marks").values())


def test_it_follows_what_happens_in_all_tabs_by_one_stream(desk: ServedDesk, signed_in: Any) -> None:
    one = signed_in("kim")
    one.goto(desk.hour)
    two = one.context.new_page()
    two.goto(desk.hour)
    for page in (one, two):
        expect(page.locator("#link")).to_have_text("live")
    desk.tell(coverage(), row(0), observation(faces=(Face(box=(0, 0, 9, 9), score=1, student=STUDENTS[1].student_id),)))
    for page in (one, two):
        expect(tile(page, 0)).to_contain_text("present")
        expect(tile(page, 1).locator(".seen-now")).to_be_visible()
        expect(page.locator("#happened")).to_contain_text("김나얼")
    ((page_shown, _),) = desk.desk.pages._pages.values()
    assert page_shown.watchers == 1
    one.close()
    desk.tell(row(2, departed_at=NINE + timedelta(minutes=8), version=10**6))
    expect(tile(two, 2)).to_contain_text("left 09:08")


def test_two_tabs_in_two_languages_stay_what_they_are(desk: ServedDesk, signed_in: Any) -> None:
    english = signed_in("kim")
    english.goto(desk.hour)
    expect(english.locator("#link")).to_have_text("live")
    korean = english.context.new_page()
    korean.goto(desk.hour)
    korean.get_by_role("button", name="한국어").click()
    expect(korean.locator("#link")).to_have_text("실시간")
    desk.tell(coverage(), row(0))
    expect(tile(english, 0)).to_contain_text("present")
    expect(tile(korean, 0)).to_contain_text("출석")


def test_a_new_frame_takes_the_place_of_the_old_one_when_it_is_there(desk: ServedDesk, signed_in: Any) -> None:
    page = signed_in("kim")
    page.add_init_script(BLANK_PICTURES)
    page.goto(desk.hour)
    expect(page.locator("#link")).to_have_text("live")
    topic = desk.settings.topic("frames")
    picture = cv2.imencode(".jpg", np.full((720, 1280, 3), 99, np.uint8))[1].tobytes()
    send(desk.settings, [(topic, b"E101", picture, None, 0)] * 3)
    for number in range(3):
        frame = FrameRef(topic=topic, partition=0, offset=number)
        desk.tell(observation(captured_at=NINE + timedelta(seconds=5 * number), frame=frame))
        expect(page.locator(f".frame img[src$='0.{number}']")).to_be_visible()
    assert page.evaluate("blank") == []


def test_what_is_not_for_an_engineer_is_not_there(desk: ServedDesk, signed_in: Any) -> None:
    desk.tell(coverage(), row(0))
    page = signed_in("tech")
    page.goto(desk.hour)
    expect(page.locator("#totals .here dd")).to_have_text("1 / 5")
    for heading in ("Students", "What happened"):
        expect(page.get_by_role("heading", name=heading)).to_have_count(0)


def test_after_a_lost_connection_nothing_is_missing(desk: ServedDesk, signed_in: Any) -> None:
    page = signed_in("kim")
    page.goto(desk.hour)
    expect(page.locator("#link")).to_have_text("live")
    page.context.set_offline(True)
    desk.desk.pages._pages.clear()
    desk.tell(coverage(), row(0))
    desk.stored()
    page.context.set_offline(False)
    expect(tile(page, 0)).to_contain_text("present")


KEEP_THE_STREAM = """class Kept extends EventSource { constructor(...all) { super(...all); window.stream = this; } }
window.EventSource = Kept;"""


def test_a_form_that_ends_the_session_leads_on_although_the_stream_ends_with_it(
    desk: ServedDesk, signed_in: Any
) -> None:
    page = signed_in("kim")
    page.add_init_script(KEEP_THE_STREAM)
    page.goto(desk.hour)
    expect(page.locator("#link")).to_have_text("live")
    page.evaluate("""() => {  // the stream is quicker than the answer to the form
        const button = document.querySelector(".kiosks [name=hall]");
        button.form.requestSubmit(button);
        window.stream.dispatchEvent(new MessageEvent("end"));
    }""")
    expect(page).to_have_url(f"{desk.url}/kiosk")
    expect(page.get_by_role("button", name="Start")).to_be_visible()


def test_names_are_text_whatever_they_are(desk: ServedDesk, signed_in: Any) -> None:
    desk.tell(coverage(), row(4, review=True, verdict="unobserved", reason="<script>alert(1)</script>"))
    desk.stored()
    page = signed_in("kim")
    for place in ("", "/decide", "/roll-call", f"/why?student={STUDENTS[4].student_id}"):
        page.goto(desk.hour + place)
        expect(page.get_by_text("<img src=x onerror=alert(1)>").first).to_be_visible()


def test_of_an_hour_that_is_over_the_page_shows_what_was_stored(desk: ServedDesk, signed_in: Any) -> None:
    desk.tell(coverage(final=True), row(0, final=True), row(1, "absent", final=True))
    desk.stored()
    desk.now = HOUR.ends_at + timedelta(hours=3)
    page = signed_in("kim")
    page.goto(desk.hour)
    expect(tile(page, 1)).to_contain_text("absent")
    expect(page.locator("[data-stream]")).to_have_count(0)


def test_a_tab_over_the_end_of_the_hour_says_that_it_is_over_and_stays(desk: ServedDesk, signed_in: Any) -> None:
    desk.now = NINE - timedelta(minutes=5)
    one = signed_in("kim")
    one.goto(desk.hour)
    expect(one.locator("#phase")).to_have_text("It begins at 09:00. This page shows it from then on.")
    two = one.context.new_page()
    two.goto(desk.hour)
    desk.now = HOUR.ends_at + timedelta(minutes=1)
    desk.tell(coverage(), row(0))
    for page in (one, two):
        expect(page.locator("#phase")).to_have_text("The class hour is over. Its last frames are being judged.")
        expect(page.locator("#link")).to_have_text("live")
    desk.tell(coverage(final=True, version=10**6), row(0, final=True, version=10**6), row(1, "absent", final=True))
    for page in (one, two):
        expect(page.locator("#phase")).to_have_text("The class hour is over. This is how it was judged.")
        expect(page.locator("#link")).to_be_empty()
        expect(tile(page, 1)).to_contain_text("absent")
    desk.now = HOUR.ends_at + timedelta(minutes=9)
    one.goto(desk.hour)
    expect(one.locator("#phase")).to_have_text("The class hour is over. This is how it was judged.")
    expect(one.locator("[data-stream]")).to_have_count(0)


def test_a_day_without_class_hours_leads_to_those_that_have_some(desk: ServedDesk, signed_in: Any) -> None:
    desk.now = NINE + timedelta(days=200)
    page = signed_in("kim")
    expect(page.get_by_text("No class hour on this day.")).to_be_visible()
    page.get_by_role("link", name="Monday, March 9, 2026").click()
    expect(page.locator(".hour.past")).to_contain_text(HOUR.section)
    page.goto(f"{desk.url}/?day=2026-03-01")
    expect(page.get_by_text("The next one:")).to_be_visible()


def test_the_pages_speak_korean_and_the_choice_is_kept(desk: ServedDesk, signed_in: Any) -> None:
    page = signed_in("kim", locale="ko-KR")
    expect(page.get_by_role("link", name="오늘")).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("link", name="Today")).to_be_visible()
    page.goto(desk.hour)
    expect(page.get_by_role("link", name="Call the roll")).to_be_visible()


def test_students_stand_as_they_sit_and_the_address_keeps_it_without_a_script(desk: ServedDesk, signed_in: Any) -> None:
    def face(student: int, x: float, y: float) -> Face:
        return Face(box=(x, y, x + 40, y + 40), score=1, student=STUDENTS[student].student_id)

    seats = (face(2, 100, 400), face(0, 300, 405), face(3, 200, 200))
    desk.tell(coverage(), *(row(each) for each in range(4)), observation(faces=seats))
    desk.stored()
    page = signed_in("kim", java_script_enabled=False)
    page.goto(desk.hour)
    page.get_by_role("link", name="by seat").click()
    assert page.url.endswith("?order=seat")
    page.get_by_role("button", name="한국어").click()
    assert page.url.endswith("?order=seat"), "the language is another one, the order is the same"
    ids = [each.removeprefix("2019").lstrip("0") for each in page.locator(".tile .id").all_text_contents()]
    assert ids[:3] == ["3", "1", "4"], "the front row from left to right, then who sits behind"
    opens = [each.split()[0] for each in page.locator(".tile.opens-row .id").all_text_contents()]
    assert [each.removeprefix("2019").lstrip("0") for each in opens] == ["3", "4", ids[3]], "each row by itself"
    assert len(ids) == len(STUDENTS), "whom no frame named comes last"
    live = signed_in("kim")
    live.goto(f"{desk.hour}?order=seat")
    expect(live.locator("#link")).to_have_text("live")
    desk.tell(
        observation(
            faces=(face(1, 50, 400),), frame=observation().frame, captured_at=NINE + timedelta(minutes=9, seconds=30)
        )
    )
    desk.stored()
    desk.now += timedelta(seconds=20)
    desk.tell(row(1, "late", arrived_at=NINE + timedelta(minutes=9), version=10**6))
    expect(live.locator(".tile .id").first).to_have_text(STUDENTS[1].student_id)
