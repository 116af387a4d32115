"""Bytes and JSON made wrong, by a generator with a seed: the same seed is the same input for ever."""

import json
import re
from copy import deepcopy
from random import Random
from typing import Any, Final

__all__ = ["ODD_TEXTS", "ODD_VALUES", "broken_bytes", "broken_json"]

ODD_TEXTS: Final = (
    "", " ", "\0", "\x1b[2J", "a\r\nb", "\u202e", "\ufeff", "=cmd|' /C calc'!A0", "@SUM(1+1)", "-1+1",
    "'; DROP TABLE x; --",
    "{{7*7}}", "${jndi:ldap://127.0.0.1/a}", "<script>alert(1)</script>", "../../../../etc/passwd", "%s%n%p",
    "1e999", "NaN",
    "9" * 400, "나" * 3000, "e\u0301" * 50, "0000-00-00", "9999-12-31T23:59:59.999999999Z", "2026-02-30",
    "24:60", "E101|1/2",
)  # fmt: skip
ODD_VALUES: Final[tuple[Any, ...]] = (
    None, True, 0, -1, 2**31, 2**63, 2**64, -(2**63) - 1, 10**400, 1e308, -0.0, [], {}, [[]], [None], {"": ""},
    *ODD_TEXTS,
)  # fmt: skip
_RAW: Final = (
    "NaN", "-Infinity", "1e400", "-1e400", "9" * 5000, "0x10", "01", "tru", '"\\ud800"', '"\\udfff\\ud800"',
    '"\\u00"', '"\\x"',
    "[" * 3000, "[" * 100_000, '{"a":' * 20_000, "[" * 900 + "]" * 900, '"' + "a" * 100_000 + '"', "//", "", ",", '"',
)  # fmt: skip
"""Text that stands where a value should: what no JSON has, or one too deep or too long."""
_TOKENS: Final = (b"\xff", b"\xfe\xff", b"\xff\xfe", b"\0", b"\xed\xa0\x80", b"\xc0\xaf",
                  b"\xf8\x88\x80\x80\x80", b"\xef\xbb\xbf",
                  b"\r", b"\n", b'"', b"\\", b"{", b"]", b",", b";", b"=", b"\x1b", b"\xff\xd8", b"PK\x03\x04",
                  b"\x7f" * 64)  # fmt: skip


def broken_bytes(random: Random, data: bytes) -> bytes:
    """Return bytes that were cut, changed, moved, repeated or put together with others, once to four times."""
    for _ in range(random.randint(1, 4)):
        at, length = random.randrange(len(data) + 1), random.choice((1, 2, 4, 16, 200, 5000))
        token = random.choice(_TOKENS)
        before, rest, end = data[:at], data[at:], data[at + length :]
        data = random.choice((
            before, rest, before + end, before + random.randbytes(min(length, 64)) + end, before + token + rest,
            before + token * random.choice((3, 300)) + rest, before + token + data[at + len(token) :],
            before + data[at : at + length] * random.choice((2, 50)) + rest, before + b"\0" * length + end,
            before + bytes(each ^ 0xFF for each in rest[:1]) + rest[1:],
        ))  # fmt: skip
        data = data[: 4 * 2**20]
    return data


def broken_json(random: Random, data: bytes) -> bytes:
    """Return a JSON object with one to three places of it made wrong: a type, a bound, a name, the text itself."""
    value = json.loads(data)
    raws = list[str]()
    for _ in range(random.randint(1, 3)):
        holder, place = random.choice([*_places(value)] or [(value, "")])
        kind = random.randrange(10)
        if kind == 0 and isinstance(holder, dict):
            holder.pop(place, None)
        elif kind == 1 and isinstance(holder, dict):
            holder[random.choice(ODD_TEXTS)] = deepcopy(random.choice(ODD_VALUES))
        elif kind == 2 and isinstance(value, dict):
            value["schema"] = random.choice(
                (*deepcopy(ODD_VALUES), "observation/1", "observation/3", "closed/0", "frame/1")
            )
        elif kind <= 4:
            raws.append(random.choice(_RAW))
            holder[place] = f"@@{len(raws) - 1}@@"
        elif kind == 5:
            holder[place] = [holder[place]] * random.choice((1, 2, 1000))
        else:
            holder[place] = deepcopy(random.choice(ODD_VALUES))
    text = json.dumps(value, ensure_ascii=random.random() < 0.5)
    text = re.sub('"@@([0-9]+)@@"', lambda found: raws[int(found[1])], text)
    if random.random() < 0.1 and text.startswith("{"):  # a name that is there twice
        text = '{"schema": 1, ' * random.choice((1, 5)) + text[1:]
    data = text.encode("utf-8", "surrogatepass")
    return broken_bytes(random, data) if random.random() < 0.2 else data


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return every place of a value: what holds it, and its name or number there."""
    found, left = list[tuple[Any, Any]](), [value]
    while left:
        holder = left.pop()
        inner = holder.items() if isinstance(holder, dict) else enumerate(holder)
        for place, each in inner:
            found.append((holder, place))
            if isinstance(each, dict | list):
                left.append(each)
    return found
