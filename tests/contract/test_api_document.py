"""The document of the API: current, valid, and what it says of its own examples."""

import json
import re
from typing import Any

import msgspec
import pytest
import schemathesis
from jsonschema import Draft202012Validator

from infra.desk.api.api_document import FILE, document
from infra.desk.api.calls import Endpoint
from infra.desk.api.endpoints import ENDPOINTS
from infra.operations.accounts.api_scopes import SCOPES


def refs(of: Any) -> set[str]:
    """Every reference in a part of a document."""
    if isinstance(of, dict):
        return {of["$ref"]} if isinstance(of.get("$ref"), str) else set().union(*map(refs, of.values()), set())
    return set().union(*map(refs, of), set()) if isinstance(of, list) else set()


def test_the_file_is_what_the_structs_say() -> None:
    """Else: ``python -m infra.desk.api.api_document``."""
    assert FILE.read_bytes() == msgspec.json.format(msgspec.json.encode(document()), indent=2) + b"\n"


def test_its_schemas_are_schemas_and_all_it_refers_to_is_there() -> None:
    parts = json.loads(FILE.read_text("utf-8"))
    for name, schema in parts["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        assert re.fullmatch(r"[A-Za-z0-9._-]+", name)
    for each in refs(parts):
        found = parts
        for step in each.removeprefix("#/").split("/"):
            found = found[step]


def test_a_reader_of_such_documents_finds_every_endpoint() -> None:
    read = schemathesis.openapi.from_dict(document())
    read.validate()  # by the schema of OpenAPI 3.1 itself
    found = {(each.ok().method.upper(), each.ok().path) for each in read.get_all_operations()}
    assert found == {(each.method, each.path) for each in ENDPOINTS}


@pytest.mark.parametrize("each", ENDPOINTS, ids=lambda each: f"{each.method} {each.path}")
def test_an_endpoint_says_who_may_and_what_it_does(each: Endpoint) -> None:
    said = document()["paths"][each.path][each.method.lower()]
    assert said["security"] == [{"token": [each.scope]}]
    assert each.scope in SCOPES
    assert len(said["summary"]) > 10
    assert {"401", "403", "404", "422", "429", "503"} <= said["responses"].keys()


def test_an_operation_has_a_name_of_its_own() -> None:
    names = [each.handle.__name__ for each in ENDPOINTS]
    assert len({*names}) == len(names)
