"""Deciding what is doubtful, and calling the roll, in a browser."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from playwright.sync_api import Error, Page, expect

from enrollment.loaded import mark_batches
from infra.operations.class_hours.decide_hour import Decision, decide
from infra.operations.class_hours.hour_register import standing
from schemas.cluster import send
from schemas.messages import CameraVerdict, Enrollment, EnrollmentTemplate, PhotoQuality, encode
from schemas.rivals import TOO_ALIKE
from tests.integration.desk.conftest import HOUR, NINE, STUDENTS, ServedDesk, coverage, row


def doubtful(desk: ServedDesk) -> None:
    """Two of whom it cannot be said, two of whom it can; the class hour is closed."""
    desk.tell(
        coverage(final=True),
        row(0, final=True),
        row(1, "late", final=True),
        row(2, "unobserved", review=True, confidence=0.4, p=0.5, doubts=("like_him",), final=True),
        row(3, "present", review=True, confidence=0.6, p=0.9, doubts=("left_unseen",), final=True),
    )
    desk.stored()
    desk.now = HOUR.ends_at


def enrol(desk: ServedDesk, student: int) -> None:
    """Enrol a student by one dark photo, for the engine by which the class hour was judged."""
    dark = PhotoQuality(width=120, sharpness=0.5, yaw=2, roll=1, bright=40, contrast=90)
    mine = EnrollmentTemplate(engine=row(student).engine, photos=1, sealed=b"sealed", qualities=(dark,))
    who = STUDENTS[student].student_id
    at = NINE - timedelta(days=8)
    known = Enrollment(student_id=who, version=1, enrolled_at=at, consent_on_file=True, templates=(mine,))
    send(desk.settings, [(desk.settings.topic("enrollments"), who.encode(), encode(known), None, None)])


def marks(desk: ServedDesk) -> list[tuple[str, str, str]]:
    """Who was marked what by whom, the oldest first."""
    batches = sorted(mark_batches(desk.settings).values(), key=lambda each: each.at)
    return [(mark.student_id, mark.verdict, batch.by) for batch in batches for mark in batch.marks]


def cases(page: Page) -> Any:
    return page.locator(".totals .decide dd")


def test_one_key_each_the_least_certain_first_and_undo(desk: ServedDesk, signed_in: Any) -> None:
    doubtful(desk)
    page = signed_in("kim")
    page.goto(f"{desk.hour}/decide")
    expect(cases(page)).to_have_text("2")
    expect(page.locator("#case")).to_contain_text("박둘")
    expect(page.locator(".doubts")).to_contain_text("may be this student")
    page.keyboard.press("a")
    expect(page.locator("#case")).to_contain_text("최민서")
    expect(cases(page)).to_have_text("1")
    assert marks(desk) == [(STUDENTS[2].student_id, "absent", "kim")]
    page.keyboard.press("u")
    expect(page.locator("#case")).to_contain_text("박둘")
    expect(cases(page)).to_have_text("2")
    assert marks(desk)[-1] == (STUDENTS[2].student_id, "as_judged", "kim")
    # Hangul is on, as the key or as what an input method says; Caps Lock is on
    for how in ("key: 'ㅁ', code: 'KeyA'", "key: 'Process', code: 'KeyA'", "key: 'A', code: 'KeyA'"):
        page.evaluate(f"document.body.dispatchEvent(new KeyboardEvent('keydown', {{ {how}, bubbles: true }}))")
        expect(page.locator("#case")).to_contain_text("최민서")
        page.keyboard.press("u")
        expect(page.locator("#case")).to_contain_text("박둘")


def test_yes_right_and_all_others_as_judged_and_nothing_by_silence(desk: ServedDesk, signed_in: Any) -> None:
    doubtful(desk)
    page = signed_in("kim")
    page.goto(f"{desk.hour}/decide?student={STUDENTS[3].student_id}")
    page.keyboard.press("y")
    expect(cases(page)).to_have_text("1")
    page.get_by_role("button", name="Confirm all others as judged").click()
    expect(page.get_by_text("others are in no doubt")).to_have_count(0)
    said = {student: verdict for student, verdict, _ in marks(desk)}
    assert said == {
        STUDENTS[3].student_id: "present",
        STUDENTS[0].student_id: "present",
        STUDENTS[1].student_id: "late",
    }, "whoever was left stays undecided"


def test_a_reason_that_is_typed_decides_nothing_by_enter(desk: ServedDesk, signed_in: Any) -> None:
    doubtful(desk)
    page = signed_in("kim")
    page.goto(f"{desk.hour}/decide")
    page.get_by_label("Reason").fill("병원")
    page.keyboard.press("Enter")
    page.keyboard.press("a")  # a letter of the reason, not a decision
    assert marks(desk) == []
    page.get_by_role("button", name="late").first.click()
    expect(cases(page)).to_have_text("1")
    (batch,) = mark_batches(desk.settings).values()
    assert batch.reason == "병원a"


def test_whose_faces_they_are_is_kept_beside_how_he_is_enrolled(desk: ServedDesk, signed_in: Any) -> None:
    doubtful(desk)
    alike = TOO_ALIKE.format(rival=STUDENTS[0].student_id)
    desk.tell(row(3, "unobserved", review=True, doubts=("too_alike",), reason=alike, final=True, version=10**6))
    enrol(desk, 3)
    desk.stored()
    page = signed_in("kim")
    page.goto(f"{desk.hour}/decide?student={STUDENTS[2].student_id}")
    expect(page.locator(".enrolment")).to_contain_text("None: no camera can know this student")
    page.goto(f"{desk.hour}/decide?student={STUDENTS[3].student_id}")
    for said in ("Photos: 1", "enrolled since Mar 1, 2026", "With one photo only", "Photo 1: dark"):
        expect(page.locator(".enrolment")).to_contain_text(said)
    page.keyboard.press("n")
    expect(page.get_by_label("Whose faces are they?")).to_have_value(STUDENTS[0].student_id)
    page.get_by_role("button", name="Not this person, so absent").click()
    expect(cases(page)).to_have_text("1")
    (batch,) = mark_batches(desk.settings).values()
    (mark,) = batch.marks
    assert (mark.verdict, mark.looks_like) == ("absent", STUDENTS[0].student_id)


def test_who_comes_second_is_shown_the_first_and_keeps_what_he_typed(desk: ServedDesk, signed_in: Any) -> None:
    desk.account("choi", "professor", teaches=(HOUR.section,))
    doubtful(desk)
    one, two = signed_in("kim"), signed_in("choi")
    for page in (one, two):
        page.goto(f"{desk.hour}/decide")
    two.get_by_label("Reason").fill("제 사유: 병원")
    two.keyboard.press("Tab")
    two.keyboard.press("n")
    two.get_by_label("Whose faces are they?").select_option(STUDENTS[1].student_id)
    one.get_by_label("Reason").fill("I saw him")
    one.get_by_role("button", name="present").first.click()
    expect(cases(one)).to_have_text("1")
    two.get_by_role("button", name="Not this person, so absent").click()
    expect(two.get_by_role("alert")).to_contain_text("kim decided this")
    expect(two.get_by_role("alert")).to_contain_text("I saw him")
    assert len(marks(desk)) == 1
    expect(two.locator("#case")).to_contain_text("박둘")
    expect(two.get_by_label("Reason")).to_have_value("제 사유: 병원")
    expect(two.get_by_label("Whose faces are they?")).to_have_value(STUDENTS[1].student_id)
    two.get_by_role("button", name="Not this person, so absent").click()
    expect(two.get_by_role("status").first).to_contain_text("박둘: absent, by your decision")
    last = max(mark_batches(desk.settings).values(), key=lambda each: each.at)
    assert (last.by, last.reason, last.marks[0].looks_like) == ("choi", "제 사유: 병원", STUDENTS[1].student_id)


def test_what_is_typed_is_kept_on_the_device_until_the_desk_has_it(desk: ServedDesk, signed_in: Any) -> None:
    doubtful(desk)
    page = signed_in("kim")
    first, second = (f"{desk.hour}/decide?student={STUDENTS[each].student_id}" for each in (2, 3))
    page.goto(first)
    page.get_by_label("Reason").fill("병원")
    page.context.set_offline(True)
    with suppress(Error):  # the browser shows a page of its own
        page.get_by_role("button", name="late").first.click()
    page.context.set_offline(False)
    page.goto(second)
    expect(page.get_by_label("Reason")).to_have_value("")  # of another student
    page.goto(first)
    expect(page.get_by_label("Reason")).to_have_value("병원")
    expect(page.locator("#kept")).to_be_visible()
    page.get_by_role("button", name="late").first.click()
    expect(page.get_by_role("status").first).to_contain_text("박둘: late, by your decision")
    page.goto(first)
    expect(page.get_by_label("Reason")).to_have_value("")
    (batch,) = mark_batches(desk.settings).values()
    assert batch.reason == "병원"


def test_nothing_that_was_typed_stays_on_the_device_of_whoever_signs_out(desk: ServedDesk, signed_in: Any) -> None:
    doubtful(desk)
    page = signed_in("kim")
    page.goto(f"{desk.hour}/decide")
    page.get_by_label("Reason").fill("병원")
    assert page.evaluate("Object.values(localStorage).join()").count("병원") == 1
    page.goto(desk.url)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.evaluate("localStorage.length") == 0


def test_only_whose_faces_are_somebody_elses_is_like_somebody(desk: ServedDesk, signed_in: Any) -> None:
    doubtful(desk)
    alike = TOO_ALIKE.format(rival=STUDENTS[0].student_id)
    desk.tell(row(3, "unobserved", review=True, doubts=("too_alike",), reason=alike, final=True, version=10**6))
    desk.stored()
    page = signed_in("kim")
    page.goto(f"{desk.hour}/decide?student={STUDENTS[3].student_id}")
    page.keyboard.press("p")
    expect(cases(page)).to_have_text("1")
    (batch,) = mark_batches(desk.settings).values()
    assert batch.marks[0].looks_like is None
    page.goto(f"{desk.hour}/decide?student={STUDENTS[3].student_id}")
    page.keyboard.press("b")
    expect(page.get_by_role("status").first).to_contain_text("최민서: as judged again")


def test_the_last_decision_is_undone_by_its_key_and_so_are_all_others(desk: ServedDesk, signed_in: Any) -> None:
    doubtful(desk)
    page = signed_in("kim")
    page.goto(f"{desk.hour}/decide")
    page.keyboard.press("a")
    expect(cases(page)).to_have_text("1")
    page.keyboard.press("p")
    expect(cases(page)).to_have_text("0")
    expect(page.get_by_role("status").first).to_contain_text("최민서: present, by your decision")
    page.keyboard.press("u")
    expect(cases(page)).to_have_text("1")
    page.get_by_role("button", name="Confirm all others as judged").click()
    expect(page.get_by_role("status").first).to_contain_text("Confirmed as judged: 2.")
    page.keyboard.press("u")
    expect(page.get_by_text("2 others are in no doubt")).to_be_visible()
    last = {student: verdict for student, verdict, _ in marks(desk)}
    assert [last[STUDENTS[each].student_id] for each in (0, 1, 2, 3)] == [
        "as_judged",
        "as_judged",
        "absent",
        "as_judged",
    ]


def test_why_tells_it_in_sentences(desk: ServedDesk, signed_in: Any) -> None:
    judged = CameraVerdict(verdict="absent", confidence=0.9, review=False)
    desk.tell(coverage(), row(0, "absent", final=True, version=1))
    desk.stored()
    desk.tell(coverage(final=True), row(0, final=True, source="kim", reason="I saw him", judged=judged))
    desk.stored()
    page = signed_in("naeol", locale="ko-KR")
    page.goto(f"{desk.hour}/why?student={STUDENTS[0].student_id}")
    expect(page.locator("h1")).to_contain_text("김나얼")
    expect(page.locator(".sentences")).to_contain_text("출석")
    expect(page.locator(".sentences")).to_contain_text("1판부터")
    expect(page.get_by_role("link", name="수정하기")).to_have_count(0)
    assert page.goto(f"{desk.hour}/why?student={STUDENTS[1].student_id}").status == 404


def test_who_is_missing_or_in_doubt_was_not_seen_left_or_is_to_be_decided(desk: ServedDesk, signed_in: Any) -> None:
    desk.tell(
        coverage(),
        row(0),
        row(1, departed_at=HOUR.starts_at + timedelta(minutes=8)),
        row(2, "present", review=True, doubts=("came_unseen",)),
        row(3, "late"),
    )
    desk.stored()
    page = signed_in("kim")
    page.goto(f"{desk.hour}/roll-call")
    page.get_by_role("link", name="only who is missing or in doubt (3)").click()
    called = {each.get_attribute("data-student") for each in page.locator("[data-student]").all()}
    assert called == {STUDENTS[each].student_id for each in (1, 2, 4)}


def test_the_roll_is_one_list_and_one_message_and_survives_a_closed_tab_and_a_cut_network(
    desk: ServedDesk, signed_in: Any
) -> None:
    desk.tell(coverage(), row(0))
    desk.stored()
    page = signed_in("kim")
    page.goto(f"{desk.hour}/roll-call?who=missing")
    expect(page.locator("#progress")).to_have_text("1 of 4")
    page.keyboard.press("1")
    page.keyboard.press("3")
    page.close()
    page = page.context.new_page()
    asked = list[str]()
    page.on("request", lambda request: asked.append(f"{request.method} {request.url.removeprefix(desk.url)}"))
    page.goto(f"{desk.hour}/roll-call?who=missing")
    expect(page.locator("#progress")).to_have_text("3 of 4")
    page.keyboard.press("2")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#progress")).to_have_text("3 of 4")
    page.keyboard.press("1")
    page.keyboard.press("1")
    page.context.set_offline(True)
    page.get_by_role("button", name="Send all answers").click()
    expect(page.locator("#state")).to_contain_text("There is no connection")
    page.context.set_offline(False)
    expect(page.locator("h1")).to_contain_text("EA0017-1", timeout=60_000)
    page.wait_for_url(f"{desk.hour}?answers=4")
    expect(page.get_by_role("status").first).to_contain_text("4 answers of the roll call are on record.")
    where = desk.hour.removeprefix(desk.url) + "/roll-call?who=missing"
    sent = [each for each in asked if "/static/" not in each and each.endswith(where)]
    assert sent[0] == f"GET {where}", "the list once"
    assert {each.split()[0] for each in sent[1:]} == {"POST"}
    (batch,) = mark_batches(desk.settings).values()
    assert (batch.kind, len(batch.marks), batch.by) == ("rollcall", 4, "kim")


def test_who_calls_the_roll_sees_what_others_decided_and_an_assistant_cannot_overturn_it(
    desk: ServedDesk, signed_in: Any
) -> None:
    desk.tell(coverage(), row(0), row(1))
    desk.stored()
    before, after, hers = (STUDENTS[each].student_id for each in (0, 1, 2))
    kim = Decision(id="d1", class_hour=HOUR.id, student=before, verdict="present", by="kim", seen="")
    decide(desk.settings, desk.desk.register, kim, desk.now)
    page = signed_in("park")
    page.goto(f"{desk.hour}/roll-call")
    called = {each.get_attribute("data-student") for each in page.locator("[data-student]").all()}
    assert called == {each.student_id for each in STUDENTS} - {before}
    expect(page.locator("tbody tr", has_text=before)).to_contain_text("present, by kim")
    for student in (after, hers):
        page.locator(f"input[name='v.{student}'][value=absent]").check()
    meanwhile = Decision(id="d2", class_hour=HOUR.id, student=after, verdict="late", by="kim", seen="")
    decide(desk.settings, desk.desk.register, meanwhile, desk.now)
    page.get_by_role("button", name="Send all answers").click()
    page.wait_for_url(f"{desk.hour}?answers=1&left=1")
    expect(page.get_by_role("status").first).to_contain_text("Left as somebody else decided: 1.")
    stands = standing(desk.desk.register.marks(HOUR.id))
    assert {each: stands[each].verdict for each in (before, after, hers)} == {
        before: "present", after: "late", hers: "absent",
    }  # fmt: skip
