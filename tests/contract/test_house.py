"""The rules of the house: who may import whom, and that its names are nobody else's."""

import ast
import re
import sys
from collections import Counter
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
TOP = ("schemas", "producers", "streams", "enrollment", "sinks", "infra")

FLOORS = (
    ("streams/runtime", "streams/faces"),
    ("streams/judgement", "streams/reference"),
    ("streams/recognise", "streams/attend"),
    ("streams/replay",),
)
"""Of ``streams``, the ground first: a room imports what lies below it, never its neighbour or what lies above."""

MAY_IMPORT = {
    "schemas": set[str](),
    "producers": {"schemas"},
    **{room: {"schemas"}.union(*FLOORS[:height]) for height, rooms in enumerate(FLOORS) for room in rooms},
    "enrollment": {"schemas", "streams/faces"},
    "sinks": {"schemas"},
}
EVERYTHING = {*MAY_IMPORT}
MAY_IMPORT |= {
    "infra/machine": EVERYTHING,
    "infra/operations": EVERYTHING | {"infra/machine"},
    "infra/cli": EVERYTHING | {"infra/machine", "infra/operations"},
    "infra/desk": EVERYTHING | {"infra/machine", "infra/operations"},
}
OPERATIONS = (
    ("class_hours", "frames", "dead_letters", "simulation"),
    ("people", "reference", "kiosk"),
    ("accounts",),
    ("webhooks",),
    ("privacy", "terms"),
    ("appeals",),
    ("runs", "reports"),
    ("site",),
    ("engines",),
    ("backup",),
)
"""The floors of ``infra/operations``, the ground first; held as those of ``streams`` are."""
DOORS = {"click", "rich", "http", "html", "starlette", "jinja2", "sse_starlette", "uvicorn"}
"""What only a door knows; an operation is asked by a command and by a page alike."""
BEHIND_OPERATIONS = ("kafka", "schemas.cluster", "enrollment.loaded", "sinks.store")
"""Topics and tables: a door that reads or writes them itself does what another door cannot."""

MOST_LINES, MOST_PARAMETERS = 60, 8
"""Of a function: from its ``def`` to its last line, the docstring included, decorators not; ``self`` and ``cls`` are no
parameters, ``*args`` and ``**options`` are one each."""

SAME_ROLE = {"worker", "erasure"}
"""What files of several rooms may be called: a part's entry, and what a room does to forget a person."""

FILES = [file for room in TOP for file in sorted((HOUSE / room).rglob("*.py"))]
ROOM_FILES = [file for file in FILES if file.parent.name not in ("streams", "infra")]

OPERATION_FILES = [file for file in FILES if "operations" in file.parts and file.parent.name != "operations"]


def room(module: str) -> str | None:
    """The room of a dotted name, or None if it is not ours."""
    parts = module.split(".")
    found = max((each for each in MAY_IMPORT if parts[: each.count("/") + 1] == each.split("/")), key=len, default=None)
    return found or (parts[0] if parts[0] in (*TOP, "tests") else None)


@cache
def nodes(file: Path) -> list[ast.AST]:
    """All that a file says."""
    return list(ast.walk(ast.parse(file.read_text("utf-8"))))


@cache
def imports(file: Path) -> frozenset[str]:
    """Every module that a file imports, wherever in it; ``from a import b`` counts as ``a.b``."""
    found: set[str] = set()
    for node in nodes(file):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = file.relative_to(HOUSE).parts[: -node.level] if node.level else ()
            base = ".".join([*package, *([node.module] if node.module else [])])
            found |= {f"{base}.{each.name}" for each in node.names}
    return frozenset(found)


def named(file: Path) -> str:
    return str(file.relative_to(HOUSE))


@pytest.mark.parametrize("file", ROOM_FILES, ids=named)
def test_a_room_imports_only_what_it_may(file: Path) -> None:
    own = room(".".join(file.relative_to(HOUSE).with_suffix("").parts))
    assert own in MAY_IMPORT
    others = {room(each) for each in imports(file)} - {None, own}
    assert others <= MAY_IMPORT[own]


def test_streams_infra_and_operations_hold_rooms_and_no_loose_modules() -> None:
    inside = {*ROOM_FILES} - {file for file in FILES if file.parent.name == "operations"}
    loose = {named(file) for file in FILES if file not in inside and file.name != "__init__.py"}
    assert loose == set()


@pytest.mark.parametrize("file", OPERATION_FILES, ids=named)
def test_an_operation_imports_only_the_floors_below_its_own(file: Path) -> None:
    own = file.parts[file.parts.index("operations") + 1]
    floor = next(height for height, rooms in enumerate(OPERATIONS) if own in rooms)
    allowed = {own}.union(*OPERATIONS[:floor])
    others = {each.split(".")[2] for each in imports(file) if each.startswith("infra.operations.")}
    assert others <= allowed


@pytest.mark.parametrize("file", OPERATION_FILES, ids=named)
def test_an_operation_knows_no_door(file: Path) -> None:
    assert {each.split(".")[0] for each in imports(file)} & DOORS == set()


@pytest.mark.parametrize(
    "file", [each for each in FILES if each.relative_to(HOUSE).parts[1] in ("cli", "desk")], ids=named
)
def test_a_door_leaves_topics_and_tables_to_operations(file: Path) -> None:
    reached = {each for each in imports(file) if f"{each}.".startswith(tuple(f"{name}." for name in BEHIND_OPERATIONS))}
    assert reached == set()


@pytest.mark.parametrize("file", FILES, ids=named)
def test_a_function_is_short_and_asks_for_little(file: Path) -> None:
    guilty = []
    for node in nodes(file):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            given = node.args
            named_ones = [each.arg for each in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
            others = [each for each in (given.vararg, given.kwarg) if each]
            count = len(named_ones) - (named_ones[:1] in (["self"], ["cls"])) + len(others)
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if count > MOST_PARAMETERS or lines > MOST_LINES:
                guilty.append(f"{node.name}: {count} parameters, {lines} lines")
    assert guilty == []


def test_a_public_class_shares_its_name_with_no_other() -> None:
    classes = Counter(
        node.name
        for file in FILES
        for node in nodes(file)
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert [name for name, count in classes.items() if count > 1] == []


def test_files_of_different_rooms_have_names_of_their_own() -> None:
    rooms: dict[str, set[str | None]] = {}
    for file in ROOM_FILES:
        if file.stem not in {"__init__", *SAME_ROLE} and "cli" not in file.parts:  # which are named after commands
            own = room(".".join(file.relative_to(HOUSE).with_suffix("").parts))
            rooms.setdefault(file.stem, set()).add(own)
    assert {stem: sorted(map(str, found)) for stem, found in rooms.items() if len(found) > 1} == {}


def test_no_file_imports_itself_through_others() -> None:
    graph = {
        ".".join(file.relative_to(HOUSE).with_suffix("").parts).removesuffix(".__init__"): imports(file)
        for file in FILES
    }
    below = {
        module: {name if name in graph else name.rpartition(".")[0] for name in found} & graph.keys() - {module}
        for module, found in graph.items()
    }
    while leaves := {module for module, found in below.items() if not found & below.keys()}:
        below = {module: found for module, found in below.items() if module not in leaves}
    assert set(below) == set()


def test_every_room_stands_in_the_table_of_the_architecture() -> None:
    text = (HOUSE / "ARCHITECTURE.md").read_text("utf-8")
    rows = re.findall(r"^\| `([\w/]+)/` \|", text, re.MULTILINE)
    assert Counter(rows) == Counter([*MAY_IMPORT, "tests"])


def test_every_python_package_of_the_house_is_a_room() -> None:
    packages = {each.parent.name for each in HOUSE.glob("*/__init__.py")}
    assert packages == set(TOP)


@pytest.mark.parametrize("name", TOP)
def test_no_other_distribution_provides_our_names(name: str) -> None:
    assert set(packages_distributions().get(name, [])) <= {"naul"}
    assert name not in sys.stdlib_module_names


def test_nothing_is_pickled() -> None:
    guilty = [
        named(file)
        for file in FILES
        for name in imports(file)
        if name.split(".")[0] in {"pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}
    ]
    assert guilty == []


def test_whoever_reads_what_others_wrote_expects_all_that_a_decoder_raises() -> None:
    """A message nested too deeply raised none of what was expected, and ended every worker that came to it."""
    guilty = [
        f"{named(file)}: {line.strip()}"
        for file in FILES
        for line in file.read_text("utf-8").splitlines()
        if re.search(r"(except|suppress).*msgspec\.(DecodeError|MsgspecError)", line)
        and named(file) != "schemas.unreadable"
    ]
    assert guilty == []
