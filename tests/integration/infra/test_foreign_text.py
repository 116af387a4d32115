"""Names of halls and people are other people's text: they never break a command."""

from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import CliRunner

from infra.cli.main import naul
from schemas.cluster import send
from schemas.dead_letters import RecordPlace, dead_letter
from schemas.frames import FrameHeaders
from schemas.messages import Roster, Student, encode
from schemas.settings import Settings

STRANGE = "[/b] [red]"


@pytest.fixture
def run(site: Settings) -> Any:
    (site.home / "naul.toml").write_text(f'kafka = "{site.kafka}"\nprefix = "{site.prefix}"\n', "utf-8")
    return lambda *line: CliRunner().invoke(naul, [*line, "--home", str(site.home)])


def test_what_looks_like_markup_is_printed_as_it_is(site: Settings, run: Any) -> None:
    frame = FrameHeaders(hall=STRANGE, camera="front", captured_at=datetime.now(UTC), live=True, sequence=0)
    place, reason = RecordPlace("x", 0, 0), f"hall {STRANGE!r} is not in the timetable"
    letter = dead_letter(place, b"k", b"v", [], reason, "recognise")
    roster = Roster(section="EA0017-1", students=(Student(student_id="201912345", name=STRANGE),))
    send(site, [
        (site.topic("frames"), frame.key, b"", None, frame.pack()),
        (site.topic("dead-letters"), letter.key or b"", letter.value, None, letter.headers),
        (site.topic("rosters"), b"EA0017-1", encode(roster), None, None),
    ])  # fmt: skip
    for line in (["status"], ["dead-letters", "list"], ["dead-letters", "show", "0"], ["roster", "show", "EA0017-1"]):
        result = run(*line)
        assert result.exception is None or isinstance(result.exception, SystemExit), (line, result.exception)
        assert all(word in result.output for word in STRANGE.split()), line  # a narrow column has it on two lines
