"""The rules of the house: who may import whom, and that its names are nobody else's."""

import ast
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
ROOMS = ("schemas", "producers", "streams", "enrollment", "sinks", "infra")
MAY_IMPORT = {
    "schemas": set[str](),
    "producers": {"schemas"},
    "streams/faces": {"schemas"},
    "streams": {"schemas", "streams/faces"},
    "enrollment": {"schemas", "streams/faces"},
    "sinks": {"schemas"},
    "infra": {"schemas", "producers", "streams", "streams/faces", "enrollment", "sinks"},
}
FILES = [file for room in ROOMS for file in sorted((HOUSE / room).rglob("*.py"))]


def room(module: str) -> str | None:
    """The room of a dotted name, or None if it is not ours."""
    parts = module.split(".")
    if parts[:2] == ["streams", "faces"]:
        return "streams/faces"
    return parts[0] if parts[0] in (*ROOMS, "tests") else None


def imports(file: Path) -> set[str]:
    """Every module that a file imports, wherever in it; ``from a import b`` counts as ``a.b``."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = file.relative_to(HOUSE).parts[: -node.level] if node.level else ()
            base = ".".join([*package, *([node.module] if node.module else [])])
            found |= {f"{base}.{each.name}" for each in node.names}
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(HOUSE)))
def test_a_room_imports_only_what_it_may(file: Path) -> None:
    own = room(".".join(file.relative_to(HOUSE).with_suffix("").parts))
    assert own is not None
    others = {room(each) for each in imports(file)} - {None, own}
    assert others <= MAY_IMPORT[own]


def test_every_python_package_of_the_house_is_a_room() -> None:
    packages = {each.parent.name for each in HOUSE.glob("*/__init__.py")}
    assert packages == set(ROOMS)


@pytest.mark.parametrize("name", ROOMS)
def test_no_other_distribution_provides_our_names(name: str) -> None:
    assert set(packages_distributions().get(name, [])) <= {"naul"}
    assert name not in sys.stdlib_module_names


def test_nothing_is_pickled() -> None:
    guilty = [
        str(file)
        for file in FILES
        for name in imports(file)
        if name.split(".")[0] in {"pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}
    ]
    assert guilty == []
