"""A script written out as files: what a camera recorded, and what an office brings along."""

import csv
from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import msgspec
import numpy as np

from producers.shots import file_name
from producers.simulated_hall.actors import people_of
from producers.simulated_hall.camera import SimulatedCamera
from producers.simulated_hall.script import Script

__all__ = ["Recording", "write_papers", "write_recording"]


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """Where things were written. frames: how many JPEGs."""

    frames_dir: Path
    photos_dir: Path
    roster_csv: Path
    timetable_csv: Path
    frames: int


def write_recording(script: Script, folder: Path, *, progress: Callable[[int, int], None] | None = None) -> Recording:
    """Write the frames, the enrolment photos, the roster and the timetable of a script.

    progress: is called with the number of frames written and of all. The same script writes the same bytes.

    Raises:
        RefusedError: a face of the script is not there.
    """
    frames_dir = folder / "frames"
    frames_dir.mkdir(parents=True, exist_ok=True)
    camera = SimulatedCamera(script)
    moments = script.moments()
    for number, moment in enumerate(moments, 1):
        (frames_dir / file_name(moment)).write_bytes(camera.jpeg(moment))
        if progress is not None:
            progress(number, len(moments))
    photos_dir, roster_csv, timetable_csv = write_papers(script, folder)
    return Recording(
        frames_dir=frames_dir,
        photos_dir=photos_dir,
        roster_csv=roster_csv,
        timetable_csv=timetable_csv,
        frames=len(moments),
    )


def write_papers(script: Script, folder: Path) -> tuple[Path, Path, Path]:
    """Write the enrolment photos, the roster and the timetable of a script, and return where.

    Raises:
        RefusedError: a face of the script is not there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return (
        _write_photos(script, folder / "photos"),
        _write_roster(script, folder / "roster.csv"),
        _write_timetable(script, folder / "timetable.csv"),
    )


def _write_photos(script: Script, folder: Path) -> Path:
    people = people_of(script.faces, script.shuffle)
    for student in script.students:
        place = folder / student.student_id
        place.mkdir(parents=True, exist_ok=True)
        for number, photo in enumerate(people.photos(student.face, script.photos), 1):
            if photo.suffix.lower() == ".pgm":
                image = cv2.imdecode(np.fromfile(photo, np.uint8), cv2.IMREAD_UNCHANGED)
                _, data = cv2.imencode(".png", image)
                (place / f"{number}.png").write_bytes(bytes(data))
            else:
                (place / f"{number}{photo.suffix.lower()}").write_bytes(photo.read_bytes())
    return folder


def _write_roster(script: Script, file: Path) -> Path:
    sections = sorted({hour.section for hour in script.hours})
    rows = ((section, each.student_id, each.name) for section in sections for each in script.students)
    return _write_csv(file, ("section", "student_id", "name"), rows)


def _write_timetable(script: Script, file: Path) -> Path:
    columns = ("section", "hall", "date", "period", "starts_at", "ends_at")
    rows = (
        (each.section, each.hall, each.date, each.period, f"{each.starts_at:%H:%M}", f"{each.ends_at:%H:%M}")
        for each in script.hours
    )
    return _write_csv(file, columns, rows)


def _write_csv(file: Path, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> Path:
    with file.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    return file
