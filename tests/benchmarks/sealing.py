"""What it costs to seal a frame and to open it, beside decoding and looking at it: ratios of one run.

python -m tests.benchmarks.sealing
"""

from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import cv2
from rich.console import Console
from rich.table import Table

from producers.jpeg import encode
from schemas.frame_keys import new_frames_key
from schemas.frame_seals import FrameOpener, FrameSealer
from schemas.frames import FrameHeaders
from streams.faces.engines import DEFAULT, load_engine
from streams.faces.pictures import decode_jpeg
from tests.benchmarks.full_hall import full_hall, jpegs
from tests.benchmarks.speed import spent

NINE = datetime(2026, 3, 9, tzinfo=UTC)
SIZE, ROUNDS = 200_000, 200


def picture(size: int) -> bytes:
    """Return a 1080p JPEG of a full hall, as good as so many bytes allow."""
    (jpeg,) = jpegs(full_hall(), 1)
    image = decode_jpeg(jpeg)
    found = (cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, each])[1] for each in range(100, 10, -1))
    return next((bytes(each) for each in found if len(each) <= size), encode(image, limit=size))


def costs(jpeg: bytes, rounds: int) -> dict[str, float]:
    """Return seconds of a core, by what was done; each in turn, so that whatever else the machine does slows all."""
    with TemporaryDirectory() as folder:
        private, public = Path(folder) / "frames-key", Path(folder) / "frames-key.pub"
        new_frames_key(private, public, lambda: NINE)
        sealer, opener = FrameSealer(public), FrameOpener(private)
        head = FrameHeaders(hall="E101", camera="front", captured_at=NINE, live=True, sequence=1)
        sealed = sealer.seal(head, jpeg)
        if opener.picture(head, sealed) != jpeg:
            raise AssertionError("what was sealed is not what was opened")
        ways = {
            "sealing it (camera)": lambda: sealer.seal(head, jpeg),
            "opening it (worker)": lambda: opener.picture(head, sealed),
            "decoding it": lambda: decode_jpeg(jpeg),
        }
        took: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, way in ways.items():
                took[name].append(spent(way).core)
    return {name: median(each) for name, each in took.items()}


def tables() -> list[Table]:
    """Return what was measured."""
    jpeg = picture(SIZE)
    took = costs(jpeg, ROUNDS)
    engine = load_engine(DEFAULT, threads=1)
    engine.quicken("auto")
    image = decode_jpeg(jpeg)
    engine.look(image)
    took["looking at it"] = median(spent(lambda: engine.look(image)).core for _ in range(3))
    table = Table("what", "ms of a core", "of decoding", title=f"a 1920x1080 JPEG of {len(jpeg):,} bytes")
    for name, each in took.items():
        table.add_row(name, f"{each * 1000:.2f}", f"{each / took['decoding it']:.1%}")
    return [table]


if __name__ == "__main__":
    for each in tables():
        Console(width=110).print(each)
