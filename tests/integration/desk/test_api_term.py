"""What pages of a term do, as a program does it: appeals, reports and files, loading, people, upkeep; and who may."""

import io
import json
from datetime import date, time, timedelta
from urllib.parse import quote

import msgspec
import pytest
from msgspec.structs import replace
from python_calamine import CalamineWorkbook

from enrollment.loaded import appeals, class_hours, mark_batches
from infra.desk.api.endpoints import ENDPOINTS
from infra.operations.accounts.access import KioskSeat
from infra.operations.accounts.accounts import AccountChange, change_account
from infra.operations.accounts.desk_sessions import Origin, open_session
from infra.operations.dead_letters.dead_letter_queue import waiting_letters
from schemas.cluster import send
from schemas.messages import Absence, HallDay, Roster, Student, Term, TermRule, encode
from schemas.settings import Settings
from tests.integration.desk.conftest import HOUR, NINE, OTHERS, STUDENTS, ServedDesk, coverage, observation, row
from tests.integration.desk.test_api import DAY, HERE, A, B, Program
from tests.integration.desk.test_health_page import filled
from tests.tools.input_examples import GOOGLE, workbook

NEXT = replace(
    HOUR, date=date(2026, 3, 16), starts_at=NINE + timedelta(days=7), ends_at=NINE + timedelta(days=7, minutes=50)
)
THEN = f"/class-hours/{quote(NEXT.id, safe='')}"
RULE = TermRule(appeal_days=7, professor_corrects_days=1, office_corrects_days=8, limit="1/2")
TERM = Term(
    term="2026-1", first=date(2026, 3, 2), last=date(2026, 6, 19), rule=RULE, faculties={"EA": "전자공학부"},
    loaded_at=NINE, by="office",
)  # fmt: skip
FORMULA = Student(student_id="201900006", name='=HYPERLINK("http://evil.example","x")')
EVERYBODY = (*STUDENTS, FORMULA)
FILE = {"content-type": "application/octet-stream"}
COLUMNS = ["section", "hall", "date", "period", "starts_at", "ends_at"]


def tell(settings: Settings, *records: tuple[str, str, bytes]) -> None:
    send(settings, [(settings.topic(name), key.encode(), value, None, None) for name, key, value in records])


@pytest.fixture(scope="module")
def told(shared_desk: ServedDesk) -> ServedDesk:
    """A class hour that has closed, with each class of verdict, and one to come; a name that is a formula."""
    desk = shared_desk
    days = [HallDay(hall="E101", date=each.date, hours=(each,)) for each in (HOUR, NEXT)]
    tell(
        desk.settings,
        *(("timetable", f"E101|{each.date}", encode(each)) for each in days),
        ("terms", TERM.term, encode(TERM)),
        ("rosters", HOUR.section, encode(Roster(section=HOUR.section, students=EVERYBODY))),
    )
    desk.desk.calendar.refresh()
    filled(desk)
    gone = (Absence(departed_at=NINE + timedelta(minutes=30)),)
    desk.tell(
        observation(live=True),
        coverage(final=True),
        row(0, "late", arrived_at=NINE + timedelta(minutes=12), final=True),
        row(1, final=True),
        row(2, "left_early", departed_at=gone[0].departed_at, absences=gone, final=True),
        row(3, "absent", final=True),
        row(4, "unobserved", final=True),
        replace(row(0, final=True), student_id=FORMULA.student_id, name=FORMULA.name),
    )
    desk.stored()
    desk.now = HOUR.ends_at + timedelta(hours=1)
    desk.account("hana", "student", student=B)
    desk.account("second", "registrar")
    desk.account("leaving", "registrar")
    return desk


class TestAppeals:
    def test_from_a_student_to_an_answer_and_back(self, told: ServedDesk) -> None:
        me, kim, office = Program(told, "naeol"), Program(told, "kim"), Program(told, "office")
        [section] = [e for e in me.get(f"/students/{A}/term").json()["sections"] if e["section"] == HOUR.section]
        late = next(each for each in section["hours"] if each["hour"]["id"] == HOUR.id)
        assert (late["verdict"], late["may"], section["hours_left"]) == ("late", "contest", 1)
        wrong = {"seen": "absent", "wished": "present", "reason": "뒤에 <b>앉음</b>"}
        overtaken = me.post(f"{HERE}/appeals", wrong, headers={"accept-language": "ko"})
        assert (overtaken.status_code, overtaken.json()["type"]) == (409, "urn:naul:problem:verdict-changed")
        body, key = wrong | {"seen": "late"}, {"idempotency-key": "one"}
        asked = me.post(f"{HERE}/appeals", body, headers=key)
        assert asked.status_code == 201, asked.text
        assert me.post(f"{HERE}/appeals", body, headers=key).json() == asked.json(), "sent twice it counts once"
        here = f"/appeals/{asked.json()['id']}"
        assert asked.headers["location"] == f"/api/v1{here}"
        [waiting] = kim.get("/appeals?state=open").json()["items"]
        assert (waiting["student_id"], waiting["name"], waiting["reason"]) == (A, STUDENTS[0].name, body["reason"])
        shown = kim.get(here)
        assert (shown.json()["verdict"], shown.json()["seen"]) == ("late", "")
        answer = {"verdict": "present", "reason": "so it is"}
        assert kim.post(f"{here}/answers", answer, headers={"if-match": '"other"'}).status_code == 412
        sent = {"if-match": shown.headers["etag"], "idempotency-key": "a"}
        done = kim.post(f"{here}/answers", answer, headers=sent)
        assert (done.status_code, done.json()["state"]) == (201, "upheld")
        assert kim.post(f"{here}/answers", answer, headers=sent).json() == done.json()
        second = office.post(f"{here}/answers", {"verdict": None, "reason": "no"})
        assert (second.status_code, second.json()["answered"]["reason"]) == (409, "so it is")
        assert me("DELETE", here).status_code == 409
        [mine] = [each for each in me.get(f"/students/{A}/term").json()["appeals"] if each["class_hour"] == HOUR.id]
        assert mine["answer"]["by"] == f"kim ({kim.name})"
        marks = [each for batch in mark_batches(told.settings).values() for each in batch.marks]
        assert [each.verdict for each in marks if each.student_id == A] == ["present"]
        kept = me.get(f"/students/{A}/record")
        assert [each["verdict"] for each in kept.json()["parts"]["marks"]["rows"]] == ["present"]
        assert "attachment" in kept.headers["content-disposition"]
        [count] = kim.get("/contested-counts").json()["items"]
        assert (count["hall"], count["upheld"]) == ("E101", 1)

    def test_an_excuse_is_asked_beforehand_and_withdrawn_and_nobody_else_reaches_it(self, told: ServedDesk) -> None:
        me, hana, lee = (Program(told, each) for each in ("naeol", "hana", "lee"))
        body = {"reason": "예비군", "wished": "official_leave"}
        assert me.post(f"{THEN}/appeals", {"reason": "예비군"}).status_code == 422, "an excuse says what is asked for"
        asked = me.post(f"{THEN}/appeals", body).json()
        here = f"/appeals/{asked['id']}"
        for other in (hana, lee):
            assert other.get(here).status_code == 404
            assert other("DELETE", here).status_code == 404
            assert other.post(f"{here}/answers", {"verdict": None, "reason": "x"}).status_code == 404
            assert other.get(f"/students/{A}/term").status_code == 404
            assert other.get(f"/students/{A}/record").status_code == 404
            assert A not in json.dumps(other.get("/appeals").json())
        assert me.post(f"{here}/answers", {"verdict": "present", "reason": "x"}).status_code == 403
        assert me("DELETE", here).json()["state"] == "withdrawn"
        assert {each.student_id for each in appeals(told.settings).values()} == {A}

    def test_the_days_of_the_rule_hold_here_too(self, told: ServedDesk) -> None:
        kim, office = Program(told, "kim"), Program(told, "office")
        mark, roll = {"student_id": STUDENTS[3].student_id, "verdict": "excused"}, {"verdicts": {B: "present"}}
        assert office.post(f"{HERE}/marks", mark).status_code == 403, "not while those who teach can"
        before, told.now = told.now, NINE.replace(hour=15) + timedelta(days=1)  # midnight in Seoul
        try:
            for path, body in (("marks", mark), ("roll-calls", roll), ("confirmations", {"seen": {B: "present"}})):
                late = kim.post(f"{HERE}/{path}", body)
                assert (late.status_code, "2026-03-10" in late.json()["detail"]) == (422, True), path
            assert office.post(f"{HERE}/marks", mark).status_code == 201
            assert office.get(f"{HERE}/marks").status_code == 200
        finally:
            told.now = before


class TestReports:
    def test_numbers_and_who_they_are_about(self, told: ServedDesk) -> None:
        kim, office, lee, tech = (Program(told, each) for each in ("kim", "office", "lee", "tech"))
        rates = office.get(f"/rates?term={TERM.term}&by=faculty", headers={"accept-language": "ko"}).json()
        assert [each["text"] for each in rates["items"]] == ["학부 미지정", "전자공학부"]
        assert rates["totals"]["class_hours"] == 1
        assert rates["totals"]["missing"] == 1, "of the other section nothing is on record"
        assert [each["key"] for each in kim.get("/rates").json()["items"]] == [HOUR.section]
        assert lee.get("/rates").json()["totals"]["class_hours"] == 0
        first = office.get("/rates?limit=1").json()
        second = office.get(f"/rates?limit=1&cursor={first['next']}").json()
        assert [each["items"][0]["key"] for each in (first, second)] == [OTHERS.section, HOUR.section]
        heat = kim.get("/heat-map").json()
        assert (heat["rows"], heat["columns"], len(heat["cells"])) == ([1], [9], 1)
        [slip] = kim.get("/slipping").json()["items"]
        assert (slip["student_id"], slip["left_early"]) == (STUDENTS[2].student_id, 1)
        numbers = tech.get("/slipping").json()
        assert (numbers["students"], numbers["items"]) == (1, [])
        assert tech.get(f"/terms/{TERM.term}/standing-counts").json()["failed"] == 0
        assert kim.get(f"/terms/{TERM.term}/standing-counts").json()["last_hour"] >= 1
        assert [each["student_id"] for each in kim.get(f"/students?find={STUDENTS[2].name}").json()["items"]] == [
            STUDENTS[2].student_id
        ]
        him = kim.get(f"/students/{STUDENTS[2].student_id}/report").json()
        assert [each["verdict"] for each in him["hours"]] == ["left_early"]
        assert lee.get(f"/students/{STUDENTS[2].student_id}/report").status_code == 404

    @pytest.mark.parametrize("how", ["format", "accept"])
    def test_a_table_is_a_file_in_which_no_name_is_a_formula(self, told: ServedDesk, how: str) -> None:
        kim = Program(told, "kim")
        files = {}
        for name, media in (
            ("csv", "text/csv"),
            ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ):
            more = {"headers": {"accept": f"{media}, */*;q=0.1"}} if how == "accept" else {}
            answer = kim.get(f"/exports/attendance{'' if more else f'?format={name}'}", **more)
            assert answer.headers["content-type"].partition(";")[0] == media
            assert f"attendance-2026-1.{name}" in answer.headers["content-disposition"]
            files[name] = answer.content
        assert f"'{FORMULA.name}".replace('"', '""') in files["csv"].decode("utf-8-sig")
        cells = {
            each
            for line in CalamineWorkbook.from_filelike(io.BytesIO(files["xlsx"])).get_sheet_by_index(0).to_python()
            for each in line
        }
        assert FORMULA.name in cells, "as text"
        assert b"<f>" not in files["xlsx"]

    def test_every_kind_is_there_and_names_take_a_scope_of_their_own(self, told: ServedDesk) -> None:
        office, unnamed = Program(told, "office"), Program(told, "office", "reports:read")
        kinds = office.get("/exports").json()["exports"]
        assert {each["export"] for each in kinds} >= {"moodle", "canvas", "register", "standing", "student"}
        for each in kinds:
            path = f"/exports/{each['export']}?section={HOUR.section}&student={A}"
            assert office.get(path).status_code == 200, (path, office.get(path).text)
            assert unnamed.get(path).status_code == (403 if each["names"] else 200), path
        assert office.get("/exports/canvas?format=xlsx").status_code == 422
        assert office.get("/exports/everything").status_code == 404
        for owner, status in (("kim", 200), ("lee", 403), ("park", 403), ("tech", 403), ("naeol", 403)):
            assert Program(told, owner).get(f"/exports/rates?section={HOUR.section}").status_code == status, owner


class TestLoads:
    def test_a_file_is_shown_then_applied_as_a_whole(self, told: ServedDesk) -> None:
        office, second = Program(told, "office"), Program(told, "second")
        new = [HOUR.section, "E102", date(2026, 3, 10), 1, time(9), time(9, 50)]
        data, path = workbook({"Timetable": [COLUMNS, new]}), "/loads?kind=timetable&name=spring.xlsx"
        shown = office("POST", path, data=data, headers=FILE)
        assert shown.status_code == 201, shown.text
        load = shown.json()
        assert (load["timetable"]["counts"]["new"], load["timetable"]["new"][0]["hall"]) == (1, "E102")
        here, before = f"/loads/{load['id']}", len(class_hours(told.settings))
        assert second.get(here).status_code == 404
        assert second.post(here, {"digest": load["digest"]}).status_code == 404
        assert office.get(here).json()["digest"] == load["digest"]
        assert office.post(here, {"digest": "of something else"}).json()["type"].endswith("site-changed")
        assert len(class_hours(told.settings)) == before, "nothing was applied"
        assert office.post(here, {"digest": load["digest"]}).json() == {"id": load["id"], "applied": True}
        assert len(class_hours(told.settings)) == before + 1
        assert office.get(here).status_code == 404
        glance = office.get("/timetable/at-a-glance").json()
        assert "E102" in {hall for each in glance["sections"] for hall in each["halls"]}
        told.stored()
        did = office.get(f"/audit?account=office&{DAY}").json()["items"]
        assert "timetable_load" in {each["action"] for each in did}

    def test_what_is_broken_is_said_with_its_line_and_nothing_is_kept(self, told: ServedDesk) -> None:
        office, waiting = Program(told, "office"), told.settings.home / "uploads" / "loads"
        before = {*waiting.glob("*")}
        data = b"section,hall,date,period,starts_at,ends_at\nA,E1,tomorrow,1,09:00,09:50\nB,E1,soon,1,09:00,09:50\n"
        answer = office("POST", "/loads?name=t.csv", data=data, headers={"accept-language": "ko", **FILE})
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
        assert "t.csv 2행" in answer.json()["detail"]
        assert "t.csv 3행" in answer.json()["detail"]
        assert {*waiting.glob("*")} == before
        assert office("POST", "/loads?name=t.csv", json={}).status_code == 415
        assert Program(told, "kim")("POST", "/loads", data=data, headers=FILE).status_code == 403

    def test_rosters_and_calendars_too_and_a_file_is_let_go(self, told: ServedDesk) -> None:
        office = Program(told, "office")
        roster = [["section", "student_id", "name"], *([HOUR.section, e.student_id, e.name] for e in EVERYBODY[1:])]
        load = office(
            "POST", "/loads?kind=rosters&name=r.xlsx&since=2026-03-10", data=workbook({"R": roster}), headers=FILE
        )
        [change] = load.json()["rosters"]
        assert ([each["student_id"] for each in change["leaving"]], change["since"]) == ([A], "2026-03-10")
        assert office("DELETE", f"/loads/{load.json()['id']}").json()["applied"] is False
        calendar = office(
            "POST", "/loads?name=g.ics&first=2026-03-10&last=2026-06-19", data=GOOGLE, headers=FILE
        ).json()
        assert (calendar["timetable"]["counts"]["new"], calendar["timetable"]["holidays"][0]["name"]) == (
            39,
            "어린이날",
        )
        office("DELETE", f"/loads/{calendar['id']}")


class TestSite:
    def test_people(self, told: ServedDesk) -> None:
        office = Program(told, "office")
        sections = {each["section"]: each for each in office.get("/sections").json()["items"]}
        assert (sections[HOUR.section]["students"], sections[HOUR.section]["without"]) == (6, 6)
        stays = office.get(f"/sections/{HOUR.section}/stays").json()["items"]
        assert [each["student_id"] for each in stays] == [each.student_id for each in EVERYBODY]
        him = office.get(f"/students/{A}").json()
        assert (him["consent"]["given"], {each["section"] for each in him["stays"]}) == (
            False,
            {HOUR.section, OTHERS.section},
        )
        nobody = office.get("/enrolment-check")
        assert (nobody.status_code, nobody.json()["detail"]) == (422, "nobody is enrolled")
        assert Program(told, "kim").get(f"/students/{A}").status_code == 403

    def test_cameras_this_machine_and_dead_letters(self, told: ServedDesk) -> None:
        tech, office = Program(told, "tech"), Program(told, "office")
        halls = {each["hall"]: each for each in office.get("/cameras").json()["items"]}
        assert (halls["E101"]["cameras"][0]["state"], halls["E101"]["coming"]["id"]) == ("rests", NEXT.id)
        assert halls["B12"]["cameras"] == []
        assert "Python" in {each["name"] for each in tech.get("/health/machine").json()["findings"]}
        letters = tech.get("/dead-letters").json()["letters"]
        assert len(letters) == 3
        assert A not in json.dumps(letters)
        first = letters[0]["offset"]
        assert tech.post("/dead-letters", {"do": "dismiss", "offsets": [first]}).json() == {"count": 1}
        assert tech.post("/dead-letters", {"do": "dismiss", "offsets": [10**6]}).status_code == 422
        assert first not in [each.offset for each in waiting_letters(told.settings)]
        for path in ("/health/machine", "/dead-letters"):
            assert office.get(path).status_code == 403
        assert office.post("/dead-letters", {"do": "retry"}).status_code == 403

    def test_who_is_to_be_called_and_a_kiosk_is_ended(self, told: ServedDesk) -> None:
        park, kim = Program(told, "park"), Program(told, "kim")
        called = park.get(f"{HERE}/roll-calls").json()
        assert len(called["students"]) == 6
        assert B not in [each["student_id"] for each in called["students"] if each["missing"]]
        assert {each["student_id"] for each in called["students"] if each["missing"]} >= {STUDENTS[3].student_id}
        seat = KioskSeat("E101", HOUR.date)
        open_session(told.settings, "park", Origin("", ""), told.now, kiosk=seat)
        [kiosk] = kim.get(f"{HERE}/kiosks").json()["items"]
        assert (kiosk["hall"], kiosk["by"]) == ("E101", "park")
        assert Program(told, "lee")("DELETE", f"{HERE}/kiosks/{kiosk['kiosk']}").status_code == 404
        assert kim("DELETE", f"{HERE}/kiosks/{kiosk['kiosk']}").json()["hall"] == "E101"
        assert kim.get(f"{HERE}/kiosks").json()["items"] == []


def every_get(**of: str) -> list[str]:
    """Every address that is read, of a class hour, a student and the like, and with each parameter that names one."""
    real = {"class_hour": HOUR.id, "hall": "E101", "section": HOUR.section, "term": TERM.term, "run": "live",
            "export": "attendance", "report": "student_trend"} | of  # fmt: skip
    found = []
    for each in ENDPOINTS:
        if each.method != "GET":
            continue
        parts = [part[1:-1] for part in each.path.split("/") if part.startswith("{")]
        path = each.path.format(**{part: quote(real.get(part, "x"), safe="") for part in parts})
        names = {field.encode_name for field in msgspec.structs.fields(each.query)}
        days = [f"{name}={HOUR.date}" for name in ("from", "to") if name in names]
        asked = [f"{name}={quote(real[name], safe='')}" for name in ("student", "section", "term") if name in names]
        found += [f"{path}?{'&'.join(days)}", f"{path}?{'&'.join([*days, *asked])}"]
    return [*dict.fromkeys(found)]


def told_at(program: Program, address: str) -> str:
    """What a program is told at an address, without the address itself; of a stream that begins, nothing."""
    answer = program.get(address, stream="/events" in address)
    if "/events" in address and answer.ok:
        answer.close()
        return ""
    if "json" not in answer.headers["content-type"]:
        return answer.text
    return json.dumps({**answer.json(), "instance": ""}, ensure_ascii=False)


def test_a_student_reaches_nothing_of_others_by_any_address(told: ServedDesk) -> None:
    me, others = Program(told, "naeol"), [each for it in EVERYBODY[1:] for each in (it.student_id, it.name)]
    for of in (A, B):
        for address in every_get(student=of):
            said = told_at(me, address).replace(B if of == B else "-", "")
            assert not [each for each in others if each in said], address


def test_an_engineer_is_told_of_nobody_and_a_narrow_token_of_no_other_section(told: ServedDesk) -> None:
    tech, people = Program(told, "tech"), [each.student_id for each in EVERYBODY]
    for address in every_get(student="x"):
        said = told_at(tech, address)
        assert not [each for each in people if each in said], address
    narrow = Program(told, "office", sections=(OTHERS.section,))
    for address in every_get(student=A):
        assert STUDENTS[2].student_id not in told_at(narrow, address), address


def test_an_account_without_a_role_is_told_nothing(told: ServedDesk) -> None:
    program = Program(told, "leaving")
    change_account(told.settings, "leaving", AccountChange(roles=()))
    for address in every_get(student=A):
        assert A not in told_at(program, address), address
