"""Which photos are whose: ``PHOTOS/<student id>/*.jpg|png``, ``PHOTOS/<student id>.jpg``, ``<student id>_2.jpg``."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from schemas.errors import RefusedError
from schemas.ids import student_id

__all__ = ["FoundPhotos", "Ignored", "find_photos"]

SUFFIXES = {".jpg", ".jpeg", ".png"}


class Ignored(msgspec.Struct, frozen=True):
    """A file or folder that is nobody's photo, and why."""

    path: Path
    why: str


class FoundPhotos(msgspec.Struct, frozen=True):
    """What is in a folder. people: the photos of each student id, both sorted; a folder without any is there too."""

    people: dict[str, tuple[Path, ...]]
    ignored: tuple[Ignored, ...]


def find_photos(folder: Path) -> FoundPhotos:
    """Look through a folder by names alone; nothing is opened.

    Raises:
        RefusedError: there is no such folder, or it holds nobody's photos.
    """
    if not folder.is_dir():
        raise RefusedError(f"{folder} is no folder", "Give the folder that holds <student id>/*.jpg.")
    try:
        return _sorted_out(folder)
    except OSError as error:
        raise RefusedError(f"{error.filename} cannot be read ({error.strerror})", "Check who may read it.") from error


def _sorted_out(folder: Path) -> FoundPhotos:
    people: dict[str, list[Path]] = {}
    ignored = []
    for path, name in _files(folder):
        why = _why_not(path, name)
        if path.is_dir() and path.parent != folder:
            ignored.append(Ignored(path, why or "a folder in a student's folder"))
        elif why:
            ignored.append(Ignored(path, why))
        elif path.is_dir():
            people.setdefault(name, [])
        else:
            people.setdefault(name, []).append(path)
    if not people:
        what = f"no photo in {folder} is named after a student"
        raise RefusedError(what, "Name them <student id>/*.jpg or <student id>.jpg, like 201912345.jpg.")
    return FoundPhotos({student: tuple(sorted(people[student])) for student in sorted(people)}, tuple(ignored))


def _files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Go through the folder and the folders in it, each path with the student id that its place says."""
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            yield path, path.name
            if not _why_not(path, path.name):
                yield from ((each, path.name) for each in sorted(path.iterdir()))
        else:
            yield path, path.stem.partition("_")[0]


def _why_not(path: Path, student: str) -> str:
    """Say why a path is nobody's photo, or nothing."""
    if path.name.startswith("."):
        return "hidden"
    if not path.is_dir() and path.suffix.lower() not in SUFFIXES:
        return "not a .jpg or .png"
    try:
        student_id(student)
    except RefusedError as error:
        return error.message
    return ""
