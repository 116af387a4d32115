"""Whose photo a file is, by names alone.

``PHOTOS/<student id>/*.jpg``, ``PHOTOS/<student id>.jpg`` and ``<student id>_2.jpg``, and all of that in folders of
classes. The rosters say what is an id and what a class. What is not plain is not guessed: it is refused with both
readings, for whoever is enrolled under another's name is marked in his place.
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from enrollment.consistency import meant
from enrollment.photo_names import (
    KnownNames,
    given_by_a_device,
    is_date,
    is_strong,
    may_be_an_id,
    plain,
    read_name,
    shape,
    spreadsheet_reading,
    two_students,
)
from schemas.errors import RefusedError
from schemas.picture_files import listed
from schemas.translations import Text

__all__ = ["DOUBTS", "FoundPhotos", "Ignored", "PhotoFolder", "find_photos", "sorted_out"]

_PICTURE = re.compile(r"\.(jpe?g|jpe|jfif|png|hei[cf]|hif|avif|webp|bmp|dib|tiff?|p[gnp]m)", re.IGNORECASE)
_UNREAD = re.compile(r"\.(gif|jxl|jp2|psd|dng|cr[23]|nef|arw|raf|orf|rw2|pef|srw|x3f)", re.IGNORECASE)
"""Endings of photos that Naul reads, and of those that it does not."""


DOUBTS = frozenset({"class", "counter", "several", "stamp"})
"""Why something is not taken whose name can be read in two ways."""


class Ignored(msgspec.Struct, frozen=True):
    """A file or folder of which nothing is taken. why: by its name. values: what is said of it."""

    path: Path
    why: str
    values: Mapping[str, str | tuple[str, ...]] = {}

    @property
    def meant(self) -> bool:
        """Whether a person meant it as a photo."""
        return self.why != "no_photo"


class FoundPhotos(msgspec.Struct, frozen=True):
    """What is in a folder.

    people: the photos of each student id, both sorted; a folder without any is there too. unlisted: which of the ids
    are on no roster. near: for some of these the id that was probably meant. checked: whether there was any roster.
    """

    folder: Path
    people: dict[str, tuple[Path, ...]]
    ignored: tuple[Ignored, ...]
    unlisted: tuple[str, ...] = ()
    near: tuple[tuple[str, str], ...] = ()
    checked: bool = True

    @property
    def photos(self) -> int:
        """How many there are."""
        return sum(map(len, self.people.values()))

    @property
    def pictured(self) -> int:
        """How many people have a photo."""
        return sum(map(bool, self.people.values()))


class PhotoFolder(NamedTuple):
    """A folder with what is in it, without litter."""

    path: Path
    folders: tuple["PhotoFolder", ...]
    files: tuple[Path, ...]

    @property
    def pictures(self) -> list[Path]:
        """Files that are pictures by their endings."""
        return [each for each in self.files if _PICTURE.fullmatch(each.suffix)]

    @property
    def all_pictures(self) -> bool:
        """Whether there are any, however deep."""
        return bool(self.pictures) or any(each.all_pictures for each in self.folders)


def find_photos(folder: Path, ids: Collection[str] = (), sections: Collection[str] = ()) -> FoundPhotos:
    """Look through a folder, and all in it, by names; nothing is opened. ids, sections: of all rosters.

    Raises:
        RefusedError: there is no such folder, or it cannot be read.
    """
    if not folder.is_dir():
        raise RefusedError(
            Text("{folder} is no folder", folder=folder), "Give the folder that holds <student id>/*.jpg."
        )
    try:
        whole = _read(folder)
    except OSError as error:
        raise RefusedError(
            Text("{filename} cannot be read ({strerror})", filename=error.filename, strerror=error.strerror),
            "Check who may read it.",
        ) from error
    return sorted_out(whole, KnownNames(ids, sections))


def sorted_out(whole: PhotoFolder, known: KnownNames) -> FoundPhotos:
    """Say whose photo each file is."""
    sorting = _Sorting(known)
    name = plain(whole.path.resolve().name)
    if name in known.ids:
        sorting.take_student(whole, name)
    else:
        sorting.take_class(whole, (name,), sure=True)
    people = {student: tuple(sorted(sorting.people[student])) for student in sorted(sorting.people)}
    unlisted = tuple(each for each in people if each not in known.ids) if known.ids else ()
    return FoundPhotos(
        whole.path,
        people,
        tuple(sorting.ignored),
        unlisted=unlisted,
        near=meant(unlisted, known.ids),
        checked=bool(known.ids),
    )


def _read(folder: Path, above: frozenset[Path] = frozenset()) -> PhotoFolder:
    here = above | {folder.resolve()}
    paths = listed(folder)
    inner = (each for each in paths if each.is_dir() and each.resolve() not in here)  # a link may lead in a circle
    return PhotoFolder(
        folder, tuple(_read(each, here) for each in inner), tuple(each for each in paths if not each.is_dir())
    )


class _Sorting:
    def __init__(self, known: KnownNames) -> None:
        self._known = known
        self.people: dict[str, list[Path]] = {}
        self.ignored: list[Ignored] = []

    def take_class(self, folder: PhotoFolder, names: tuple[str, ...], *, sure: bool) -> None:
        """Take a folder of students. names: its own, after those above it. sure: a short number is an id as well."""
        for path in folder.files:
            if self._is_picture(path):
                name = plain(path.stem)
                found = self._known.placed(names, name) or read_name(name, self._known)
                if found.why:
                    self._ignore(path, found.why, found.values)
                elif sure or found.student in self._known.ids or is_strong(found.student):
                    self.people.setdefault(found.student, []).append(path)
                else:
                    self._ignore(path, "nobody")
        for each in folder.folders:
            self._take(each, names)

    def take_student(self, folder: PhotoFolder, student: str) -> None:
        """Take the folder of a student: all pictures in it are his, save those that another one's id names."""
        photos = self.people.setdefault(student, [])
        for path in folder.files:
            if self._is_picture(path):
                other = self._known.named(plain(path.stem))
                if several := self._known.several(plain(path.stem)):
                    self._ignore(path, "several", {"students": several})
                elif is_strong(other) and other != student and not plain(path.stem).startswith(student):
                    self._ignore(path, "other", {"one": student, "other": other})
                else:
                    photos.append(path)
        for each in folder.folders:
            if each.all_pictures:
                self._ignore(each.path, "nested", {"student": student})

    def _take(self, folder: PhotoFolder, above: tuple[str, ...]) -> None:
        """Take a folder that is a student's, or a class's."""
        name, known = plain(folder.path.name), self._known
        names, placed = (*above, name), known.placed(above, name)
        exact = name if name in known.ids else placed.student if placed else ""
        begun = exact or known.named(name)
        inside = {known.named(plain(each.stem)) for each in folder.pictures}
        inside |= {known.named(plain(each.path.name)) for each in folder.folders}
        holds_others = bool(inside - {"", begun}) or any(known.placed(names, plain(p.stem)) for p in folder.pictures)
        section = known.is_section(name)
        if exact and not (section and holds_others):
            self.take_student(folder, exact)
        elif section or holds_others:
            self.take_class(folder, names, sure=section)
        elif doubt := placed or spreadsheet_reading(name) or two_students(name, known):
            self._ignore(folder.path, doubt.why, doubt.values)
        elif begun:
            self.take_student(folder, begun)
        elif folder.folders and not folder.pictures:
            self.take_class(folder, names, sure=False)
        elif like := known.resembled(name):
            self._ignore(folder.path, like.why, like.values)
        elif not may_be_an_id(name) or given_by_a_device(name):
            self.take_class(folder, names, sure=False)
        elif other := _like_a_class(folder, name):
            self._ignore(folder.path, "class", {"name": name, "other": other})
        elif known.strange_class(name, folder=True):
            self._ignore(folder.path, "strange", {"name": name})
        else:
            self.take_student(folder, name)

    def _is_picture(self, path: Path) -> bool:
        found = _PICTURE.fullmatch(path.suffix) is not None
        if not found:
            self._ignore(path, "unread" if _UNREAD.fullmatch(path.suffix) else "no_photo")
        return found

    def _ignore(self, path: Path, why: str, values: Mapping[str, str | tuple[str, ...]] | None = None) -> None:
        self.ignored.append(Ignored(path, why, values or {}))


def _like_a_class(folder: PhotoFolder, name: str) -> str:
    """Return a file's name that may be another student's id: several of one form are, or a long one; or nothing."""
    stems = [plain(each.stem) for each in folder.pictures]
    found = [read_name(each, KnownNames()) for each in stems if not each.startswith(name)]
    ids = {each for one in found if is_strong(each := one.student or str(one.values.get("one", "")))}
    forms = Counter(map(shape, ids))
    return next((each for each in sorted(ids) if forms[shape(each)] > 1 or (len(each) > 6 and not is_date(each))), "")
