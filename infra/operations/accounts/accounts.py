"""Local accounts of the desk: who there is, in which roles, and what each one teaches."""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, Literal, TypeAlias

import msgspec

from enrollment.csv_files import is_name
from infra.operations.accounts.access import ALONE, ROLES, TEACHING_ROLES, DeskUser, KioskSeat, Role, TeachingRole
from infra.operations.accounts.desk_database import database_file, from_stamp, reading, scrub, stamp, writing
from infra.operations.accounts.passwords import check_password, hash_password
from schemas.errors import RefusedError
from schemas.ids import student_id
from schemas.settings import Settings
from schemas.texts import cleaned, folded, nearest, written_plainly
from schemas.translations import Text

__all__ = [
    "Account",
    "AccountChange",
    "AccountChangedMeanwhileError",
    "Guard",
    "NewAccount",
    "account_of",
    "account_tag",
    "accounts",
    "accounts_in",
    "add_account",
    "change_account",
    "end_all",
    "forget_accounts",
    "known_account",
    "remove_account",
    "set_password",
    "user_of",
    "verified",
]

LONGEST = 100
"""Bytes of a name, and characters of a person's."""

_SEATED: Final = frozenset({"professor", "assistant", "registrar", "kiosk"})
"""Who may have a kiosk in his name."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An account as it stands. person: what he is called. teaches: section -> as what. student_id: of a student.

    openid: whether it may sign in with the OpenID provider, and whether somebody did and is bound to it.
    signed_in: when it was signed in last; None: never, or not since that is kept.
    """

    number: int
    name: str
    person: str
    roles: frozenset[Role]
    student_id: str
    disabled: bool
    has_password: bool
    openid: Literal["", "allowed", "bound"]
    created: datetime
    teaches: Mapping[str, TeachingRole]
    signed_in: datetime | None = None


class NewAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account that is wanted. person: empty is the name. openid: it may sign in with the OpenID provider.

    teaches: section -> as what. Without openid and a password it signs in by a link.
    """

    name: str
    person: str = ""
    roles: tuple[str, ...] = ()
    student_id: str = ""
    password: str | None = None
    openid: bool = False
    teaches: Mapping[str, TeachingRole] = {}

    def __repr__(self) -> str:
        return f"NewAccount({self.name!r}, password hidden)"


class AccountChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be otherwise; None stays as it is. openid: without it nobody of the provider is bound any more.

    teaches: section -> as what, instead of all there is.
    """

    person: str | None = None
    roles: tuple[str, ...] | None = None
    student_id: str | None = None
    disabled: bool | None = None
    openid: bool | None = None
    teaches: Mapping[str, TeachingRole] | None = None


BeforeIt: TypeAlias = Callable[[Account], object]

Guard: TypeAlias = Callable[[sqlite3.Connection, Account, frozenset[Role]], object]
"""Is asked in the transaction of a change, of the account as it stands and the roles that it gets; raises to refuse."""


class AccountChangedMeanwhileError(RefusedError):
    """Somebody changed the account since it was looked at. stands: as it is now."""

    def __init__(self, stands: Account) -> None:
        self.stands = stands
        super().__init__(
            Text("somebody changed the account {name!r} meanwhile", name=stands.name),
            Text("Look at what it is now, and change that. Nothing of yours was done."),
        )


def account_tag(account: Account) -> str:
    """Return what names all that can be changed of an account, as it stands."""
    kept = msgspec.structs.replace(account, signed_in=None)
    return sha256(msgspec.json.encode(kept, order="deterministic")).hexdigest()[:32]


def _at_once(account: Account) -> None:
    """Nobody is to be told."""


def _free(database: sqlite3.Connection, account: Account, roles: frozenset[Role]) -> None:
    """Whoever asks may."""


def accounts(settings: Settings) -> tuple[Account, ...]:
    """Return all accounts, by name.

    Raises:
        UnavailableError, RefusedError: as ``desk_database.reading``; so does every function here.
    """
    with reading(settings) as database:
        return accounts_in(database)


def account_of(settings: Settings, name: str) -> Account:
    """Return the account of a name, however it is written.

    Raises:
        RefusedError: there is none; the nearest one is named.
    """
    with reading(settings) as database:
        return _account(database, name)


def known_account(settings: Settings, name: str) -> Account | None:
    """Return the account of a name, however it is written, or None."""
    with reading(settings) as database:
        return _find(database, name)


def add_account(
    settings: Settings, new: NewAccount, now: datetime, before: BeforeIt = _at_once, guard: Guard = _free
) -> Account:
    """Make an account. before: is told of it before it holds; nothing is done if that or the guard raises.

    Raises:
        RefusedError: the name cannot be one, or is one already; the roles do not go together; the student id is none or
            has an account; or the password is too easy.
    """
    name, person = _name(new.name), _person(new.person or new.name)
    student = _student(new.student_id)
    roles = _roles(new.roles, student)
    password = "" if new.password is None else hash_password(new.password, name, person, student)
    with writing(settings) as database:
        if found := _find(database, name):
            raise RefusedError(
                Text("there is an account {name!r} already", name=found.name),
                "Change that one (`naul user change`), or choose another.",
            )
        with _one_account_a_student(database, student):
            database.execute(
                "INSERT INTO accounts (folded, name, person, roles, student_id, password, openid, created) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (folded(name), name, person, ",".join(sorted(roles)), student, password, new.openid, stamp(now)),
            )
        made = _account(database, name)
        guard(database, made, roles)
        _teach(database, made, new.teaches)
        return _told(_account(database, name), before)


def change_account(
    settings: Settings, name: str, change: AccountChange, before: BeforeIt = _at_once, guard: Guard = _free
) -> Account:
    """Change an account. Roles hold from its next request on; one that loses a way to sign in is signed out.

    before: is told of it before it holds; nothing is done if that or the guard raises.

    Raises:
        RefusedError: there is none of this name, or as ``add_account``.
    """
    with writing(settings) as database:
        stood = _account(database, name)
        person = stood.person if change.person is None else _person(change.person or stood.name)
        student = stood.student_id if change.student_id is None else _student(change.student_id)
        roles = _roles(stood.roles if change.roles is None else change.roles, student)
        disabled = stood.disabled if change.disabled is None else change.disabled
        guard(database, stood, roles)
        with _one_account_a_student(database, student):
            database.execute(
                "UPDATE accounts SET person = ?, roles = ?, student_id = ?, disabled = ? WHERE id = ?",
                (person, ",".join(sorted(roles)), student, disabled, stood.number),
            )
        if change.openid:
            database.execute("UPDATE accounts SET openid = 1 WHERE id = ?", (stood.number,))
        elif change.openid is not None:
            none = "openid = 0, issuer = '', subject = ''"
            database.execute(f"UPDATE accounts SET {none} WHERE id = ?", (stood.number,))  # noqa: S608  ours
        if change.teaches is not None:
            _teach(database, _account(database, name), change.teaches)
        if disabled or change.openid is False:
            _sign_out(database, stood)
        return _told(_account(database, name), before)


def remove_account(settings: Settings, name: str, guard: Guard = _free) -> Account:
    """Remove an account with all that hangs on it, and return what it was.

    Raises:
        RefusedError: there is none of this name.
    """
    with writing(settings) as database:
        stood = _account(database, name)
        guard(database, stood, stood.roles)
        database.execute("DELETE FROM accounts WHERE id = ?", (stood.number,))
        return stood


def set_password(settings: Settings, name: str, password: str, before: BeforeIt = _at_once) -> Account:
    """Give an account another password. It is signed out everywhere.

    before: is told of it before it holds; nothing is done if that raises.

    Raises:
        RefusedError: there is none of this name, or the password is too easy.
    """
    stood = account_of(settings, name)
    kept = hash_password(password, stood.name, stood.person, stood.student_id)  # outside: it takes a while
    with writing(settings) as database:
        stood = _account(database, name)
        database.execute("UPDATE accounts SET password = ? WHERE id = ?", (kept, stood.number))
        _sign_out(database, stood)
        return _told(_account(database, name), before)


def end_all(settings: Settings, name: str, guard: Guard = _free) -> int:
    """Sign an account out everywhere, and return of how many sessions that was the end. Its links are void, too.

    Raises:
        RefusedError: there is none of this name.
    """
    with writing(settings) as database:
        stood = _account(database, name)
        guard(database, stood, stood.roles)
        return _sign_out(database, stood)


def verified(settings: Settings, name: str, password: str) -> Account | None:
    """Return the account of this name and password; None if there is none, or it is disabled.

    What it takes tells nobody whether there is such an account.
    """
    with reading(settings) as database:
        found = _find(database, name)
        kept = _kept(database, found) if found else ""
    checked = check_password(kept, password)
    if not found or found.disabled or not checked.right:
        return None
    if checked.renewed:
        with writing(settings) as database:
            database.execute(
                "UPDATE accounts SET password = ? WHERE id = ? AND password = ?", (checked.renewed, found.number, kept)
            )
    return found


def forget_accounts(settings: Settings, erased: Callable[[str], bool]) -> int:
    """Remove the accounts of students who were erased, so that nothing of them is left in the file.

    erased: says of a student id whether it was. Return how many accounts that were.
    """
    if not database_file(settings).exists():
        return 0
    with writing(settings) as database:
        gone = [each for each in accounts_in(database) if each.student_id and erased(each.student_id)]
        database.executemany("DELETE FROM accounts WHERE id = ?", [(each.number,) for each in gone])
        database.execute("DELETE FROM failures")  # a digest of what was typed, which may have been his
    scrub(settings)
    return len(gone)


def user_of(account: Account, kiosk: KioskSeat | None = None) -> DeskUser:
    """Return who that is for ``access``; at a kiosk, whoever started it, nobody but the kiosk."""
    if kiosk:
        roles = frozenset[Role]({"kiosk"} if account.roles & _SEATED else ())
        return DeskUser(account=account.name, roles=roles, kiosk=kiosk)
    return DeskUser(
        account=account.name,
        name=account.person,
        roles=account.roles,
        teaches=account.teaches,
        student_id=account.student_id,
    )


def accounts_in(
    database: sqlite3.Connection, condition: str = "1", values: tuple[Any, ...] = ()
) -> tuple[Account, ...]:
    """Return the accounts of an open database that fulfil a condition, by name."""
    found = database.execute(
        "SELECT id, name, person, roles, student_id, disabled, password != '', openid, subject, created, signed_in "  # noqa: S608  ours
        f"FROM accounts WHERE {condition} ORDER BY name",
        values,
    ).fetchall()
    taught: dict[int, dict[str, TeachingRole]] = {}
    theirs = f"SELECT account, section, role FROM teaching WHERE account IN (SELECT id FROM accounts WHERE {condition})"  # noqa: S608
    for number, section, role in database.execute(f"{theirs} ORDER BY section", values):
        if role in TEACHING_ROLES:
            taught.setdefault(number, {})[section] = role
    return tuple(
        Account(
            number=number,
            name=name,
            person=person,
            roles=frozenset(each for each in ROLES if each in roles.split(",")),
            student_id=student,
            disabled=bool(disabled),
            has_password=bool(has_password),
            openid="bound" if subject else "allowed" if openid else "",
            created=from_stamp(created),
            teaches=taught.get(number, {}),
            signed_in=None if signed_in is None else from_stamp(signed_in),
        )
        for number, name, person, roles, student, disabled, has_password, openid, subject, created, signed_in in found
    )


def _teach(database: sqlite3.Connection, account: Account, teaches: Mapping[str, TeachingRole]) -> None:
    """Have an account teach these sections, and no others.

    Raises:
        RefusedError: one cannot be a section, or the account has not the role for it.
    """
    for section, role in teaches.items():
        if not is_name(section):
            raise RefusedError(Text("{section!r} is no section", section=section), "Write it like EA0017-1.")
        if role not in account.roles:
            raise RefusedError(
                Text("{name} has not the role for {section}: {role}", name=account.name, section=section, role=role),
                "Give the role, too, or leave the section out.",
            )
    database.execute("DELETE FROM teaching WHERE account = ?", (account.number,))
    database.executemany(
        "INSERT INTO teaching (section, account, role) VALUES (?, ?, ?)",
        [(section, account.number, role) for section, role in teaches.items()],
    )


def _told(account: Account, before: BeforeIt) -> Account:
    before(account)
    return account


def _find(database: sqlite3.Connection, name: str) -> Account | None:
    return next(iter(accounts_in(database, "folded = ?", (folded(name),))), None)


def _account(database: sqlite3.Connection, name: str) -> Account:
    if found := _find(database, name):
        return found
    near = nearest(name, [each for (each,) in database.execute("SELECT name FROM accounts")])
    hint = Text("; did you mean {near}?", near=near) if near else ""
    raise RefusedError(
        Text("there is no account {cleaned!r}{hint}", cleaned=cleaned(name), hint=hint), "`naul user list` shows them."
    )


def _kept(database: sqlite3.Connection, account: Account) -> str:
    kept: str = database.execute("SELECT password FROM accounts WHERE id = ?", (account.number,)).fetchone()[0]
    return kept


def _sign_out(database: sqlite3.Connection, account: Account) -> int:
    database.execute("DELETE FROM links WHERE account = ?", (account.number,))
    return database.execute("DELETE FROM sessions WHERE account = ?", (account.number,)).rowcount


@contextmanager
def _one_account_a_student(database: sqlite3.Connection, student: str) -> Any:
    try:
        yield
    except sqlite3.IntegrityError as error:
        [other] = accounts_in(database, "student_id = ?", (student,))
        raise RefusedError(
            Text("student {student} has the account {name!r} already", student=student, name=other.name),
            "Change that one, or remove it first.",
        ) from error


def _name(text: str) -> str:
    name = written_plainly(text)
    if not folded(name) or not name.isprintable() or len(name.encode()) > LONGEST or set(name) & set("|/,"):
        raise RefusedError(
            Text("{name!r} cannot be the name of an account", name=name),
            Text("A name has letters or digits, no | / or comma, at most {longest} bytes.", longest=LONGEST),
        )
    return name


def _person(text: str) -> str:
    person = cleaned(text)
    if not person.isprintable() or not 0 < len(person) <= LONGEST:
        raise RefusedError(
            Text("{person!r} cannot be what a person is called", person=person),
            Text("Write at most {longest} characters.", longest=LONGEST),
        )
    return person


def _student(text: str) -> str:
    return student_id(text) if cleaned(text) else ""


def _roles(asked: Collection[str] | Iterable[str], student: str) -> frozenset[Role]:
    """Return the roles of these names, if they go together."""
    found = set[Role]()
    for text in asked:
        role = next((each for each in ROLES if each == cleaned(text).casefold()), None)
        if role is None:
            near = nearest(text, ROLES)
            hint = Text("; did you mean {near}?", near=near) if near else ""
            raise RefusedError(
                Text("{text!r} is no role{hint}", text=text, hint=hint),
                Text("There are {roles}.", roles=", ".join(ROLES)),
            )
        found.add(role)
    if len(found) > 1 and (alone := found & ALONE):
        raise RefusedError(
            Text("an account that is {alone} has no other role", alone=sorted(alone)[0]),
            "Make an account of its own for the other one.",
        )
    if ("student" in found) != bool(student):
        what = "a student has no student id" if not student else f"a student id ({student}) without the role student"
        raise RefusedError(what, "Give both, the role student and the id, or neither.")
    return frozenset(found)
