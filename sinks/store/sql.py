"""SQL as text: the one place where a value becomes part of a statement, and where statements are told apart."""

import re
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from schemas.errors import RefusedError
from schemas.translations import Text
from sinks.store.port import Parameters

__all__ = ["bind", "is_one_select", "literal", "statements"]

_PARAMETER = re.compile(r"%\((\w+)\)s")
_TOKEN = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`|--[^\n]*|/\*.*?\*/|;""", re.DOTALL)

_ESCAPES = zip("\b\f\r\n\t\0\a\v\\'", "bfrnt0av\\'", strict=True)
_ESCAPED = str.maketrans({sign: f"\\{letter}" for sign, letter in _ESCAPES})
"""As the driver of the server escapes text; importing it takes an eighth of a second."""


def bind(sql: str, parameters: Parameters | None = None) -> str:
    """Put values in the places of their names. ``%`` means nothing else.

    Raises:
        RefusedError: the SQL names a parameter that was not given.
    """
    given = parameters or {}

    def value(found: re.Match[str]) -> str:
        if found[1] not in given:
            raise RefusedError(
                Text("the query needs a value for {found!r}", found=found[1]),
                Text("It was given {value}.", value=", ".join(given) or "none"),
            )
        return literal(given[found[1]])

    return _PARAMETER.sub(value, sql)


def literal(value: Any) -> str:
    """Write a value as ClickHouse reads it.

    Raises:
        TypeError: SQL has no word for it here.
    """
    match value:
        case None:
            return "NULL"
        case bool():
            return str(int(value))
        case int() | float():
            return repr(value)
        case str():
            return f"'{value.translate(_ESCAPED)}'"
        case datetime():
            if value.tzinfo is None:
                raise TypeError(f"a time without a zone is no moment: {value}")
            return f"toDateTime('{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}', 'UTC')"
        case date():
            return f"toDate('{value.isoformat()}')"
        case UUID():
            return f"toUUID('{value}')"
        case list() | tuple() if value:
            return "(" + ", ".join(literal(each) for each in value) + ")"
    raise TypeError(f"no SQL for {value!r}")


def statements(text: str) -> list[str]:
    """Return the statements of a file, without comments. A semicolon inside quotes ends nothing."""
    found, current, end = [], "", 0
    for token in _TOKEN.finditer(text):
        current += text[end : token.start()]
        end = token.end()
        if token[0] == ";":
            found.append(current)
            current = ""
        elif token[0].startswith(("--", "/*")):
            current += " "
        else:
            current += token[0]
    return [each.strip() for each in [*found, current + text[end:]] if each.strip()]


def is_one_select(sql: str) -> bool:
    """Whether this is one statement that only reads."""
    found = statements(sql)
    return len(found) == 1 and bool(re.match(r"(SELECT|WITH)\b", found[0], re.IGNORECASE))
