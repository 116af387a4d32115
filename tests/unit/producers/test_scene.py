import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from producers.shots import moment_of
from producers.simulated_hall import Scene, Script, boxes_at, load_script, write_recording
from producers.simulated_hall.actors import people_of
from producers.simulated_hall.geometry import room
from producers.simulated_hall.poses import Cast
from schemas.errors import RefusedError

SHORT = """
hall = "E101"
date = 2026-03-09
record = "08:59-09:04"
every = "60s"
seed = 3

[[hours]]
section = "EA0017-1"
period = 1
time = "09:00-09:50"

[[students]]
student_id = "201912345"
name = "김하늘"
face = "s5"
seat = "A2"
here = ["08:59-09:03"]

[[strangers]]
face = "s6"
seat = "B2"
here = ["08:59-09:10"]
head_down = ["09:00-09:04"]

[lecturer]
face = "s34"
here = ["08:59-09:10"]
"""


@pytest.fixture
def script(tmp_path: Path) -> Script:
    file = tmp_path / "short.toml"
    file.write_text(SHORT, "utf-8")
    return load_script(file)


def test_the_same_script_writes_the_same_bytes(script: Script) -> None:
    moment = script.moments()[2]
    first = Scene(script)
    first.jpeg(script.moments()[0])  # what was drawn before does not matter
    assert first.jpeg(moment) == Scene(script).jpeg(moment)


def test_no_two_frames_are_the_same(script: Script) -> None:
    scene = Scene(script)
    assert len({scene.jpeg(moment) for moment in script.moments()}) == len(script.moments())


def test_faces_are_where_the_truth_says_and_nowhere_else(script: Script) -> None:
    start = script.moments()[0]
    assert set(boxes_at(script, start)) == {"201912345", "s6"}
    assert set(boxes_at(script, script.moments()[2])) == {"201912345"}  # the stranger reads
    assert set(boxes_at(script, script.moments()[4])) == set()  # the student has left
    x1, y1, x2, y2 = boxes_at(script, start)["201912345"]
    seat = room(1280, 720).seats["A2"]
    assert abs((x1 + x2) / 2 - seat.x) < seat.face / 2
    assert abs((y1 + y2) / 2 - seat.y) < seat.face / 2


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080)])
def test_faces_are_30_to_70_pixels_wide_and_inside_the_picture(width: int, height: int) -> None:
    seats = room(width, height).seats.values()
    assert len(seats) >= 30
    for seat in seats:
        assert 30 <= seat.face <= 70
        assert seat.face / 2 < seat.x < width - seat.face / 2
        assert seat.face < seat.y < height - seat.face


def test_heads_are_down_a_third_of_the_time_and_never_as_long_as_an_absence() -> None:
    script = load_script("demo")
    cast = Cast(script)
    poses = [cast.poses(moment) for moment in script.moments()]
    flat = [pose for each in poses for pose in each]
    assert 0.2 < sum(not pose.up for pose in flat) / len(flat) < 0.4
    unseen: dict[str, int] = {}
    for each in poses:
        for pose in each:
            unseen[pose.person.face] = 0 if pose.up else unseen.get(pose.person.face, 0) + 1
            assert unseen[pose.person.face] * script.every.total_seconds() < 290


def test_the_face_is_shown_when_somebody_comes_and_before_he_goes() -> None:
    script = load_script("demo")
    cast = Cast(script)
    for moment in script.moments():
        for pose in cast.poses(moment):
            (stay,) = [stay for stay in pose.person.here if moment in stay]
            if min(moment - stay.starts_at, stay.ends_at - moment).total_seconds() < 40:
                assert pose.up


class TestRecording:
    def test_frames_are_jpegs_named_by_capture_time(self, script: Script, tmp_path: Path) -> None:
        told: list[tuple[int, int]] = []
        recording = write_recording(script, tmp_path / "out", progress=lambda n, of: told.append((n, of)))
        files = sorted(recording.frames_dir.iterdir())
        assert [moment_of(file.name) for file in files] == list(script.moments())
        assert (recording.frames, told[-1]) == (5, (5, 5))
        image = cv2.imdecode(np.fromfile(files[0], np.uint8), cv2.IMREAD_COLOR)
        assert image.shape == (720, 1280, 3)

    def test_what_an_office_brings_is_written_too(self, script: Script, tmp_path: Path) -> None:
        recording = write_recording(script, tmp_path / "out")
        with recording.roster_csv.open(encoding="utf-8") as file:
            assert list(csv.DictReader(file)) == [{"section": "EA0017-1", "student_id": "201912345", "name": "김하늘"}]
        with recording.timetable_csv.open(encoding="utf-8") as file:
            assert list(csv.DictReader(file)) == [
                {
                    "section": "EA0017-1", "hall": "E101", "date": "2026-03-09",
                    "period": "1", "starts_at": "09:00", "ends_at": "09:50",
                }
            ]  # fmt: skip
        assert [file.name for file in sorted((recording.photos_dir / "201912345").iterdir())] == [
            f"{n}.png" for n in (1, 2, 3, 4)
        ]


class TestPeople:
    def test_no_photo_that_is_enrolled_plays_in_the_hall(self) -> None:
        people = people_of("orl")
        assert [photo.name for photo in people.photos("s10", 4)] == ["1.pgm", "2.pgm", "3.pgm", "4.pgm"]
        assert len(people.portraits("s10", enrolled=4)) == 6

    def test_a_folder_like_lfw_does_as_well(self, tmp_path: Path) -> None:
        for n in range(3):
            (tmp_path / "Ada").mkdir(exist_ok=True)
            cv2.imwrite(str(tmp_path / "Ada" / f"Ada_000{n}.jpg"), np.full((250, 250, 3), (40, 80, 120), np.uint8))
        people = people_of(str(tmp_path))
        assert [photo.name for photo in people.photos("Ada", 4)] == ["Ada_0000.jpg"]
        assert people.portraits("Ada", enrolled=4)[0].shape[:2] == (145, 119)
        assert len(people.portraits("Ada", enrolled=0)) == 3

    def test_a_grey_face_is_coloured_but_as_light_as_before(self) -> None:
        (portrait, *_) = people_of("orl").portraits("s5", enrolled=4)
        original = cv2.imread(str(people_of("orl")._folder / "s5" / "5.pgm"), cv2.IMREAD_GRAYSCALE)
        difference = np.abs(cv2.cvtColor(portrait, cv2.COLOR_BGR2GRAY).astype(int) - original)
        assert np.ptp(portrait.astype(int), axis=2).max() > 20
        assert difference.mean() < 2

    @pytest.mark.parametrize("face", ["s41", "nobody"])
    def test_a_face_that_is_not_there_is_refused_by_name(self, face: str) -> None:
        with pytest.raises(RefusedError, match=face):
            people_of("orl").portraits(face, enrolled=0)
