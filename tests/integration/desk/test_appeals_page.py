"""A student's own page, what he contests and asks, and who answers: real Kafka, real sink, real desk."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
import requests
from msgspec.structs import replace
from playwright.sync_api import expect

from enrollment.loaded import appeals, mark_batches
from infra.operations.accounts.accounts import set_password
from infra.operations.privacy.forget import forget, known_of
from schemas.cluster import send
from schemas.messages import HallDay, Term, TermRule, encode
from schemas.rivals import TOO_ALIKE
from tests.integration.desk.conftest import HOUR, NINE, STUDENTS, ServedDesk, coverage, row, store_away
from tests.integration.desk.test_access_of_pages import HERE, form_of, kafka_away, session

NEXT = replace(
    HOUR, date=date(2026, 3, 16), starts_at=NINE + timedelta(days=7), ends_at=NINE + timedelta(days=7, minutes=50)
)
RULE = TermRule(appeal_days=7, professor_corrects_days=1, office_corrects_days=8, limit="1/2")
TERM = Term(term="2026-1", first=date(2026, 3, 2), last=date(2026, 6, 19), rule=RULE, loaded_at=NINE)
ME, OTHER = STUDENTS[0].student_id, STUDENTS[1].student_id
TYPED = {
    "id": "f1",
    "seen": "late",
    "from": "09:00",
    "until": "09:20",
    "wished": "present",
    "reason": "뒤에 <b>앉음</b>",
}


def told(desk: ServedDesk, *, late: int = 0) -> None:
    """A term with one class hour that is over and one to come; one student was late. The clock is an hour after it."""
    days = [HallDay(hall="E101", date=each.date, hours=(each,)) for each in (HOUR, NEXT)]
    records = [("timetable", f"E101|{each.date}", encode(each)) for each in days] + [("terms", TERM.term, encode(TERM))]
    send(desk.settings, [(desk.settings.topic(name), key.encode(), value, None, None) for name, key, value in records])
    desk.desk.calendar.refresh()
    rows = [row(number, "late" if number == late else "present", final=True) for number in range(len(STUDENTS))]
    desk.tell(coverage(final=True), *rows)
    desk.stored()
    desk.now = HOUR.ends_at + timedelta(hours=1)


def post(desk: ServedDesk, client: tuple[requests.Session, str], path: str, fields: dict[str, str]) -> Any:
    browser, token = client
    return browser.post(f"{desk.url}{path}", data=fields | {"csrf": token}, allow_redirects=False)


def answer_form(desk: ServedDesk, client: tuple[requests.Session, str], **more: str) -> dict[str, str]:
    """What the form of the open appeal sends."""
    fields = form_of(client[0].get(f"{desk.url}/appeals").text)
    return {name: value for name, value in fields.items() if name != "csrf"} | more


def test_from_a_student_to_an_answer_and_back(desk: ServedDesk) -> None:
    told(desk)
    me, kim, office = session(desk, "naeol"), session(desk, "kim"), session(desk, "office")
    page = me[0].get(f"{desk.url}/me").text
    for said in (
        "2026-1",
        "late",
        "Class hours that can still be missed before an F: 1.",
        f"{HERE}/appeal",
        f"{HERE}/why?student={ME}",
        "until",
    ):
        assert said in page, said
    asked = post(desk, me, f"{HERE}/appeal", TYPED)
    assert (asked.status_code, asked.headers["location"]) == (303, "/me?done=f1#asked")
    post(desk, me, f"{HERE}/appeal", TYPED)  # twice is once
    [message] = appeals(desk.settings).values()
    assert (message.student_id, message.class_hour, message.reason) == (ME, HOUR.id, TYPED["reason"])  # type: ignore[union-attr]
    page = me[0].get(f"{desk.url}/me").text
    assert "waits for an answer" in page
    assert "뒤에 &lt;b&gt;앉음&lt;/b&gt;" in page
    today = kim[0].get(desk.url + f"/?day={HOUR.date}").text
    assert "1 appeals" in today
    assert 'Appeals <span class="badge">1</span>' in today
    shown = kim[0].get(f"{desk.url}/appeals").text
    for said in (STUDENTS[0].name, ME, "contests: late", "09:00–09:20", "뒤에", f"{HERE}/why?student={ME}"):
        assert said in shown, said
    assert post(desk, kim, "/appeals", answer_form(desk, kim, verdict="present", reason=" ")).status_code == 400
    forms = {
        who: answer_form(desk, who_, verdict="present", reason=f"says {who}")
        for who, who_ in (("kim", kim), ("office", office))
    }
    assert post(desk, kim, "/appeals", forms["kim"]).status_code == 303
    assert post(desk, kim, "/appeals", forms["kim"]).status_code == 303, "sent twice it counts once"
    second = post(desk, office, "/appeals", forms["office"])
    assert second.status_code == 409
    assert "kim answered this before you" in second.text
    assert "says office" in second.text, "what was typed is kept"
    [batch] = mark_batches(desk.settings).values()
    assert (batch.by, batch.reason, batch.marks[0].verdict) == ("kim", "says kim", "present")
    assert len(appeals(desk.settings)) == 2
    page = me[0].get(f"{desk.url}/me").text
    for said in ("upheld", "<b>kim</b>: present", "says kim"):
        assert said in page, said
    assert post(desk, me, "/me/withdraw", {"appeal": message.id}).status_code == 400
    assert "kim answered this before you" in post(desk, me, "/me/withdraw", {"appeal": message.id}).text
    desk.stored()
    seen = office[0].get(f"{desk.url}/audit?student={ME}").text
    for said in ("contested or asked", "answered an appeal"):
        assert said in seen
    assert "뒤에" not in seen


def test_who_was_marked_meanwhile_is_shown_to_whoever_answers(desk: ServedDesk) -> None:
    told(desk)
    me, kim, office = session(desk, "naeol"), session(desk, "kim"), session(desk, "office")
    post(desk, me, f"{HERE}/appeal", TYPED)
    form = answer_form(desk, office, verdict="present", reason="right")
    mark = {"id": "m1", "student": ME, "verdict": "absent", "seen": "", "reason": "was not there"}
    assert post(desk, kim, f"{HERE}/decide", mark).status_code == 303
    refused = post(desk, office, "/appeals", form)
    assert refused.status_code == 409
    assert "kim marked absent" in refused.text
    assert 'value="right"' in refused.text
    again = {name: value for name, value in form_of(refused.text).items() if name != "csrf"}
    assert post(desk, office, "/appeals", again | {"verdict": "refuse", "reason": "no"}).status_code == 303
    assert len(mark_batches(desk.settings)) == 1, "a refusal marks nothing"
    assert "refused" in me[0].get(f"{desk.url}/me").text


def test_an_excuse_is_asked_beforehand_withdrawn_asked_again_and_allowed(desk: ServedDesk) -> None:
    told(desk)
    me, kim = session(desk, "naeol"), session(desk, "kim")
    there = HERE.replace(str(HOUR.date), str(NEXT.date))
    assert f"{there}/appeal" in me[0].get(f"{desk.url}/me").text
    typed = {"id": "f1", "from": "09:00", "until": "09:50", "reason": "예비군"}
    refused = post(desk, me, f"{there}/appeal", typed)
    assert refused.status_code == 400
    assert "예비군" in refused.text
    assert post(desk, me, f"{there}/appeal", typed | {"wished": "official_leave"}).status_code == 303
    [first] = appeals(desk.settings).values()
    assert post(desk, me, "/me/withdraw", {"appeal": first.id}).headers["location"] == "/me?done=withdrawn#asked"
    assert "Nothing waits for an answer" in kim[0].get(f"{desk.url}/appeals").text
    assert post(desk, me, f"{there}/appeal", typed | {"id": "f2", "wished": "official_leave"}).status_code == 303
    form = answer_form(desk, kim, verdict="official_leave", reason="훈련 통지서")
    assert post(desk, kim, "/appeals", form).status_code == 303
    [batch] = mark_batches(desk.settings).values()
    assert (batch.class_hour, batch.marks[0].verdict) == (NEXT.id, "official_leave")
    desk.now = NEXT.starts_at
    me = session(desk, "naeol")  # the other one ended in the night
    late = post(desk, me, f"{there}/appeal", typed | {"id": "f3", "wished": "excused"})
    assert "this class hour is on" in late.text


WRONG = {
    "a reason is missing": {"reason": " "},
    "end before they begin": {"from": "09:30", "until": "09:20"},
    "not within the class hour": {"until": "11:00"},
    "the verdict has changed meanwhile": {"seen": "absent"},
    "501 characters": {"reason": "x" * 501},
}


def test_what_cannot_be_asked_is_said_and_what_was_typed_stays(desk: ServedDesk) -> None:
    told(desk)
    me = session(desk, "naeol")
    for said, change in WRONG.items():
        answer = post(desk, me, f"{HERE}/appeal", TYPED | change)
        assert answer.status_code in (400, 409)
        assert said in answer.text
        assert "뒤에" in answer.text or "reason" in change
    assert not appeals(desk.settings)


def test_the_days_of_the_rule_hold_on_every_page(desk: ServedDesk) -> None:
    told(desk)
    me, kim, office = session(desk, "naeol"), session(desk, "kim"), session(desk, "office")
    park = session(desk, "park")
    mark = {"id": "m1", "student": ME, "verdict": "present", "seen": "", "reason": "there"}
    roll = {"id": "r1", "at": desk.now.isoformat(), f"v.{ME}": "present"}
    assert office[0].get(f"{desk.url}{HERE}/decide").status_code == 403, "not while those who teach can"
    midnight = NINE.replace(hour=15, minute=0) + timedelta(days=1)  # at the end of the next day in Seoul
    desk.now = midnight - timedelta(seconds=1)
    assert kim[0].get(f"{desk.url}{HERE}/decide").status_code == 200
    desk.now = midnight
    kim, office, park, me = (session(desk, each) for each in ("kim", "office", "park", "naeol"))
    for way, client, fields in (("decide", kim, mark), ("roll-call", kim, roll), ("roll-call", park, roll)):
        for answer in (client[0].get(f"{desk.url}{HERE}/{way}"), post(desk, client, f"{HERE}/{way}", fields)):
            assert answer.status_code == 400
            assert "could be corrected until midnight of 2026-03-10" in answer.text
            assert "The registrar still can, until midnight of 2026-03-17." in answer.text
    assert "/decide" not in kim[0].get(f"{desk.url}{HERE}").text
    assert not mark_batches(desk.settings)
    assert "looks?" not in office[0].get(f"{desk.url}{HERE}/decide?student={ME}").text
    assert post(desk, office, f"{HERE}/decide", mark).status_code == 303
    desk.now = midnight + timedelta(days=6) - timedelta(seconds=1)
    assert post(desk, session(desk, "naeol"), f"{HERE}/appeal", TYPED).status_code == 303, "on the last day"
    desk.now = midnight + timedelta(days=9)
    office, me, kim = (session(desk, each) for each in ("office", "naeol", "kim"))
    assert "Nobody corrects it any more" in post(desk, office, f"{HERE}/decide", mark | {"id": "m2"}).text
    form = answer_form(desk, kim, verdict="excused", reason="asked in time")
    assert post(desk, kim, "/appeals", form).status_code == 303
    late = post(desk, me, f"{HERE}/appeal", TYPED | {"id": "f2", "seen": "excused"})
    assert late.status_code == 400


def test_a_student_reaches_nothing_of_another(desk: ServedDesk) -> None:
    told(desk, late=1)
    desk.tell(row(0, "unobserved", final=True, review=True, doubts=("too_alike",), version=10**6,
                  reason=TOO_ALIKE.format(rival=OTHER)))  # fmt: skip
    desk.account("hana", "student", student=OTHER)
    me, hana = session(desk, "naeol"), session(desk, "hana")
    post(desk, hana, f"{HERE}/appeal", TYPED | {"reason": "병원에 있었음"})
    [message] = appeals(desk.settings).values()
    desk.stored()
    pages = ["/me", f"/me?student={OTHER}", "/me/record", f"/me/record?student={OTHER}&term={OTHER}",
             f"{HERE}/appeal?student={OTHER}", "/audit", f"{HERE}/why?student={ME}"]  # fmt: skip
    for address in pages:
        answer = me[0].get(desk.url + address)
        assert answer.status_code == 200, address
        for secret in (OTHER, STUDENTS[1].name, "병원", message.id):
            assert secret not in answer.text.replace(address, ""), (address, secret)
    for address in ("/appeals", f"/appeals?appeal={message.id}"):
        assert me[0].get(desk.url + address).status_code == 403
    assert post(desk, me, "/me/withdraw", {"appeal": message.id, "student": OTHER}).status_code == 400
    assert (
        post(desk, me, "/appeals", {"appeal": message.id, "verdict": "present", "id": "a", "reason": "x"}).status_code
        == 403
    )
    # His own form with another's ids: it is his own that is asked, under an id of its own.
    post(desk, me, f"{HERE}/appeal", TYPED | {"student": OTHER, "seen": "unobserved"})
    assert {each.student_id for each in appeals(desk.settings).values()} == {ME, OTHER}
    assert len(appeals(desk.settings)) == 2
    lee = session(desk, "lee")
    assert "Nothing waits" in lee[0].get(f"{desk.url}/appeals").text
    assert lee[0].get(f"{desk.url}/appeals?appeal={message.id}").status_code == 404
    given = {"appeal": message.id, "verdict": "present", "id": "a", "reason": "x"}
    assert post(desk, lee, "/appeals", given).status_code == 403


def test_all_that_is_kept_of_a_student_is_in_one_file(desk: ServedDesk) -> None:
    told(desk)
    me, kim = session(desk, "naeol"), session(desk, "kim")
    post(desk, me, f"{HERE}/appeal", TYPED)
    post(desk, kim, "/appeals", answer_form(desk, kim, verdict="present", reason="so it is"))
    desk.tell(row(0, "present", final=True, source="kim", reason="so it is", version=10**6))
    desk.stored()
    assert me[0].get(f"{desk.url}/me/record").ok
    desk.stored()
    answer = me[0].get(f"{desk.url}/me/record", headers={"accept-language": "ko"})
    assert answer.headers["content-disposition"] == 'attachment; filename="naul-my-record-2026-03-09.json"'
    kept = json.loads(answer.text)
    parts = {name: part["rows"] for name, part in kept["parts"].items()}
    assert all(part["meaning"] for part in kept["parts"].values())
    assert [each["name"] for each in parts["account"]] == ["naeol"]
    assert {each["section"] for each in parts["rosters"]} == {"EA0017-1", "CS2001-2"}
    assert [each["verdict"] for each in parts["attendance"]] == ["present"]
    assert [each["verdict"] for each in parts["versions"]] == ["late", "present"]
    assert [each["by"] for each in parts["marks"]] == ["kim"]
    assert [each["schema"] for each in parts["appeals"]] == ["appealed/1", "appeal_answered/1"]
    assert {"appeal", "appeal_answer", "export", "sign_in"} <= {each["action"] for each in parts["audit"]}
    assert "sealed" not in answer.text
    desk.stored()
    assert "all that is kept of oneself" in me[0].get(f"{desk.url}/audit").text


def test_whoever_is_forgotten_has_no_appeal_any_more(desk: ServedDesk) -> None:
    told(desk)
    me, kim = session(desk, "naeol"), session(desk, "kim")
    post(desk, me, f"{HERE}/appeal", TYPED)
    post(desk, kim, "/appeals", answer_form(desk, kim, verdict="present", reason="so it is"))
    known = known_of(desk.settings, ME)
    assert len(known.erasure.appeals) == 2
    forget(desk.settings, known, by="test", now=lambda: desk.now)
    assert not appeals(desk.settings)
    assert not mark_batches(desk.settings)
    assert ME not in kim[0].get(f"{desk.url}/appeals").text


def test_what_was_typed_is_kept_while_kafka_or_the_store_is_away_or_the_session_has_ended(desk: ServedDesk) -> None:
    told(desk)
    desk.account("hana", "student", student=OTHER)
    me = session(desk, "naeol")
    with kafka_away(desk):
        answer = post(desk, me, f"{HERE}/appeal", TYPED)
    assert answer.status_code == 503
    assert form_of(answer.text) == TYPED | {"csrf": me[1]}
    hana, kim = session(desk, "hana"), session(desk, "kim")
    post(desk, hana, f"{HERE}/appeal", TYPED | {"seen": "present"})
    form = answer_form(desk, kim, verdict="refuse", reason="he was there")
    with kafka_away(desk):
        answer = post(desk, kim, "/appeals", form)
    assert answer.status_code == 503
    assert form_of(answer.text) == form | {"csrf": kim[1]}
    set_password(desk.settings, "naeol", "correct horse battery")
    browser = requests.Session()
    browser.headers["accept"] = "text/html"
    ended = browser.post(f"{desk.url}{HERE}/appeal", data=TYPED | {"csrf": "of a session that has ended"})
    kept = form_of(ended.text)
    shown = browser.post(f"{desk.url}/sign-in", data=kept | {"name": "naeol", "password": "correct horse battery"})
    assert form_of(shown.text).items() >= TYPED.items()
    assert {each.student_id for each in appeals(desk.settings).values()} == {OTHER}


def test_a_students_own_page_without_the_store_shows_what_it_showed_last_with_its_age(desk: ServedDesk) -> None:
    told(desk)
    me = session(desk, "naeol")
    with store_away(desk.settings):
        page = me[0].get(f"{desk.url}/me")
    assert page.status_code == 200
    assert "Verdicts and totals are missing" in page.text
    there = me[0].get(f"{desk.url}/me").text
    assert "Class hours that can still be missed before an F: 1." in there
    desk.now += timedelta(minutes=5)
    with store_away(desk.settings):
        assert post(desk, me, f"{HERE}/appeal", TYPED).status_code == 503
        answer = post(desk, me, f"{HERE}/appeal", TYPED)
        assert form_of(answer.text) == TYPED | {"csrf": me[1]}, "what was typed is kept"
        page = me[0].get(f"{desk.url}/me")
        korean = me[0].get(f"{desk.url}/me", headers={"accept-language": "ko"}).text
    assert page.status_code == 200
    assert "Verdicts and totals are as they were 5 min ago; what you asked is as of now." in page.text
    assert "Class hours that can still be missed before an F: 1." in page.text
    assert f'{HERE}/why?student={ME}">late</a>' in page.text
    assert "저장소가 응답하지 않습니다" in korean
    post(desk, me, f"{HERE}/appeal", TYPED)
    with store_away(desk.settings):
        assert "waits for an answer" in me[0].get(f"{desk.url}/me").text, "what was asked is not of the store"
    assert "does not answer" not in me[0].get(f"{desk.url}/me").text
    desk.desk._let_go()
    with store_away(desk.settings):
        assert "Verdicts and totals are missing" in me[0].get(f"{desk.url}/me").text, "somebody was erased"


def test_appeals_without_the_store_are_shown_with_what_was_known_and_the_answer_is_kept(desk: ServedDesk) -> None:
    told(desk)
    me, kim = session(desk, "naeol"), session(desk, "kim")
    post(desk, me, f"{HERE}/appeal", TYPED)
    with store_away(desk.settings):
        page = kim[0].get(f"{desk.url}/appeals")
    assert page.status_code == 200
    assert "What he counts as is not known now." in page.text
    assert "Now: late, by the camera" in kim[0].get(f"{desk.url}/appeals").text
    desk.now += timedelta(minutes=5)
    form = answer_form(desk, kim, verdict="present", reason="he was there")
    desk.now += timedelta(minutes=5)
    with store_away(desk.settings):
        page = kim[0].get(f"{desk.url}/appeals")
        answer = post(desk, kim, "/appeals", form)
    assert page.status_code == 200
    assert (
        "The store of what was judged does not answer at the moment. What he counts as is from 5 min ago." in page.text
    )
    assert "Now: late, by the camera" in page.text
    assert STUDENTS[0].name in page.text
    if answer.status_code == 503:
        assert form_of(answer.text) == form | {"csrf": kim[1]}, "what was typed is kept"
        answer = post(desk, kim, "/appeals", form)
    assert answer.status_code == 303
    assert "does not answer" not in kim[0].get(f"{desk.url}/appeals").text


@pytest.mark.parametrize("language", ["en", "ko"])
def test_in_a_browser(desk: ServedDesk, signed_in: Any, language: str) -> None:
    told(desk)
    korean = language == "ko"
    locale = {"locale": "ko-KR" if korean else "en-GB"}
    me, kim = signed_in("naeol", **locale), signed_in("kim", **locale)
    me.goto(f"{desk.hour}/why?student={ME}")
    me.get_by_role("button", name="이의 신청" if korean else "Contest this").click()
    me.locator("[name=until]").fill("09:20")
    me.locator("[name=reason]").fill("I sat behind the pillar.")
    me.reload()  # what was typed stays
    expect(me.locator("[name=reason]")).to_have_value("I sat behind the pillar.")
    me.get_by_role("button", name="보내기" if korean else "Send").click()
    expect(me.get_by_role("status")).to_contain_text("기록되었습니다" if korean else "It is on record")
    kim.goto(f"{desk.url}/appeals")
    expect(kim.locator("#case")).to_contain_text(ME)
    kim.keyboard.press("p")  # without a reason nothing is sent
    assert len(appeals(desk.settings)) == 1
    kim.locator("[name=reason]").fill("The pillar hides that seat.")
    kim.keyboard.press("Enter")
    kim.locator("#case").click()
    kim.keyboard.press("p")
    expect(kim.get_by_role("status")).to_contain_text("답변했습니다" if korean else "Answered")
    me.goto(f"{desk.url}/me")
    expect(me.locator("#asked")).to_contain_text("The pillar hides that seat.")
    expect(me.locator("#asked")).to_contain_text("인정됨" if korean else "upheld")
    me.goto(f"{desk.hour}/appeal")
    assert me.locator("[name=reason]").count() == 0
