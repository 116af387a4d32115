from configparser import RawConfigParser
from pathlib import Path

import pytest

from infra.machine.supervisor import KAFKA_STOP, WORKERS_STOP, configuration, parts, supervisor_pid
from schemas.settings import Settings


def read(settings: Settings) -> RawConfigParser:
    parser = RawConfigParser()
    parser.read_string(configuration(settings))
    return parser


def test_one_machine_runs_a_broker_and_one_of_each_worker(tmp_path: Path) -> None:
    assert list(parts(Settings(home=tmp_path))) == [
        "kafka",
        "recognise-1",
        "attend-1",
        "sink-1",
        "housekeeping",
        "webhooks",
        "desk",
        "watchdog",
    ]


def test_recognise_workers_have_slots_of_their_own(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, recognise_workers=3, slot="b", kafka="broker:9092")
    assert list(parts(settings)) == [
        "recognise-b",
        "recognise-b.2",
        "recognise-b.3",
        "attend-b",
        "sink-b",
        "housekeeping",
        "webhooks",
        "desk",
        "watchdog",
    ]


def test_a_cluster_elsewhere_is_not_started_here(tmp_path: Path) -> None:
    assert "program:kafka" not in read(Settings(home=tmp_path, kafka="broker:9092"))


def test_kafka_starts_first_and_stops_last(tmp_path: Path) -> None:
    config = read(Settings(home=tmp_path))
    assert config.getint("program:kafka", "priority") < config.getint("group:workers", "priority")
    assert config["group:workers"]["programs"] == "recognise-1,attend-1,sink-1,housekeeping,webhooks,desk,watchdog"


def test_everything_is_restarted_and_down_within_ten_seconds(tmp_path: Path) -> None:
    config = read(Settings(home=tmp_path))
    programs = [config[name] for name in config.sections() if name.startswith("program:")]
    assert all(each["autorestart"] == "true" and each["stopsignal"] == "TERM" for each in programs)
    turns = 2  # supervisord looks once a second whether the workers, then Kafka, have ended
    assert WORKERS_STOP + KAFKA_STOP + turns < 10


def test_logs_cannot_fill_a_disk(tmp_path: Path) -> None:
    config = read(Settings(home=tmp_path))
    assert all(
        config[name]["stdout_logfile_maxbytes"] == "10MB" for name in config.sections() if name.startswith("program:")
    )


def test_a_home_with_blanks_and_percent_signs_is_quoted(tmp_path: Path) -> None:
    home = tmp_path / "a b %s"
    command = read(Settings(home=home))["program:attend-1"]["command"]
    assert command.endswith(f"--home '{str(home).replace('%', '%%')}'")


def test_a_socket_whose_path_would_be_too_long_lies_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    path = read(Settings(home=tmp_path / ("long" * 30)))["unix_http_server"]["file"]
    assert len(path) < 100 + len(str(tmp_path))
    assert path.startswith(str(tmp_path / "naul-"))


def test_a_home_in_which_nothing_runs_has_no_supervisor(tmp_path: Path) -> None:
    assert supervisor_pid(Settings(home=tmp_path)) is None
