"""What ``naul camera`` says to a mistake. What it does is tested against a real Kafka."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from infra.cli.camera import account, command
from infra.cli.main import run
from infra.operations.frames.follow_frames import Fate
from producers.camera import Sent
from producers.shots import Refused, Shortfall
from schemas.errors import RefusedError
from schemas.settings import Settings

START = datetime(2026, 11, 23, tzinfo=UTC)


def camera(tmp_path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, [*arguments, "--home", str(tmp_path)])


def test_help_shows_an_example(tmp_path: Path) -> None:
    assert "naul camera 0 --hall E101 --camera front --every 5s" in camera(tmp_path, "--help").output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["0"], "Which hall? Add --hall", id="no hall"),
        pytest.param(["0", "--hall", "E/101"], "cannot be a name", id="a slash in the hall"),
        pytest.param(["0", "--hall", "E101", "--every", "5"], "has no unit", id="no unit"),
        pytest.param(["0", "--hall", "E101", "--starts-at", "nine"], "is no time", id="no time"),
        pytest.param(
            ["0", "--hall", "E101", "--starts-at", "2026-11-23T09:00"], "video file", id="a start of a device"
        ),
        pytest.param([__file__, "--hall", "E101"], "When did", id="a file without its start"),
        pytest.param(["0", "--hall", "E101", "--names-in", "Asia/Soul"], "did you mean Asia/Seoul", id="no zone"),
        pytest.param(["0", "--hall", "E101", "--names-in", "kst"], "did you mean Asia/Seoul", id="a short name"),
        pytest.param(["0", "--hall", "E101", "--names-in", "seoul"], "did you mean Asia/Seoul", id="a city"),
        pytest.param(["0", "--hall", "E101", "--names-in", "XST"], "write it like", id="a short name of no zone"),
        pytest.param(["0", "--hall", "E101", "--names-in", "Asia/Seoul"], "a directory", id="a zone of a device"),
    ],
)
def test_a_wrong_word_is_a_usage_error(tmp_path: Path, arguments: list[str], says: str) -> None:
    result = camera(tmp_path, *arguments)
    assert result.exit_code == 2
    assert says in result.output


@pytest.mark.parametrize(
    ("make", "says"),
    [
        pytest.param(lambda _: None, "no such file or directory", id="nothing there"),
        pytest.param(lambda path: path.mkdir(), "holds no JPEG", id="an empty directory"),
        pytest.param(
            lambda path: (path.mkdir(), (path / "a.jpg").touch()),
            r"a\.jpg is not named by its capture time",
            id="a wrong name",
        ),
    ],
)
def test_a_source_that_is_none_is_refused(tmp_path: Path, make: object, says: str) -> None:
    make(tmp_path / "source")  # type: ignore[operator]
    result = camera(tmp_path, str(tmp_path / "source"), "--hall", "E101")
    assert isinstance(result.exception, RefusedError)
    assert result.exception.remedy
    assert says.replace("\\", "") in str(result.exception)


def test_a_device_that_is_not_there_is_refused_before_anything_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("producers.live_camera.devices", lambda: {0, 2})
    result = camera(tmp_path, "7", "--hall", "E101")
    assert isinstance(result.exception, RefusedError)
    assert result.exception.message == "there is no camera 7 at this machine"
    assert "cameras that are there: 0, 2." in result.exception.remedy


def test_a_name_without_a_zone_is_refused_with_the_option_and_the_zone_of_the_site(tmp_path: Path) -> None:
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames" / "2026-03-09 09-00-10.jpg").touch()
    result = camera(tmp_path, str(tmp_path / "frames"), "--hall", "E101")
    assert isinstance(result.exception, RefusedError)
    assert "--names-in Asia/Seoul" in result.exception.remedy


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["camera", "--hall", "E101", "front", "{}"], id="one word too many"),
        pytest.param(["camera", "{}", "--hall", "{}"], id="a hall"),
        pytest.param(["camera", "{}"], id="no hall"),
        pytest.param(["{}", "--hall", "E101"], id="no command"),
        pytest.param(["camera", "{}", "--starts-at", "2026-11-23T09:00"], id="a start of an address"),
        pytest.param(["camera", "{}", "--every", "{}"], id="no duration"),
    ],
)
@pytest.mark.parametrize("address", ["rtsp://admin:pa/s3cret@cam/1?token=s3cret", "rtsp:/admin:s3cret@cam/1"])
def test_whatever_is_wrong_nobody_learns_the_password(
    tmp_path: Path, words: list[str], address: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = [word.format(address) for word in words]
    monkeypatch.setattr("sys.argv", ["naul", *arguments])
    monkeypatch.setenv("NAUL_HOME", str(tmp_path))
    with pytest.raises(SystemExit) as end:
        run()
    assert end.value.code in (1, 2)
    said = "".join(capfd.readouterr())
    assert said
    assert "s3cret" not in said
    assert "admin" not in said


@pytest.mark.parametrize(
    ("sent", "fate", "live", "english", "korean"),
    [
        pytest.param(Sent(sent=7), None, False, "sent 7, refused 0", "전송 7, 거부 0", id="not followed"),
        pytest.param(
            Sent(sent=9, dropped=3), None, True, "sent 9, dropped 3, refused 0", "전송 9, 버림 3, 거부 0", id="live"
        ),
        pytest.param(
            Sent(sent=20, unsent=4, refused=(Refused("a", "damaged"),)), Fate(0, (("why", 15), ("b", 5)), 0, 0), False,
            "sent 20, not sent 4, refused 1, looked at 0, put aside 20",
            "전송 20, 보내지 못함 4, 거부 1, 분석 0, 보류 20",
            id="put aside",
        ),
        pytest.param(
            Sent(sent=20, shortfall=Shortfall(missing=450, promised=950, due=18, more_after=START)),
            Fate(5, (), 15, 6), False,
            "sent 20, refused 0, looked at 5, put aside 0, not looked at yet 15, outside of class hours 6, "
            "missing from the recording 18, another recording in the file not sent",
            "전송 20, 거부 0, 분석 5, 보류 0, 분석 대기 15, 교시 밖 6, 녹화본에 없음 18, "
            "같은 파일의 다른 녹화는 보내지 않음",
            id="everything else",
        ),
        pytest.param(
            Sent(sent=2, shortfall=Shortfall(missing=20, promised=50)), None, False,
            "sent 2, refused 0, a part of the recording is missing", "전송 2, 거부 0, 녹화본 일부 없음",
            id="frames that were not to be sent",
        ),
        pytest.param(
            Sent(sent=2, shortfall=Shortfall(breaks_off=True)), None, False,
            "sent 2, refused 0, the recording breaks off", "전송 2, 거부 0, 녹화본이 끊김",
            id="nobody knows how much",
        ),
    ],
)  # fmt: skip
def test_the_last_line_tells_what_became_of_the_frames(
    sent: Sent, fate: Fate | None, live: bool, english: str, korean: str
) -> None:
    assert account(Settings(), sent, fate, live=live) == english
    assert account(Settings(language="ko"), sent, fate, live=live) == korean
