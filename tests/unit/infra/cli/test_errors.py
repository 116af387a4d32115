"""No error prints a password that was typed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.cli.shared.errors import print_unexpected, without_passwords

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
