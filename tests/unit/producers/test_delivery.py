from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from threading import Event
from typing import Any, NamedTuple

import msgspec
import pytest
from kafka.errors import KafkaTimeoutError, MessageSizeTooLargeError, NotLeaderForPartitionError

from producers import camera
from producers.camera import Broker, Sent, send_recording
from producers.delivery import SYSTEM_CLOCK, Arrival, Clock, Delivery, Letter
from producers.disk_limit import DiskLimit
from producers.shots import WHOLE, Refused, Shot
from schemas.broker_disk import DiskSpace
from schemas.errors import UnavailableError
from schemas.frames import FrameHeaders
from schemas.settings import Settings

START = datetime(2026, 11, 23, tzinfo=UTC)
LIMIT = 5 * 2**30
send = camera.send


def roomy(kafka: Any) -> Broker:
    return Broker(kafka, lambda: DiskSpace(2 * LIMIT, LIMIT))


class Place(NamedTuple):
    """What Kafka acknowledges."""

    partition: int
    offset: int


class Answer:
    """A future that is done at once, or hangs until somebody waits for it."""

    def __init__(self, error: Exception | None = None, waits: int = 0, place: Place | None = None) -> None:
        self.exception = error
        self.waits = waits
        self.place = place or Place(0, 0)

    @property
    def is_done(self) -> bool:
        return self.waits == 0

    def succeeded(self) -> bool:
        return self.is_done and self.exception is None

    def get(self, timeout: float | None = None) -> Place:
        if self.waits:
            self.waits -= 1
            raise KafkaTimeoutError(f"nothing within {timeout}")
        if self.exception:
            raise self.exception
        return self.place


class Kafka:
    """Answers of the connections that follow each other; an error instead of answers refuses the connection."""

    def __init__(self, *plan: Exception | Callable[[int], Answer]) -> None:
        self.plan = list(plan)
        self.received: list[tuple[str, bytes, bytes, dict[str, bytes]]] = []
        self.closed = 0

    def __call__(self) -> "Kafka":
        self.answer = self.plan.pop(0)
        if isinstance(self.answer, Exception):
            raise self.answer
        self.count = 0
        return self

    def send(self, topic: str, *, key: bytes, value: bytes, headers: list[tuple[str, bytes]]) -> Any:
        self.received.append((topic, key, value, dict(headers)))
        self.count += 1
        assert not isinstance(self.answer, Exception)
        return self.answer(self.count - 1)

    def flush(self, timeout: float) -> None: ...

    def close(self, timeout: float) -> None:
        self.closed += 1

    @property
    def values(self) -> list[bytes]:
        return [value for _, _, value, _ in self.received]


def fine(_n: int) -> Answer:
    return Answer()


def letter(n: int) -> Letter:
    headers = FrameHeaders(hall="E101", camera="front", captured_at=START, live=False, sequence=n)
    return Letter(headers, b"%d" % n, f"frame {n}")


class Bench:
    def __init__(self, kafka: Kafka, window: int = 2) -> None:
        self.said: list[str] = []
        self.slept: list[float] = []
        self.now = START
        self.delivery = Delivery(
            kafka, "frames", window=window, say=self.said.append, clock=Clock(self.clock, self.slept.append)
        )

    def clock(self) -> datetime:
        return self.now

    def deliver(self, count: int) -> Delivery:
        for n in range(count):
            self.delivery.post(letter(n))
        self.delivery.settle()
        return self.delivery


class Source:
    """A source of these frames; ``read`` is set when all of them have been taken."""

    def __init__(self, *shots: Shot | Refused, live: bool = False) -> None:
        self.read = Event()
        self.live = live
        self.shortfall = WHOLE
        self.name = "a source"
        self.total: int | None = None if live else len(shots)
        self._shots = shots

    def shots(self) -> Any:
        yield from self._shots
        self.read.set()

    def moments(self) -> None:
        return None


def shot(n: int) -> Shot:
    return Shot(START + timedelta(seconds=n), b"%d" % n, f"frame {n}")


class TestDelivery:
    def test_everything_is_sent_once_and_acknowledged(self) -> None:
        kafka = Kafka(fine)
        assert Bench(kafka).deliver(5).acknowledged == 5
        assert kafka.values == [b"0", b"1", b"2", b"3", b"4"]

    def test_at_most_a_window_is_unacknowledged(self) -> None:
        unanswered: list[Answer] = []

        def slow(_n: int) -> Answer:
            unanswered.append(Answer(waits=1))
            assert sum(not each.is_done for each in unanswered) <= 2
            return unanswered[-1]

        assert Bench(Kafka(slow), window=2).deliver(6).acknowledged == 6

    def test_while_no_broker_answers_it_waits_longer_and_longer_and_says_so(self) -> None:
        away = UnavailableError("no Kafka answers at 127.0.0.1:19092", "Start it with `naul up`.")
        bench = Bench(Kafka(*[away] * 6, fine))
        assert bench.deliver(1).acknowledged == 1
        assert len(bench.slept) == 6
        assert all(0.5 <= each <= min(10, 2**n) for n, each in enumerate(bench.slept))
        assert "no Kafka answers" in bench.said[0]
        assert "1 frames wait" in bench.said[0]

    def test_what_was_not_acknowledged_is_sent_again_in_order_over_a_new_connection(self) -> None:
        def breaks(n: int) -> Answer:
            return Answer() if n == 0 else Answer(NotLeaderForPartitionError())

        kafka = Kafka(breaks, fine)
        assert Bench(kafka, window=3).deliver(4).acknowledged == 4
        assert kafka.values == [b"0", b"1", b"2", b"3", b"1", b"2", b"3"]
        assert kafka.closed == 1

    def test_what_is_sent_again_says_when_that_was(self) -> None:
        bench = Bench(kafka := Kafka(lambda _: Answer(NotLeaderForPartitionError()), fine))
        bench.delivery = Delivery(
            kafka, "frames", window=2, say=bench.said.append,
            clock=Clock(
                bench.clock, lambda seconds: setattr(bench, "now", bench.now + timedelta(seconds=seconds))
            ),
        )  # fmt: skip
        bench.deliver(1)
        first, again = (FrameHeaders.unpack(headers.items()).sent_at for *_, headers in kafka.received)
        assert first == START
        assert again == bench.now > START

    def test_a_frame_that_the_broker_finds_too_large_holds_nobody_up(self) -> None:
        delivery = Bench(Kafka(lambda n: Answer(MessageSizeTooLargeError() if n == 1 else None))).deliver(3)
        assert (delivery.acknowledged, delivery.too_large) == (2, ["frame 1"])

    def test_silence_is_told(self) -> None:
        bench = Bench(Kafka(lambda _: Answer(waits=3)))
        bench.deliver(1)
        assert bench.said == ["Kafka does not answer; 1 frames wait for it."] * 2

    def test_where_each_frame_of_a_recording_lies_is_kept_in_the_order_they_were_taken(self) -> None:
        kafka = Kafka(lambda n: Answer(place=Place(3, 10 + n)) if n < 2 else Answer(NotLeaderForPartitionError()),
                      lambda n: Answer(place=Place(1, 40 + n)))  # fmt: skip
        assert Bench(kafka).deliver(4).arrivals == [
            Arrival(3, 10, START), Arrival(3, 11, START), Arrival(1, 40, START), Arrival(1, 41, START),
        ]  # fmt: skip

    def test_of_a_live_camera_nothing_is_kept_for_it_never_ends(self) -> None:
        bench = Bench(Kafka(fine))
        bench.delivery.post(letter(0)._replace(headers=msgspec.structs.replace(letter(0).headers, live=True)))
        bench.delivery.settle()
        assert bench.delivery.arrivals == []

    def test_closing_says_what_was_never_acknowledged(self) -> None:
        bench = Bench(Kafka(lambda n: Answer(waits=n)), window=5)
        for n in range(3):
            bench.delivery.post(letter(n))
        assert bench.delivery.close() == 2
        assert bench.delivery.acknowledged == 1


class TestLowDisk:
    """While a disk of Kafka has less room than the limit."""

    def disk(self, *usable: int) -> Callable[[], DiskSpace]:
        """Room at each question; the last answer holds from then on."""
        answers = chain(usable, repeat(usable[-1]))
        return lambda: DiskSpace(next(answers), LIMIT)

    def test_a_recording_waits_says_why_and_arrives_whole(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("producers.disk_limit.EVERY", 0)
        said: list[str] = []
        slept: list[float] = []
        kafka = Kafka(fine)
        source = Source(*(shot(n) for n in range(20)))
        disk = self.disk(LIMIT, LIMIT, *[LIMIT - 1] * 4, LIMIT)
        result = camera.send(
            Settings(),
            source,
            "E101",
            "front",
            broker=Broker(kafka, disk),
            say=said.append,
            clock=SYSTEM_CLOCK._replace(sleep=slept.append),
        )
        assert (result.sent, result.dropped, result.unsent, result.whole) == (20, 0, 0, True)
        assert kafka.values == [b"%d" % n for n in range(20)]
        assert kafka.closed == 1, "the connection is kept"
        assert slept
        assert "less than 5.0 GiB (disk_free_limit_mib): no frames are taken" in said[0]

    def test_an_interrupted_recording_was_not_taken_but_not_dropped(self) -> None:
        def interrupted(_seconds: float) -> None:
            raise KeyboardInterrupt

        source = Source(*(shot(n) for n in range(20)))
        result = camera.send(
            Settings(), source, "E101", "front",
            broker=Broker(Kafka(fine), self.disk(0)), say=lambda _: None,
            clock=SYSTEM_CLOCK._replace(sleep=interrupted),
        )  # fmt: skip
        assert (result.sent, result.dropped, result.unsent) == (0, 0, 20)

    def test_a_live_camera_drops_its_oldest_and_counts_for_what(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("producers.disk_limit.EVERY", 0)
        held_up = Event()

        class Camera(Source):
            def shots(self) -> Any:
                for each in super().shots():
                    yield each
                    held_up.wait(30)  # the first frame alone comes before the disk is asked

        def pause(_seconds: float) -> None:
            held_up.set()
            source.read.wait(30)

        source = Camera(*(shot(n) for n in range(500)), live=True)
        kafka = Kafka(fine)
        result = camera.send(
            Settings(), source, "E101", "front",
            broker=Broker(kafka, self.disk(LIMIT - 1, LIMIT)), say=lambda _: None,
            clock=SYSTEM_CLOCK._replace(sleep=pause),
        )  # fmt: skip
        assert (result.sent, result.dropped) == (61, 439)
        assert result.dropped_for == (("Kafka's disk is nearly full", 439),)
        assert kafka.values[-1] == b"499"

    def test_brokers_that_do_not_tell_are_sent_to_and_that_is_told_once(self) -> None:
        told: list[str] = []
        spaces = iter([*[DiskSpace(None, LIMIT)] * 3, DiskSpace(LIMIT, LIMIT), DiskSpace(None, LIMIT)])
        seconds = iter(range(5))
        limit = DiskLimit(lambda: next(spaces), clock=lambda: float(next(seconds)), say=told.append)
        counts = []
        for _ in range(5):
            limit.check()
            counts.append(len(told))
        assert counts == [1, 1, 1, 1, 2]
        assert told[0] == "Kafka does not tell how full its disk is: frames are sent without knowing."

    def test_the_broker_is_asked_once_a_second_at_most(self) -> None:
        asked: list[float] = []
        now = [0.0]

        def ask() -> DiskSpace:
            asked.append(now[0])
            return DiskSpace(LIMIT, LIMIT)

        limit = DiskLimit(ask, clock=lambda: now[0])
        for tenths in range(35):
            now[0] = tenths / 10
            limit.check()
        assert asked == [0, 1, 2, 3]


class TestCamera:
    def test_a_frame_carries_what_is_known_about_it(self) -> None:
        kafka = Kafka(fine)
        send(
            Settings(),
            Source(shot(0), shot(1)),
            "E101",
            "front",
            broker=roomy(kafka),
            clock=SYSTEM_CLOCK._replace(now=lambda: START),
        )
        topic, key, value, headers = kafka.received[1]
        assert (topic, key, value) == ("naul-frames", b"E101/front", b"1")
        assert FrameHeaders.unpack(headers.items()) == FrameHeaders(
            hall="E101", camera="front", captured_at=START + timedelta(seconds=1), live=False, sequence=1, sent_at=START
        )

    def test_the_numbers_add_up_and_progress_ends_with_them(self) -> None:
        seen: list[Sent] = []
        source = Source(shot(0), Refused("frame 1", "too large"), shot(2))
        result = send(Settings(), source, "E101", "front", broker=roomy(Kafka(fine)), progress=seen.append)
        assert (result.sent, result.dropped, [each.name for each in result.refused]) == (2, 0, ["frame 1"])
        assert seen[-1] == msgspec.structs.replace(result, arrivals=())
        assert not result.whole

    def test_a_recording_waits_for_kafka_and_loses_nothing(self) -> None:
        away = UnavailableError("no Kafka answers")
        slept: list[float] = []
        shots = [shot(n) for n in range(100)]
        kafka = Kafka(away, away, fine)
        result = send(
            Settings(),
            Source(*shots),
            "E101",
            "front",
            broker=roomy(kafka),
            say=lambda _: None,
            clock=SYSTEM_CLOCK._replace(sleep=slept.append),
        )
        assert (result.sent, result.dropped, result.whole) == (100, 0, True)
        assert kafka.values == [b"%d" % n for n in range(100)]
        assert len(slept) == 2

    def test_a_live_camera_is_shed_while_kafka_is_away_and_the_newest_frames_arrive(self) -> None:
        """Every frame comes before Kafka does: the window and the newest sixty are left."""
        source = Source(*(shot(n) for n in range(500)), live=True)
        kafka = Kafka(UnavailableError("no Kafka answers"), fine)

        result = send(
            Settings(),
            source,
            "E101",
            "front",
            broker=roomy(kafka),
            say=lambda _: None,
            clock=SYSTEM_CLOCK._replace(sleep=lambda _: source.read.wait(30)),
        )
        assert result.sent + result.dropped == 500
        assert result.dropped >= 400
        assert kafka.values[-1] == b"499"

    def test_ctrl_c_sends_what_waits_and_says_that_it_was_interrupted(self) -> None:
        def interrupted(_seconds: float) -> None:
            raise KeyboardInterrupt

        kafka = Kafka(UnavailableError("no Kafka answers"))
        result = send(
            Settings(),
            Source(shot(0)),
            "E101",
            "front",
            broker=roomy(kafka),
            say=lambda _: None,
            clock=SYSTEM_CLOCK._replace(sleep=interrupted),
        )
        assert (result.sent, result.unsent, result.interrupted) == (0, 1, True)
        assert result.dropped == 0, "nothing of a recording is lost: it can be sent again"

    def test_a_live_source_is_no_recording(self) -> None:
        with pytest.raises(ValueError, match="live"):
            send_recording(Settings(), Source(live=True), "E101", "front")
