"""Video files, whole and broken, made by the encoder at hand and by hand: what comes of them, and what is told."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from producers.containers import Container
from producers.shots import Refused, Shortfall, Shot, SourceError
from producers.video_file import FilmClock, Video

START = datetime(2026, 11, 23, tzinfo=UTC)
ALL = timedelta(0)
KINDS = {"avi": "MJPG", "mp4": "mp4v", "mkv": "MJPG", "webm": "VP80"}
FILMS = Path(__file__).parent / "films"
CODECS = KINDS | {"ts": "mp2v"}


def film(folder: Path, kind: str, frames: int = 50, name: str = "lecture") -> Path:
    """At ten frames a second, of noise, so that every frame takes its room in the file."""
    file = folder / f"{name}.{kind}"
    writer = cv2.VideoWriter(str(file), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*CODECS[kind]), 10, (64, 48))
    assert writer.isOpened()
    rng = np.random.default_rng(1)
    for _ in range(frames):
        writer.write(rng.integers(0, 256, (48, 64, 3), np.uint8))
    writer.release()
    return file


def written_live(data: bytes) -> bytes:
    """The same Matroska as if it had been written while it was recorded: it says neither its size nor its length."""
    at = data.find(bytes.fromhex("18538067"))
    if at < 0:
        return data
    data = data[: at + 4] + b"\x01" + b"\xff" * 7 + data[at + 12 :]
    return data.replace(bytes.fromhex("448988"), bytes.fromhex("ec8900"), 1)


def sent(video: Video) -> list[datetime]:
    return [shot.captured_at for shot in video.shots() if isinstance(shot, Shot)]


def seconds(times: list[datetime]) -> list[float]:
    return [round((each - START).total_seconds(), 1) for each in times]


@pytest.mark.parametrize("kind", ["mkv", "webm", "ts"])
def test_what_was_cut_off_is_told_also_if_the_file_does_not_say_how_long_it_should_be(
    tmp_path: Path, kind: str
) -> None:
    file = film(tmp_path, kind)
    data = written_live(file.read_bytes())
    file.write_bytes(data)
    video = Video(file, START, ALL)
    assert len(sent(video)) == 50
    assert video.shortfall.whole
    file.write_bytes(data[: len(data) * 6 // 10])
    video = Video(file, START, timedelta(seconds=1))
    times = sent(video)
    assert 0 < len(times) < 5
    lacks = video.shortfall
    assert (lacks.breaks_off, lacks.missing, lacks.whole) == (True, 0, False)
    assert lacks.ends_at
    assert times[-1] <= lacks.ends_at < times[-1] + timedelta(seconds=1)


@pytest.mark.parametrize("kind", KINDS)
class TestEveryKind:
    def test_a_whole_film_is_sent_whole_and_dated_from_its_start(self, tmp_path: Path, kind: str) -> None:
        video = Video(film(tmp_path, kind), START, ALL)
        assert video.total == 50
        assert seconds(sent(video)) == [n / 10 for n in range(50)]
        assert (video.total, video.shortfall.whole) == (50, True)

    def test_it_is_thinned(self, tmp_path: Path, kind: str) -> None:
        video = Video(film(tmp_path, kind), START, timedelta(seconds=1))
        assert video.total == 5
        assert seconds(video.moments()) == seconds(sent(video)) == [0, 1, 2, 3, 4]  # type: ignore[arg-type]
        assert video.shortfall.whole

    def test_what_was_cut_off_is_missing_also_if_hardly_a_frame_was_due(self, tmp_path: Path, kind: str) -> None:
        file = film(tmp_path, kind)
        data = file.read_bytes()
        if kind == "mp4":  # whose index comes last: put it first, as cameras that stream do
            data = index_first(data)
        file.write_bytes(data[: len(data) * 6 // 10])
        for every in (ALL, timedelta(seconds=5)):
            video = Video(file, START, every)
            times = sent(video)
            lacks = video.shortfall
            assert (lacks.promised, lacks.whole) == (50, False)
            if every == ALL:
                assert 10 < len(times) < 40
                lost = 50 - len(times)
                assert lacks == Shortfall(missing=lost, promised=50, due=lost, ends_at=times[-1])

    def test_what_was_damaged_within_is_missing(self, tmp_path: Path, kind: str) -> None:
        file = film(tmp_path, kind)
        data = bytearray(file.read_bytes())
        middle = len(data) // 2
        data[middle : middle + len(data) // 8] = bytes(
            np.random.default_rng(2).integers(0, 256, len(data) // 8, np.uint8)
        )
        file.write_bytes(data)
        video = Video(file, START, ALL)
        shots = list(video.shots())
        damaged = sum(isinstance(each, Refused) for each in shots)
        assert video.shortfall.missing + damaged > 0
        assert len(shots) + video.shortfall.missing == 50

    def test_of_two_joined_files_the_second_is_not_dated_but_told(self, tmp_path: Path, kind: str) -> None:
        file = film(tmp_path, kind)
        file.write_bytes(file.read_bytes() + film(tmp_path, kind, 100, "second").read_bytes())
        video = Video(file, START, ALL)
        times = sent(video)
        assert seconds(times) == [n / 10 for n in range(50)]
        assert video.shortfall.missing == 0
        assert seconds([video.shortfall.more_after or START]) == [5.0]


def index_first(data: bytes) -> bytes:
    """Move the box ``moov`` before ``mdat``, and the places of the frames with it."""
    boxes, at = {}, 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        boxes[data[at + 4 : at + 8]] = data[at : at + length]
        at += length
    index = bytearray(boxes[b"moov"])
    place = index.index(b"stco") + 8
    for n in range(int.from_bytes(index[place : place + 4], "big")):
        each = slice(place + 4 + 4 * n, place + 8 + 4 * n)
        index[each] = (int.from_bytes(index[each], "big") + len(index)).to_bytes(4, "big")
    del boxes[b"moov"]
    head, *rest = boxes.values()
    return head + bytes(index) + b"".join(rest)


@pytest.mark.parametrize("kind", ["mkv", "webm"])
def test_a_header_that_names_no_length_is_no_reason_to_refuse(tmp_path: Path, kind: str) -> None:
    """As browsers and recorders write it, who do not know yet: the element is made a void one of its size."""
    file = film(tmp_path, kind)
    data = file.read_bytes()
    at = data.index(b"\x44\x89\x88")
    file.write_bytes(data[:at] + b"\xec\x89" + bytes(9) + data[at + 11 :])
    video = Video(file, START, None)
    assert video.total is None
    assert video.thinning
    assert video.thinning.an_hour
    assert len(sent(video)) == 1
    assert (video.total, video.shortfall.whole) == (1, True)
    assert len(sent(Video(file, START, ALL))) == 50


def test_without_its_index_an_mp4_is_refused_with_what_happened(tmp_path: Path) -> None:
    file = film(tmp_path, "mp4")
    file.write_bytes(file.read_bytes()[:-2000])
    with pytest.raises(SourceError, match="unfinished_video"):
        Video(file, START)


@pytest.mark.parametrize("content", [b"", b"nothing that moves", b"RIFF\0\0\0\0AVI ", bytes.fromhex("1a45dfa3ff")])
def test_what_is_no_video_is_refused_and_nothing_else_is_said(
    tmp_path: Path, content: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "lecture.mp4"
    file.write_bytes(content)
    with pytest.raises(SourceError, match="no_video"):
        Video(file, START)
    assert capfd.readouterr() == ("", "")


def clock(times: list[float], container: Container, rate: float, count: float) -> FilmClock:
    made = FilmClock(container, rate, count)
    for each in times:
        assert made.tick(each)
    return made


def even(first: int, last: int) -> list[float]:
    return [n / 10 for n in range(first, last)]


MP4, OTHER = Container("mp4"), Container("")
STILL = [*even(0, 10), *(1 + 0.7 * n for n in range(100))]
"""Of a camera that leaves out what does not move."""


@pytest.mark.parametrize(
    ("container", "times", "rate", "count", "missing"),
    [
        pytest.param(MP4, even(0, 300), 10, 300, (0, 0), id="whole"),
        pytest.param(MP4, even(0, 120), 10, 300, (0, 180), id="its end is missing"),
        pytest.param(MP4, even(0, 100) + even(200, 300), 10, 300, (100, 0), id="a hole"),
        pytest.param(MP4._replace(seconds=22.7), even(0, 227), 10, 250, (0, 0), id="trimmed"),
        pytest.param(MP4._replace(seconds=71.0), STILL, 110 / 71, 110, (0, 0), id="uneven, counted"),
        pytest.param(OTHER, STILL, 10, 710, (0, 0), id="uneven, its number made of length and rate"),
        pytest.param(OTHER, even(0, 300), 10, 305, (0, 0), id="sound that is longer"),
        pytest.param(OTHER, even(0, 120), 10, 300, (0, 180), id="its end is missing, not counted"),
        pytest.param(OTHER, even(0, 100) + even(200, 300), 10, 300, (100, 0), id="a hole, not counted"),
        pytest.param(Container(cut_off=True), even(0, 297), 10, 300, (0, 3), id="a little is missing, surely cut off"),
        pytest.param(OTHER, even(0, 300), 10, -9.2e16, (0, 0), id="no length"),
        pytest.param(OTHER, even(0, 300), 1000, 30_000, (0, 0), id="the unit of times for a rate"),
        pytest.param(MP4, even(0, 36_000 - 5), 10, 36_000, (0, 0), id="half a second of an hour"),
    ],
)
def test_what_a_film_promises_is_held_against_what_came(
    container: Container, times: list[float], rate: float, count: float, missing: tuple[int, int]
) -> None:
    assert clock(times, container, rate, count).missing() == missing


def test_times_that_begin_again_are_another_recording_and_a_little_back_is_none() -> None:
    made = clock(even(0, 30), OTHER, 10, 30)
    assert made.begins_again(0)
    assert not made.begins_again(3)
    assert not made.begins_again(1.8), "out of its order, as a decoder of MPEG-2 shows it"
    assert made.begins_again(1.2)
    assert not made.begins_again(2.8)
    assert not made.tick(2.8), "nobody knows when it was taken"


def test_frames_of_an_avi_run_on_into_the_next_recording() -> None:
    joined = Container("avi", recordings=2)
    assert not clock(even(0, 29), joined, 10, 30).begins_again(2.9)
    assert clock(even(0, 30), joined, 10, 30).begins_again(3.0)
    assert not clock(even(0, 30), Container("avi"), 10, 30).begins_again(3.0)


def test_frames_without_times_are_refused_before_any_is_sent() -> None:
    """A bare H.264 stream: a decoder dates them all to the beginning."""
    with pytest.raises(SourceError, match="untimed_video"):
        Video(FILMS / "bare_5fps.h264", START)


def pictured(shots: list[Shot | Refused]) -> list[tuple[float, int]]:
    """When each was taken, and the number that is drawn into it: five bits from left to right."""
    found = []
    for each in shots:
        assert isinstance(each, Shot)
        image = cv2.imdecode(np.frombuffer(each.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
        number = sum(int(image[24, 12 * bit + 8] > 128) << bit for bit in range(5))
        found.append(((each.captured_at - START).total_seconds(), number))
    return found


TIMED = sorted(each for each in FILMS.iterdir() if each.suffix != ".h264")


@pytest.mark.parametrize("file", TIMED, ids=lambda file: file.name)
class TestFramesStoredOutOfTheirOrder:
    """Films of an encoder that keeps frames back: 24 numbered frames, at the rate that the name says.

    ``ffmpeg -framerate RATE -i %02d.png -c:v libx264 -preset ultrafast`` (``plain``) or ``medium`` (with B-frames);
    ``grid`` has one frame in ten of its rate.
    """

    def test_each_has_its_own_time(self, file: Path) -> None:
        rate = float(file.stem.partition("_")[2].removesuffix("fps"))
        video = Video(file, START, ALL)
        expected = [(round(n / rate, 2), n) for n in range(24)]
        assert [(round(at, 2), number) for at, number in pictured([*video.shots()])] == expected
        assert video.shortfall == Shortfall(promised=24)
        assert seconds(video.moments())[0] == 0  # type: ignore[arg-type]

    def test_it_promises_no_more_than_comes(self, file: Path) -> None:
        promised = Video(file, START, ALL).total
        assert promised
        assert abs(promised - 24) <= 2  # an FLV counts what was held back

    def test_another_recording_behind_it_is_told(self, file: Path, tmp_path: Path) -> None:
        joined = tmp_path / f"joined{file.suffix}"
        joined.write_bytes(file.read_bytes() * 2)
        video = Video(joined, START, ALL)
        assert len(sent(video)) == 24
        assert video.shortfall.more_after
        assert video.shortfall.missing == 0

    def test_what_was_cut_off_is_told(self, file: Path, tmp_path: Path) -> None:
        data = file.read_bytes()
        cut = tmp_path / f"cut{file.suffix}"
        cut.write_bytes(data[: len(data) * 6 // 10 + 7])  # a transport stream is cut in a packet
        try:
            video = Video(cut, START, ALL)
        except SourceError as error:  # its index or its description went with the end
            assert file.suffix in (".mp4", ".avi"), error  # noqa: PT017
            return
        assert len(sent(video)) < 24
        assert not video.shortfall.whole
        assert video.shortfall.more_after is None
