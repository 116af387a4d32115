"""Photos of people who agreed become encrypted templates."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec

from enrollment.loaded import enrollments, rosters
from enrollment.photos import FoundPhotos, find_photos
from enrollment.pool import EnrolmentPool
from enrollment.portrayals import Portrayal, Replaced, record, renewed, replaced, would_replace
from infra.operations.enrolment_check import EnrolmentCheck, check_enrolment
from infra.operations.enrolment_lock import enrolments_held
from schemas.cluster import View, send
from schemas.errors import RefusedError
from schemas.messages import Enrollment, Roster, decode
from schemas.settings import Settings
from schemas.translations import gettext_noop, say
from streams.faces.engines import Engine, engine_names
from streams.faces.template_cipher import TemplateCipher
from streams.reference.live_engine import live_engines

__all__ = ["EnrollObserver", "EnrollRequest", "EnrollResult", "enroll_people", "nobody_in", "photos_in", "replaced_in"]

BATCH = 50
"""People that are sent together: an interruption costs at most these."""


class EnrollRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Who is to be enrolled.

    photos: a folder, as of ``find_photos``. consent_on_file: the asker holds the written consent of everybody in it.
    engines: names; none is the live ones. all_engines: whatever they are. by, why: kept with the version.
    """

    photos: Path
    consent_on_file: bool
    engines: tuple[str, ...] = ()
    all_engines: bool = False
    by: str = ""
    why: str = ""

    def __post_init__(self) -> None:
        """Refuse to enrol anybody who has not agreed."""
        if not self.consent_on_file:
            raise RefusedError(
                say(
                    "en",
                    "Templates of faces are biometric data: the law (in Korea the Personal Information "
                    "Protection Act, article 23) wants each person's separate consent before they are "
                    "made.",
                ),
                say("en", "Add --consent-on-file when you hold the consent of everybody in the folder."),
            )


class EnrollObserver(Protocol):
    """Is told what happens meanwhile."""

    def understood(self, found: FoundPhotos) -> None:
        """The folder was gone through, by names: whose photos it holds."""

    def begin(self, photos: int, engines: int) -> None:
        """So many photos are looked at by so many engines now."""

    def portrayed(self, portrayal: Portrayal) -> None:
        """An engine has looked at a person's photos."""

    def overtaken(self, student: str) -> None:
        """Somebody else changed or erased this enrolment meanwhile: nothing of it was written."""

    def replacing(self, those: Sequence[Replaced]) -> bool:
        """Enrolled photos of these people would be given up: say so, and return whether that is meant."""

    def advance(self, photos: int) -> None:
        """So many more photos are done."""


class EnrollResult(NamedTuple):
    """What came of it.

    enrolled, unchanged: how many people were enrolled anew, or stayed as they are. without: who has no usable photo,
    each with the causes (of ``streams.faces.unfit_pictures``) for which his were refused; none if there is no photo.
    kept: whose enrolled photos were not to be replaced.
    refused: how many files, or folders, were meant as photos and not taken. checks: one an engine.
    """

    enrolled: int
    unchanged: int
    without: Mapping[str, frozenset[str]]
    kept: tuple[str, ...]
    refused: int
    checks: tuple[EnrolmentCheck, ...]


def photos_in(settings: Settings, folder: Path) -> FoundPhotos:
    """Return whose photos a folder holds, by names alone, held against the rosters that are loaded.

    Raises:
        RefusedError: there is no such folder.
        UnavailableError: the broker does not answer.
    """
    return _held_against(settings, folder, rosters(settings).everything)


def nobody_in(settings: Settings, found: FoundPhotos) -> RefusedError:
    """Return the refusal of a folder in which there is nobody's photo."""
    what = (
        gettext_noop("no photo in {folder} is named after a student")
        if any(each.meant for each in found.ignored)
        else gettext_noop("{folder} holds no photo")
    )
    return RefusedError(
        say(settings.language, what, folder=found.folder),
        say(settings.language, "Name them <student id>/*.jpg or <student id>.jpg, like 201912345.jpg."),
    )


def replaced_in(settings: Settings, found: FoundPhotos) -> list[Replaced]:
    """Return whose enrolled photos these would replace, as far as their number and their bytes tell.

    Raises:
        UnavailableError: the broker does not answer.
    """
    stood = enrollments(settings)
    cipher = TemplateCipher.open(settings.key_file) if settings.key_file.exists() else None
    return [
        one
        for student, paths in found.people.items()
        if student in stood and (one := would_replace(paths, stood[student], cipher))
    ]


def enroll_people(settings: Settings, request: EnrollRequest, observer: EnrollObserver, now: datetime) -> EnrollResult:
    """Enrol people. The same photos again change nothing; whatever was sent before an interruption stays.

    Whose enrolled photos would be given up for fewer waits until all others are done, and is asked for.

    now: aware; when the versions begin.

    Raises:
        RefusedError: there is no such folder or engine, it holds nobody's photos, or this machine does not have the
            live engine just so.
        UnavailableError: the broker does not answer.
    """
    lists = rosters(settings).everything
    found = _held_against(settings, request.photos, lists)
    observer.understood(found)
    if not found.people:
        raise nobody_in(settings, found)
    cipher = TemplateCipher.create(settings.key_file)
    names = engine_names(settings.home) if request.all_engines else request.engines or live_engines(settings, now)
    troubled: list[Portrayal] = []
    doubtful: dict[Replaced, Enrollment] = {}
    pool = EnrolmentPool(tuple(dict.fromkeys(names)), settings.home, settings.key_file)
    with closing(pool), closing(_Writer(settings, observer)) as writer:
        everybody = writer.everybody
        observer.begin(sum(map(len, found.people.values())), len(pool.engines))
        for student, portrayals in pool.portrayals(found.people, dict(everybody)):
            for each in portrayals:
                observer.portrayed(each)
                if each.refused:
                    troubled.append(each)
            stood = everybody.get(student)
            if enrollment := renewed(portrayals, stood, cipher, now, by=request.by, why=request.why):
                if less := replaced(portrayals, stood, cipher):
                    doubtful[less] = enrollment
                else:
                    writer.put(enrollment)
            observer.advance(len(found.people[student]))
        writer.flush()
        meant = not doubtful or observer.replacing(tuple(doubtful))
        for enrollment in doubtful.values() if meant else ():
            writer.put(enrollment)
        writer.flush()
    kept = () if meant else tuple(each.student_id for each in doubtful)
    people = {student: paths for student, paths in found.people.items() if student not in kept}
    checks = _checks(settings, pool.engines, people, everybody, troubled, cipher, lists)
    without = _without(checks, troubled)
    unchanged = len(people) - writer.changed - len(writer.overtaken) - len(without)
    refused = sum(each.meant for each in found.ignored) + len({path for each in troubled for path in each.refused})
    return EnrollResult(writer.changed, unchanged, without, kept, refused, checks)


class _Writer:
    """Sends enrolments, some at a time; what somebody else wrote or erased since it was read is left as it is."""

    def __init__(self, settings: Settings, observer: EnrollObserver) -> None:
        self._settings = settings
        self._observer = observer
        self._view: View[Enrollment] = View(settings, "enrollments", lambda value: decode(value, Enrollment))
        self._view.catch_up()
        self._waiting: list[Enrollment] = []
        self.everybody = dict(self._view.items)
        self.changed = 0
        self.overtaken: list[str] = []

    def put(self, enrollment: Enrollment) -> None:
        self._waiting.append(enrollment)
        if len(self._waiting) >= BATCH:
            self.flush()

    def flush(self) -> None:
        if not self._waiting:
            return
        with enrolments_held(self._settings):
            self._view.catch_up()
            there, read = self._view.items, self.everybody
            fresh = {
                each.student_id: each
                for each in self._waiting
                if there.get(each.student_id) == read.get(each.student_id)
            }
            send(self._settings, [record(self._settings, each) for each in fresh.values()])
        for each in self._waiting:
            self._note(each.student_id, fresh.get(each.student_id))
        self._waiting.clear()

    def _note(self, student: str, written: Enrollment | None) -> None:
        stood = self.everybody.pop(student, None)
        if written:
            self.changed += stood is None or written.version > stood.version
        else:
            self.overtaken.append(student)
            self._observer.overtaken(student)
        if now := written or self._view.items.get(student):
            self.everybody[student] = now

    def close(self) -> None:
        self._view.close()


def _held_against(settings: Settings, folder: Path, lists: Sequence[Roster]) -> FoundPhotos:
    if not folder.is_dir():
        raise RefusedError(
            say(settings.language, "{folder} is no folder", folder=folder),
            say(settings.language, "Give the folder that holds <student id>/*.jpg."),
        )
    ids = {student.student_id for roster in lists for student in roster.students}
    return find_photos(folder, ids=ids, sections={roster.section for roster in lists})


def _without(checks: Iterable[EnrolmentCheck], troubled: Iterable[Portrayal]) -> dict[str, frozenset[str]]:
    """Return who has no photo that an engine can use, and why his were refused."""
    causes: dict[str, set[str]] = {}
    for each in troubled:
        causes.setdefault(each.student_id, set()).update(unfit.cause for unfit in each.refused.values())
    people = sorted({student for each in checks for student, taken in each.photos.items() if not taken})
    return {student: frozenset(causes.get(student, ())) for student in people}


def _checks(
    settings: Settings,
    engines: Iterable[Engine],
    people: Mapping[str, tuple[Path, ...]],
    everybody: Mapping[str, Enrollment],
    troubled: Iterable[Portrayal],
    cipher: TemplateCipher,
    lists: Iterable[Roster],
) -> tuple[EnrolmentCheck, ...]:
    """Check the people of a folder, engine by engine."""
    checks = []
    for engine in engines:
        mine = [each for each in troubled if each.engine == engine.id]
        refused = {path for each in mine for path in each.refused}
        taken = {student: [path.name for path in paths if path not in refused] for student, paths in people.items()}
        told = (engine.id, engine.calibration)
        checks.append(check_enrolment(settings, told, taken, everybody, lists, cipher, mine))
    return tuple(checks)
