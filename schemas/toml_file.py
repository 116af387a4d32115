"""A TOML file that a person wrote: read, or refused with the line, the likely cause and what to do about it.

No value of the file is ever shown: one of them may be a password.
"""

import re
import tomllib
from pathlib import Path
from typing import Any

from schemas.archives import read_at_most
from schemas.errors import SettingsError
from schemas.translations import Text, Texts

__all__ = ["parse_toml", "read_toml", "toml_values"]

_WHAT: Texts = {
    "value": "Invalid value",
    "sign": "Expected '=' after a key in a key/value pair",
    "key": "Invalid initial character for a key part",
    "line": "Invalid statement",
    "end": "Expected newline or end of document after a statement",
    "string": "Unterminated string",
    "twice": "Cannot overwrite a value",
    "backslash": "Unescaped '\\' in a string",
    "open": "Illegal character '\\n'",
    "hex": "Invalid hex value",
    "table": "Expected ']' at the end of a table declaration",
    "list": "Unclosed array",
    "time": "Invalid date or datetime",
    "deep": "nested too deeply",
    "long": "too long",
}
"""What the reader says most often; what it says else stays English."""
_SAVE = "Save it as UTF-8; in Notepad: Save as, Encoding: UTF-8."
_PAIR = re.compile(r"\s*(?P<name>[A-Za-z0-9_.-]+)\s*=\s*(?P<value>.*?)\s*(#.*)?")
_PLAIN = re.compile(r"true|false|[+-]?[\d_.:TZe+-]+|[\"'\[{].*")
"""Values that stand without quotes, or begin with them."""


MOST_BYTES = 2**20

_BOUNDS: Texts = {
    r"(?<![0-9A-Fa-f_])[0-9A-Fa-f_]{1000}": "a number of more than 1,000 digits",
    r"(?<![\w\"'-])(?:[\w\"'-]++[ \t]*+\.[ \t]*+){16}": "more than 16 keys within each other",
}
"""What the reader would take all day for, or give up."""


def toml_values(text: str) -> dict[str, Any]:
    """Read the text of a file, whoever wrote it.

    Raises:
        ValueError: it is no TOML, or out of all bounds; the text says where.
    """
    if len(text) > MOST_BYTES:
        raise ValueError("too long (at line 1, column 1)")
    for pattern, what in _BOUNDS.items():
        if found := re.search(pattern, text):
            raise ValueError(f"{what} (at line {text.count(chr(10), 0, found.start()) + 1}, column 1)")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply (at line 1, column 1)") from error


def read_toml(file: Path) -> dict[str, Any]:
    """Read a file. A byte order mark, as Windows writes it, is passed over.

    Raises:
        SettingsError: it cannot be read, is not UTF-8 or no TOML.
    """
    try:
        data = read_at_most(file, MOST_BYTES)
    except OSError as error:
        raise SettingsError(
            Text("cannot read {file}: {strerror}", file=file, strerror=error.strerror), "Let whoever runs Naul read it."
        ) from error
    if data is None:
        raise SettingsError(
            Text("{file} has more than {most} bytes", file=file, most=MOST_BYTES), "Write what is meant, and no more."
        )
    return parse_toml(str(file), data)


def parse_toml(file: str, data: bytes) -> dict[str, Any]:
    """Read what a file holds. file: what it is called.

    Raises:
        SettingsError: it is not UTF-8 or no TOML.
    """
    text = _decoded(file, data)
    try:
        return toml_values(text)
    except ValueError as error:
        found = re.search(r"at line (\d+)", str(error))
        lines = text.splitlines() or [""]
        number = min(int(found[1]) if found else len(lines), len(lines))
        what = re.sub(r" \(at .*\)", "", str(error))
        raise SettingsError(
            Text("{file}, line {number}: {what}", file=file, number=number, what=Text(what)),
            _remedy(lines[number - 1], what),
        ) from error


def _decoded(file: str, data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data:
        raise SettingsError(Text("{file} is written in UTF-16, not in UTF-8", file=file), _SAVE)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        try:
            data.decode("cp949")
        except UnicodeDecodeError:
            raise SettingsError(
                Text("{file}, line {line}: it is not written in UTF-8", file=file, line=line), _SAVE
            ) from error
        raise SettingsError(
            Text("{file}, line {line}: it is written in CP949 (ANSI), not in UTF-8", file=file, line=line), _SAVE
        ) from error


def _remedy(line: str, what: str) -> Text:
    """Return what to do about a line that is no TOML. what: what the reader said of it."""
    if quote := re.search("[“”„‘’＂＇「」]", line):
        return Text("Write straight quotes, \" or ', in place of {quote}.", quote=quote[0])
    if odd := next((each for each in line if not each.isprintable() and each != "\t"), None):
        return Text("Type the line anew: it has a character that is not seen ({code}).", code=f"U+{ord(odd):04X}")
    if "overwrite" in what or "twice" in what:
        return Text("It stands there twice: leave one of them out, and put what belongs to one [table] under one line.")
    if "\\" in line and '"' in line:
        return Text("Write a backslash twice, or the text between single quotes: '...'.")
    pair = _PAIR.fullmatch(line)
    if pair is None:
        name = re.match(r"\s*([A-Za-z0-9_.-]+)\s*:", line)
        return Text('Write it like {name} = "...", or [policy] alone in its line.', name=name[1] if name else "name")
    key, value = pair["name"], pair["value"]
    if value.lower() in ("true", "false"):
        return Text("Write {key} = {value}, in small letters.", key=key, value=value.lower())
    if value.endswith((",", ";")):
        return Text("Leave out the {sign} at the end of the line.", sign=value[-1])
    if value and not _PLAIN.fullmatch(value):
        return Text('Text stands in quotes: {key} = "...".', key=key)
    return Text('Write it like {key} = "...", with a quote at each end.', key=key)
