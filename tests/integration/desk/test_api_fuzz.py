"""Schemathesis over the running desk: whatever is sent, the answer is one that the document knows, and none is 500."""

from itertools import count
from urllib.parse import quote

import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from infra.desk.api.api_document import document
from infra.desk.api.calls import Endpoint
from infra.desk.api.endpoints import ENDPOINTS
from tests.integration.desk.conftest import HOUR, STUDENTS, ServedDesk
from tests.integration.desk.test_api import Program, fill
from tests.integration.desk.test_odd_values import ODD

EXAMPLES = 8
"""Of each endpoint."""
REAL = {"class_hour": HOUR.id, "student": STUDENTS[1].student_id, "hall": HOUR.hall, "section": HOUR.section,
        "camera": "front", "report": "rate_by_week", "export": "attendance", "run": "live",
        "engine": "centerface-dlib"}  # fmt: skip

LEFT_OUT = ["ignored_auth", "positive_data_acceptance", "missing_required_header"]
"""Checks that do not hold here: the first asks without a token so often that its address has to wait (429); the second
takes any text for a cursor, and a class hour that nobody has for one that there is."""


ENGINEERS = ("/runs", "/engines", "/dead-letters", "/health/machine")
"""What is an engineer's. He begins nothing here: a process a guess would outlive the test."""


@pytest.fixture(scope="module")
def program(shared_desk: ServedDesk) -> Program:
    student = STUDENTS[1].student_id
    shared_desk.account("boss", "professor", "registrar", "student", teaches=(HOUR.section,), student=student)
    fill(shared_desk)
    return Program(shared_desk, "boss")


@pytest.fixture(scope="module")
def engineer(program: Program) -> Program:
    return Program(program.desk, "tech")


@pytest.mark.parametrize(
    "of", [each for each in ENDPOINTS if not each.stream], ids=lambda each: f"{each.method} {each.path}"
)
def test_every_answer_is_one_that_the_document_knows(program: Program, engineer: Program, of: Endpoint) -> None:
    asking = engineer if of.path.startswith(ENGINEERS) and of.scope != "runs:write" else program
    schema = schemathesis.openapi.from_dict(document())
    schema.config.update(base_url=f"{program.desk.url}/api/v1")
    operation = schema[of.path][of.method]
    turn = count()
    schemathesis.checks.load_all_checks()
    excluded = [each for each in schemathesis.checks.CHECKS.get_all() if each.__name__ in LEFT_OUT]

    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        if mode is GenerationMode.NEGATIVE and not (operation.query or of.body):
            continue

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=EXAMPLES // 2,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=[*HealthCheck],
        )
        def ask(case: schemathesis.Case) -> None:
            if next(turn) % 3:
                case.path_parameters.update({name: REAL[name] for name in case.path_parameters or () if name in REAL})
            case.headers = {**(case.headers or {}), "authorization": f"Bearer {asking.secret}"}
            response = case.call()
            assert response.status_code < 500 or response.status_code == 503
            case.validate_response(response, excluded_checks=excluded)

        ask()


def places() -> list[str]:
    """Where something is asked for: paths and queries with a place for it (``{}``)."""
    found = list[str]()
    for each in ENDPOINTS:
        if each.method != "GET" or each.stream:
            continue
        parts = [part[1:-1] for part in each.path.split("/") if part.startswith("{")]
        real = {part: quote(REAL.get(part, "x"), safe="") for part in parts}
        found += [each.path.format(**(real | {part: "{}"})) for part in parts]
        names = [field.encode_name for field in msgspec.structs.fields(each.query)]
        found += [f"{each.path.format(**real)}?{name}={{}}" for name in names]
    return found


def test_whatever_a_path_or_a_query_says_is_no_mistake_of_ours(program: Program, engineer: Program) -> None:
    values, wrong = [*ODD.values()], []
    for turn, place in enumerate(places()):
        for other in range(4):  # each place has some of them, and each of them is somewhere
            value = values[(4 * turn + other) % len(values)]
            path = place.format(quote(value, safe="", errors="surrogateescape"))
            status = (engineer if place.startswith(ENGINEERS) else program).get(path).status_code
            wrong += [(path, status)] if status >= 500 else []
    assert wrong == []
