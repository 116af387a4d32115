"""What every command has in common: how it is listed, completed and loaded, and what becomes of what is typed."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.shell_completion import BashComplete
from click.testing import CliRunner

import infra.cli
from infra.cli.main import naul
from infra.cli.shared.commands import COMMANDS
from infra.cli.shared.help import told
from infra.cli.shared.options import (
    DayParam,
    DurationParam,
    IdParam,
    MomentParam,
    NameParam,
    PathParam,
    TextParam,
    ZoneParam,
)
from schemas.translations import LANGUAGES, say

HERE = Path(infra.cli.__file__).parent
FILES = sorted(file.stem for file in HERE.glob("*.py") if file.stem not in ("__init__", "main"))
LISTED = {name: said for group in COMMANDS.values() for name, said in group.items()}

ENGINES = ("cv2", "onnxruntime", "onnx", "dlib", "faust", "scipy", "matplotlib", "chdb", "pyarrow", "PIL")
"""What looks, judges and draws: half a second to two seconds each. Who only asks loads none of them."""

CLIENTS = ("kafka", "clickhouse_driver", "numpy", "cryptography", "asyncio", "tenacity")
"""What asks Kafka and the store: a tenth of a second each. Who wants help, or completes a line, asks nobody."""

ASKING = {
    "camera profile --show": ["infra.operations.frames.camera_profiles"],
    "dead-letters": ["infra.operations.dead_letters.dead_letter_queue"],
    "engine list": ["infra.operations.engines.list_engines"],
    "key list": ["infra.operations.privacy.key_uses"],
    "mark": ["infra.operations.class_hours.mark_students", "enrollment.class_hours"],
    "people show": ["infra.operations.people.enrolled_people", "enrollment.advice", "enrollment.history"],
    "report": ["infra.operations.site.ask_store", "infra.operations.site.nothing_stored", "sinks.reports.render"],
    "roster, timetable": [
        "infra.operations.reference.load_reference",
        "infra.operations.reference.site_consistency",
        "sinks.reports.render",
    ],
    "rollcall": ["infra.operations.class_hours.mark_students", "enrollment.rollcall"],
    "runs list, show": ["infra.operations.runs.manage_runs", "sinks.reports.render"],
    "runs compare": ["infra.operations.runs.manage_runs", "sinks.runs.comparison_report", "sinks.runs.page"],
    "state": ["infra.operations.dead_letters.state"],
    "status": ["infra.operations.site.site_status"],
    "up": ["infra.machine.lifecycle", "infra.machine.supervisor"],
    "wait": ["infra.operations.site.await_processing"],
    "watch": ["infra.operations.site.watch_hall"],
}
"""What a command imports when it is called, of those that only ask or only start."""

NOT_CLEANED = {
    "camera send source": "a device, an address or a path; a password in it is what it is",
    "calibrate --faces": "a folder, or orl",
    "demo --script": "a file, or the name of one",
    "evaluate --truth": "a file, or marks",
    "runs compare --truth": "a file, or marks",
    "state drop key": "the key of a row that no version can read, as the log has it, to the last sign",
}
"""Text that must reach its command as it was typed."""


LOADING = """
import json, sys
from importlib import import_module
found = {}
for name, modules in json.loads(sys.argv[1]).items():
    before = {*sys.modules}
    for each in modules:
        import_module(each)
    found[name] = sorted({each.partition(".")[0] for each in {*sys.modules} - before})
print(json.dumps(found))
"""


def loaded(imports: Mapping[str, Sequence[str]]) -> dict[str, set[str]]:
    """What a fresh process loads for each name in turn: what two of them need is told of the first."""
    line = [sys.executable, "-c", LOADING, json.dumps(imports)]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    return {name: {*modules} for name, modules in json.loads(done.stdout).items()}


@pytest.fixture(scope="module")
def for_help() -> dict[str, set[str]]:
    return loaded({name: [f"infra.cli.{name}"] for name in FILES})


@pytest.fixture(scope="module")
def for_asking() -> dict[str, set[str]]:
    return loaded(ASKING)


def parameters(command: click.Command, name: str = "") -> Iterator[tuple[str, click.Parameter]]:
    """Every parameter of a command and of all below it, with its name as one reads it."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for each in command.list_commands(context):
            below = command.get_command(context, each)
            assert below
            yield from parameters(below, f"{name} {each}")
    for parameter in command.params:
        named = parameter.opts[0] if isinstance(parameter, click.Option) else parameter.name
        yield f"{name} {named}".strip(), parameter


@pytest.mark.parametrize("name", FILES)
def test_a_command_stands_in_the_list_with_the_first_sentence_of_its_help(name: str) -> None:
    command = import_module(f"infra.cli.{name}").command
    for language in LANGUAGES:
        listed = say(language, LISTED[name.replace("_", "-")])
        assert listed == told(command, partial(say, language)).get_short_help_str(1000)


def test_what_stands_in_the_list_is_a_command() -> None:
    assert sorted(LISTED) == [name.replace("_", "-") for name in FILES]


def test_help_has_every_command_once_and_loads_none() -> None:
    code = "import sys; from infra.cli.main import run; sys.argv = ['naul', '--help']; sys.exit = print; run()"
    code += "; print(sorted(each for each in sys.modules if each.startswith('infra.cli.')))"
    lines = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()
    assert [line.split()[0] for line in lines if line.startswith("  ") and line.split()[0] in LISTED] == list(LISTED)
    loaded_then = ("main", "shared", "shared.commands", "shared.errors", "shared.help")
    assert lines[-1] == str([f"infra.cli.{each}" for each in loaded_then])


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ([], "status"),
        (["dead-letters"], "retry"),
        (["enroll"], "--consent-on-file"),
        (["report", "attendance"], "--section"),
        (["nothing-like-this"], "up"),
    ],
    ids=repr,
)
def test_a_shell_completes_a_line(typed: list[str], offered: str) -> None:
    found = BashComplete(naul, {}, "naul", "_NAUL_COMPLETE").get_completions(typed, offered[:2])
    assert offered in {each.value for each in found}


@pytest.mark.parametrize("name", FILES)
def test_whoever_wants_help_waits_for_neither_engines_nor_clients(name: str, for_help: dict[str, set[str]]) -> None:
    assert for_help[name] & {*ENGINES, *CLIENTS} == set()


@pytest.mark.parametrize("name", ASKING)
def test_who_only_asks_loads_no_engine(name: str, for_asking: dict[str, set[str]]) -> None:
    assert for_asking[name] & {*ENGINES, "clickhouse_driver"} == set()


def test_every_text_that_is_typed_is_cleaned() -> None:
    known = (NameParam, TextParam, MomentParam, DayParam, DurationParam, ZoneParam)
    rest = {
        name
        for name, parameter in parameters(naul)
        if not isinstance(parameter.type, (*known, PathParam, click.Choice))
        and parameter.type.name not in ("integer", "integer range", "float", "float range", "boolean")
        and not getattr(parameter, "is_flag", False)
    }
    assert rest == set(NOT_CLEANED)


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("공학관\u00a0B12", id="no-break space"),
        pytest.param("공학관\u3000B12", id="ideographic space"),
        pytest.param("\u200b공학관 B12\ufeff", id="zero-width"),
        pytest.param("\u1100\u1169\u11bc\u1112\u1161\u11a8\u1100\u116a\u11ab B12", id="decomposed, as a Mac types it"),
        pytest.param(" 공학관  Ｂ１２ ", id="wide letters"),
    ],
)
@pytest.mark.parametrize("kind", [NameParam(), TextParam()], ids=["name", "text"])
def test_a_name_matches_however_it_is_typed(kind: TextParam, typed: str) -> None:
    assert kind.convert(typed, None, None) == "공학관 B12"


def test_dashes_of_a_word_processor_name_the_same_thing_and_stay_in_what_people_write() -> None:
    for kind in (NameParam(), IdParam()):
        assert kind.convert("CS2001\u20132", None, None) == "CS2001-2"
    assert TextParam().convert("late \u2013 train", None, None) == "late \u2013 train"


@pytest.mark.parametrize("typed", ["", " ", "\u200b", "a/b", "a|b", "a\nb", "x" * 101], ids=repr)
def test_what_cannot_be_a_name_is_refused(typed: str) -> None:
    with pytest.raises(click.BadParameter):
        NameParam().convert(typed, None, None)


def test_dates_and_times_may_be_pasted() -> None:
    assert DayParam().convert("\ufeff２０２６-11-23\u00a0", None, None).isoformat() == "2026-11-23T00:00:00"
    assert DayParam().convert("2026\u201311\u201323", None, None).isoformat() == "2026-11-23T00:00:00"
    assert MomentParam().convert("2026-11-23\u00a009:00", None, None).isoformat() == "2026-11-23T09:00:00"


def test_a_mistyped_command_names_the_one_that_was_meant() -> None:
    result = CliRunner().invoke(naul, ["Time_Table", "show"])
    assert (result.exit_code, "Did you mean 'timetable'?" in result.output) == (2, True)
