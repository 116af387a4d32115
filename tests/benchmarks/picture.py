"""The README's picture: a frame of the demonstration with names, and the table beside it.

After `make demo`:  .venv/bin/python -m tests.benchmarks.picture .naul-demo 2026-03-09T10:13:20+09:00 docs/hall.jpg
It needs a font with Hangul, like Debian's fonts-nanum.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from schemas.settings import load_settings
from sinks.store.opening import open_for_reading

FONT = "/usr/share/fonts/truetype/nanum/NanumGothic.ttf"
BOLD = "/usr/share/fonts/truetype/nanum/NanumGothicBold.ttf"
COLOURS = {
    "present": "#1a7f37",
    "late": "#9a6700",
    "left_early": "#bc4c00",
    "absent": "#cf222e",
    "unobserved": "#57606a",
}
WORDS = {"present": "출석", "late": "지각", "left_early": "조퇴", "absent": "결석", "unobserved": "미확인"}
PANEL = 560

FACES = """
SELECT x1, y1, x2, y2, student_id FROM sightings
WHERE captured_at = toDateTime(%(at)s, 'UTC') AND run = 'live' ORDER BY face
"""
ROWS = """
SELECT student_id, name, verdict, arrived_at, departed_at, section, period, confidence FROM attendance
WHERE run = 'live' AND (section, date, period) IN (
    SELECT section, date, period FROM coverage
    WHERE starts_at <= toDateTime(%(at)s, 'UTC') AND ends_at > toDateTime(%(at)s, 'UTC')
) ORDER BY student_id
"""


def draw(home: Path, moment: datetime, target: Path) -> None:
    """Write the picture of a moment."""
    settings = load_settings(home, {})
    at = {"at": moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")}
    with open_for_reading(settings) as store:
        faces, rows = store.query(FACES, at).rows, store.query(ROWS, at).rows
    names = {row[0]: (row[1], row[2]) for row in rows}
    frame = Image.open(home / "hall" / "frames" / moment.astimezone(UTC).strftime("%Y%m%dT%H%M%S.000Z.jpg"))
    picture = Image.new("RGB", (frame.width + PANEL, frame.height), "white")
    picture.paste(frame)
    pen = ImageDraw.Draw(picture)
    for x1, y1, x2, y2, student in faces:
        _tag(pen, (x1, y1, x2, y2), *names.get(student, ("?", "unobserved")))
    _table(pen, frame.width + 24, rows, settings.zone)
    picture.save(target, quality=86, optimize=True)


def _tag(pen: ImageDraw.ImageDraw, box: tuple[float, float, float, float], name: str, verdict: str) -> None:
    font, colour = ImageFont.truetype(BOLD, 15), COLOURS[verdict]
    pen.rectangle(box, outline=colour, width=2)
    left, top, right, bottom = pen.textbbox((0, 0), name, font=font)
    x, y = box[0], box[1] - (bottom - top) - 9
    pen.rectangle((x, y, x + right - left + 8, box[1]), fill=colour)
    pen.text((x + 4, y + 4 - top), name, font=font, fill="white")


def _table(pen: ImageDraw.ImageDraw, x: float, rows: Any, zone: Any) -> None:
    columns = (0, 112, 190, 258, 352, 448)
    _, _, _, _, _, section, period, _ = rows[0]
    pen.text((x, 22), f"{section}  {period}교시", font=ImageFont.truetype(BOLD, 26), fill="#1f2328")
    head = ImageFont.truetype(BOLD, 15)
    for column, text in zip(columns, ("student_id", "name", "verdict", "arrived", "departed", "p"), strict=True):
        pen.text((x + column, 70), text, font=head, fill="#57606a")
    font = ImageFont.truetype(FONT, 16)
    for line, (student, name, verdict, arrived, departed, *_, confidence) in enumerate(rows):
        y = 100 + line * 36
        pen.line((x, y - 5, x + PANEL - 48, y - 5), fill="#d0d7de")
        times = (each.astimezone(zone).strftime("%H:%M:%S") if each else "" for each in (arrived, departed))
        for column, text in zip(columns, (student, name, WORDS[verdict], *times, f"{confidence:.2f}"), strict=True):
            pen.text((x + column, y), text, font=font, fill=COLOURS[verdict] if column == columns[2] else "#1f2328")


if __name__ == "__main__":
    draw(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]), Path(sys.argv[3]))
