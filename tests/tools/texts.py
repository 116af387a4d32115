"""What Naul says: English in the code and in the templates of the desk, and what the Korean catalogue lacks of it.

    python -m tests.tools.texts [MORE.po ...]

writes the catalogue anew: new texts without a translation, old ones gone. Translations of MORE are taken where it has none.
"""

import ast
import inspect
import re
import string
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TypeAlias

import click
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po
from click import core, decorators, exceptions, formatting, parser, termui, types

from infra.cli.main import naul
from infra.cli.shared.help import told
from producers.simulated_hall import load_script
from sinks.reports.queries import queries

__all__ = ["CATALOGUE", "click_says", "fields", "formatted", "known", "said", "untranslated"]

HOUSE = Path(__file__).parents[2]
ROOMS = ("schemas", "producers", "streams", "enrollment", "sinks", "infra")
DESK = HOUSE / "infra" / "desk"
CLICK = (core, decorators, exceptions, formatting, parser, termui, types)
CATALOGUE = HOUSE / "schemas" / "locale" / "ko.po"

SPOKEN: Mapping[str, tuple[int, ...]] = {
    "say": (1,),
    "say_as": (2,),
    "tell": (0,),
    "wrong": (0, 1),
    "Reason": (1,),
    "Text": (0,),
    "gettext_noop": (0,),
    "joined": (1,),
    "pgettext_noop": (1,),
    "told_table": (1, 2, 3, 4, 5, 6, 7, 8),
}
"""Which arguments of which functions are texts, in files that import them, or words; a method counts by its name."""

IN_CONTEXT = {"say_as", "pgettext_noop"}
"""Of them those whose argument before the text is its context."""

ERRORS: Mapping[str, tuple[int, ...]] = {
    "BadParameter": (0,),
    "Finding": (0, 1, 2),
    "NaulError": (0, 1),
    "Problem": (1, 2),
    "RefusedError": (0, 1),
    "SettingsError": (0, 1),
    "StoreAwayError": (0, 1),
    "UnavailableError": (0, 1),
    "UsageError": (0,),
    "asking": (1,),
    "fail": (0,),
    "kafka_away": (2,),
}
"""The same of what is shown when it is raised, in any file."""

TABLES = {"Texts", "TextPairs"}
"""Types of tables that hold texts."""

Id: TypeAlias = tuple[str, str]
"""Context, else empty, and text."""


def known(file: Path = CATALOGUE) -> dict[Id, str]:
    """Return the translations of a catalogue."""
    with file.open("rb") as opened:
        return {
            (each.context or "", str(each.id)): str(each.string) for each in read_po(opened, locale="ko") if each.id
        }


@cache
def said() -> frozenset[Id]:
    """Return everything that is translated."""
    templates = extract_from_dir(str(DESK), [("**/templates/**.html", "jinja2")], {"**.html": {"trimmed": "true"}})
    found = {(context or "", str(text)) for _, _, text, _, context in templates}
    for room in ROOMS:
        for file in (HOUSE / room).rglob("*.py"):
            found |= set(_in_code(file.read_text("utf-8")))
    stories = (each.story for each in load_script("demo").students)
    found |= {
        ("", text) for text in (*click_says(), *_in_help(), *stories, *(each.purpose for each in queries().values()))
    }
    return frozenset(each for each in found if _is_text(each[1]))


def _in_help() -> set[str]:
    """Return what commands, their options and their examples say with ``--help``."""
    found = set()

    def hear(text: str) -> str:
        found.add(text)
        return text

    told(naul, hear)
    for each in naul.list_commands(click.Context(naul)):
        told(import_module(f"infra.cli.{each.replace('-', '_')}").command, hear)
    return found


@cache
def click_says() -> Mapping[str, str]:
    """Return what click says of a command line, each with the form for several, or itself."""
    found = {"required": "required"}  # it says this one by a name
    for module in CLICK:
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("_", "ngettext"):
                forms = [each.value for each in node.args[:2] if isinstance(each, ast.Constant)]
                found |= {str(forms[0]): str(forms[-1])} if forms else {}
    return found


def formatted(source: str) -> Iterator[str]:
    """Yield the texts of a file that are put together before they are said, so that nobody can translate them."""
    for each, _ in _arguments(source):
        if isinstance(each, ast.JoinedStr):
            yield ast.unparse(each)


def untranslated() -> list[str]:
    """Return the texts that the catalogue does not have, or that nobody says any more."""
    texts, used = known(), said()
    return sorted(
        text for context, text in used | texts.keys() if not texts.get((context, text)) or (context, text) not in used
    )


def fields(text: str) -> list[str]:
    """Return the values that a text asks for, sorted: of ``str.format``, or of a template."""
    named = [part.split(")")[0] for part in text.split("%(")[1:]]
    if not named:
        named = [name for _, name, _, _ in string.Formatter().parse(text) if name]
    return sorted(named)


def _in_code(source: str) -> Iterator[Id]:
    for each, context in _arguments(source):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield context, each.value


def _arguments(source: str) -> Iterator[tuple[ast.expr, str]]:
    """Yield what is said, with its context; of a choice both sides."""
    spoken = {**ERRORS, **(SPOKEN if re.search(r"schemas\.translations|\bWords\b", source) else {})}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.AnnAssign) and TABLES & set(re.findall(r"\w+", ast.unparse(node.annotation))):
            yield from ((each, "") for each in _in_table(node.value))
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        for place in spoken.get(name.lstrip("_"), ()):
            context = ast.literal_eval(node.args[place - 1]) if name in IN_CONTEXT else ""
            choices = node.args[place : place + 1]
            while choices:
                each = choices.pop()
                if isinstance(each, ast.IfExp):
                    choices += [each.body, each.orelse]
                else:
                    yield each, context


def _in_table(node: ast.expr | None) -> Iterator[ast.expr]:
    """Yield the texts of a table; of one of tables, their titles too."""
    if isinstance(node, ast.Dict):
        for title, each in zip(node.keys, node.values, strict=True):
            if isinstance(each, ast.Dict) and title:
                yield title
                yield from _in_table(each)
            else:
                yield from each.elts if isinstance(each, ast.Tuple) else [each]


def _is_text(text: str) -> bool:
    """Say whether anything is left to translate beside the values, and the signs between them."""
    bare = text if "%(" in text else "".join(before for before, *_ in string.Formatter().parse(text))
    return any(each.isalpha() for each in bare)


def main() -> None:
    """Write the catalogue."""
    old: dict[Id, str] = {}
    for file in [*map(Path, sys.argv[1:]), CATALOGUE]:
        old |= {each: text for each, text in known(file).items() if text}
    catalogue = Catalog(locale="ko")
    for context, text in said():
        catalogue.add(text, string=old.get((context, text)), context=context or None)
    with CATALOGUE.open("wb") as opened:
        write_po(opened, catalogue, width=110, sort_output=True, omit_header=True, no_location=True)
    print("\n".join(untranslated()))


if __name__ == "__main__":
    main()
