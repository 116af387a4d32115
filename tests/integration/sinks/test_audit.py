"""The audit from an event to the table, on a real broker with a real sink; and `naul user`, which fills it."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from kafka import TopicPartition
from msgspec.structs import replace

from enrollment.erasure import student_digest
from infra.cli.main import naul
from infra.operations.accounts.access import DeskUser
from infra.operations.accounts.accounts import NewAccount, account_of, accounts, add_account, user_of, verified
from infra.operations.accounts.audit import AuditEvent, AuditLog, audit_table, record
from infra.operations.accounts.desk_sessions import Origin, find_session, open_session, sessions, use_link
from infra.operations.privacy.forget import forget, known_of
from infra.operations.site.ask_store import query
from schemas.cluster import consumer, end_offsets, read, send
from schemas.errors import RefusedError, UnavailableError
from schemas.messages import Enrollment, EnrollmentTemplate, Roster, Student, encode
from schemas.settings import Settings
from streams.faces.template_cipher import TemplateCipher

Sink = Callable[[Settings], Any]
STUDENT, OTHER = "201912345", "202011208"
NOW = datetime(2026, 3, 9, 1, 20, tzinfo=UTC)
KIM = DeskUser(account="kim", roles=frozenset({"professor"}), teaches={"A": "professor"})
LOOK = AuditEvent(
    at=NOW,
    action="see_student",
    user=KIM,
    section="A",
    class_hour="A|2026-03-09|1",
    student_id=STUDENT,
    address="10.1.2.3",
)


def topic_of(site: Settings) -> bytes:
    """All that the topic holds: keys and values."""
    with closing(consumer(site)) as client:
        ends = end_offsets(client, site.topic("audit"))
        found = list(read(site, client, dict.fromkeys(ends, 0), ends))
        return b"\n".join(part for each in found for part in (each.key, each.value))


@pytest.fixture
def students(site: Settings) -> None:
    """Two students who are on a roster."""
    both = tuple(Student(student_id=each, name="N") for each in (STUDENT, OTHER))
    send(site, [(site.topic("rosters"), b"A", encode(Roster(section="A", students=both)), None, None)])


@pytest.fixture
def run(site: Settings) -> Callable[..., Result]:
    """Run ``naul user`` for the site, as a person would."""
    text = f'prefix = "{site.prefix}"\nkafka = "{site.kafka}"\n'
    (site.home / "naul.toml").write_text(text, "utf-8")

    def called(*words: str, typed: str = "", language: str = "en") -> Result:
        line = ["user", *words, "--home", str(site.home)]
        done = CliRunner().invoke(
            naul, line, input=typed, standalone_mode=False, env={"COLUMNS": "200", "NAUL_LANGUAGE": language}
        )
        if done.exception:
            raise done.exception
        return done

    return called


def test_what_is_done_becomes_a_row_once_and_names_the_student_to_who_may_know(
    site: Settings, hall: Any, sink: Sink, students: None
) -> None:
    with sink(site):
        for _ in range(2):
            record(site, LOOK)
        record(site, replace(LOOK, id=AuditEvent(at=NOW, action="export").id, action="export", ok=False, student_id=""))
        hall.caught_up()
        table = audit_table(site, {})
        assert table.columns == (
            "date", "at", "account", "role", "action", "section", "class_hour", "student_id", "detail", "address", "ok"
        )  # fmt: skip
        look = next(each for each in table.dicts() if each["action"] == "see_student")
        assert len(table.rows) == 2
        assert (look["account"], look["role"], look["student_id"], look["ok"]) == ("kim", "professor", STUDENT, True)
        assert look["at"].isoformat() == "2026-03-09T10:20:00+09:00"
        assert len(audit_table(site, {"student": STUDENT}).rows) == 1
        assert audit_table(site, {"student": OTHER}).rows == []
        assert query(site, "audit", {"account": "kim", "student": STUDENT}).rows == [tuple(look.values())]
        with pytest.raises(RefusedError, match="no parameter 'moon'"):
            query(site, "audit", {"moon": "full"})


def test_neither_topic_nor_table_names_a_student_who_acts_or_is_looked_at(
    site: Settings, hall: Any, sink: Sink, students: None
) -> None:
    made = add_account(site, NewAccount(name=f"s{STUDENT}", roles=("student",), student_id=STUDENT), NOW)
    himself = replace(LOOK, id=AuditEvent(at=NOW, action="export").id, user=user_of(made), detail=f"of {STUDENT}")
    with sink(site):
        record(site, LOOK)
        record(site, himself)
        hall.caught_up()
        assert STUDENT.encode() not in topic_of(site)
        [mine] = audit_table(site, {"account": f"S{STUDENT}"}).dicts()
        assert (mine["account"], mine["role"], mine["student_id"], mine["detail"]) == (
            STUDENT,
            "student",
            STUDENT,
            "of *",
        )


def test_after_an_erasure_the_audit_says_who_looked_and_not_at_whom(
    site: Settings, hall: Any, sink: Sink, students: None
) -> None:
    add_account(site, NewAccount(name=f"s{STUDENT}", roles=("student",), student_id=STUDENT), NOW)
    open_session(site, f"s{STUDENT}", Origin("10.9.8.7"), NOW)
    with sink(site):
        record(site, LOOK)
        hall.caught_up()
        done = forget(site, known_of(site, STUDENT), by="registrar.lee", now=lambda: datetime.now(UTC))
        hall.caught_up()
        assert done.accounts == 1
        assert accounts(site) == ()
        [row] = audit_table(site, {}).dicts()
        digest = student_digest(TemplateCipher.open(site.key_file), STUDENT).hex()
        assert (row["account"], row["student_id"]) == ("kim", f"?{digest[:8]}")
        [asked] = audit_table(site, {"student": STUDENT}).dicts()
        assert asked["student_id"] == STUDENT, "who has the key and the id still finds it"
    assert not [each for each in site.home.glob("desk.db*") if STUDENT.encode() in each.read_bytes()]


def test_the_account_is_gone_from_another_home_when_it_hears_of_the_erasure(site: Settings, tmp_path: Path) -> None:
    from infra.operations.privacy.follow_erasures import follow_erasures

    TemplateCipher.create(site.key_file)
    desk = replace(site, home=tmp_path / "the desk's home")
    add_account(desk, NewAccount(name="kim"), NOW)
    for student in (STUDENT, OTHER):
        add_account(desk, NewAccount(name=student, roles=("student",), student_id=student), NOW)
    desk.key_file.write_bytes(site.key_file.read_bytes())
    desk.key_file.chmod(0o600)
    forget(site, known_of(site, STUDENT), by="lee", now=lambda: datetime.now(UTC))
    assert follow_erasures(desk).accounts == 1
    assert [each.name for each in accounts(desk)] == [OTHER, "kim"]
    assert follow_erasures(desk).accounts == 0


def test_many_threads_share_one_connection(site: Settings) -> None:
    with AuditLog(site) as log, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: log.record(AuditEvent(at=NOW, action="see_hall", user=KIM, detail=str(n))), range(40)))
    with closing(consumer(site)) as client:
        assert end_offsets(client, site.topic("audit")) == {TopicPartition(site.topic("audit"), 0): 40}


def test_while_kafka_is_away_it_says_so_and_goes_on_when_it_is_back(
    own_broker: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from infra.machine.topic_creation import create_topics

    monkeypatch.setattr("infra.operations.accounts.audit.PATIENCE_MS", 2000)
    site = Settings(home=tmp_path / "home", kafka=own_broker.settings.bootstrap, prefix="own")
    create_topics(site)
    with AuditLog(site) as log:
        log.record(replace(LOOK, student_id=""))
        own_broker.kill()
        for _ in range(2):
            with pytest.raises(UnavailableError):
                log.record(replace(LOOK, student_id=""))
        own_broker.start()
        log.record(replace(LOOK, student_id="", detail="back"))
        assert b"back" in topic_of(site)


def test_a_site_gets_its_key_here_unless_people_were_enrolled_elsewhere(site: Settings) -> None:
    agreed = Enrollment(student_id="201900099", version=1, enrolled_at=NOW, consent_on_file=True, templates=())
    template = EnrollmentTemplate(engine="centerface-dlib@1", photos=1, sealed=b"sealed", qualities=())
    enrolled = replace(agreed, student_id=OTHER, templates=(template,))
    for each in (agreed, enrolled):
        send(site, [(site.topic("enrollments"), each.student_id.encode(), encode(each), None, None)])
    with pytest.raises(RefusedError, match=r"Copy the key of the machine where people were enrolled"):
        record(site, LOOK)
    assert not site.key_file.exists()
    send(site, [(site.topic("enrollments"), OTHER.encode(), None, None, None)])
    record(site, LOOK)
    assert site.key_file.exists(), "consent alone is sealed by no key"


class TestCommand:
    def test_accounts_are_made_changed_and_removed_on_record(
        self, site: Settings, hall: Any, sink: Sink, run: Callable[..., Result]
    ) -> None:
        said = run("add", "kim", "--role", "professor", "--person", "김하늘", "--by", "admin.park").output
        assert "Added kim: professor." in said
        assert "naul user link kim" in said
        said = run("password", "kim", "--by", "admin.park", typed="correct horse battery\n").output
        assert "kim has a new password" in said
        assert verified(site, "kim", "correct horse battery")
        assert (
            "kim is professor, registrar now."
            in run("change", "kim", "--role", "professor", "--role", "registrar").output
        )
        assert "kim is disabled" in run("change", "kim", "--disable").output
        run("change", "kim", "--enable", "--no-roles")
        assert "Removed kim (nothing)." in run("remove", "kim", "--yes", "--by", "admin.park").output
        with sink(site):
            hall.caught_up()
            rows = list(audit_table(site, {"account": "admin.park"}).dicts())
        assert sorted(each["detail"] for each in rows) == ["add as professor: kim", "password of kim", "remove kim"]
        assert {(each["role"], each["action"]) for each in rows} == {("console", "account_change")}

    def test_an_account_is_opened_to_the_provider_and_closed_again(
        self, site: Settings, hall: Any, sink: Sink, run: Callable[..., Result]
    ) -> None:
        said = run("add", "kim", "--openid", "--by", "admin.park").output
        assert "bound to it" in said
        assert "naul user link" not in said
        assert account_of(site, "kim").openid == "allowed"
        token = open_session(site, "kim", Origin(), datetime.now(UTC)).token
        assert "may no longer sign in" in run("openid", "kim", "--off", "--by", "admin.park").output
        assert find_session(site, token, datetime.now(UTC)) is None
        assert "OpenID 제공자로" in run("openid", "kim", "--by", "admin.park", language="ko").output
        assert "allowed" in run("list").output
        with sink(site):
            hall.caught_up()
            rows = [each["detail"] for each in audit_table(site, {"account": "admin.park"}).dicts()]
        assert sorted(rows) == ["add as nothing, openid: kim", "change to nothing, openid: kim", "no openid for kim"]

    def test_a_password_may_be_asked_for_with_the_account_and_is_nowhere_shown(
        self, site: Settings, run: Callable[..., Result]
    ) -> None:
        said = run("add", "kim", "--password", typed="correct horse battery\r\n").output
        assert "horse" not in said
        assert "It may do nothing yet" in said
        assert verified(site, "kim", "correct horse battery")
        with pytest.raises(RefusedError, match="too short"):
            run("add", "lee", "--password", typed="")
        assert [each.name for each in accounts(site)] == ["kim"]

    def test_a_link_is_an_address_that_signs_in_once(self, site: Settings, run: Callable[..., Result]) -> None:
        run("add", "kim", "--role", "professor")
        address = run("link", "KIM").output.splitlines()[-1]
        [token] = re.findall(r"http://127\.0\.0\.1:\d+/sign-in\?once=([\w-]{43})", address)
        now = datetime.now(UTC)
        opened = use_link(site, token, Origin(), now)
        assert opened
        said = run("sessions", "kim", "--format", "json").output
        assert '"account": "kim"' in said
        assert "Ended 1 sessions of kim." in run("sign-out", "kim").output
        assert sessions(site, now) == ()

    def test_a_kiosk_link_starts_a_kiosk(self, site: Settings, run: Callable[..., Result]) -> None:
        run("add", "kim", "--role", "professor")
        token = run("link", "kim", "--kiosk", "E101").output.strip().rpartition("=")[2]
        opened = use_link(site, token, Origin(), datetime.now(UTC))
        assert opened
        assert opened.session.kiosk
        assert opened.session.kiosk.hall == "E101"

    def test_teachers_are_loaded_and_what_goes_is_asked_for(
        self, site: Settings, run: Callable[..., Result], tmp_path: Path
    ) -> None:
        file = tmp_path / "teachers.csv"
        for name in ("kim", "lee"):
            run("add", name)
        file.write_text("section,account,role\nA,kim,professor\nB,lee,assistant\n", "utf-8")
        said = run("teach", str(file)).output
        assert "A: kim (professor) new" in said
        assert "kim gets the role professor." in said
        assert "Loaded the teachers of 2 sections." in said
        file.write_text("section,account,role\nA,lee,professor\n", "utf-8")
        done = run("teach", str(file))
        assert "A: lee (professor) new; kim (professor) no longer" in done.output
        assert (done.return_value, account_of(site, "kim").teaches) == (1, {"A": "professor"})
        run("teach", str(file), "--yes")
        assert account_of(site, "kim").teaches == {}
        assert account_of(site, "lee").teaches == {"A": "professor", "B": "assistant"}
        listed = run("list", "--format", "csv").output
        assert 'lee,lee,"professor, assistant","A (professor), B (assistant)"' in listed

    def test_it_speaks_korean(self, run: Callable[..., Result]) -> None:
        assert "kim 계정을 만들었습니다: 교수." in run("add", "kim", "--role", "professor", language="ko").output

    def test_while_kafka_is_away_access_can_be_taken_and_not_given(
        self, site: Settings, run: Callable[..., Result]
    ) -> None:
        for name in ("kim", "lee"):
            add_account(site, NewAccount(name=name, roles=("professor",)), NOW)
        (site.home / "naul.toml").write_text('kafka = "127.0.0.1:1"\n', "utf-8")
        for line in (["add", "park"], ["change", "kim", "--role", "registrar"], ["link", "kim"]):
            with pytest.raises(UnavailableError, match="no Kafka answers"):
                run(*line)
        assert [(each.name, set(each.roles)) for each in accounts(site)] == [
            ("kim", {"professor"}), ("lee", {"professor"})
        ]  # fmt: skip
        with pytest.raises(UnavailableError, match=r"it was done \(disable kim\), and is not on record"):
            run("change", "kim", "--disable")
        with pytest.raises(UnavailableError, match=r"it was done \(remove lee\)"):
            run("remove", "lee", "--yes")
        assert [(each.name, each.disabled) for each in accounts(site)] == [("kim", True)]

    def test_a_student_is_on_record_as_a_student(
        self, site: Settings, hall: Any, sink: Sink, run: Callable[..., Result]
    ) -> None:
        run("add", STUDENT, "--role", "student", "--student", STUDENT)
        assert STUDENT.encode() not in topic_of(site)
        with sink(site):
            hall.caught_up()
            [row] = audit_table(site, {"student": STUDENT}).dicts()
        assert (row["detail"], row["student_id"]) == ("add as student:", STUDENT)
