"""Photos of people who agreed become encrypted templates."""

from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec

from enrollment.loaded import rosters
from enrollment.photos import Ignored, find_photos
from enrollment.pool import EnrolmentPool
from enrollment.portrayals import Portrayal, record, renewed
from infra.operations.enrolment_check import EnrolmentCheck, check_enrolment
from infra.operations.enrolment_lock import enrolments_held
from schemas.cluster import View, send
from schemas.errors import RefusedError
from schemas.messages import Enrollment, decode
from schemas.settings import Settings
from streams.faces.engines import Engine, engine_names
from streams.faces.template_cipher import TemplateCipher
from streams.reference.live_engine import live_engines

__all__ = ["EnrollObserver", "EnrollRequest", "EnrollResult", "enroll_people"]

BATCH = 50
"""People that are sent together: an interruption costs at most these."""

CONSENT = (
    "Templates of faces are biometric data: the law (in Korea the Personal Information Protection Act, article 23) "
    "wants each person's separate consent before they are made."
)


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
            raise RefusedError(CONSENT, "Add --consent-on-file when you hold the consent of everybody in the folder.")


class EnrollObserver(Protocol):
    """Is told what happens meanwhile."""

    def passed_over(self, other: Ignored) -> None:
        """A file of the folder is nobody's photo."""

    def begin(self, photos: int, engines: int) -> None:
        """So many photos are looked at by so many engines now."""

    def portrayed(self, portrayal: Portrayal) -> None:
        """An engine has looked at a person's photos."""

    def overtaken(self, student: str) -> None:
        """Somebody else changed or erased this enrolment meanwhile: nothing of it was written."""

    def advance(self, photos: int) -> None:
        """So many more photos are done."""


class EnrollResult(NamedTuple):
    """How many people were enrolled anew or stayed as they are, who has no usable photo, and a check an engine."""

    enrolled: int
    unchanged: int
    without: tuple[str, ...]
    checks: tuple[EnrolmentCheck, ...]


def enroll_people(settings: Settings, request: EnrollRequest, observer: EnrollObserver, now: datetime) -> EnrollResult:
    """Enrol people. The same photos again change nothing; whatever was sent before an interruption stays.

    now: aware; when the versions begin.

    Raises:
        RefusedError: there is no such folder or engine, or this machine does not have the live engine just so.
        UnavailableError: the broker does not answer.
    """
    found = find_photos(request.photos)
    for other in found.ignored:
        observer.passed_over(other)
    cipher = TemplateCipher.create(settings.key_file)
    names = engine_names(settings.home) if request.all_engines else request.engines or live_engines(settings, now)
    troubled: list[Portrayal] = []
    pool = EnrolmentPool(tuple(dict.fromkeys(names)), settings.home, settings.key_file)
    with closing(pool), closing(_Writer(settings, observer)) as writer:
        everybody = writer.everybody
        observer.begin(sum(map(len, found.people.values())), len(pool.engines))
        for student, portrayals in pool.portrayals(found.people, dict(everybody)):
            for each in portrayals:
                observer.portrayed(each)
                if each.refused:
                    troubled.append(each)
            if enrollment := renewed(portrayals, everybody.get(student), cipher, now, by=request.by, why=request.why):
                writer.put(enrollment)
            observer.advance(len(found.people[student]))
        writer.flush()
    checks = _checks(settings, pool.engines, found.people, everybody, troubled, cipher)
    without = {student for each in checks for student, taken in each.photos.items() if not taken}
    unchanged = len(found.people) - writer.changed - len(writer.overtaken) - len(without)
    return EnrollResult(writer.changed, unchanged, tuple(sorted(without)), checks)


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


def _checks(
    settings: Settings,
    engines: Iterable[Engine],
    people: Mapping[str, tuple[Path, ...]],
    everybody: Mapping[str, Enrollment],
    troubled: Iterable[Portrayal],
    cipher: TemplateCipher,
) -> tuple[EnrolmentCheck, ...]:
    """Check the people of a folder, engine by engine."""
    known_rosters = rosters(settings).everything
    checks = []
    for engine in engines:
        mine = [each for each in troubled if each.engine == engine.id]
        refused = {path for each in mine for path in each.refused}
        taken = {student: [path.name for path in paths if path not in refused] for student, paths in people.items()}
        told = (engine.id, engine.calibration)
        checks.append(check_enrolment(settings, told, taken, everybody, known_rosters, cipher, mine))
    return tuple(checks)
