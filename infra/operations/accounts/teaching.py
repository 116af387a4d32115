"""Who teaches what, from a CSV file ``section,account,role``. A file replaces what is said of the sections it names."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

import msgspec

from enrollment.csv_files import CsvLine, Problem, is_name, refusal
from enrollment.input_files import InputFile, read_input
from infra.operations.accounts.access import ALONE, TEACHING_ROLES, TeachingRole
from infra.operations.accounts.accounts import Account, accounts, accounts_in
from infra.operations.accounts.desk_database import writing
from schemas.errors import RefusedError
from schemas.settings import Settings
from schemas.texts import folded, nearest
from schemas.translations import Text

__all__ = ["COLUMNS", "PlannedTeaching", "TeachingChange", "apply_teaching", "plan_teaching"]

COLUMNS: Final = ("section", "account", "role")

_WORDS: Final[dict[str, TeachingRole]] = {
    **{each: each for each in TEACHING_ROLES},
    "교수": "professor",
    "조교": "assistant",
}


class TeachingChange(msgspec.Struct, frozen=True):
    """What a load does to a section: account -> role, of who is new or has another role there, and of who had more."""

    section: str
    new: Mapping[str, TeachingRole]
    gone: Mapping[str, TeachingRole]


class PlannedTeaching(NamedTuple):
    """What loading would do, and as what the file was read. Nothing is done yet.

    teaching: section -> account -> role, as it will be. granted: accounts that get a role which they had not.
    """

    teaching: Mapping[str, Mapping[str, TeachingRole]]
    changes: tuple[TeachingChange, ...]
    granted: tuple[tuple[str, TeachingRole], ...]
    read_as: str

    @property
    def takes_away(self) -> bool:
        """Whether anybody teaches something now and no longer then, or as less."""
        return any(each.gone for each in self.changes)


def plan_teaching(settings: Settings, file: InputFile) -> PlannedTeaching:
    """Return what replacing the teachers of the sections that a CSV file names would do.

    Raises:
        RefusedError: something is wrong with the file; the text lists everything.
        UnavailableError: the file of the desk cannot be read now.
    """
    language = settings.language
    table, source, _ = read_input(file, COLUMNS, language=language)
    known = {folded(each.name): each for each in accounts(settings)}
    problems = list(table.problems)
    teaching: dict[str, dict[str, TeachingRole]] = {}
    first: dict[tuple[str, str], int] = {}
    for line in table.lines:
        account, role, wrong = _read(line, known)
        section = line.fields["section"]
        if account and (section, account.name) in first:
            again = {"account": account.name, "section": section, "other": first[section, account.name]}
            wrong = [
                *wrong,
                Problem(
                    line.number,
                    "{account} is in {section} already, by line {other}",
                    "remove one of the two lines",
                    again,
                ),
            ]
        problems += wrong
        if account and role and not wrong:
            first[section, account.name] = line.number
            teaching.setdefault(section, {})[account.name] = role
    if not problems and not teaching:
        problems.append(Problem(0, "names nobody", "write a line for each section and account below the header"))
    if problems:
        raise refusal(source, problems, language)
    stands = known.values()
    changes = tuple(_change(section, then, stands) for section, then in sorted(teaching.items()))
    roles = {each.name: each.roles for each in stands}
    granted = {(name, role) for then in teaching.values() for name, role in then.items() if role not in roles[name]}
    return PlannedTeaching(teaching, changes, tuple(sorted(granted)), table.read_as)


def apply_teaching(settings: Settings, planned: PlannedTeaching, before: Callable[[], None]) -> None:
    """Do what was planned, all of it or nothing. before: called before it holds; nothing is done if it raises.

    Raises:
        RefusedError: an account of it was removed meanwhile, or has a role now that goes with no other.
        UnavailableError: the file of the desk cannot be written now.
    """
    with writing(settings) as database:
        known = {each.name: each for each in accounts_in(database)}
        named = {name for then in planned.teaching.values() for name in then}
        if lost := sorted(each for each in named if each not in known or known[each].roles & ALONE):
            raise RefusedError(
                Text("meanwhile somebody changed or removed {lost}", lost=", ".join(lost)), "Load the file again."
            )
        database.executemany("DELETE FROM teaching WHERE section = ?", [(each,) for each in planned.teaching])
        database.executemany(
            "INSERT INTO teaching (section, account, role) VALUES (?, ?, ?)",
            [
                (section, known[name].number, role)
                for section, then in planned.teaching.items()
                for name, role in then.items()
            ],
        )
        for name in sorted({name for name, _ in planned.granted}):
            roles = known[name].roles | {role for each, role in planned.granted if each == name}
            database.execute(
                "UPDATE accounts SET roles = ? WHERE id = ?", (",".join(sorted(roles)), known[name].number)
            )
        before()


def _read(line: CsvLine, known: Mapping[str, Account]) -> tuple[Account | None, TeachingRole | None, list[Problem]]:
    section, name, word = (line.fields[column] for column in COLUMNS)
    account, role = known.get(folded(name)), _WORDS.get(word.casefold())
    problems = []
    if not is_name(section):
        problems.append(
            Problem(line.number, "{section!r} is no section", "write it like EA0017-1", {"section": section})
        )
    if account is None:
        like = _like(nearest(name, [each.name for each in known.values()]))
        problems.append(
            Problem(
                line.number,
                "there is no account {account!r}{near}",
                "add it with `naul user add`",
                {"account": name, "near": like},
            )
        )
    elif alone := account.roles & ALONE:
        problems.append(
            Problem(
                line.number,
                "{account} is {role}, which goes with no other role",
                "make another account for teaching",
                {"account": account.name, "role": sorted(alone)[0]},
            )
        )
    if role is None:
        like = _like(nearest(word, _WORDS))
        problems.append(
            Problem(
                line.number, "{word!r} is no role{near}", "write professor or assistant", {"word": word, "near": like}
            )
        )
    return account, role, problems


def _like(near: str | None) -> str:
    return Text(", {near!r} is like it", near=near) if near else ""


def _change(section: str, then: Mapping[str, TeachingRole], stands: Iterable[Account]) -> TeachingChange:
    now = {each.name: role for each in stands if (role := each.teaches.get(section))}
    return TeachingChange(
        section,
        new={name: role for name, role in sorted(then.items()) if now.get(name) != role},
        gone={name: role for name, role in sorted(now.items()) if then.get(name) not in (role, "professor")},
    )
