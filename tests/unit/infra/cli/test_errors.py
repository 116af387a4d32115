"""No error prints a password that was typed; each is in the language of the site."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.cli.shared.errors import print_unexpected, site_language, without_passwords

ADDRESS = "rtsp://lena:hunter2@10.0.0.7/stream"


@pytest.mark.parametrize(
    "line",
    [
        ADDRESS,
        f"camera {ADDRESS} --hal B12",
        f"camera {ADDRESS} more --hall B12",
        f"camera --hall {ADDRESS}",
        "camera profile --hall lena:hunter2@10.0.0.7",
        f"identify {ADDRESS}",
        f"timetable show --date {ADDRESS}",
        f"engine use {ADDRESS}",
        f"people check --report {ADDRESS}",
        f"report attendance --output {ADDRESS}",
        f"forget {ADDRESS}",
        f"calibrate --faces {ADDRESS}",
        f"demo --script {ADDRESS}",
    ],
)
def test_a_mistyped_line_repeats_no_password(line: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "infra.cli.main", *line.split(), "--home", str(tmp_path / "home")]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode in (1, 2)
    assert done.stderr
    assert "hunter2" not in done.stdout + done.stderr


@pytest.mark.parametrize("place", ["lena:hunter2@127.0.0.1:1", "lena:hunter2@nobody.invalid"])
def test_a_store_that_is_not_there_is_told_in_our_words_alone(place: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "infra.cli.main", "report", "attendance", "--home", str(tmp_path)]
    environment = os.environ | {"NAUL_STORE": f"clickhouse://{place}"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 1
    assert done.stderr.startswith(f"naul: no ClickHouse answers at {place.partition('@')[2]}")
    assert len(done.stderr.splitlines()) == 2
    assert "hunter2" not in done.stderr


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"cannot open {ADDRESS}", "cannot open rtsp://***@10.0.0.7/stream"),
        ("rtsp:/lena:p@ss/w?rd#@cam.uni.kr: no file", "rtsp:/***@cam.uni.kr: no file"),
        ("'lena:hunter2@cam'", "'***@cam'"),
        ("http://cam/snap.jpg?user=lena&pwd=b", "http://cam/snap.jpg?***"),
        ("clickhouse://db:9000 does not answer", "clickhouse://db:9000 does not answer"),
        ("centerface-dlib@1-530a2c1e at 09:00", "centerface-dlib@1-530a2c1e at 09:00"),
    ],
)
def test_an_address_tells_neither_who_opens_it_nor_its_query(text: str, shown: str) -> None:
    assert without_passwords(text) == shown


def test_the_traceback_of_a_mistake_of_ours_hides_it_too(capsys: pytest.CaptureFixture[str]) -> None:
    error = OSError(f"cannot open {ADDRESS}")
    print_unexpected(OSError, error, error.__traceback__)
    assert capsys.readouterr().err == "OSError: cannot open rtsp://***@10.0.0.7/stream\n"


# ---------------------------------------------------------------- in Korean


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("mark", "빠진 인수 'STUDENT'"),
        ("mark 201912345 --sektion A", "그런 옵션이 없습니다: --sektion"),
        ("mark 201912345 --section A 지각", "예기치 않은 '지각': 출결은 --verdict late"),
        ("mark 201912345 --section A left_early", "출결은 --verdict left_early"),
        ("report attendance --format pdf", "가능한 값: 'table', 'csv', 'json'"),
        ("frames export --hall E101 --from 2026-11-23T10 --until 2026-11-23T09 kept", "--until은 --from보다 뒤여야"),
        ("timetble show", "'timetble' 명령이 없습니다. 혹시 'timetable'인가요?"),
        ("camera x.mp4 --hall E101 --every 5x", "'5x': 시간이 아닙니다. 단위는"),
        ("camera /nowhere --hall E101", "그런 파일이나 폴더가 없습니다"),
        ("report attendance", "`naul up`으로 시작하거나"),
    ],
)
def test_an_error_is_in_the_language_of_the_site_that_the_line_names(line: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "naul.toml").write_text('language = "ko"\nkafka_port = 1025\n', "utf-8")
    command = [sys.executable, "-m", "infra.cli.main", *line.split(), "--home", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode in (1, 2)
    assert said in done.stderr


def test_settings_that_cannot_be_read_are_told_in_the_language_that_they_name(tmp_path: Path) -> None:
    (tmp_path / "naul.toml").write_text('language = "ko"\nkafka_prt = 1025\n', "utf-8")
    command = [sys.executable, "-m", "infra.cli.main", "status", "--home", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert "'kafka_prt': 그런 설정이 없습니다 (혹시 kafka_port인가요?)" in done.stderr


@pytest.mark.parametrize(
    ("typed", "environ", "language"),
    [
        (["status"], {}, "en"),
        (["status"], {"NAUL_LANGUAGE": "ko"}, "ko"),
        (["status", "--home", "ko"], {"NAUL_LANGUAGE": "en"}, "en"),
        (["status", "--home", "ko"], {}, "ko"),
        (["status", "--home=ko"], {"NAUL_LANGUAGE": "fr"}, "en"),
        (["status"], {"NAUL_HOME": "ko"}, "ko"),
        (["status", "--home"], {"NAUL_HOME": "ko"}, "en"),
        (["status", "--home", "bytes"], {}, "en"),
    ],
)
def test_the_language_of_a_line_is_known_before_it_is_understood(
    typed: list[str], environ: dict[str, str], language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for home, text in (("ko", b"prefix = \"x\"\n language = 'ko'\n"), ("bytes", b"\xff\xfe\x00")):
        (tmp_path / home).mkdir()
        (tmp_path / home / "naul.toml").write_bytes(text)
    assert site_language(typed, environ) == language
