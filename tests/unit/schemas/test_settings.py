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


def test_other_variables_are_nobodys_business(tmp_path: Path) -> None:
    assert load(tmp_path, PATH="/bin", NAULTY="1") == load(tmp_path)


@pytest.mark.parametrize(
    ("text", "environ", "reason"),
    [
        ("prefx = 'a'", {}, "'prefx' is no setting; did you mean prefix?"),
        ("[policy]\nlate = '5min'", {}, "[policy]: 'late' is no setting"),
        ("home = '/elsewhere'", {}, "'home' is no setting"),
        ("prefix = ", {}, "naul.toml: Invalid value"),
        ("policy = 3", {}, "got `int`"),
        ("", {"NAUL_KAFA": "a:1"}, "NAUL_KAFA is no setting; did you mean NAUL_KAFKA?"),
        ("", {"NAUL_PREFIX": "Ä"}, "$.prefix"),
        ("", {"NAUL_KAFKA_PORT": "80"}, ">= 1024"),
        ("", {"NAUL_POLICY_ACCEPT": "0.3"}, "> 0.5"),
        ("", {"NAUL_POLICY_LATE_AFTER": "5m"}, "late_after: a duration is a number and one of ms, s, min"),
        ("", {"NAUL_POLICY_FRAME_COVER": "1h"}, "frame_cover must be between"),
        ("", {"NAUL_POLICY_ENOUGH_COVERAGE": "nan"}, "enough_coverage"),
        ("", {"NAUL_TIMEZONE": "Asia/Soeul"}, "timezone 'Asia/Soeul' does not exist"),
        ("", {"NAUL_STORE": "mysql://localhost"}, "store must be embedded or clickhouse://host:port"),
        ("", {"NAUL_KAFKA": "localhost"}, "kafka must be host:port"),
        ("", {"NAUL_LANGUAGE": "fr"}, "fr"),
        ("", {"NAUL_REUSE_EMBEDDINGS": "perhaps"}, "reuse_embeddings"),
    ],
)
def test_a_mistake_is_named_with_a_remedy(tmp_path: Path, text: str, environ: dict[str, str], reason: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(reason)) as caught:
        load(tmp_path, text, **environ)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("1.5h", 5400), (" 10 min ", 600), ("250ms", 0.25), ("3d", 259200)]
)
def test_durations_carry_a_unit(text: str, seconds: float) -> None:
    assert duration(text) == timedelta(seconds=seconds)


def test_a_policy_names_itself_by_its_values() -> None:
    assert Policy().version == Policy().version
    assert Policy().version != Policy(grace=timedelta(minutes=3)).version


def test_a_password_is_not_printed() -> None:
    assert "hunter2" not in repr(Settings(store_password="hunter2"))  # noqa: S106


def test_how_long_topics_keep_what_is_set_by_the_site_within_bounds(tmp_path: Path) -> None:
    settings = load(tmp_path, 'erase_within = "48h"\nkeep_frames = "1d"\n', NAUL_KEEP_SIGHTINGS="7d")
    kept = settings.retention
    assert (kept.erase_within, kept.frames, kept.sightings) == tuple(timedelta(days=each) for each in (2, 1, 7))
    with pytest.raises(SettingsError, match="erase_within must be between 8s and 366d"):
        load(tmp_path, NAUL_ERASE_WITHIN="1s")
