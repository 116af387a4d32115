"""Whatever an address or a form says, the desk answers politely: what it cannot read is no mistake of the desk."""

from collections.abc import Mapping
from typing import TypeAlias
from urllib.parse import quote

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from infra.operations.accounts.desk_sessions import csrf_token
from tests.integration.desk.conftest import HOUR, STUDENTS, ServedDesk
from tests.integration.desk.test_access_of_pages import HERE, HIM, session

ODD = {
    "empty": "",
    "the first day": "0001-01-01",
    "a day of the first week": "0001-01-05",
    "the last day": "9999-12-31",
    "before what a store counts": "1969-12-31",
    "after what a store counts": "2149-06-07",
    "the first moment": "0001-01-01T00:00:00+14:00",
    "the last moment": "9999-12-31T23:59:59-14:00",
    "a week": "2026-W11-1",  # is 2026-03-09, too
    "too many digits for a number": "9" * 5000,
    "digits of another script": "٢٠٢٦-٠٣-٠٩",
    "a digit that is no number": "²",
    "below nothing": "-1",
    "NUL": "\0",
    "a line": "a\r\nb: c",
    "half a character": "\udcff",
    "long": "나" * 2000,
    "a quotation mark": "' OR 1 = 1 --",
    "a bar": "a|2026-03-09|1|b",
}
ASKED = {
    "/": ("day",),
    "/audit": ("since", "until", "student", "account"),
    "/reports": ("term", "since", "until", "by", "order", "q", "page"),
    "/reports/slipping": ("term", "since", "q", "page"),
    "/reports/standing": ("term", "until", "q", "page", "word"),
    "/reports/student": ("term", "since", "q", "page", "student"),
    "/reports/files": ("term", "since", "until"),
    "/people": ("find", "done"),
    "/people/section": ("section",),
    "/people/student": ("student",),
    "/timetable": ("done",),
    HERE: ("order",),
    f"{HERE}/events?once=1": ("after",),
    f"{HERE}/frame": ("camera",),
    f"{HERE}/roll-call": ("who",),
    f"{HERE}/decide": ("student", "done"),
    f"{HERE}/why": ("student",),
    f"{HERE}/looks": ("student",),
    "/appeals": ("appeal", "done"),
    "/me": ("term", "done"),
    "/what-if": ("term", "sections", "limit"),
    "/what-if/rule?limit=1/3&term=2026-1": (
        "sections",
        "first",
        "last",
        "late_per_absence",
        "from_limit",
        "late_after",
    ),
    "/health": ("done", "count"),
    "/runs": ("since", "run"),
    "/runs/live/compare": ("with", "truth"),
    "/sign-in": ("once", "back"),
    "/sign-in/callback": ("state", "code", "error", "iss"),
}
"""What pages are asked in their addresses."""
OFFICE = ("/audit", "/people", "/timetable", "/load", "/what-if")
"""What the registrar alone is asked."""
ENGINEER = ("/health", "/runs", "/engines")
"""What engineers are asked."""
SENT = {
    f"{HERE}/roll-call": ("id", "at", f"v.{STUDENTS[0].student_id}", "v.", "csrf"),
    f"{HERE}/decide": ("id", "student", "verdict", "seen", "reason", "confirmed", "looks_like"),
    f"{HERE}/decide/undo": ("done",),
    f"{HERE}/decide/rest": ("id", f"v.{STUDENTS[0].student_id}", "v."),
    f"{HERE}/appeal": ("id", "seen", "from", "until", "wished", "reason"),
    "/me/withdraw": ("appeal",),
    "/appeals": ("id", "appeal", "verdict", "reason", "seen"),
    f"{HERE}/kiosk": ("hall",),
    "/timetable/load": ("sheet", "encoding", "first", "last"),
    "/people/load": ("since", "sheet"),
    "/people/photos": ("consent",),
    "/load/x": ("do", "digest"),
    f"{HERE}/kiosk/end": ("kiosk",),
    "/reports/file": ("kind", "format", "term", "since", "until", "section", "by", "student", "map", "title"),
    "/what-if": (
        "id",
        "term",
        "sections",
        "first",
        "last",
        "late_after",
        "departure_after",
        "limit",
        "excused_counts",
        "late_absent_after",
    ),
    "/what-if/none": ("what",),
    "/runs": ("id", "run", "since", "until", "halls", "sections", "engine", "late_after", "load", "looks"),
    "/runs/none": ("what",),
    "/health/letters": ("what", "offset"),
    "/engines/use": ("engine", "at", "without_evaluation"),
    "/engines/check": ("engine", "id"),
    "/sign-in": ("once", "name", "password", "back", "to"),
    "/sign-in/openid": ("back",),
    "/language": ("language", "back"),
}
"""Fields of forms, beside those that make them whole."""
WHOLE = {
    "id": "a1", "student": STUDENTS[0].student_id, "verdict": "late", "at": "2026-03-09T00:05:00+00:00",
    "kind": "student", "format": "csv",
}  # fmt: skip


People: TypeAlias = Mapping[str, tuple[requests.Session, str]]
"""Sessions by account, each with what its forms carry."""


def encoded(value: str) -> str:
    """Return a value with every sign of it written out."""
    return quote(value, safe="", errors="surrogateescape")


def asked(address: str, parameter: str, value: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}{parameter}={encoded(value)}"


def asks(address: str) -> str:
    """Return who may ask something: nobody else would reach it."""
    if address.startswith("/me") or address.endswith("/appeal"):
        return "naeol"
    if address.startswith(ENGINEER):
        return "tech"
    return "office" if address.startswith(OFFICE) else "kim"


@pytest.fixture(scope="module")
def people(shared_desk: ServedDesk) -> People:
    """Sessions that stay."""
    made = {name: session(shared_desk, name) for name in ("kim", "office", "tech", "naeol")}
    for each, _ in made.values():  # a server may end a connection that is idle just when it is used again
        each.mount("http://", HTTPAdapter(max_retries=Retry(2, backoff_factor=0.1)))
    return made


@pytest.mark.parametrize("what", ODD)
def test_whatever_an_address_asks(shared_desk: ServedDesk, people: People, what: str) -> None:
    wrong = [
        (address, parameter, status)
        for address, parameters in ASKED.items()
        for parameter in parameters
        if (status := people[asks(address)][0].get(shared_desk.url + asked(address, parameter, ODD[what])).status_code)
        >= 500
    ]
    assert not wrong


@pytest.mark.parametrize("what", ODD)
def test_whatever_stands_in_a_path(shared_desk: ServedDesk, people: People, what: str) -> None:
    client, _ = people["kim"]
    given = (HOUR.section, str(HOUR.date), str(HOUR.period))
    wrong = []
    for end in ("", f"/why?{HIM}"):
        for place in range(3):
            path = "/".join(encoded(ODD[what]) if n == place else each for n, each in enumerate(given))
            status = client.get(f"{shared_desk.url}/hours/{path}{end}").status_code
            wrong += (
                [(place, end, status)] if status not in ((200, 400, 404) if what == "a week" else (400, 404)) else []
            )
    assert not wrong


@pytest.mark.parametrize("what", ODD)
def test_whatever_a_form_says(shared_desk: ServedDesk, people: People, what: str) -> None:
    wrong = []
    for path, fields in SENT.items():
        client, token = people[asks(path)]
        for field in fields:
            form = "&".join(f"{encoded(name)}={encoded(each)}" for name, each in
                            (WHOLE | {"csrf": token, field: ODD[what]}).items())  # fmt: skip
            headers = {"content-type": "application/x-www-form-urlencoded"}
            answer = client.post(shared_desk.url + path, data=form, headers=headers, allow_redirects=False)
            wrong += [(path, field, answer.status_code)] if answer.status_code >= 500 else []
    assert not wrong


@pytest.mark.parametrize("what", ODD)
def test_whatever_a_program_says_to_a_kiosk(shared_desk: ServedDesk, what: str) -> None:
    client, token = session(shared_desk, "park")
    form = {"csrf": token, "hall": HOUR.hall}
    assert client.post(f"{shared_desk.url}{HERE}/kiosk", data=form, allow_redirects=False).status_code == 303
    statuses = [client.get(shared_desk.url + asked("/kiosk/roster", "section", ODD[what])).status_code]
    token = csrf_token(client.cookies["naul-session"])
    for field in ("section", "student_id"):
        form = {"section": HOUR.section, "student_id": STUDENTS[0].student_id, field: ODD[what]}
        body = "&".join(f"{name}={encoded(value)}" for name, value in form.items())
        headers = {"content-type": "application/x-www-form-urlencoded", "x-csrf": token}
        statuses.append(client.post(f"{shared_desk.url}/kiosk/mark", data=body, headers=headers).status_code)
    for part in ("look", "photo", "identify", "confirm"):
        body = ODD[what].encode("utf-8", "surrogateescape")
        statuses.append(
            client.post(f"{shared_desk.url}/kiosk/{part}", data=body, headers={"x-csrf": token}).status_code
        )
    assert [each for each in statuses if each >= 500] == []
