"""How Kafka is reached: what may be set together, whose password counts, and that no secret is shown."""

from pathlib import Path
from typing import Any

import pytest

from schemas.errors import RefusedError, SettingsError
from schemas.kafka_access import OWN_USER, client_options, kafka_access
from schemas.secret_file import create_secret, read_secret
from schemas.settings import Settings, load_settings

PASSWORD: dict[str, Any] = {"kafka_password": "hunter2"}
SCRAM: dict[str, Any] = {"kafka": "a:1", "kafka_sasl": "SCRAM-SHA-512", "kafka_user": "site"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kafka_tls": True}, "kafka_tls is of a cluster that `kafka` names"),
        ({"kafka": "a:1", "kafka_ca": "x.pem"}, "kafka_ca is for kafka_tls, which is not set"),
        ({"kafka": "a:1", "kafka_user": "site"}, "kafka_sasl and kafka_user are given both, or neither"),
        (
            {"kafka": "127.0.0.1:1,a:1", "kafka_sasl": "PLAIN", "kafka_user": "site"},
            "PLAIN sends what lets it in readable to a:1",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match="kafka") as error:
        Settings(**given)
    assert said in str(error.value)


def test_plain_is_for_this_machine_or_for_tls(tmp_path: Path) -> None:
    for kafka, tls in (("127.0.0.1:1", False), ("a:1", True)):
        settings = Settings(
            home=tmp_path, kafka=kafka, kafka_tls=tls, kafka_sasl="PLAIN", kafka_user="site", **PASSWORD
        )
        assert client_options(settings)["security_protocol"] == ("SASL_SSL" if tls else "SASL_PLAINTEXT")


def test_the_environment_wins_over_the_file_and_neither_is_shown(tmp_path: Path) -> None:
    (tmp_path / "kafka-password").touch(mode=0o600)
    (tmp_path / "kafka-password").write_text("of the file\n", "utf-8")
    assert kafka_access(Settings(home=tmp_path, **SCRAM))[2] == "of the file"
    settings = Settings(home=tmp_path, **SCRAM, **PASSWORD)
    assert kafka_access(settings)[2] == PASSWORD["kafka_password"]
    assert PASSWORD["kafka_password"] not in f"{settings!r} {kafka_access(settings)!r}"


def test_a_password_does_not_belong_into_the_file_of_settings(tmp_path: Path) -> None:
    (tmp_path / "naul.toml").write_text('kafka_password = "hunter2"\n', "utf-8")
    with pytest.raises(SettingsError, match="kafka_password does not belong here") as error:
        load_settings(tmp_path, {})
    assert "NAUL_KAFKA_PASSWORD" in error.value.remedy
    assert "hunter2" not in str(error.value)


def test_the_broker_of_this_machine_is_asked_with_the_secret_of_the_home_once_there_is_one(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    assert client_options(settings) == {"security_protocol": "PLAINTEXT"}
    secret = create_secret(settings.kafka_password_file)
    assert len(secret) > 40
    assert create_secret(settings.kafka_password_file) == secret, "made once"
    assert kafka_access(settings)[:3] == ("PLAIN", OWN_USER, secret)
    assert [each.name for each in tmp_path.iterdir()] == ["kafka-password"]


def test_a_secret_that_others_may_read_or_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    assert read_secret(file) == ""
    file.write_bytes(b"\xff\xfe")
    file.chmod(0o600)
    with pytest.raises(RefusedError, match="cannot be read"):
        read_secret(file)
    file.write_text("x", "ascii")
    file.chmod(0o604)
    with pytest.raises(RefusedError, match=r"others may read this secret \(mode 0604\)"):
        read_secret(file)
