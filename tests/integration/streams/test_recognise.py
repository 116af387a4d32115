"""``recognise`` on a real Kafka with real faces: every frame is looked at, whatever happens; none is a crash."""

import struct
import zlib
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest
from kafka import TopicPartition
from msgspec.structs import replace

from infra.machine.lag import Cluster, Stage
from infra.operations.dead_letters.dead_letter_queue import retry_letters, waiting_letters
from producers.camera import send_recording
from producers.shots import file_name
from producers.simulated_hall import Scene, Script, load_script
from producers.sources import Folder
from schemas.cluster import Record, admin, consumer, send
from schemas.frame_keys import new_frames_key
from schemas.frame_seals import FrameSealer, sealed_for
from schemas.frames import FrameHeaders
from schemas.messages import Enrollment, EnrollmentTemplate, HallDay, Observation, Roster, Student, decode, encode
from schemas.settings import Settings
from streams.faces.engines import load_engine
from streams.faces.pictures import decode_jpeg
from streams.faces.template_cipher import TemplateCipher, template_context

SOURCES = ("frames",)


@pytest.fixture(scope="module")
def script() -> Script:
    return load_script("demo")


@pytest.fixture(scope="module")
def frames(script: Script) -> list[tuple[FrameHeaders, bytes]]:
    """A dozen frames of the first class hour."""
    scene = Scene(script)
    moments = [each for each in script.moments() if each in script.hours[0]][::12]
    return [
        (FrameHeaders(hall="E101", camera="front", captured_at=moment, live=False, sequence=i), scene.jpeg(moment))
        for i, moment in enumerate(moments)
    ]


@pytest.fixture
def known(site: Settings, script: Script) -> Settings:
    """A site that knows the hall's timetable and roster, and one face."""
    students = tuple(Student(student_id=each.student_id, name=each.name) for each in script.students)
    day = HallDay(hall="E101", date=script.hours[0].date, hours=tuple(script.hours))
    send(site, [
        (site.topic("timetable"), f"E101|{day.date}".encode(), encode(day), None, None),
        (site.topic("rosters"), b"EA0017-1", encode(Roster(section="EA0017-1", students=students)), None, None),
    ])  # fmt: skip
    return site


def record(settings: Settings, headers: FrameHeaders, jpeg: bytes) -> Record:
    return settings.topic("frames"), headers.key, jpeg, None, headers.pack()


def observations(settings: Settings) -> list[Observation]:
    with Cluster(settings) as cluster:
        return [decode(each.value, Observation) for each in cluster.last("sightings", 10_000)]


def test_every_frame_becomes_an_observation_in_order(known: Settings, frames: Any, worker: Any) -> None:
    send(known, [record(known, *each) for each in frames])
    recognise = worker("recognise").start()
    recognise.until(SOURCES)
    seen = observations(known)
    assert [each.captured_at for each in seen] == [headers.captured_at for headers, _ in frames]
    assert {(each.hall, each.camera, each.width, each.height) for each in seen} == {("E101", "front", 1280, 720)}
    assert all(each.faces for each in seen)
    assert {each.class_hour for each in seen} == {"EA0017-1|2026-03-09|1"}
    assert len({each.picture for each in seen}) == len(frames), "no frame is the same picture as another"
    assert recognise.stop() == 0


def test_sealed_by_a_camera_a_frame_shows_the_same_and_what_does_not_open_is_put_aside_by_name(
    known: Settings, frames: Any, worker: Any, tmp_path: Path
) -> None:
    new_frames_key(known.frames_key_file, known.frames_public_key_file, lambda: datetime.now(UTC))
    folder, few = tmp_path / "recording", frames[:3]
    folder.mkdir()
    for head, jpeg in few:
        (folder / file_name(head.captured_at)).write_bytes(jpeg)
    send(known, [record(known, *each) for each in few])
    assert send_recording(known, Folder(folder), "E101", "front").whole
    with Cluster(known) as cluster:
        sealed = [each for each in cluster.last("frames", 100) if sealed_for(each.value)]
    assert len(sealed) == len(few)
    head, jpeg = few[0]
    other = replace(known, home=tmp_path / "other")
    new_frames_key(other.frames_key_file, other.frames_public_key_file, lambda: datetime.now(UTC))
    foreign = FrameSealer(other.frames_public_key_file)
    side = replace(head, camera="side")
    bad = [
        (record(known, side, sealed[0].value), "was not sealed as a frame of E101/side"),
        (record(known, head, sealed[0].value[:-1]), "does not open: it is damaged"),
        (record(known, head, sealed[0].value[:40]), "sealed frame that is cut: 40 bytes"),
        (record(known, head, foreign.seal(head, jpeg)), "which is not here"),
        (record(known, head, foreign.seal(head, jpeg)), "which is not here"),
    ]
    send(known, [each for each, _ in bad])
    recognise = worker("recognise").start()
    recognise.until(SOURCES)
    shown: dict[datetime, set[tuple[Any, ...]]] = {}
    for each in (seen := observations(known)):
        shown.setdefault(each.captured_at, set()).add((each.picture, each.width, *(face.box for face in each.faces)))
    assert (len(seen), [len(each) for each in shown.values()]) == (2 * len(few), [1] * len(few))
    letters = list(waiting_letters(known))
    for word in {word for _, word in bad}:
        assert [each for each in letters if word in each.reason], word
    assert len(letters) == len(bad), "who cannot open two frames cannot know that they are the same"

    mine = known.frames_key_file.read_text("ascii")
    known.frames_key_file.write_text(mine + other.frames_key_file.read_text("ascii").split("\n")[1] + "\n", "ascii")
    assert [each.picture for each in waiting_letters(known) if "not here" in each.reason] == [jpeg], "one, by now"
    assert retry_letters(known) == len(bad) - 1
    recognise.until(SOURCES)
    assert len(observations(known)) == len(seen) + 1, "the worker took the key up"


def test_killed_in_mid_stream_no_frame_is_lost(known: Settings, frames: Any, worker: Any) -> None:
    send(known, [record(known, *each) for each in frames])
    recognise = worker("recognise").start()
    recognise.until(SOURCES, lambda left: left < len(frames))
    recognise.kill()
    recognise.start()
    recognise.until(SOURCES)
    seen = observations(known)
    assert {each.captured_at for each in seen} == {headers.captured_at for headers, _ in frames}
    same: dict[datetime, set[tuple[Any, ...]]] = {}
    for each in seen:
        same.setdefault(each.captured_at, set()).add(tuple(face.box for face in each.faces))
    assert {len(boxes) for boxes in same.values()} == {1}, "a frame that is looked at twice shows the same"


def test_killed_while_a_slow_frame_is_under_way_that_frame_is_looked_at_again(
    known: Settings, frames: Any, worker: Any
) -> None:
    """The first frame is 64 times as large as those of another camera; the second thread looks at these meanwhile."""
    (known.home / "naul.toml").write_text(
        (known.home / "naul.toml").read_text("utf-8").replace("recognise_threads = 1", "recognise_threads = 2"), "utf-8"
    )
    (head, jpeg), *others = frames
    large = cv2.resize(decode_jpeg(jpeg), None, fx=2, fy=2)
    slow = bytes(cv2.imencode(".jpg", large)[1])
    side = [(msgspec.structs.replace(each, camera="side"), small(data)) for each, data in others]
    topic = known.topic("frames")
    send(known, [(topic, each.key, data, 0, each.pack()) for each, data in [(head, slow), *side]])
    recognise = worker("recognise").start()
    while not (seen := observations(known)):
        assert recognise.process
        assert recognise.process.poll() is None
    assert seen[0].captured_at != head.captured_at
    with Cluster(known) as cluster:
        assert not cluster.committed(Stage("recognise", SOURCES)), "the first frame is not done"
    recognise.kill()
    recognise.start()
    recognise.until(SOURCES)
    assert {each.captured_at for each in observations(known)} == {headers.captured_at for headers, _ in frames}


def small(jpeg: bytes) -> bytes:
    return bytes(cv2.imencode(".jpg", cv2.resize(decode_jpeg(jpeg), None, fx=0.25, fy=0.25))[1])


def bomb() -> bytes:
    """A JPEG whose header claims 60 megapixels."""
    _, jpeg = cv2.imencode(".jpg", np.zeros((16, 16, 3), np.uint8))
    data = bytes(jpeg)
    start = data.index(b"\xff\xc0") + 5
    return data[:start] + struct.pack(">HH", 6000, 10000) + data[start + 4 :]


def png() -> bytes:
    return b"\x89PNG\r\n\x1a\n" + zlib.compress(b"no frame")


def test_bad_frames_are_put_aside_with_a_reason_and_the_stream_goes_on(
    known: Settings, frames: Any, worker: Any
) -> None:
    (head, jpeg), (last, last_jpeg) = frames[0], frames[-1]
    ahead = msgspec.structs.replace(head, captured_at=datetime.now(UTC) + timedelta(minutes=5))
    noon = [(name, b"noon" if name == "captured_at" else value) for name, value in head.pack()]
    bad = [
        (record(known, head, jpeg[: len(jpeg) // 2]), "truncated"),
        (record(known, head, png()), "PNG"),
        (record(known, head, b""), "zero bytes"),
        (record(known, head, bomb()), "60.0 million"),
        ((known.topic("frames"), head.key, jpeg, None, []), "unknown version"),
        ((known.topic("frames"), head.key, jpeg, None, noon), "whole numbers"),
        (record(known, msgspec.structs.replace(head, hall="Z999"), jpeg), "not in the timetable"),
        (record(known, ahead, jpeg), "after the broker received it"),
    ]
    send(known, [record(known, head, jpeg), *(each for each, _ in bad), record(known, last, last_jpeg)])
    worker("recognise").start().until(SOURCES)
    assert {each.captured_at for each in observations(known)} == {head.captured_at, last.captured_at}
    with Cluster(known) as cluster:
        letters = list(cluster.last("dead-letters", 100))
    reasons = Counter(dict(letter.headers)["reason"].decode() for letter in letters)
    assert len(letters) == len(bad)
    for _, word in bad:
        assert [reason for reason in reasons if word.lower() in reason.lower()], (word, reasons)


def test_a_frame_outside_class_is_looked_at_but_compared_with_nobody(known: Settings, frames: Any, worker: Any) -> None:
    headers = msgspec.structs.replace(frames[0][0], captured_at=datetime(2026, 3, 9, 4, 0, tzinfo=UTC))
    send(known, [record(known, headers, frames[0][1])])
    worker("recognise").start().until(SOURCES)
    (seen,) = observations(known)
    assert seen.class_hour is None
    assert seen.candidates == ()
    assert all(face.look is None and face.student is None for face in seen.faces)


def test_everybody_enrolled_is_compared_and_only_the_roster_is_named(
    known: Settings, script: Script, frames: Any, worker: Any
) -> None:
    engine, cipher = load_engine("centerface-dlib"), TemplateCipher.create(known.key_file)
    headers, jpeg = frames[-1]
    face = engine.look(decode_jpeg(jpeg))[0].embedding
    template = face / np.linalg.norm(face)
    enrolled = [
        Enrollment(
            student_id=student,
            version=1,
            enrolled_at=datetime(2026, 3, 1, tzinfo=UTC),
            consent_on_file=True,
            templates=(
                EnrollmentTemplate(
                    engine=engine.id, photos=2, sealed=cipher.seal(each, template_context(student, engine.id))
                ),
            ),
        )
        for student, each in ((script.students[0].student_id, -template), ("visitor", template))
    ]
    send(known, [
        (known.topic("enrollments"), each.student_id.encode(), encode(each), None, None) for each in enrolled
    ])  # fmt: skip
    send(known, [record(known, headers, jpeg)])
    worker("recognise").start().until(SOURCES)
    (seen,) = observations(known)
    best = max((each.visitor for each in seen.faces if each.visitor), key=lambda each: each.cosine)
    assert (seen.visitors, best.student_id, len(seen.candidates)) == (1, "visitor", 1)
    assert best.cosine > 0.99
    assert all(each.student is None for each in seen.faces)


def test_frames_that_were_deleted_before_anybody_looked_are_told_by_the_next_one(
    known: Settings, frames: Any, worker: Any
) -> None:
    topic = known.topic("frames")
    send(known, [record(known, *each) for each in frames[:3]])
    recognise = worker("recognise").start()
    recognise.until(SOURCES)
    recognise.kill()
    send(known, [record(known, *each) for each in frames[3:]])
    with closing(admin(known)) as client:
        (place,) = (TopicPartition(topic, p) for p in range(4) if client_ends(known, topic, p) == len(frames))
        client.delete_records({place: 6})
    recognise.start()
    recognise.until(SOURCES)
    seen = observations(known)
    assert [each.frame.offset for each in seen] == [0, 1, 2, *range(6, len(frames))]
    assert [each.frame.offset for each in seen if each.after_deleted] == [6]
    assert "3 messages before offset 6 were deleted unseen" in recognise.log.read_text("utf-8")


def client_ends(settings: Settings, topic: str, partition: int) -> int:
    with closing(consumer(settings)) as client:
        place = TopicPartition(topic, partition)
        return int(client.end_offsets([place])[place])


def test_sections_that_share_a_hall_are_told_the_same_faces_and_an_exam_is_told_where_its_facts_are(
    known: Settings, script: Script, frames: Any, worker: Any
) -> None:
    first, headers = script.hours[0], frames[0][0]
    other = msgspec.structs.replace(first, section="EA0017-2", period=7)
    exam = msgspec.structs.replace(script.hours[1], section="EX-1", hall="B12", also_in=("E101",))
    days = [
        HallDay(hall="E101", date=first.date, hours=(first, other)),
        HallDay(hall="B12", date=first.date, hours=(exam,)),
    ]
    taker = Roster(section="EA0017-2", students=(Student(student_id="20990001", name="김"),), version=3)
    send(known, [
        *((known.topic("timetable"), f"{day.hall}|{day.date}".encode(), encode(day), None, None) for day in days),
        (known.topic("rosters"), b"EA0017-2", encode(taker), None, None),
    ])  # fmt: skip
    later = msgspec.structs.replace(headers, captured_at=exam.starts_at, sequence=99)
    send(known, [record(known, headers, frames[0][1]), record(known, later, frames[1][1])])
    worker("recognise").start().until(SOURCES)
    with Cluster(known) as cluster:
        told = [(each.key, decode(each.value, Observation)) for each in cluster.last("sightings", 10)]
    one, two, third = sorted(told, key=lambda each: str(each[1].class_hour))
    assert [each.class_hour for _, each in (one, two, third)] == [first.id, other.id, exam.id]
    assert [face.box for face in one[1].faces] == [face.box for face in two[1].faces]
    assert [each.roster for _, each in (one, two, third)] == [2, 2, 0], "either hears of the other's roster"
    assert (third[0], third[1].hall) == (b"B12", "E101")
