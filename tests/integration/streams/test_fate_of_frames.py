"""``naul camera`` beside a real recognise worker: its exit status and its last line tell what became of a recording."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from click.testing import CliRunner

from infra.cli.camera import command
from producers.jpeg import encode
from producers.shots import file_name
from schemas.cluster import send
from schemas.messages import ClassHour, HallDay
from schemas.messages import encode as encode_message
from schemas.settings import Settings

START = datetime(2026, 3, 9, tzinfo=UTC)

NOBODY = "nobody can be recognised in CS2001-2"


def test_a_recording_is_followed_until_it_is_known_what_became_of_each_frame(
    site: Settings, worker: Any, tmp_path: Path
) -> None:
    hour = ClassHour(
        section="CS2001-2", hall="B12", date=START.date(), period=1, starts_at=START,
        ends_at=START + timedelta(seconds=50),
    )  # fmt: skip
    day = HallDay(hall="B12", date=START.date(), hours=(hour,))
    send(site, [(site.topic("timetable"), f"B12|{START.date()}".encode(), encode_message(day), None, None)])
    jpeg = encode(np.random.default_rng(1).integers(0, 256, (48, 64, 3), np.uint8))
    worker("recognise").start()

    def camera(name: str, *frames: bytes) -> Any:
        folder = tmp_path / name
        folder.mkdir()
        for n, data in enumerate(frames):
            (folder / file_name(START + timedelta(seconds=10 * n))).write_bytes(data)
        line = [str(folder), "--hall", "B12", "--home", str(site.home)]
        return CliRunner().invoke(command, line, standalone_mode=False, catch_exceptions=False)

    broken = camera("broken", *[jpeg[:-50]] * 4, jpeg, jpeg[:-70])
    assert broken.stdout.splitlines()[-1] == "sent 6, refused 0, looked at 1, put aside 5, " + NOBODY
    assert broken.return_value == 1
    assert "put aside 5: truncated JPEG" in broken.stderr
    assert "`naul dead-letters dismiss`" in broken.stderr
    assert "retry" not in broken.stderr, "the same bytes would be put aside again"

    whole = camera("whole", *[jpeg] * 6)
    assert (
        whole.stdout.splitlines()[-1]
        == "sent 6, refused 0, looked at 6, put aside 0, outside of class hours 1, " + NOBODY
    )
    assert whole.return_value == 0, "what was put aside before is not of this recording"
