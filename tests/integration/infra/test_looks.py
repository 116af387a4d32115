"""Faces out of the frames that a real Kafka still keeps, and what is said of those that it does not."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from kafka import TopicPartition
from msgspec.structs import replace

from infra.machine.lag import Cluster
from infra.operations.class_hours import looks as looking
from infra.operations.class_hours.frame_pictures import FramePictures, frame_picture
from infra.operations.class_hours.looks import LookFinder, looks_of
from producers.jpeg import encode
from schemas.cluster import admin, send
from schemas.errors import UnavailableError
from schemas.frame_keys import new_frames_key
from schemas.frame_seals import frame_sealer
from schemas.frames import FrameHeaders
from schemas.messages import CAMERA, Attendance, ClassHour, Face, FrameRef, Observation, Tick, decode
from schemas.messages import encode as encode_message
from schemas.partitions import partition_of
from schemas.settings import Settings
from schemas.topics import topic
from sinks.rows import AttendanceRow, attendance_row
from sinks.store import open_store
from tests.examples import example
from tests.unit.streams.paper import NINE, class_hour, observation

HE, OTHER = "201912345", "201954321"
HOUR = class_hour(1)
PARTITION = partition_of("E101/front", topic("frames").partitions)
HIS, NEIGHBOUR = (60.0, 40.0, 100.0, 88.0), (104.0, 40.0, 144.0, 88.0)
COLOURS = {HE: (0, 0, 255), OTHER: (0, 255, 0)}


def frame(site: Settings, minute: float, *, camera: str = "front") -> tuple[Any, ...]:
    """A frame: he is red, his neighbour green with a pattern in it. It is sealed, if the site has a key for that."""
    image = np.full((160, 240, 3), 90, np.uint8)
    for box, student in ((HIS, HE), (NEIGHBOUR, OTHER)):
        x1, y1, x2, y2 = map(int, box)
        image[y1:y2, x1:x2] = COLOURS[student]
        image[y1:y2:4, x1:x2] = 0
    head = FrameHeaders(hall="E101", camera=camera, captured_at=at(minute), live=True, sequence=int(minute * 60))
    jpeg, sealer = encode(image), frame_sealer(site)
    return site.topic("frames"), head.key, sealer.seal(head, jpeg) if sealer else jpeg, None, head.pack()


def at(minute: float) -> datetime:
    return NINE + timedelta(minutes=minute)


def face(box: tuple[float, float, float, float], *cosines: float, student: str | None = None) -> Face:
    return Face(box=box, score=0.9, cosines=np.array(cosines, "<f2").tobytes(), student=student)


def seen(site: Settings, minute: float, offset: int, *, named: bool = True, hour: ClassHour = HOUR) -> Observation:
    mine = face(HIS, 0.95 if named else 0.9, 0.8, student=HE if named else None)
    beside = face(NEIGHBOUR, 0.8, 0.95, student=OTHER)
    place = FrameRef(topic=site.topic("frames"), partition=PARTITION, offset=offset)
    return observation(minute, frame=place, width=240, height=160, class_hour=hour.id, faces=(mine, beside))


def tell(site: Settings, *messages: Any) -> None:
    place = partition_of("E101", topic("sightings").partitions)
    send(site, [(site.topic("sightings"), b"E101", encode_message(each), place, None) for each in messages])


def lecture(site: Settings, minutes: Sequence[float]) -> None:
    send(site, [frame(site, each) for each in minutes])
    tell(site, *(seen(site, each, offset) for offset, each in enumerate(minutes)))


@pytest.fixture
def finder(site: Settings) -> Iterator[LookFinder]:
    with closing(LookFinder(site)) as made:
        yield made


@pytest.fixture
def pictures(site: Settings) -> Iterator[FramePictures]:
    with closing(FramePictures(site)) as made:
        yield made


def test_his_face_is_cut_out_and_his_neighbour_cannot_be_known(
    site: Settings, finder: LookFinder, pictures: FramePictures
) -> None:
    new_frames_key(site.frames_key_file, site.frames_public_key_file, lambda: NINE)
    lecture(site, [1, 11, 21, 31, 41])
    found = looks_of(site, finder, pictures, HOUR, HE, count=4)
    assert [each.captured_at for each in found.looks] == [at(1), at(21), at(31), at(41)]
    assert found.gone == 0
    for each in found.looks:
        assert (each.hall, each.camera, each.named, each.cosine) == (
            "E101",
            "front",
            True,
            pytest.approx(0.95, abs=0.001),
        )
        picture = cv2.imdecode(np.frombuffer(each.jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert max(picture.shape[:2]) == 192
        height, width = picture.shape[:2]
        middle = picture[height // 3 : 2 * height // 3, 2 * width // 5 : 3 * width // 5].astype(int)
        assert middle[..., 2].mean() > 150 > 60 > middle[..., 1].mean(), "he is red"
        assert middle[..., 2].std() > 25, "and as sharp as he was"
        beside = picture[height // 3 : 2 * height // 3, -width // 12 :].astype(int)
        assert beside[..., 1].mean() > 90
        assert beside[..., 1].std() < 20, "of the pattern of his neighbour nothing is left"


def test_a_picture_whose_key_is_elsewhere_is_not_told_as_gone(site: Settings, tmp_path: Path) -> None:
    new_frames_key(site.frames_key_file, site.frames_public_key_file, lambda: NINE)
    lecture(site, [1])
    elsewhere = FramePictures(replace(site, home=tmp_path / "elsewhere"))
    with closing(elsewhere), pytest.raises(UnavailableError, match="no key that opens the picture"):
        frame_picture(elsewhere, seen(site, 1, 0), ())


def test_whoever_came_late_is_found_in_a_recording_that_came_in_at_once(
    site: Settings, finder: LookFinder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between others of the partition; what names him is near no place that is tried first."""
    late = [at(8 + each) for each in (0, 3.5, 20, 41)]
    minutes = [each / 10 for each in range(500)]
    tell(site, *(observation(each, class_hour=class_hour(2).id, faces=()) for each in minutes))
    tell(site, *(seen(site, each, 0, named=at(each) in late) for each in minutes))
    tell(site, *(observation(each, class_hour=class_hour(2).id, faces=()) for each in minutes))
    monkeypatch.setattr(looking, "PLACES", 2)
    monkeypatch.setattr(looking, "RECORDING_PLACES", 8)
    found = finder.observations(HOUR, late)
    assert {each.captured_at for each in found} >= {*late}
    assert len(found) < len(minutes), "it was not read whole"


def test_of_whom_nothing_was_seen_nothing_is_shown(site: Settings, finder: LookFinder, pictures: FramePictures) -> None:
    assert looks_of(site, finder, pictures, HOUR, HE) == ((), 0), "the topics are empty"
    lecture(site, [1, 2])
    assert looks_of(site, finder, pictures, HOUR, "209999999") == ((), 0)
    assert looks_of(site, finder, pictures, class_hour(2), HE) == ((), 0)


@pytest.mark.parametrize(
    ("judged", "shown"),
    [
        pytest.param({"doubts": ("like_him",), "p": 0.5}, 1, id="the doubt is whether it is he"),
        pytest.param({"verdict": "present", "p": 0.9}, 1, id="the hour as a whole knows him"),
        pytest.param({"verdict": "absent", "p": 0.01}, 0, id="a stranger in the seat of an absent student"),
        pytest.param(None, 0, id="nothing is judged yet"),
    ],
)
def test_who_may_be_he_is_shown_where_no_frame_named_him(
    site: Settings, finder: LookFinder, pictures: FramePictures, judged: dict[str, Any] | None, shown: int
) -> None:
    send(site, [frame(site, 5)])
    tell(site, seen(site, 5, 0, named=False))
    if judged is not None:
        usual = {"verdict": "unobserved", "doubts": (), "judged": None, "source": CAMERA, "student_id": HE}
        where = {"section": HOUR.section, "date": HOUR.date, "period": HOUR.period, "hall": HOUR.hall}
        said: Any = replace(decode(example("attendance"), Attendance), **(usual | where | judged))
        with open_store(site) as store:
            store.insert("attendance_rows", AttendanceRow._fields, [attendance_row(said)])
    found = looks_of(site, finder, pictures, HOUR, HE)
    assert [each.named for each in found.looks] == [False] * shown


def test_frames_that_are_gone_are_told_and_no_other_frame_is_shown_for_them(
    site: Settings, finder: LookFinder, pictures: FramePictures
) -> None:
    lecture(site, [1, 11, 21, 31])
    assert len(looks_of(site, finder, pictures, HOUR, HE, count=4).looks) == 4
    with closing(admin(site)) as client:
        client.delete_records({TopicPartition(site.topic("frames"), PARTITION): 2})
    found = looks_of(site, finder, pictures, HOUR, HE, count=4)
    assert ([each.captured_at for each in found.looks], found.gone) == ([at(21), at(31)], 2)
    # A topic that was made again holds other frames at the same places.
    tell(site, seen(site, 45, 3))
    found = looks_of(site, finder, pictures, HOUR, HE, count=5)
    assert ([each.captured_at for each in found.looks], found.gone) == ([at(21), at(31)], 3)


@pytest.mark.parametrize(
    "wrong",
    [{"offset": 0}, {"offset": 4}, {"offset": 10**9}, {"offset": -1}, {"partition": 99}, {"topic": "sightings"}],
)
def test_only_a_frame_that_is_there_is_given(site: Settings, pictures: FramePictures, wrong: dict[str, Any]) -> None:
    lecture(site, [1, 2, 3, 4])
    with closing(admin(site)) as client:
        client.delete_records({TopicPartition(site.topic("frames"), PARTITION): 1})
    there = FrameRef(topic=site.topic("frames"), partition=PARTITION, offset=2)
    named = wrong | ({"topic": site.topic(wrong["topic"])} if "topic" in wrong else {})
    for _ in range(2):  # the connection is as good as before
        assert pictures.frame(replace(there, **named)) is None
        found = pictures.frame(there)
        assert found
        assert found.headers.captured_at == at(3)
        assert "bytes" in repr(found)


def test_what_is_no_picture_and_what_is_no_frame_is_as_if_it_was_gone(site: Settings, pictures: FramePictures) -> None:
    name, key, _, _, headers = frame(site, 1)
    send(
        site,
        [(name, key, b"\xff\xd8 no picture", None, headers), (name, key, frame(site, 1)[2], None, [("hop", b"1")])],
    )
    assert frame_picture(pictures, seen(site, 1, 0), {HE}) is None
    assert pictures.frame(seen(site, 1, 1).frame) is None


def test_a_whole_frame_has_its_strangers_blurred_and_nothing_of_the_file_it_was(
    site: Settings, pictures: FramePictures
) -> None:
    name, key, jpeg, _, headers = frame(site, 1)
    note = b"\xff\xfe\x00\x0esecret place"
    send(site, [(name, key, jpeg[:2] + note + jpeg[2:], None, headers)])
    found = frame_picture(pictures, seen(site, 1, 0), {HE})
    assert found
    assert b"secret" not in found.jpeg
    picture = cv2.imdecode(np.frombuffer(found.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (160, 240, 3)
    assert picture[60:70, 120:130, 1].std() < 20
    assert picture[60:70, 65:80, 2].std() > 25


def test_another_frame_in_its_place_is_not_shown(site: Settings, pictures: FramePictures) -> None:
    send(site, [frame(site, 2)])
    assert frame_picture(pictures, seen(site, 1, 0), {HE}) is None
    assert frame_picture(pictures, seen(site, 2, 0), {HE}) is not None


def test_a_long_class_hour_is_not_read_whole_and_a_recording_is_found_wherever_it_came_in(
    site: Settings, finder: LookFinder, pictures: FramePictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "PLACES", 6)
    monkeypatch.setattr(looking, "REACH", 2)
    monkeypatch.setattr(looking, "RECORDING_PLACES", 16)
    monkeypatch.setattr(looking, "LATE", timedelta(days=-1))  # what came in when it was taken is of other hours alone
    ticks = [Tick(hall="E101", at=at(each)) for each in range(150)]
    minutes = [each / 2 for each in range(100)]
    send(site, [frame(site, each) for each in minutes])
    tell(site, *ticks[:75])
    tell(site, *(seen(site, each, offset) for offset, each in enumerate(minutes)))
    tell(site, *ticks[75:])
    read = finder.observations(HOUR)
    assert 10 < len(read) < 40
    span = [(each.captured_at - NINE) / timedelta(minutes=1) for each in read]
    assert span == sorted(span)
    assert min(span) < 10
    assert max(span) > 40
    found = looks_of(site, finder, pictures, HOUR, HE, count=4)
    assert len(found.looks) == 4


def test_the_moments_at_which_frames_named_him_are_among_what_is_read(
    site: Settings, finder: LookFinder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "PLACES", 1)
    monkeypatch.setattr(looking, "REACH", 1)
    tell(site, *(observation(each, faces=()) for each in range(40)))
    with Cluster(site) as cluster:
        came = {each.offset: each.timestamp for each in cluster.last("sightings", 100) if each.offset == 39}
    hour = replace(HOUR, starts_at=NINE, ends_at=datetime.fromtimestamp(came[39] / 1000 + 3600, NINE.tzinfo))
    moment = datetime.fromtimestamp(came[39] / 1000, NINE.tzinfo)
    assert [each.captured_at for each in finder.observations(hour)] == [at(0)]
    assert len(finder.observations(hour, [moment])) > 1


def test_nothing_personal_is_written_to_the_disk(
    site: Settings, finder: LookFinder, pictures: FramePictures, tmp_path: Path
) -> None:
    lecture(site, [1, 2])
    before = sorted(str(each) for each in tmp_path.rglob("*"))
    assert looks_of(site, finder, pictures, HOUR, HE).looks
    assert sorted(str(each) for each in tmp_path.rglob("*")) == before
