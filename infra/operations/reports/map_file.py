"""A TOML file by which a site says how an export is to look: read, or refused with the line and the remedy."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from schemas.errors import RefusedError
from schemas.texts import nearest
from schemas.toml_file import read_toml
from schemas.translations import Text

__all__ = ["MapFile", "read_map"]


class MapFile(NamedTuple):
    """What a file says, and its lines."""

    file: Path
    values: dict[str, Any]
    lines: list[str]

    def table(self, name: str) -> dict[str, Any]:
        """Return a table; empty if it is not there.

        Raises:
            RefusedError: something else has its name.
        """
        value = self.values.get(name, {})
        if not isinstance(value, dict):
            raise self.refusal(
                Text("{name} must be a table", name=name), Text("Write a line [{name}].", name=name), "", name
            )
        return value

    def known(self, name: str, names: Iterable[str], table: str = "", place: int = 0) -> None:
        """See that a name is one of those that there are.

        Raises:
            RefusedError: it is not.
        """
        known = list(names)
        if name not in known:
            near = nearest(name, known)
            remedy = (
                Text("Did you mean {near}?", near=near) if near else Text("There are {names}.", names=", ".join(known))
            )
            raise self.refusal(Text("{name!r} is nothing here", name=name), remedy, table, name, place)

    def refusal(self, what: Text, remedy: Text, table: str, name: str = "", place: int = 0) -> RefusedError:
        """Return what to raise about a line: the one that gives a name a value in a table, else that of the table.

        place: which of several tables of that name, from 0.
        """
        number = self.line_of(table, name, place)
        return RefusedError(
            Text("{file}, line {number}: {what}", file=self.file.name, number=number, what=what), remedy
        )

    def line_of(self, table: str, name: str, place: int = 0) -> int:
        """Return the number of a line, from 1; where there is none, of the nearest that is about it."""
        found, here, seen = 1, table == "", -1
        for number, line in enumerate(self.lines, 1):
            if head := re.match(r"\s*\[\[?\s*[\"']?([^\]\"']+?)[\"']?\s*\]", line):
                seen += head[1] == table
                here = head[1] == table and seen == place
                found = number if here else found
            elif here and re.match(rf"\s*[\"']?{re.escape(name)}[\"']?\s*=", line):
                return number
        return found


def read_map(file: Path, known: Iterable[str]) -> MapFile:
    """Read a file whose first names must be known.

    Raises:
        RefusedError: it cannot be read, is no TOML, or has another name.
    """
    values = read_toml(file)
    found = MapFile(file, values, file.read_text("utf-8-sig").splitlines())
    names = list(known)
    for name in values:
        table = name if isinstance(values[name], dict | list) else ""
        found.known(name, names, table)
    return found
