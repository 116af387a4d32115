"""Settings: the file, then the environment; what is wrong is named."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from schemas.errors import SettingsError
from schemas.settings import Policy, Settings, duration, load_settings


def load(home: Path, text: str = "", **environ: str) -> Settings:
    (home / "naul.toml").write_text(text, "utf-8")
    return load_settings(home, environ)


def test_without_anything_the_defaults_hold(tmp_path: Path) -> None:
    assert load_settings(tmp_path, {}) == Settings(home=tmp_path)


def test_the_file_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    text = 'prefix = "seoul"\nkafka_port = 20000\n[policy]\nlate_after = "15min"\naccept = 0.95\n'
    settings = load(tmp_path, text, NAUL_PREFIX="busan", NAUL_POLICY_LATE_AFTER="90s", NAUL_RECOGNISE_WORKERS="3")
    assert (settings.prefix, settings.kafka_port, settings.recognise_workers) == ("busan", 20000, 3)
    assert (settings.policy.late_after, settings.policy.accept) == (timedelta(seconds=90), 0.95)


@pytest.mark.parametrize(("text", "value"), [("false", False), ("true", True), ("0", False)])
def test_what_is_on_or_off_is_read_as_it_stands(tmp_path: Path, text: str, value: bool) -> None:
    assert load(tmp_path, NAUL_REUSE_EMBEDDINGS=text).reuse_embeddings is value


def test_the_home_that_is_asked_for_wins_over_the_environment(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "a", {"NAUL_HOME": str(tmp_path / "b")}).home == tmp_path / "a"
    assert load_settings(None, {"NAUL_HOME": str(tmp_path / "b")}).home == tmp_path / "b"


def test_servers_of_the_store_have_a_port_and_are_replicas_only_where_there_are_any(tmp_path: Path) -> None:
    site = load(tmp_path, 'store = "clickhouse://naul@a,b:9001"\nstore_replicated = true')
    assert site.store_hosts == ("a:9000", "b:9001")
    assert load(tmp_path, 'store = "clickhouse://a/"\nstore_tls = true').store_hosts == ("a:9440",)
    with pytest.raises(SettingsError, match="store_replicated is of a server"):
        load(tmp_path, "store_replicated = true")


def test_other_variables_are_nobodys_business(tmp_path: Path) -> None:
    assert load(tmp_path, PATH="/bin", NAULTY="1") == load(tmp_path)


@pytest.mark.parametrize(
    ("text", "environ", "reason"),
    [
        ("prefx = 'a'", {}, "'prefx' is no setting; did you mean prefix?"),
        ("[policy]\nlate = '5min'", {}, "[policy]: 'late' is no setting"),
        ("home = '/elsewhere'", {}, "'home' is no setting"),
        ("prefix = ", {}, "naul.toml, line 1: Invalid value"),
        ("policy = 3", {}, "policy must be a table, a line [policy] with its settings below it, got 3"),
        ("[naul]\nprefix = 'a'", {}, "there is no table [naul]"),
        ("[polcy]\ngrace = '1min'", {}, "there is no table [polcy]; did you mean policy?"),
        ("language = 'kr'", {}, "language must be ko or en, got 'kr'"),
        ("kafka_port = 'x'", {}, "kafka_port must be a whole number from 1024 to 65533, got 'x'"),
        ("[policy]\nenough_coverage = 3", {}, "enough_coverage must be a number from 0 to 1, got 3"),
        ("slot = 3.5", {}, "slot must be a text in quotes, got 3.5"),
        ("", {"NAUL_RUN": "a b"}, "run must be 1 to 60 letters, digits and the signs . _ -, got 'a b'"),
        ("judge_every = '0s'", {}, "judge_every must be between 1s and 24h"),
        ("clock_skew = '0s'", {}, "clock_skew must be between 1s"),
        ("", {"NAUL_KAFA": "a:1"}, "NAUL_KAFA is no setting; did you mean NAUL_KAFKA?"),
        ("", {"NAUL_PREFIX": "Ä"}, "prefix must be 1 to 31 small letters"),
        ("", {"NAUL_KAFKA_PORT": "80"}, "kafka_port must be a whole number from 1024 to 65533"),
        ("", {"NAUL_POLICY_ACCEPT": "0.3"}, "accept must be a number above 0.5 to 1, got '0.3'"),
        ("", {"NAUL_POLICY_LATE_AFTER": "5m"}, "late_after: '5m' is no duration: write 5min"),
        ("", {"NAUL_POLICY_FRAME_COVER": "1h"}, "frame_cover must be between"),
        ("", {"NAUL_POLICY_ENOUGH_COVERAGE": "nan"}, "enough_coverage"),
        ("", {"NAUL_TIMEZONE": "Asia/Soeul"}, "timezone 'Asia/Soeul' does not exist"),
        ("", {"NAUL_STORE": "mysql://localhost"}, "store must be embedded or clickhouse://host:port"),
        ("", {"NAUL_KAFKA": "localhost"}, "kafka must be host:port"),
        ("", {"NAUL_LANGUAGE": "fr"}, "language must be ko or en, got 'fr'"),
        ("", {"NAUL_REUSE_EMBEDDINGS": "perhaps"}, "reuse_embeddings must be true or false, got 'perhaps'"),
    ],
)
def test_a_mistake_is_named_with_a_remedy(tmp_path: Path, text: str, environ: dict[str, str], reason: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(reason)) as caught:
        load(tmp_path, text, **environ)
    assert caught.value.remedy
    assert not set("$`") & set(caught.value.message)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("kafka_port = 'x'", "kafka_port에 쓸 수 있는 값: 1024부터 65533까지의 정수. 지금 값: 'x'"),
        ("language = 'kr'", "language에 쓸 수 있는 값: ko 또는 en. 지금 값: 'kr'"),
        ("arithmetic = 'x'", "arithmetic에 쓸 수 있는 값: auto 또는 float 또는 quantised. 지금 값: 'x'"),
        ("policy = 3", "policy에 쓸 수 있는 값: [policy] 줄과 그 아래에 적은 설정. 지금 값: 3"),
        ("slot = 3.5", "slot에 쓸 수 있는 값: 따옴표로 묶은 글. 지금 값: 3.5"),
        ("run = 'a b'", "run에 쓸 수 있는 값: 영문자, 숫자, . _ - 1~60자. 지금 값: 'a b'"),
        ("store_password = [4711]", "store_password에 쓸 수 있는 값: 따옴표로 묶은 글"),
        ("judge_every = '0s'", "judge_every: 1s에서 24h까지여야 합니다. 지금 값: 0s"),
        ("[policy]\ngrace = '25h'", "grace: 0s에서 24h까지여야 합니다. 지금 값: 25h"),
        ("[policy]\naccept = 0.3", "accept에 쓸 수 있는 값: 0.5보다 크고 1 이하인 수. 지금 값: 0.3"),
        ("[policy]\nlate_after = '5m'", "late_after: '5m': 시간이 아닙니다. 이렇게 적으세요: 5min"),
        ("timezone = 'Asia/Soeul'", "timezone 'Asia/Soeul'은(는) 없는 시간대입니다. Asia/Seoul처럼 쓰세요"),
        ("desk_key = 'a'", "desk_certificate와 desk_key는 둘 다 있거나 둘 다 없어야 합니다"),
    ],
)
def test_what_is_wrong_with_a_value_is_said_in_korean(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, text)
    assert caught.value.said("ko").splitlines()[0] == f"{tmp_path}의 설정: {reason}"


def test_what_is_wrong_of_a_password_does_not_show_it(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="store_password must be a text in quotes") as caught:
        load(tmp_path, "store_password = [4711]")
    assert "4711" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *[("90s", 90), ("1.5h", 5400), ("250ms", 0.25), ("3d", 259200)],
        *[(" 10 min ", 600), ("10\u3000min", 600), ("10MIN", 600)],
    ],
)
def test_durations_carry_a_unit(text: str, seconds: float) -> None:
    assert duration(text) == timedelta(seconds=seconds)


def test_a_policy_names_itself_by_its_values() -> None:
    assert Policy().version == Policy().version
    assert Policy().version != Policy(grace=timedelta(minutes=3)).version


def test_a_password_is_not_printed() -> None:
    assert "hunter2" not in repr(Settings(store_password="hunter2"))  # noqa: S106


def test_the_secret_of_openid_is_taken_from_the_environment_alone(tmp_path: Path) -> None:
    kept = " a\u00a0"
    assert load(tmp_path, NAUL_OPENID_SECRET=kept).openid_secret == kept
    assert "hunter2" not in repr(Settings(openid_secret="hunter2"))  # noqa: S106
    with pytest.raises(SettingsError, match="openid_secret does not belong here") as caught:
        load(tmp_path, "openid_secret = 'hunter2'")
    assert "openid-secret" in caught.value.remedy


@pytest.mark.parametrize(
    "issuer",
    [
        *("http://login.example.ac.kr", "login.example.ac.kr", "https://", "ftp://127.0.0.1", "https://a b"),
        *("http://127.0.0.1.example.com", "https://u:p@a", "https://a:port", "https://a#b", "https://a?b=c"),
    ],
)
def test_an_issuer_that_others_can_listen_to_is_refused(tmp_path: Path, issuer: str) -> None:
    with pytest.raises(SettingsError, match="openid_issuer must begin with https://"):
        load(tmp_path, NAUL_OPENID_ISSUER=issuer, NAUL_OPENID_CLIENT="naul")
    with pytest.raises(SettingsError, match="openid_issuer and openid_client are given both"):
        load(tmp_path, NAUL_OPENID_ISSUER="https://login.example.ac.kr/realms/univ")
    for safe in ("https://login.example.ac.kr/realms/univ", "http://[::1]:8080", "http://localhost:1"):
        assert load(tmp_path, NAUL_OPENID_ISSUER=safe, NAUL_OPENID_CLIENT="naul").openid_issuer == safe


def test_the_desk_has_one_name_for_itself(tmp_path: Path) -> None:
    assert load(tmp_path).desk_origin == "http://127.0.0.1:19094"
    behind = load(tmp_path, NAUL_DESK_URL="https://desk.example.ac.kr/", NAUL_DESK_NAMES="a b")
    assert behind.desk_origin == "https://desk.example.ac.kr"
    assert load(tmp_path, NAUL_DESK_NAMES="a b").desk_origin == "http://a:19094"
    for wrong in ("desk.example.ac.kr", "http://desk.example.ac.kr", "https://desk.example.ac.kr/naul"):
        with pytest.raises(SettingsError, match="desk_url must be like https://"):
            load(tmp_path, NAUL_DESK_URL=wrong)


def test_how_long_topics_keep_what_is_set_by_the_site_within_bounds(tmp_path: Path) -> None:
    settings = load(tmp_path, 'erase_within = "48h"\nkeep_frames = "1d"\n', NAUL_KEEP_SIGHTINGS="7d")
    kept = settings.retention
    assert (kept.erase_within, kept.frames, kept.sightings) == tuple(timedelta(days=each) for each in (2, 1, 7))
    with pytest.raises(SettingsError, match="erase_within must be between 8s and 366d"):
        load(tmp_path, NAUL_ERASE_WITHIN="1s")


@pytest.mark.parametrize(
    ("text", "environ", "what", "remedy"),
    [
        (
            'late_after = "15min"',
            {},
            "late_after belongs to the table [policy]",
            'a line [policy]: late_after = "15min"',
        ),
        ("accept = 0.9", {}, "accept belongs to the table [policy]", "[policy]: accept = 0.9"),
        (
            "[policy]\ntimezone = 'Asia/Tokyo'",
            {},
            "timezone is no part of the table [policy]",
            "above the line [policy]",
        ),
        ("", {"NAUL_LATE_AFTER": "5min"}, "late_after belongs to the table [policy]", "Set NAUL_POLICY_LATE_AFTER"),
        ("", {"NAUL_POLICY_PREFIX": "a"}, "prefix is no part of the table [policy]", "Set NAUL_PREFIX"),
    ],
)
def test_a_setting_that_stands_elsewhere_is_told_where_it_belongs(
    tmp_path: Path, text: str, environ: dict[str, str], what: str, remedy: str
) -> None:
    with pytest.raises(SettingsError, match=re.escape(what)) as caught:
        load(tmp_path, text, **environ)
    assert remedy in caught.value.remedy
    assert "did you mean" not in str(caught.value)


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "naul.toml").write_bytes('prefix = "seoul"\r\n'.encode("utf-8-sig"))
    assert load_settings(tmp_path, {}).prefix == "seoul"


@pytest.mark.parametrize(
    ("encoding", "said"),
    [("utf-16", "UTF-16"), ("utf-16-le", "UTF-16"), ("cp949", "naul.toml, line 2: it is written in CP949")],
)
def test_a_file_in_another_encoding_is_refused_with_what_it_is(tmp_path: Path, encoding: str, said: str) -> None:
    (tmp_path / "naul.toml").write_bytes('prefix = "a"\n# 강의실\n'.encode(encoding))
    with pytest.raises(SettingsError, match=re.escape(said)) as caught:
        load_settings(tmp_path, {})
    assert "Save it as UTF-8" in caught.value.remedy


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        ("late_after = 10min", 'quotes: late_after = "...".'),
        ("timezone = Asia/Seoul", 'quotes: timezone = "...".'),
        ('timezone = "Asia/Seoul', "a quote at each end"),
        ('timezone: "Asia/Seoul"', 'Write it like timezone = "..."'),
        ("timezone = “Asia/Seoul”", "straight quotes"),
        ('timezone\u00a0= "Asia/Seoul"', "U+00A0"),
        ("reuse_embeddings = True", "reuse_embeddings = true, in small letters"),
        ('home = "C:\\Users\\lena"', "a backslash twice"),
        ('prefix = "b"', "It stands there twice"),
        ("[policy", "[policy] alone in its line"),
        ("timezone =", "with a quote at each end"),
        ('language = "ko",', "Leave out the , at the end of the line."),
        ("kafka_port = 19092;", "Leave out the ; at the end of the line."),
    ],
)
def test_a_line_that_is_no_toml_is_named_with_what_to_write(tmp_path: Path, line: str, remedy: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(f"{tmp_path}/naul.toml, line 2: ")) as caught:
        load(tmp_path, f'prefix = "a"\n{line}\n')
    assert remedy in caught.value.remedy
    what, korean = caught.value.said("ko").split("2행: ")[1].splitlines()
    assert all(re.search("[가-힣]", each) for each in (what, korean))


@pytest.mark.parametrize(
    "text",
    [
        "openid_secret = 'hunter2'",
        "openid_secert = 'hunter2'",
        "openid_issuer = 'https://lena:hunter2@login.example.ac.kr'\nopenid_client = 'naul'",
        'store_password = "hunter2',
        "store_password = hunter2",
        "store_password: hunter2",
        "store_password = “hunter2”",
        "[policy]\nstore_password = 'hunter2'",
        "store_pasword = 'hunter2'",
        "store = 'clickhouse://naul:hunter2@db:port'",
        "store_password = 'hunter2'\nkafka = 'x'",
        "kafka = 'lena:hunter2@broker'",
    ],
)
def test_no_refusal_of_settings_shows_a_password(tmp_path: Path, text: str) -> None:
    for environ in ({}, {"NAUL_POLICY_STORE_PASSWORD": "hunter2"}):
        with pytest.raises(SettingsError) as caught:
            load(tmp_path, text, **environ)
        assert "hunter2" not in str(caught.value)


def test_values_are_cleaned_and_a_password_is_not(tmp_path: Path) -> None:
    text = "timezone = 'Asia/Seoul\u200b '\nstore_password = ' a\u00a0'\n[policy]\nlate_after = '１０\u00a0min'"
    settings = load(tmp_path, text, NAUL_PREFIX="\ufeffbusan\u3000")
    assert (settings.timezone, settings.prefix, settings.store_password) == ("Asia/Seoul", "busan", " a\u00a0")
    assert settings.policy.late_after == timedelta(minutes=10)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("10m", "write 10min"),
        ("10분", "write 10min"),
        ("10 minutes", "write 10min"),
        ("2 시간", "write 2h"),
        ("1.5hrs", "write 1.5h"),
        ("30초", "write 30s"),
        ("3일", "write 3d"),
        ("10", "has no unit: write 10s, 10min, 10h or 10d"),
        ("10 apples", "the units are ms, s, min, h, d"),
        ("min", "like 10min"),
        ("-5min", "like 10min"),
        ("", "like 10min"),
    ],
)
def test_a_duration_that_is_none_is_told_as_it_should_be(text: str, meant: str) -> None:
    with pytest.raises(ValueError, match=re.escape(meant)):
        duration(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("a = " + "9" * 5000, "line 2: a number of more than 1,000 digits", id="a number"),
        pytest.param("a = 0x" + "f" * 9000, "line 2: a number of more than 1,000 digits", id="in hex"),
        pytest.param("a." * 20_000 + "b = 1", "line 2: more than 16 keys within each other", id="keys"),
        pytest.param("[" + "a." * 17 + "b]", "line 2: more than 16 keys within each other", id="tables"),
        pytest.param("a = " + "[" * 50_000, "nested too deeply", id="lists"),
        pytest.param("a" * 2**20, "more than 1048576 bytes", id="bytes"),
    ],
)
def test_what_the_reader_of_toml_gives_up_is_refused_by_name(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(said)) as caught:
        load(tmp_path, f'prefix = "a"\n{text}\n')
    assert re.search("[가-힣]", caught.value.said("ko"))
