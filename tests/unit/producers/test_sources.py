from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from producers.jpeg import encode
from producers.live_camera import Live
from producers.shots import Refused, Shot
from producers.sources import Folder, Video, is_video_file, open_source
from schemas.errors import RefusedError

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
        with pytest.raises(RefusedError, match=r"IMG_0042\.jpg"):
            Folder(tmp_path)

    def test_leaves_other_files_alone(self, tmp_path: Path) -> None:
        fill(tmp_path, "20261123T000010.000Z.jpg", "notes.txt", ".DS_Store")
        assert Folder(tmp_path).total == 1

    def test_refuses_an_empty_directory(self, tmp_path: Path) -> None:
        with pytest.raises(RefusedError, match="holds no JPEG"):
            Folder(tmp_path)

    def test_tells_of_a_file_that_vanished(self, tmp_path: Path) -> None:
        fill(tmp_path, "20261123T000010.000Z.jpg", "20261123T000020.000Z.jpg")
        source = Folder(tmp_path)
        (tmp_path / "20261123T000010.000Z.jpg").unlink()
        first, second = source.shots()
        assert isinstance(first, Refused)
        assert isinstance(second, Shot)


class TestVideo:
    def test_ends_and_dates_its_frames_from_its_start(self, video: Path) -> None:
        shots = list(Video(video, START).shots())
        times = [shot.captured_at for shot in shots if isinstance(shot, Shot)]
        assert len(times) == 50
        assert times[0] == START
        assert abs(times[-1] - START - timedelta(seconds=4.9)) < timedelta(milliseconds=20)

    def test_is_thinned(self, video: Path) -> None:
        source = Video(video, START, every=timedelta(seconds=1))
        times = [shot.captured_at - START for shot in source.shots() if isinstance(shot, Shot)]
        assert [round(each.total_seconds(), 1) for each in times] == [0, 1, 2, 3, 4]
        assert source.total == 5

    def test_refuses_what_is_no_video(self, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        file = tmp_path / "lecture.mp4"
        file.write_bytes(b"nothing that moves")
        with pytest.raises(RefusedError, match=r"lecture\.mp4 is no video"):
            Video(file, START)
        capfd.readouterr()


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
        with pytest.raises(RefusedError, match="when did it begin"):
            open_source(str(video))

    def test_nothing_there_is_refused_with_what_could_be(self) -> None:
        with pytest.raises(RefusedError, match="no such file or directory") as refusal:
            open_source("lectur.mp4")
        assert "directory of JPEGs" in refusal.value.remedy
