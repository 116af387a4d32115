"""Photos of people who agreed become encrypted templates."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec

from enrollment.consent import taken_back_since
from enrollment.likeness import KnownFaces
from enrollment.loaded import enrollments, rosters
from enrollment.photos import FoundPhotos, find_photos
from enrollment.pool import EnrolmentPool
from enrollment.portrayals import Portrayal, known, record, renewed
from enrollment.replacing import Replaced, Stray, odd_photos, replaced, strays, would_replace
from infra.operations.people.enrolment_check import EnrolmentCheck, check_enrolment
from infra.operations.people.enrolment_lock import enrolments_held
from schemas.cluster import View, send
from schemas.errors import RefusedError
from schemas.messages import Enrollment, Roster, decode
from schemas.settings import Settings
from schemas.translations import Text, gettext_noop, say
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
    listed_only: whoever is on no roster is told, and not taken. consented_at: when the asker said that he holds it;
    whoever took it back since is not taken. None: now.
    """

    photos: Path
    consent_on_file: bool
    engines: tuple[str, ...] = ()
    all_engines: bool = False
    by: str = ""
    why: str = ""
    listed_only: bool = False
    consented_at: datetime | None = None

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

    def written(self, students: Sequence[str]) -> None:
        """Enrolments of these people are on record now."""

    def overtaken(self, student: str) -> None:
        """Somebody else changed or erased this enrolment meanwhile: nothing of it was written."""

    def unplaced(self, student: str) -> None:
        """No roster has this id, and its photos show several people: nothing of it is taken."""

    def replacing(self, those: Sequence[Replaced]) -> bool:
        """Enrolled photos of these people would be given up: say so, and return whether that is meant."""

    def advance(self, photos: int) -> None:
        """So many more photos are done."""


class EnrollResult(NamedTuple):
    """What came of it.

    enrolled, replaced, unchanged: how many people got templates, got others in place of those they had, or stayed as
    they are. without: who has no usable photo,
    each with the causes (of ``streams.faces.unfit_pictures``) for which his were refused; none if there is no photo.
    kept: whose enrolled photos were not to be replaced. strays: photos that were enrolled and look like somebody else.
    refused: how many files, or folders, were meant as photos and not taken. checks: one an engine.
    """

    enrolled: int
    replaced: int
    unchanged: int
    without: Mapping[str, frozenset[str]]
    kept: tuple[str, ...]
    strays: tuple[Stray, ...]
    refused: int
    checks: tuple[EnrolmentCheck, ...]


def photos_in(settings: Settings, folder: Path) -> FoundPhotos:
    """Return whose photos a folder holds, by names alone, held against the rosters that are loaded.

    Raises:
        RefusedError: there is no such folder.
        UnavailableError: the broker does not answer.
    """
    return _held_against(settings, folder, rosters(settings).everything)


def nobody_in(found: FoundPhotos) -> RefusedError:
    """Return the refusal of a folder in which there is nobody's photo."""
    what = (
        gettext_noop("no photo in {folder} is named after a student")
        if any(each.meant for each in found.ignored)
        else gettext_noop("{folder} holds no photo")
    )
    return RefusedError(
        Text(what, folder=found.folder), "Name them <student id>/*.jpg or <student id>.jpg, like 201912345.jpg."
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

    Whose enrolled photos would be given up for fewer, or for another face, waits until all others are done, and is
    asked for.

    now: aware; when the versions begin.

    Raises:
        RefusedError: there is no such folder or engine, it holds nobody's photos, or this machine does not have the
            live engine just so.
        UnavailableError: the broker does not answer.
    """
    lists = rosters(settings).everything
    found = _held_against(settings, request.photos, lists)
    observer.understood(found)
    if request.listed_only:
        listed = {student: paths for student, paths in found.people.items() if student not in found.unlisted}
        found = msgspec.structs.replace(found, people=listed, unlisted=())
    if not found.people:
        raise nobody_in(found)
    cipher = TemplateCipher.create(settings.key_file)
    names = engine_names(settings.home) if request.all_engines else request.engines or live_engines(settings, now)
    pool = EnrolmentPool(tuple(dict.fromkeys(names)), settings.home, settings.key_file)
    with closing(pool), closing(_Writer(settings, observer)) as writer:
        seen = _looked_at(request, found, pool, writer, cipher, now)
        writer.flush()
        faces = _Faces(pool.engines, writer.everybody, cipher)
        in_doubt = tuple(
            each._replace(strays=() if each.like else tuple(strays(*seen.doubted[each.student_id], faces)))
            for each in seen.replaced
        )
        meant = not in_doubt or observer.replacing(in_doubt)
        for each in in_doubt if meant else ():
            writer.put(seen.waiting[each.student_id])
        writer.flush()
    asked = [each.student_id for each in in_doubt]
    kept = () if meant else tuple(asked)
    people = {student: paths for student, paths in found.people.items() if student not in {*kept, *seen.unplaced}}
    checks = _checks(settings, pool.engines, people, writer.everybody, seen.troubled, cipher, lists)
    without = _without(checks, seen.troubled)
    changed = writer.enrolled + writer.replaced
    refused = {path for each in seen.troubled for path in each.refused}
    refused |= {path for student in seen.unplaced for path in found.people[student]}
    return EnrollResult(
        enrolled=writer.enrolled,
        replaced=writer.replaced,
        unchanged=len(people) - changed - len(writer.overtaken) - len(without),
        without=without,
        kept=kept,
        strays=tuple(
            one for student in seen.doubted if student not in asked for one in strays(*seen.doubted[student], faces)
        ),
        refused=sum(each.meant for each in found.ignored) + len(refused),
        checks=checks,
    )


class _Looked(NamedTuple):
    """What was made of the photos of a folder.

    troubled: portrayals with a refused photo. replaced: what is asked for, and the enrolments that wait for the answer.
    doubted: by student, with the photos that may show somebody else. unplaced: of whom nothing is taken.
    """

    troubled: list[Portrayal]
    replaced: list[Replaced]
    waiting: dict[str, Enrollment]
    doubted: dict[str, tuple[list[Portrayal], tuple[Path, ...]]]
    unplaced: list[str]


def _looked_at(
    request: EnrollRequest,
    found: FoundPhotos,
    pool: EnrolmentPool,
    writer: "_Writer",
    cipher: TemplateCipher,
    now: datetime,
) -> _Looked:
    """Look at everybody's photos, and write whatever need not be asked for."""
    observer, before, unlisted = writer.observer, dict(writer.everybody), {*found.unlisted}
    faces, seen = _Faces(pool.engines, before, cipher), _Looked([], [], {}, {}, [])
    observer.begin(sum(map(len, found.people.values())), len(pool.engines))
    for student, portrayals in pool.portrayals(found.people, before):
        for each in portrayals:
            observer.portrayed(each)
        seen.troubled.extend(each for each in portrayals if each.refused)
        odd = tuple(
            dict.fromkeys(path for each in portrayals for path in odd_photos(each, faces.calibrations[each.engine]))
        )
        if taken_back_since(before.get(student), request.consented_at):
            seen.unplaced.append(student)
            observer.overtaken(student)
        elif odd and student in unlisted:
            seen.unplaced.append(student)
            observer.unplaced(student)
        elif fresh := renewed(portrayals, before.get(student), cipher, now, by=request.by, why=request.why):
            less = replaced(portrayals, before.get(student), faces)
            if less:
                seen.replaced.append(less)
                seen.waiting[student] = fresh
            else:
                writer.put(fresh)
            if odd or less:
                seen.doubted[student] = portrayals, tuple(dict.fromkeys((*odd, *(less.unlike if less else ()))))
        observer.advance(len(found.people[student]))
    return seen


class _Faces(Mapping[str, KnownFaces]):
    """Everybody's templates by the engine, opened when one is asked for: most runs replace nothing."""

    def __init__(self, engines: Iterable[Engine], people: Mapping[str, Enrollment], cipher: TemplateCipher) -> None:
        self.calibrations = {each.id: each.calibration for each in engines}
        self._people = people
        self._cipher = cipher
        self._opened: dict[str, KnownFaces] = {}

    def __getitem__(self, engine: str) -> KnownFaces:
        if engine not in self._opened:
            faces, _ = known(self._people.values(), engine, self._cipher)
            self._opened[engine] = KnownFaces(faces, self.calibrations[engine])
        return self._opened[engine]

    def __iter__(self) -> Iterator[str]:
        return iter(self.calibrations)

    def __len__(self) -> int:
        return len(self.calibrations)


class _Writer:
    """Sends enrolments, some at a time; what somebody else wrote or erased since it was read is left as it is."""

    def __init__(self, settings: Settings, observer: EnrollObserver) -> None:
        self._settings = settings
        self.observer = observer
        self._view: View[Enrollment] = View(settings, "enrollments", lambda value: decode(value, Enrollment))
        self._view.catch_up()
        self._waiting: list[Enrollment] = []
        self.everybody = dict(self._view.items)
        self.enrolled = self.replaced = 0
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
        self.observer.written([*fresh])
        for each in self._waiting:
            self._note(each.student_id, fresh.get(each.student_id))
        self._waiting.clear()

    def _note(self, student: str, written: Enrollment | None) -> None:
        stood = self.everybody.pop(student, None)
        if written:
            fresh = stood is None or written.version > stood.version
            self.enrolled += fresh and not written.previous
            self.replaced += fresh and bool(written.previous)
        else:
            self.overtaken.append(student)
            self.observer.overtaken(student)
        if now := written or self._view.items.get(student):
            self.everybody[student] = now

    def close(self) -> None:
        self._view.close()


def _held_against(settings: Settings, folder: Path, lists: Sequence[Roster]) -> FoundPhotos:
    if not folder.is_dir():
        raise RefusedError(
            Text("{folder} is no folder", folder=folder), "Give the folder that holds <student id>/*.jpg."
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
