"""A stretch judged once more: the same whoever looks, in whatever order, whatever comes twice."""

import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import msgspec
import numpy as np
import pytest

from schemas.frames import FrameHeaders
from schemas.messages import ClassHour, Face, Forget, FrameRef, Mark, MarkBatch, Observation, Tick, Visitor, encode
from schemas.runs import MissingFrames
from schemas.settings import Policy, Settings
from streams.attend.facts import seen
from streams.attend.outgoing import Provenance
from streams.faces.engines import Engine
from streams.faces.pictures import Image, decode_jpeg
from streams.faces.reuse import SPAN
from streams.faces.template_cipher import TemplateCipher
from streams.faces.values import Detections, Floats
from streams.reference.visitors import NO_VISITORS
from streams.replay import (
    Decoded,
    FramePart,
    Frames,
    HourResult,
    Sightings,
    Window,
    facts_of,
    gaps_of,
    hours_of,
    looked,
    looking,
    result_of,
    tell,
)
from streams.replay.plan import BLOCK
from tests.lecture import CALIBRATION
from tests.unit.streams.paper import NINE, PaperReference, class_hour, observation

DAY = Window(NINE - timedelta(hours=1), NINE + timedelta(hours=9))
STRICT = Policy(late_after=timedelta(minutes=2))


class Record(NamedTuple):
    """As Kafka's client gives it."""

    partition: int
    offset: int
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()
    topic: str = "t-frames"
    timestamp: int = int((NINE + timedelta(days=1)).timestamp() * 1000)


class Bright(Engine):
    """Sees a face in every picture; how bright it is says whose it is."""

    name, id = "bright", "bright@1"
    dimension = 4
    frees_gil = True
    weights = ()
    looks = 0

    def detect(self, image: Image) -> Detections:
        self.looks += 1
        landmarks = [[60, 50], [90, 50], [75, 66], [62, 84], [88, 84]]
        arrays = ([[50, 30, 100, 100]], [0.9], [landmarks])
        return Detections(*(np.array(each, np.float32) for each in arrays))

    def embed(self, image: Image, detections: Detections) -> Floats:
        share = float(image.mean()) / 255
        return np.tile(np.array([share, 1 - share, 0.1, 0], np.float32), (len(detections), 1))


Bright.calibration = CALIBRATION  # type: ignore[assignment,method-assign]


class Paper(PaperReference):
    """What a replay asks of the reference."""

    def __init__(self, cipher: TemplateCipher) -> None:
        super().__init__()
        self.cipher = cipher

    def hour_at(self, hall: str, moment: datetime) -> ClassHour | None:
        return next((hour for hour in self.hours(hall) if moment in hour), None)

    def visitors(self, _: ClassHour) -> Any:
        return NO_VISITORS

    def profile(self, *_: str) -> None:
        return None


@pytest.fixture
def paper(tmp_path: Path) -> Paper:
    return Paper(TemplateCipher.create(tmp_path / "key"))


def jpeg(brightness: int, picture: int) -> bytes:
    noise = np.random.default_rng(picture).integers(0, 20, (15, 20, 3), np.uint8)
    return bytes(cv2.imencode(".jpg", (noise + brightness).astype(np.uint8).repeat(8, axis=0).repeat(8, axis=1))[1])


def frame(minutes: float, offset: int, *, camera: str = "front", partition: int = 0, bright: int = 200) -> Record:
    head = FrameHeaders(
        hall="E101", camera=camera, captured_at=NINE + timedelta(minutes=minutes), live=False, sequence=offset
    )
    return Record(partition, offset, jpeg(bright, partition * 1000 + offset % 100), head.pack())


def log() -> list[Record]:
    """Two cameras for twelve minutes of the first class hour and two of the second; somebody comes late."""
    front = [frame(each, i, bright=200 if each % 2 else 30) for i, each in enumerate([*range(12), 61, 62])]
    back = [frame(each + 0.4, i, camera="back", partition=3, bright=190) for i, each in enumerate(range(5, 12))]
    return [*front, *back]


def planned(records: Iterable[Record], paper: Paper, window: Window = DAY) -> Frames:
    frames = Frames(window, paper.hours_at, paper.profile)
    for each in records:
        frames.take(each)
    return frames


def look_at(records: Iterable[Record], paper: Any, hour: str = class_hour(1).id) -> list[Observation | None]:
    with looking(Settings(), Bright(), paper) as look:
        return [look(each, hour) for each in records]


def replayed(
    records: Sequence[Record], parts: Iterable[FramePart], paper: Any, policy: Policy = STRICT
) -> list[HourResult]:
    """Look at parts in their order, each with a new engine, as workers do; then judge."""
    found: dict[str, list[Any]] = {}
    for part in parts:
        mine = [each for each in records if each.partition == part.partition and each.offset in part.offsets]
        for each in look_at(sorted(mine, key=lambda each: each.offset), paper, part.hour):
            assert each
            found.setdefault(part.hour, []).append(looked(each, paper))
    return judged(found, paper, policy)


def judged(
    found: dict[str, list[Any]], paper: Any, policy: Policy, marks: Sequence[MarkBatch] = ()
) -> list[HourResult]:
    told = []
    for name, all_ in found.items():
        hour = paper.hour(name)
        telling = Provenance("mine", hour, Bright.id, policy)
        told.append(tell(paper, telling, CALIBRATION, facts_of(all_, marks), closed=hour.ends_at <= DAY.until))
    return told


def test_the_result_hangs_neither_on_who_looks_nor_on_the_order_of_cameras_and_partitions(paper: Paper) -> None:
    records = log()
    told = replayed(records, planned(records, paper).parts(), paper)
    assert {each.verdict for attendance, _ in told for each in attendance} > {"unobserved"}, "somebody is recognised"
    result = result_of(told)
    for seed in range(3):
        shuffled = records.copy()
        random.Random(seed).shuffle(shuffled)
        shuffled.sort(key=lambda each: each.offset)
        parts = list(planned(shuffled, paper).parts())
        random.Random(seed).shuffle(parts)
        assert {each.name for each in parts} == {each.name for each in planned(records, paper).parts()}
        assert result_of(replayed(shuffled, parts, paper)) == result


def test_a_part_is_ten_minutes_of_a_camera_and_all_of_them_where_a_profile_holds(paper: Paper) -> None:
    assert BLOCK % SPAN == 0, "else a face may be embedded once more for it"
    records = [frame(each, i) for i, each in enumerate([0, 9.9, 10, 49, 61])]
    assert sorted(each.offsets for each in planned(records, paper).parts()) == [(0, 1), (2,), (3,), (4,)]
    whole = Frames(DAY, paper.hours_at, lambda hall, camera: (hall, camera) == ("E101", "front"))
    for each in records:
        whole.take(each)
    assert [each.offsets for each in whole.parts()] == [(0, 1, 2, 3), (4,)]
    assert result_of(replayed(records, whole.parts(), paper)) == result_of(
        replayed(records, planned(records, paper).parts(), paper)
    )


def test_another_run_of_the_same_has_the_same_digest_and_another_verdict_another(paper: Paper) -> None:
    told = replayed(log(), planned(log(), paper).parts(), paper)
    renamed = [
        HourResult(
            [msgspec.structs.replace(each, run="other") for each in attendance],
            msgspec.structs.replace(coverage, run="other"),
        )
        for attendance, coverage in reversed(told)
    ]
    assert result_of(renamed) == result_of(told)
    (first, *rest), coverage = told[0]
    assert first.verdict != "late"
    other = [HourResult([msgspec.structs.replace(first, verdict="late"), *rest], coverage), *told[1:]]
    assert result_of(other) != result_of(told)


def test_a_frame_that_was_sent_again_is_looked_at_once(paper: Paper) -> None:
    once, twice = log(), [*log(), *(each._replace(offset=each.offset + 100) for each in log())]
    parts = planned(twice, paper).parts()
    assert sum(len(each.offsets) for each in parts) == len(once)
    assert result_of(replayed(twice, parts, paper)) == result_of(replayed(once, planned(once, paper).parts(), paper))


def test_judging_what_was_seen_is_looking_again_with_that_policy(paper: Paper) -> None:
    records = log()
    parts = planned(records, paper).parts()
    found: dict[str, list[Any]] = {}
    for part in parts:
        mine = [each for each in records if each.partition == part.partition and each.offset in part.offsets]
        for each in look_at(mine, paper, part.hour):
            assert each
            found.setdefault(part.hour, []).append(seen(each, encode(each), cipher=lambda: paper.cipher))
    for policy in (STRICT, Policy()):
        assert result_of(judged(found, paper, policy)) == result_of(replayed(records, parts, paper, policy))
    assert result_of(judged(found, paper, STRICT)) != result_of(judged(found, paper, Policy()))


def test_a_mark_wins_where_marks_count(paper: Paper) -> None:
    found: dict[str, list[Any]] = {class_hour(1).id: []}
    mark = MarkBatch(
        id="m1", class_hour=class_hour(1).id, hall="E101", kind="mark", by="kim", at=NINE,
        marks=(Mark(student_id="201912345", verdict="late"),),
    )  # fmt: skip
    ((plain, _),) = judged(found, paper, STRICT)
    ((marked, _),) = judged(found, paper, STRICT, [mark])
    assert [each.verdict for each in plain] == ["unobserved", "unobserved"]
    assert [(each.verdict, each.source) for each in marked] == [("late", "kim"), ("unobserved", "camera")]


def test_only_frames_of_the_window_its_halls_and_a_class_hour_are_looked_at(paper: Paper) -> None:
    records = [frame(each, i) for i, each in enumerate([-5, 0, 9.9, 10, 49, 55])]
    (part,) = planned(records, paper, Window(NINE, NINE + timedelta(minutes=10))).parts()
    assert part.offsets == (1, 2)
    parts = planned(records, paper).parts()
    assert sorted(offset for each in parts for offset in each.offsets) == [1, 2, 3, 4]
    assert planned(records, paper, DAY._replace(halls=frozenset({"F1"}))).parts() == ()


def test_what_cannot_be_read_is_counted(paper: Paper) -> None:
    frames = planned([frame(1, 0), Record(0, 1, b"?"), frame(2, 2)], paper)
    assert frames.unreadable == 1
    (part,) = frames.parts()
    broken = [frame(1, 0), frame(2, 2)._replace(value=b"no picture")]
    assert [each is None for each in look_at(broken, paper)] == [False, True]
    assert part.stretch == (0, 3)


def sighted(*messages: Any) -> Sightings:
    sightings = Sightings(DAY)
    for offset, each in enumerate(messages):
        sightings.take(Record(2, offset, each if isinstance(each, bytes) else encode(each)))
    return sightings


def test_sightings_are_found_by_class_hour_and_engine() -> None:
    found = sighted(
        Tick(hall="E101", at=NINE), observation(1), b"{", observation(2), observation(2), observation(55, period=None),
        observation(3, engine="other@1+q8"), Forget(student_id="201912345"), observation(61, period=2),
    )  # fmt: skip
    assert found.engines() == {"test@1": 3, "other@1": 1}
    assert found.unreadable == 1
    assert found.stretches == {class_hour(1).id: {2: (1, 7)}, class_hour(2).id: {2: (8, 9)}}
    assert found.forgotten == [(2, 7, "201912345")]
    assert found.by("test@1").keys() == {class_hour(1).id, class_hour(2).id}


def test_what_live_saw_and_nobody_kept_is_counted_by_class_hour_and_reason(paper: Paper) -> None:
    def at(minutes: float, offset: int, **other: Any) -> Observation:
        return observation(minutes, frame=FrameRef(topic="t-frames", partition=0, offset=offset), **other)

    looked_at = sighted(*(at(each, each) for each in range(5)), at(61, 9, period=2), at(1, 7, camera="back")).places
    kept = planned([frame(each, int(each)) for each in (2, 3, 61)], paper).keys
    # 0 and 1 lay before what is left; where the back camera's frame and that of minute 4 were is something else now.
    assert gaps_of(looked_at, kept, {0: 2}) == {class_hour(1).id: MissingFrames(deleted=2, other_epoch=2)}


def test_a_frame_that_was_sent_again_is_not_gone_when_its_first_copy_is(paper: Paper) -> None:
    looked_at = sighted(observation(1)).places
    assert gaps_of(looked_at, planned([frame(1, 100)], paper).keys, {0: 50}) == {}


def test_engines_that_look_in_turn_see_what_each_sees_alone_and_a_frame_is_decoded_once(
    paper: Paper,
) -> None:
    records = [*log()[:6], frame(7, 40)._replace(value=b"no picture")]
    alone, decoded = look_at(records, paper), list[bytes]()

    def counted(jpeg: bytes) -> Image:
        decoded.append(jpeg)
        return decode_jpeg(jpeg)

    decode = Decoded(counted)
    with (
        looking(Settings(), Bright(), paper, decode) as one,  # type: ignore[arg-type]
        looking(Settings(), Bright(), paper, decode) as other,  # type: ignore[arg-type]
    ):
        both = [(one(each, class_hour(1).id), other(each, class_hour(1).id)) for each in records]
    for column in zip(*both, strict=True):
        assert [each and plain(each) for each in column] == [each and plain(each) for each in alone]
    assert decoded == [*(each.value for each in records), b"no picture"], "what is broken is tried by each"


def plain(seen: Observation) -> Observation:
    """Without what is sealed, which is never twice the same."""
    return msgspec.structs.replace(seen, faces=tuple(msgspec.structs.replace(each, look=b"") for each in seen.faces))


def test_hours_without_a_frame_are_judged_from_when_the_hall_was_heard_of(paper: Paper) -> None:
    first = {"E101": NINE + timedelta(minutes=70)}
    assert hours_of(DAY, paper.hours, first, ()) == (class_hour(2).id, class_hour(3).id)
    until = DAY._replace(until=NINE + timedelta(minutes=100))
    assert hours_of(until, paper.hours, first, ["X|2026-03-09|1"]) == (class_hour(2).id, "X|2026-03-09|1")


def test_what_is_kept_of_a_look_decides_between_accounts_not_how_it_was_sealed(paper: Paper) -> None:
    def account(score: float) -> Observation:
        alike = np.array([0.9, 0.8], "<f2").tobytes()
        face = Face(
            box=(1, 1, 9, 9),
            score=score,
            cosines=alike,
            visitor=Visitor(student_id="201911111", cosine=0.9),
        )
        return observation(1, faces=(face,))

    one, same, other = (looked(account(each), paper) for each in (0.5, 0.5, 0.6))  # type: ignore[arg-type]
    assert one.digest == same.digest != other.digest
