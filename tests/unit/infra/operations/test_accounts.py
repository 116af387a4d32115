"""Accounts in a real file: what is taken, who else may read it, and what several processes leave behind."""

import logging
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from infra.operations.accounts.account_tables import account_table
from infra.operations.accounts.accounts import (
    AccountChange,
    NewAccount,
    account_of,
    accounts,
    add_account,
    change_account,
    end_all,
    forget_accounts,
    known_account,
    remove_account,
    set_password,
    user_of,
    verified,
)
from infra.operations.accounts.desk_database import database_file, from_stamp, reading, stamp, writing
from infra.operations.accounts.desk_sessions import Origin, create_link, open_session, sessions, use_link
from schemas.errors import RefusedError, UnavailableError
from schemas.settings import Settings

NOW = datetime(2026, 3, 9, 0, 30, 0, 123456, tzinfo=UTC)
SECRET = "correct horse 배터리"  # noqa: S105
HERE = Path(__file__).parents[4]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def kim(settings: Settings, **more: object) -> None:
    add_account(settings, NewAccount(name="Kim.Prof", roles=("professor",), **more), NOW)  # type: ignore[arg-type]


def test_an_account_is_as_it_was_made(settings: Settings) -> None:
    made = add_account(
        settings,
        NewAccount(name=" Ｋim.Prof ", person="김\u00a0하늘", roles=("professor", "registrar"), password=SECRET),
        NOW,
    )
    assert accounts(settings) == (made,)
    assert (made.name, made.person, made.roles, made.student_id) == (
        "Kim.Prof",
        "김 하늘",
        {"professor", "registrar"},
        "",
    )
    assert (made.disabled, made.has_password, made.created, made.teaches) == (False, True, NOW, {})


@pytest.mark.parametrize("written", ["kim.prof", "KIM.PROF", "ＫIM PROF", "kim_prof", "kim\u200b.prof"])
def test_a_name_is_found_however_it_is_written_and_taken_once(settings: Settings, written: str) -> None:
    kim(settings)
    assert account_of(settings, written).name == "Kim.Prof"
    with pytest.raises(RefusedError, match=r"there is an account 'Kim\.Prof' already"):
        add_account(settings, NewAccount(name=written), NOW)


def test_a_dash_of_a_word_processor_is_kept_as_the_one_that_was_meant(settings: Settings) -> None:
    asked = NewAccount(name="kim\u2013prof", person="Kim\u2013Prof", roles=("student",), student_id="2019\u201312345")
    made = add_account(settings, asked, NOW)
    assert (made.name, made.person, made.student_id) == ("kim-prof", "Kim\u2013Prof", "2019-12345")


@pytest.mark.parametrize("name", ["", " ", "...", "a|b", "a/b", "a,b", "a\nb", "x" * 101, "\u200b"], ids=repr)
def test_what_cannot_be_a_name_is_refused(settings: Settings, name: str) -> None:
    with pytest.raises(RefusedError, match="cannot be the name of an account"):
        add_account(settings, NewAccount(name=name), NOW)


@pytest.mark.parametrize(
    ("roles", "student", "says"),
    [
        (("professer",), "", "'professer' is no role; did you mean professor"),
        (("engineer", "professor"), "", "an account that is engineer has no other role"),
        (("registrar", "kiosk"), "", "an account that is kiosk has no other role"),
        (("student",), "", "a student has no student id"),
        (("professor",), "201912345", "without the role student"),
        (("student",), "2.01912E+08", "a spreadsheet"),
    ],
)
def test_roles_that_do_not_go_together_are_refused(
    settings: Settings, roles: tuple[str, ...], student: str, says: str
) -> None:
    with pytest.raises(RefusedError, match=says.replace("+", r"\+")):
        add_account(settings, NewAccount(name="x", roles=roles, student_id=student), NOW)
    kim(settings)
    with pytest.raises(RefusedError, match=says.replace("+", r"\+")):
        change_account(settings, "kim.prof", AccountChange(roles=roles, student_id=student))
    assert account_of(settings, "kim.prof").roles == {"professor"}


def test_an_assistant_may_be_a_student_and_a_student_has_one_account(settings: Settings) -> None:
    add_account(settings, NewAccount(name="lee", roles=("assistant", "student"), student_id="201912345"), NOW)
    with pytest.raises(RefusedError, match="student 201912345 has the account 'lee' already"):
        add_account(settings, NewAccount(name="lee2", roles=("student",), student_id="201912345"), NOW)
    kim(settings)
    with pytest.raises(RefusedError, match="has the account 'lee' already"):
        change_account(settings, "kim.prof", AccountChange(roles=("student",), student_id="201912345"))


def test_a_change_changes_what_it_says_and_nothing_else(settings: Settings) -> None:
    kim(settings, person="김하늘")
    assert change_account(settings, "kim.prof", AccountChange(roles=("registrar",))).person == "김하늘"
    after = change_account(settings, "kim.prof", AccountChange(person="김바다", disabled=True))
    assert (after.person, after.roles, after.disabled) == ("김바다", {"registrar"}, True)
    assert change_account(settings, "kim.prof", AccountChange(disabled=False)).disabled is False


def test_what_is_told_before_it_holds_can_forbid_it(settings: Settings) -> None:
    def refuse(_: object) -> None:
        raise UnavailableError("no Kafka answers")

    kim(settings, password=SECRET)
    for work in (
        lambda: add_account(settings, NewAccount(name="lee"), NOW, refuse),
        lambda: change_account(settings, "kim.prof", AccountChange(roles=("registrar",)), refuse),
        lambda: set_password(settings, "kim.prof", "another password", refuse),
    ):
        with pytest.raises(UnavailableError):
            work()
    assert [each.name for each in accounts(settings)] == ["Kim.Prof"]
    assert account_of(settings, "kim.prof").roles == {"professor"}
    assert verified(settings, "kim.prof", SECRET)


def test_who_is_not_there_is_named_with_the_nearest(settings: Settings) -> None:
    kim(settings)
    with pytest.raises(RefusedError, match=r"there is no account 'kim\.porf'; did you mean Kim\.Prof"):
        account_of(settings, "kim.porf")
    assert known_account(settings, "kim.porf") is None
    assert remove_account(settings, "KIM.PROF").name == "Kim.Prof"
    assert accounts(settings) == ()


class TestPasswords:
    def test_the_right_one_opens_and_no_other(self, settings: Settings) -> None:
        kim(settings, password=SECRET)
        found = verified(settings, "KIM.prof", SECRET)
        assert found
        assert found.name == "Kim.Prof"
        for wrong in (SECRET + " ", SECRET[:-1], "", "x" * 100_000, SECRET.upper()):
            assert verified(settings, "kim.prof", wrong) is None
        assert verified(settings, "nobody", SECRET) is None

    def test_a_mac_and_a_windows_keyboard_type_the_same(self, settings: Settings) -> None:
        kim(settings, password="비밀번호입니다 열자")  # noqa: S106
        assert verified(settings, "kim.prof", "\u1107\u1175\u1106\u1175\u11af번호입니다 열자")

    def test_who_has_none_or_is_disabled_opens_with_nothing(self, settings: Settings) -> None:
        kim(settings)
        assert verified(settings, "kim.prof", "") is None
        set_password(settings, "kim.prof", SECRET)
        change_account(settings, "kim.prof", AccountChange(disabled=True))
        assert verified(settings, "kim.prof", SECRET) is None

    @pytest.mark.parametrize(
        ("password", "says"),
        [
            ("sesame!", "too short"),
            ("비밀번호는아홉자임", "too short"),
            ("x" * 1001, "too long"),
            ("aaaaaaaaaaaa", "repeated"),
            ("2019-12345 6", "a student id"),
            ("SEUNGMIN LEE", "a name"),
        ],
    )
    def test_an_easy_one_is_refused_and_not_repeated(self, settings: Settings, password: str, says: str) -> None:
        student = NewAccount(name="seungmin.lee", roles=("student",), student_id="2019-12345-6", password=password)
        with pytest.raises(RefusedError, match=says) as refused:
            add_account(settings, student, NOW)
        assert password not in str(refused.value) + repr(student)
        assert accounts(settings) == ()

    def test_somebody_unknown_takes_a_hash_as_everybody(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        looked_at: list[str] = []
        real = PasswordHasher.verify
        monkeypatch.setattr(
            PasswordHasher, "verify", lambda self, kept, typed: looked_at.append(kept) or real(self, kept, typed)
        )
        kim(settings)
        for name in ("kim.prof", "nobody"):
            verified(settings, name, SECRET)
        assert len(looked_at) == 2
        assert {each.split("$")[3] for each in looked_at} == {"m=65536,t=3,p=4"}

    def test_a_hash_of_weaker_parameters_is_made_anew_when_its_owner_signs_in(self, settings: Settings) -> None:
        kim(settings, password=SECRET)
        weak = PasswordHasher(time_cost=1, memory_cost=8192).hash(SECRET)

        def kept() -> str:
            with reading(settings) as database:
                return str(database.execute("SELECT password FROM accounts").fetchone()[0])

        with writing(settings) as database:
            database.execute("UPDATE accounts SET password = ?", (weak,))
        assert verified(settings, "kim.prof", "something else") is None
        assert kept() == weak
        assert verified(settings, "kim.prof", SECRET)
        assert "m=65536,t=3,p=4" in kept()
        assert verified(settings, "kim.prof", SECRET)

    def test_a_damaged_hash_opens_to_nobody(self, settings: Settings) -> None:
        kim(settings, password=SECRET)
        with writing(settings) as database:
            database.execute("UPDATE accounts SET password = 'x'")
        assert verified(settings, "kim.prof", SECRET) is None

    def test_none_is_in_a_log_a_table_or_the_file(self, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        kim(settings, password=SECRET)
        verified(settings, "kim.prof", SECRET)
        set_password(settings, "kim.prof", SECRET + "2")
        assert "horse" not in caplog.text + repr(account_table(settings)) + repr(accounts(settings))
        assert not [each for each in settings.home.iterdir() if b"horse" in each.read_bytes()]

    @pytest.mark.parametrize("how", ["password", "disabled", "removed", "signed out"])
    def test_all_sessions_and_links_end_with(self, settings: Settings, how: str) -> None:
        kim(settings, password=SECRET)
        add_account(settings, NewAccount(name="lee"), NOW)
        for name in ("kim.prof", "kim.prof", "lee"):
            open_session(settings, name, Origin(), NOW)
        link = create_link(settings, "kim.prof", NOW)
        match how:
            case "password":
                set_password(settings, "kim.prof", "another password")
            case "disabled":
                change_account(settings, "kim.prof", AccountChange(disabled=True))
            case "removed":
                remove_account(settings, "kim.prof")
            case _:
                assert end_all(settings, "kim.prof") == 2
        assert [each.account.name for each in sessions(settings, NOW)] == ["lee"]
        assert use_link(settings, link, Origin(), NOW) is None


class TestForgetting:
    def test_nothing_of_the_student_is_in_any_file_afterwards(self, settings: Settings) -> None:
        student, name = "201912345", "김나얼나얼"
        for number in range(50):
            add_account(settings, NewAccount(name=f"other{number + 1}", person="x" * 90), NOW)
        add_account(settings, NewAccount(name=f"s{student}", person=name, roles=("student",), student_id=student), NOW)
        open_session(settings, f"s{student}", Origin("10.9.8.7", "his browser"), NOW)
        with reading(settings):  # as a process that has it open: what was written stands beside the file, too
            change_account(settings, f"s{student}", AccountChange(person=name + "2"))
        assert [each for each in settings.home.iterdir() if student.encode() in each.read_bytes()]
        assert forget_accounts(settings, lambda each: each == student) == 1
        for text in (student, name, "his browser", "10.9.8.7"):
            assert not [each.name for each in settings.home.iterdir() if text.encode() in each.read_bytes()]
        assert len(accounts(settings)) == 50
        assert forget_accounts(settings, lambda each: each == student) == 0

    def test_where_no_desk_is_none_is_made(self, settings: Settings) -> None:
        assert forget_accounts(settings, lambda _: True) == 0
        assert not settings.home.exists()

    def test_who_is_no_student_stays_even_if_nobody_can_tell_who_was_erased(self, settings: Settings) -> None:
        kim(settings)
        assert forget_accounts(settings, lambda _: True) == 0
        assert len(accounts(settings)) == 1

    def test_while_it_is_being_read_it_is_tried_again(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("infra.operations.accounts.desk_database.PATIENCE", 0.05)
        add_account(settings, NewAccount(name="s", roles=("student",), student_id="201912345"), NOW)
        with reading(settings) as database:
            database.execute("SELECT * FROM accounts").fetchall()
            with pytest.raises(UnavailableError, match="being read"):
                forget_accounts(settings, lambda _: True)
        forget_accounts(settings, lambda _: True)
        assert not [each for each in settings.home.iterdir() if b"201912345" in each.read_bytes()]


class TestFile:
    def test_nobody_else_can_read_it_at_any_moment(self, settings: Settings) -> None:
        before = os.umask(0)
        modes: set[tuple[str, int]] = set()
        done = threading.Event()

        def watch() -> None:
            while not done.is_set():
                for each in settings.home.glob("desk.db*"):
                    try:
                        modes.add((each.name[:7], stat.S_IMODE(each.stat().st_mode)))
                    except FileNotFoundError:
                        continue

        watching = threading.Thread(target=watch)
        watching.start()
        try:
            for number in range(20):
                add_account(settings, NewAccount(name=f"a{number + 1}"), NOW)
        finally:
            done.set()
            watching.join()
            os.umask(before)
        assert {mode for _, mode in modes} == {0o600}
        assert [each.name for each in settings.home.glob("desk.db*") if "-" in each.name.removeprefix("desk.db-")] == []

    def test_one_that_others_may_read_is_refused_with_the_remedy(self, settings: Settings) -> None:
        kim(settings)
        database_file(settings).chmod(0o644)
        with pytest.raises(RefusedError, match="chmod 600"):
            accounts(settings)

    def test_one_of_a_newer_version_is_refused_and_left_alone(self, settings: Settings) -> None:
        kim(settings)
        with writing(settings) as database:
            database.execute("PRAGMA user_version = 99")
        with pytest.raises(RefusedError, match="written by a newer Naul"):
            accounts(settings)

    @pytest.mark.parametrize(
        "content", [b"no database" * 1000, b"SQLite format 3\0" + b"\xff" * 5000], ids=["text", "torn"]
    )
    def test_what_is_no_database_is_named_with_the_remedy(self, settings: Settings, content: bytes) -> None:
        kim(settings)
        database_file(settings).write_bytes(content)
        with pytest.raises(RefusedError, match=r"desk\.db is no database of the desk, or it is damaged"):
            accounts(settings)

    def test_a_home_that_cannot_be_written_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "home").write_text("a file", "utf-8")
        with pytest.raises(RefusedError, match=r"desk\.db: cannot be made or read"):
            accounts(Settings(home=tmp_path / "home"))

    def test_whoever_waits_too_long_for_another_writer_is_told_to_try_again(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kim(settings)
        monkeypatch.setattr("infra.operations.accounts.desk_database.PATIENCE", 0.05)
        with writing(settings):
            assert len(accounts(settings)) == 1, "who reads need not wait"
            with pytest.raises(UnavailableError, match=r"cannot be used now \(database is locked\)"):
                remove_account(settings, "kim.prof")

    def test_threads_and_processes_that_begin_at_once_lose_nothing(self, settings: Settings) -> None:
        code = (
            "import sys; from datetime import UTC, datetime; from pathlib import Path\n"
            "from infra.operations.accounts.accounts import *; import threading\n"
            "from schemas.settings import Settings\n"
            "settings = Settings(home=Path(sys.argv[1]))\n"
            "def work(who):\n"
            "    for n in range(10): add_account(settings, NewAccount(name=f'{who}x{n + 1}'), datetime.now(UTC))\n"
            "threads = [threading.Thread(target=work, args=(f'{sys.argv[2]}t{t + 1}',)) for t in range(4)]\n"
            "[each.start() for each in threads]; [each.join() for each in threads]\n"
        )
        line = [sys.executable, "-c", code, str(settings.home)]
        running = [subprocess.Popen([*line, f"p{n}"], cwd=HERE, stderr=subprocess.PIPE) for n in range(1, 5)]
        errors = [each.communicate()[1] for each in running]
        assert errors == [b""] * 4
        assert len(accounts(settings)) == 160
        with reading(settings) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)

    def test_whoever_is_killed_in_the_middle_has_changed_nothing(self, settings: Settings) -> None:
        kim(settings)
        code = (
            "import sys, os; from pathlib import Path; from schemas.settings import Settings\n"
            "from infra.operations.accounts.desk_database import writing\n"
            "with writing(Settings(home=Path(sys.argv[1]))) as database:\n"
            "    database.execute('DELETE FROM accounts'); print('now', flush=True); sys.stdin.read()\n"
        )
        line = [sys.executable, "-c", code, str(settings.home)]
        with subprocess.Popen(line, cwd=HERE, stdout=subprocess.PIPE, stdin=subprocess.PIPE) as process:
            assert process.stdout
            assert process.stdout.readline() == b"now\n"
            process.kill()
        assert [each.name for each in accounts(settings)] == ["Kim.Prof"]
        remove_account(settings, "kim.prof")

    def test_one_is_made_whole_or_not_at_all(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("infra.operations.accounts.desk_database._STEPS", ("CREATE TABLE a (b); NONSENSE",))
        with pytest.raises(UnavailableError):
            accounts(settings)
        assert list(settings.home.iterdir()) == []

    def test_a_copy_is_all_there_is_to_back_up(self, settings: Settings, tmp_path: Path) -> None:
        kim(settings)
        (tmp_path / "copy").mkdir()
        shutil.copy(database_file(settings), tmp_path / "copy" / "desk.db")
        assert len(accounts(Settings(home=tmp_path / "copy"))) == 1


def test_a_moment_is_kept_to_the_microsecond_and_has_a_zone() -> None:
    assert from_stamp(stamp(NOW)) == NOW
    assert from_stamp(stamp(NOW + timedelta(microseconds=1))) - NOW == timedelta(microseconds=1)
    with pytest.raises(ValueError, match="without a zone"):
        stamp(NOW.replace(tzinfo=None))


def test_a_role_of_a_later_version_gives_nothing(settings: Settings) -> None:
    kim(settings)
    with writing(settings) as database:
        database.execute("UPDATE accounts SET roles = 'dean,professor'")
        database.execute("INSERT INTO teaching SELECT 'A', id, 'dean' FROM accounts")
    assert user_of(account_of(settings, "kim.prof")).roles == {"professor"}
    assert user_of(account_of(settings, "kim.prof")).teaches == {}


def test_sqlite_is_new_enough() -> None:
    assert sqlite3.sqlite_version_info >= (3, 8), "partial indexes"
