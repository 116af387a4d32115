"""The API as an OpenAPI 3.1 document, made from its endpoints and their structs.

``python -m infra.desk.api.api_document`` writes it to ``docs/openapi.json``; a test holds that current.
"""

import inspect
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from infra.desk.api.calls import PATH_PARAMETERS, Endpoint, FileAnswer, Picture
from infra.desk.api.endpoints import ENDPOINTS
from infra.desk.api.problems import MEDIA_TYPE, STATUSES, ApiProblem
from infra.operations.accounts.api_scopes import SCOPE_TEXTS
from infra.operations.class_hours.happenings import Happening

__all__ = ["document"]

FILE: Final = Path(__file__).parents[3] / "docs" / "openapi.json"
DESCRIPTION: Final = """What the desk of Naul shows and takes, for programs.

Times are RFC 3339 with an offset, days ISO 8601. Ids in paths are URL-encoded, slashes too. Whoever a token belongs to
may do by it what he may at the desk, as far as its scopes and sections go; whatever shows persons is on record in the
audit first. What is not for a token to see is answered as if it were not there (404).
"""

FILES: Final = ("text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/zip")
"""What an answer that is a file may be."""
ALWAYS: Final = (401, 403, 404, 422, 429, 503)
HEADERS: Final = {
    "If-None-Match": "ETags of answers that are at hand: 304 if one still holds.",
    "Idempotency-Key": "Names what is sent: sent twice it counts once. At most 200 visible ASCII characters.",
    "If-Match": "ETag of what the change goes out from (its GET, or `.../marks/{student}`): 412 if another holds.",
    "Last-Event-ID": "Id of the last event that came: only what happened after it is sent.",
    "Accept-Language": "`ko` or `en`: the language of texts.",
}


@cache
def document() -> dict[str, Any]:
    """Return the document."""
    types = [each.answer for each in ENDPOINTS if each.answer not in (Picture, FileAnswer)]
    types += [each.body for each in ENDPOINTS if each.body] + [ApiProblem, Happening]
    queries = [each.query for each in ENDPOINTS]
    schemas, components = msgspec.json.schema_components([*types, *queries], ref_template="#/components/schemas/{name}")
    refs = dict(zip(map(repr, [*types, *queries]), schemas, strict=True))
    asked = {each["$ref"].rpartition("/")[2] for each in schemas[len(types) :]}
    paths: dict[str, dict[str, Any]] = {}
    for each in ENDPOINTS:
        query = components[refs[repr(each.query)]["$ref"].rpartition("/")[2]]
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, refs, query)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Naul",
            "version": "1",
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": {name: each for name, each in components.items() if name not in asked},
            "responses": {str(status): _problem(said) for status, said in STATUSES.items() if status >= 400},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Of `naul token create`. Scopes: "
                    + "; ".join(f"`{scope}`: {said}" for scope, said in SCOPE_TEXTS.items()),
                }
            },
        },
    }


def _problem(said: str) -> dict[str, Any]:
    return {"description": said, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ApiProblem"}}}}


def _operation(of: Endpoint, refs: dict[str, Any], query: dict[str, Any]) -> dict[str, Any]:
    summary, _, more = inspect.cleandoc(of.handle.__doc__ or "").partition("\n\n")
    statuses = [*ALWAYS, 400, *((413, 415) if of.body or of.takes_file or of.form else ())]
    statuses += [409] if of.overtaken else [409, 412] if of.may_conflict else []
    if "cursor" in query["properties"]:
        statuses.append(410)
    responses: dict[str, Any] = {str(of.status): _answer(of, refs)}
    responses |= {str(each): {"$ref": f"#/components/responses/{each}"} for each in sorted(statuses)}
    headers = ["Accept-Language"]
    if of.method == "GET" and not of.stream:
        responses["304"] = {"description": STATUSES[304]}
        headers.append("If-None-Match")
    headers += ["Last-Event-ID"] if of.stream else []
    by_id = of.body and any(each.name == "id" for each in msgspec.structs.fields(of.body))
    headers += ["Idempotency-Key"] if of.form or by_id else []
    headers += ["If-Match"] if of.may_conflict else []
    found: dict[str, Any] = {
        "operationId": of.handle.__name__,
        "summary": " ".join(summary.split()).rstrip("."),
        "description": f"{' '.join(more.split())}\n\nScope: `{of.scope}`.".strip(),
        "tags": [of.path.split("/")[1]],
        "security": [{"token": [of.scope]}],
        "parameters": [
            *(_path_parameter(part[1:-1]) for part in of.path.split("/") if part.startswith("{")),
            *(_query_parameter(name, each) for name, each in query["properties"].items()),
            *(
                {"name": each, "in": "header", "description": HEADERS[each], "schema": {"type": "string"}}
                for each in headers
            ),
        ],
        "responses": responses,
    }
    if of.body or of.form:
        kind, schema = ("multipart/form-data", of.form) if of.form else ("application/json", refs[repr(of.body)])
        content = {kind: {"schema": schema}}
        found["requestBody"] = {"required": True, "content": content}
    if of.takes_file:
        content = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
        found["requestBody"] = {"required": True, "content": content}
    return found


def _answer(of: Endpoint, refs: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any]
    if of.answer is Picture:
        content = {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}
    elif of.answer is FileAnswer:
        content = {each: {"schema": {"type": "string", "format": "binary"}} for each in FILES}
    elif of.stream:
        said = "Events `snapshot` (data: HallSnapshot), `end`, and what happens (data: Happening), each with an id."
        content = {"text/event-stream": {"schema": {"type": "string", "description": said}}}
    else:
        content = {"application/json": {"schema": refs[repr(of.answer)]}}
    headers = (
        {"ETag": {"description": "What this answer is.", "schema": {"type": "string"}}} if of.method == "GET" else {}
    )
    return {"description": "As asked for.", "content": content, **({"headers": headers} if headers else {})}


def _path_parameter(name: str) -> dict[str, Any]:
    said, example = PATH_PARAMETERS[name]
    schema = {"type": "string", "minLength": 1}
    return {"name": name, "in": "path", "required": True, "description": said, "schema": schema, "example": example}


def _query_parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    kinds = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    plain = kinds[0] if kinds else {key: each for key, each in schema.items() if key != "default"}
    return {"name": name, "in": "query", "required": False, "schema": plain}


if __name__ == "__main__":
    FILE.write_bytes(msgspec.json.format(msgspec.json.encode(document()), indent=2) + b"\n")
