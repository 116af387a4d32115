import unicodedata
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest

from producers.jpeg import encode
from producers.live_camera import Live
from producers.shots import Refused, Shot, SourceError
from producers.sources import Folder, is_video_file, open_source
from producers.video_file import Video

Form: TypeAlias = Literal["NFC", "NFD"]
START = datetime(2026, 11, 23, tzinfo=UTC)
JPEG = encode(np.zeros((20, 30, 3), np.uint8))


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).write_bytes(JPEG)
    return folder


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Five seconds at ten frames a second."""
    file = tmp_path / "lecture.avi"
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    for n in range(50):
        writer.write(np.full((48, 64, 3), n * 5, np.uint8))
    writer.release()
    return file


@pytest.mark.parametrize(("there", "given"), [("NFD", "NFC"), ("NFC", "NFD")])
def test_a_recording_is_found_however_its_name_is_composed(
    tmp_path: Path, video: Path, there: Form, given: Form
) -> None:
    folder = tmp_path / unicodedata.normalize(there, "물리반")
    folder.mkdir()
    fill(folder, "20261123T000010.000Z.jpg")
    film = video.rename(folder / unicodedata.normalize(there, "강의.avi"))
    typed = str(tmp_path / unicodedata.normalize(given, "물리반"))
    assert isinstance(open_source(typed), Folder)
    name = f"{typed}/{unicodedata.normalize(given, film.name)}"
    assert is_video_file(name)
    assert isinstance(open_source(name, starts_at=START), Video)


class TestFolder:
    def test_gives_its_files_by_capture_time_with_their_bytes_untouched(self, tmp_path: Path) -> None:
        (tmp_path / "20261123T000020.000Z.jpg").write_bytes(b"damaged, but that is for others to judge")
        fill(tmp_path, "20261123T000010.000Z.jpg")
        source = Folder(tmp_path)
        assert [(shot.captured_at, shot.jpeg) for shot in source.shots() if isinstance(shot, Shot)] == [
            (START + timedelta(seconds=10), JPEG),
            (START + timedelta(seconds=20), b"damaged, but that is for others to judge"),
        ]
        assert (source.total, source.live) == (2, False)

    def test_is_thinned_by_capture_time(self, tmp_path: Path) -> None:
        fill(tmp_path, *(f"20261123T0000{second:02d}.000Z.jpg" for second in range(0, 30, 2)))
        assert Folder(tmp_path, every=timedelta(seconds=10)).total == 3

    def test_names_the_file_whose_name_is_wrong_before_anything_is_sent(self, tmp_path: Path) -> None:
        fill(tmp_path, "20261123T000010.000Z.jpg", "IMG_0042.jpg")
        with pytest.raises(SourceError, match=r"IMG_0042\.jpg"):
            Folder(tmp_path)

    def test_leaves_other_files_alone(self, tmp_path: Path) -> None:
        fill(tmp_path, "20261123T000010.000Z.jpg", "notes.txt", ".DS_Store", "Thumbs.db", "._20261123T000010.000Z.jpg")
        fill(tmp_path, "._IMG_0042.jpg", ".hidden.jpg")
        assert Folder(tmp_path).total == 1

    def test_a_jpeg_has_several_suffixes(self, tmp_path: Path) -> None:
        fill(tmp_path, *(f"20261123T00000{n}Z.{suffix}" for n, suffix in enumerate(("jpg", "JPEG", "jfif", "jpe"))))
        assert Folder(tmp_path).total == 4

    def test_local_names_are_read_in_their_zone_and_sent_in_the_order_of_time(self, tmp_path: Path) -> None:
        fill(tmp_path, "2026-11-23 09-00-10.jpg", "20261123_090000.jpg")
        source = Folder(tmp_path, names_in=ZoneInfo("Asia/Seoul"))
        assert source.moments() == [START, START + timedelta(seconds=10)]

    def test_refuses_an_empty_directory(self, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match="no_jpeg"):
            Folder(tmp_path)

    def test_tells_of_a_file_that_vanished(self, tmp_path: Path) -> None:
        fill(tmp_path, "20261123T000010.000Z.jpg", "20261123T000020.000Z.jpg")
        source = Folder(tmp_path)
        (tmp_path / "20261123T000010.000Z.jpg").unlink()
        first, second = source.shots()
        assert isinstance(first, Refused)
        assert isinstance(second, Shot)


class TestWhatAPersonWrites:
    @pytest.mark.parametrize("text", ["0", "rtsp://cam/stream"])
    def test_a_number_or_an_address_is_live(self, text: str) -> None:
        assert isinstance(open_source(text), Live)

    def test_a_directory_is_a_recording(self, tmp_path: Path) -> None:
        fill(tmp_path, "20261123T000010.000Z.jpg")
        assert isinstance(open_source(str(tmp_path)), Folder)

    def test_a_file_needs_its_start(self, video: Path) -> None:
        assert is_video_file(str(video))
        assert isinstance(open_source(str(video), starts_at=START), Video)
        with pytest.raises(SourceError, match="no_start"):
            open_source(str(video))

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("lectur.mp4", "no_source: lectur.mp4"),
            ("rtsp:/admin:s3cret@cam/1", r"no_source: rtsp:/\*\*\*@cam/1"),
            ("rtsp://admin:s3cret@:x/1", r"no_address: rtsp://\*\*\*"),
            ("rtps://admin:s3cret@cam/1", r"no_scheme: rtps://\*\*\*@cam/\*\*\*, rtsp"),
            ("HTPP://cam/1", r"no_scheme: htpp://cam/\*\*\*, http"),
            ("admin:s3cret@cam://1", r"no_scheme: \*\*\*@cam://1"),
        ],
    )
    def test_nothing_there_is_refused_without_a_password(self, text: str, says: str) -> None:
        with pytest.raises(SourceError, match=says):
            open_source(text)

    def test_an_address_that_only_a_decoder_knows_is_left_to_it(self) -> None:
        assert isinstance(open_source("udp://@:5000"), Live)

    def test_of_a_film_one_frame_in_five_seconds_is_sent_unless_somebody_says_otherwise(self, video: Path) -> None:
        told: list[tuple[str, dict[str, Any]]] = []
        opened = [
            open_source(
                str(video), starts_at=START, every=every, tell=lambda text, **values: told.append((text, values))
            )
            for every in (None, timedelta(0), timedelta(seconds=1))
        ]
        assert [each.total for each in opened] == [1, 50, 5]
        ((text, values),) = told
        assert (text, values["name"], round(values["rate"])) == ("thinned", str(video), 10)
        assert values["size"] > 50 * len(JPEG) / 2

    def test_of_a_film_with_a_frame_a_second_all_are_sent(self, tmp_path: Path) -> None:
        file = tmp_path / "slow.avi"
        writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"MJPG"), 1, (64, 48))
        for n in range(20):
            writer.write(np.full((48, 64, 3), n, np.uint8))
        writer.release()
        assert open_source(str(file), starts_at=START).total == 20

    def test_of_a_directory_all_are_sent(self, tmp_path: Path) -> None:
        fill(tmp_path, *(f"20261123T000010.{n}Z.jpg" for n in range(10)))
        assert open_source(str(tmp_path)).total == 10
