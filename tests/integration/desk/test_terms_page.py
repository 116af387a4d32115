"""The registrar sees, writes and loads the rule of a term in a browser; what would change is shown before it holds."""

from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest
import requests
from msgspec.structs import replace

from enrollment.loaded import terms
from enrollment.term import term_file, term_of_values
from infra.desk.last_known import LastKnown
from schemas.cluster import send
from schemas.errors import UnavailableError
from schemas.messages import Term, TermRule, encode
from schemas.toml_file import parse_toml
from tests.integration.desk.conftest import HOUR, NINE, STUDENTS, ServedDesk, coverage, row, store_away
from tests.integration.desk.test_access_of_pages import form_of, kafka_away, session

NASTY = "<img src=x onerror=alert(1)>"
SPRING = Term(
    term="2026-1", first=HOUR.date, last=date(2026, 6, 19), rule=TermRule(limit="1/4"), loaded_at=NINE, by="office"
)


class Fields(HTMLParser):
    """What the form of a page would send, by the name of each field: values of inputs, texts, chosen options."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._text, self._select = "", ""
        self.feed(page.partition("<main")[2].partition("</form>")[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "textarea":
            self._text = name
            self.found[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and (self._select not in self.found or "selected" in given):
            self.found[self._select] = given.get("value", "")
        elif tag == "input" and (given.get("type") != "checkbox" or "checked" in given):
            self.found[name] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        self._text = "" if tag == "textarea" else self._text

    def handle_data(self, data: str) -> None:
        if self._text:
            self.found[self._text] += data.replace("\n", "\r\n")  # as browsers send it


class Registrar:
    """By requests, as a browser without JavaScript."""

    def __init__(self, desk: ServedDesk, name: str = "office", language: str = "en") -> None:
        self.desk = desk
        self.client, self.token = session(desk, name)
        self.client.headers["accept-language"] = language

    def get(self, address: str) -> str:
        answer = self.client.get(self.desk.url + address)
        assert answer.status_code == 200, answer.text
        return answer.text

    def send(self, page: str, place: str = "preview", **typed: str) -> requests.Response:
        """Send the first form of a page, with what is typed into it."""
        return self.client.post(f"{self.desk.url}/terms/{place}", data=Fields(page).found | typed)

    def load(self, data: bytes, name: str = "term.toml") -> requests.Response:
        files = {"file": (name, data)}
        return self.client.post(f"{self.desk.url}/terms/load", data={"csrf": self.token}, files=files)


@pytest.fixture(scope="module")
def told(shared_desk: ServedDesk) -> ServedDesk:
    """Of five students the second was absent in the only class hour of the term."""
    of: dict[str, Any] = {"final": True}
    shared_desk.tell(coverage(**of), row(0, **of), row(1, "absent", **of), row(2, "late", **of))
    shared_desk.stored()
    shared_desk.account("deputy", "registrar")
    return shared_desk


@pytest.fixture
def office(told: ServedDesk) -> Registrar:
    """With the spring term as it is loaded."""
    load(told, SPRING)
    told.desk.calendar.refresh()
    return Registrar(told)


def load(desk: ServedDesk, term: Term) -> None:
    send(desk.settings, [(desk.settings.topic("terms"), term.term.encode(), encode(term), None, None)])


def stands(desk: ServedDesk, name: str = SPRING.term) -> Term:
    return terms(desk.settings)[name]


def named(shown: str, part: str) -> list[str]:
    part = shown[shown.index(f'id="{part}"') :].partition("</section>")[0]
    return [each.student_id for each in STUDENTS if f"<td>{each.student_id}</td>" in part]


def test_a_new_term_is_written_shown_and_applied(office: Registrar) -> None:
    typed = {"term": "2026-2", "first": "2026-09-01", "last": "2026-12-18", "late_per_absence": "2", "limit": "1/3"}
    shown = office.send(office.get("/terms/term"), **typed, faculties="EA = 전자공학부\nCS=전산학부")
    assert shown.status_code == 200, shown.text
    assert "There is no such term yet." in shown.text
    assert "2026-2" not in terms(office.desk.settings), "nothing is applied yet"
    done = office.send(shown.text, "apply", do="apply")
    assert "Applied." in done.text
    assert "F above 1/3 of the class hours; late 2 times is one absence" in done.text
    made = stands(office.desk, "2026-2")
    assert (made.rule, made.by) == (TermRule(late_per_absence=2, limit="1/3"), "office")
    assert made.faculties == {"EA": "전자공학부", "CS": "전산학부"}
    office.desk.stored()
    assert "loaded the rule of a term" in office.get("/audit")


def test_a_change_says_whose_f_it_changes_before_it_holds(office: Registrar) -> None:
    form = office.get("/terms/term?term=2026-1")
    assert form_of(form)["name"] == "2026-1"
    fewer = office.send(form, limit="1/1")
    assert named(fewer.text, "vanishes") == [STUDENTS[1].student_id]
    assert "<td>1/4</td><td>1/1</td>" in fewer.text
    more = office.send(form, late_per_absence="1")
    assert named(more.text, "appears") == [STUDENTS[2].student_id]
    assert stands(office.desk).rule == SPRING.rule
    assert office.send(more.text, "apply", do="apply").status_code == 200
    assert stands(office.desk).rule == replace(SPRING.rule, late_per_absence=1)


def test_a_section_gets_a_rule_of_its_own_changes_it_and_loses_it(office: Registrar) -> None:
    own = office.send(office.get("/terms/term?term=2026-1"), edit="")
    shown = office.send(own.text, section=HOUR.section, limit="1/2", official_leave_counts="no")
    assert f"<td>{HOUR.section}</td><td>A rule of its own</td><td>no</td><td>yes</td>" in shown.text
    further = office.send(shown.text, "apply", do="edit")
    again = office.send(further.text, edit=HOUR.section)
    assert Fields(again.text).found["limit"] == "1/2"
    assert Fields(again.text).found["late_per_absence"] == "", "as in all others"
    office.send(office.send(again.text, from_limit="yes").text, "apply", do="apply")
    rule = TermRule(limit="1/2", official_leave_counts=False, from_limit=True)
    assert stands(office.desk).sections == {HOUR.section: rule}
    dropped = office.send(office.send(office.get("/terms/term?term=2026-1"), edit=HOUR.section).text, do="drop")
    office.send(dropped.text, "apply", do="apply")
    assert stands(office.desk).sections == {}


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"limit": "a third"}, "limit", "it must be a part, like 1/4"),
        ({"late_per_absence": NASTY}, "late_per_absence", "late_per_absence must be a whole number from 0 to 100"),
        ({"late_per_absence": "9" * 5000}, "late_per_absence", "whole number"),
        ({"last": "2026-01-01"}, "last", "the term ends before it begins"),
        ({"first": "soon"}, "first", "first must be a day"),
        ({"faculties": "EA <b>"}, "faculties", "names no faculty"),
        ({"professor_corrects_days": "7", "office_corrects_days": "7"}, "office_corrects_days", "give more than 7"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
    office: Registrar, typed: dict[str, str], field: str, said: str
) -> None:
    refused = office.send(office.get("/terms/term?term=2026-1"), **typed, excused_counts="yes")
    assert refused.status_code == 400
    fault = refused.text.partition(f'id="fault-{field}"')[2].partition("</small>")[0]
    assert said in fault
    assert NASTY not in refused.text
    kept = Fields(refused.text).found
    assert {name: kept[name].strip() for name in typed} | {"excused_counts": kept["excused_counts"]} == typed | {
        "excused_counts": "yes"
    }
    assert stands(office.desk) == SPRING


def test_a_section_that_does_not_meet_in_the_term_is_refused(office: Registrar) -> None:
    own = office.send(office.get("/terms/term?term=2026-1"), edit="")
    refused = office.send(own.text, section="EA0017-2", limit="1/2")
    assert refused.status_code == 400
    assert "no class hour of EA0017-2 lies between" in refused.text
    assert "Did you mean EA0017-1?" in refused.text


def test_the_second_of_two_is_shown_what_the_first_did(office: Registrar) -> None:
    mine = office.send(office.get("/terms/term?term=2026-1"), limit="1/2")
    deputy = Registrar(office.desk, "deputy")
    deputy.send(deputy.send(deputy.get("/terms/term?term=2026-1"), limit="1/3").text, "apply", do="apply")
    refused = office.send(mine.text, "apply", do="apply")
    assert refused.status_code == 409
    assert "deputy loaded this term meanwhile. Nothing of yours was applied." in refused.text
    assert "<td>1/3</td><td>1/2</td>" in refused.text
    assert stands(office.desk).rule.limit == "1/3"
    assert office.send(refused.text, "apply", do="apply").status_code == 200
    assert stands(office.desk).rule.limit == "1/2"


def test_a_file_is_downloaded_as_the_command_reads_it_and_loaded_again(office: Registrar) -> None:
    own = replace(SPRING, sections={HOUR.section: TermRule(limit="1/2")}, faculties={"EA": f"전자 {NASTY}"})
    load(office.desk, own)
    answer = office.client.get(f"{office.desk.url}/terms/file?term=2026-1")
    assert "filename*=UTF-8" in answer.headers["content-disposition"]
    read = term_of_values(parse_toml("it", answer.content), own.loaded_at, own.by)
    assert read == own
    same = office.load(answer.content)
    assert "the same as what stands" in same.text
    assert NASTY not in same.text
    changed = office.load(answer.content.replace(b'"1/2"', b'"1/3"'))
    assert "<td>1/2</td><td>1/3</td>" in changed.text
    office.send(changed.text, "apply", do="apply")
    assert stands(office.desk).sections == {HOUR.section: TermRule(limit="1/3")}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'term = "2026-1"\nfirst = 2026-03-09\nlast = ', "line 3"),
        ('term = "학기"'.encode("cp949"), "CP949"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "UTF-16"),
        (b"a = " + b"[" * 50_000, "nested too deeply"),
        (term_file(SPRING).replace("\nlimit =", "\nlimits =").encode(), "Did you mean limit?"),
        (b"#" * 2**19, "was sent has more than"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_refused_with_the_remedy(office: Registrar, data: bytes, said: str) -> None:
    refused = office.load(data, f"{NASTY}.toml")
    assert refused.status_code == 400
    assert said in refused.text
    assert NASTY not in refused.text
    assert stands(office.desk) == SPRING


def test_while_the_store_is_away_the_rule_can_be_applied_all_the_same(office: Registrar) -> None:
    with store_away(office.desk.settings):
        shown = office.send(office.get("/terms/term?term=2026-1"), limit="1/2")
        assert "nobody can tell whose F would change" in shown.text
        assert office.send(shown.text, "apply", do="apply").status_code == 200
    assert stands(office.desk).rule.limit == "1/2"


def test_while_kafka_is_away_the_last_terms_are_shown_and_what_was_typed_can_be_sent_again(office: Registrar) -> None:
    shown = office.send(office.get("/terms/term?term=2026-1"), limit="1/2")
    with kafka_away(office.desk):
        refused = office.send(shown.text, "apply", do="apply")
    assert refused.status_code == 503
    kept = form_of(refused.text)
    assert kept["do"] == "apply"
    assert 'limit = "1/2"' in kept["text"]
    assert "limit = &#34;1/2&#34;" in refused.text.partition("<pre>")[2].partition("</pre>")[0]
    assert office.client.post(f"{office.desk.url}/terms/apply", data=kept).status_code == 200
    assert stands(office.desk).rule.limit == "1/2"
    known: LastKnown = office.desk.desk.kept("last_known", lambda _: pytest.fail("it was asked before"))
    there, known.ask = known.ask, lambda name, question, otherwise: there(name, away, otherwise)  # type: ignore[method-assign]
    try:
        assert "Kafka does not answer at the moment." in office.get("/terms")
        assert Fields(office.get("/terms/term?term=2026-1")).found["term"] == "2026-1"
    finally:
        known.ask = there  # type: ignore[method-assign]


def away() -> Any:
    raise UnavailableError("Kafka is away")


def test_what_was_sent_after_the_end_of_a_session_is_kept(office: Registrar) -> None:
    typed = Fields(office.get("/terms/term?term=2026-1")).found | {"limit": "1/2"}
    browser = requests.Session()
    browser.headers.update({"accept": "text/html", "accept-language": "en"})
    kept = form_of(browser.post(f"{office.desk.url}/terms/preview", data=typed).text)
    once = office.desk.link("office").partition("once=")[2]
    shown = browser.post(f"{office.desk.url}/sign-in", data=kept | {"once": once})
    again = browser.post(f"{office.desk.url}/terms/preview", data=form_of(shown.text))
    assert "<td>1/4</td><td>1/2</td>" in again.text


def test_a_question_asked_what_if_becomes_the_rule(office: Registrar) -> None:
    answer = office.get("/what-if/rule?term=2026-1&limit=1/1&from_limit=yes")
    address = answer.partition('href="/terms/term?')[2].partition('"')[0].replace("&amp;", "&")
    form = Fields(office.get(f"/terms/term?{address}")).found
    assert (form["limit"], form["from_limit"], form["late_per_absence"]) == ("1/1", "yes", "3")
    own = Fields(office.get(f"/terms/term?{address}&sections={HOUR.section}")).found
    assert (own["limit"], f'[sections."{HOUR.section}"]' in own["text"]) == ("1/4", True)
    assert stands(office.desk) == SPRING
