"""What travels through the topics.

Every value is JSON with a ``schema`` field that names the message and its version, e.g. ``observation/2``; only the
value of a frame is the JPEG itself (``schemas.frames``), or one that is sealed (``schemas.frame_seals``). A reader
ignores fields it does not know and refuses a version it does not know, by name.

All times are aware; on the wire they are UTC, ISO 8601. Boxes are pixels of the frame, upright as its EXIF says: x to
the right, y down. Bytes are base64 on the wire.
"""

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal, TypeAlias, TypeVar, get_args
from uuid import UUID

import msgspec

from schemas.errors import BadMessageError
from schemas.ids import class_hour_id
from schemas.unreadable import UNREADABLE
from schemas.upcasters import upcast

__all__ = [
    "AS_JUDGED",
    "CAMERA",
    "MESSAGES",
    "Absence",
    "Appeal",
    "AppealAnswered",
    "AppealKind",
    "AppealWithdrawn",
    "Appealed",
    "Attendance",
    "AuditAction",
    "AuditRole",
    "Audited",
    "Band",
    "CameraVerdict",
    "Candidate",
    "ClassHour",
    "Coverage",
    "DoubtCode",
    "EngineChoice",
    "Enrollment",
    "EnrollmentTemplate",
    "EnrollmentVersion",
    "Erased",
    "Evaluated",
    "Excuse",
    "Face",
    "Forget",
    "FrameRef",
    "Gap",
    "HallDay",
    "Judged",
    "Mark",
    "MarkBatch",
    "Moment",
    "Observation",
    "PhotoQuality",
    "Presence",
    "Profile",
    "Roster",
    "Said",
    "Sighting",
    "Student",
    "Term",
    "TermRule",
    "Tick",
    "Verdict",
    "Visitor",
    "decode",
    "encode",
]

Moment: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]
"""An aware time; a message with a naive one is refused."""

Pixel: TypeAlias = Annotated[float, msgspec.Meta(ge=-1e6, le=1e6)]
Share: TypeAlias = Annotated[float, msgspec.Meta(ge=0, le=1)]

# Numbers of a message go as far as their columns (schemas/tables): a store may take a larger one and keep another.
Period: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**16 - 1)]
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]
Version: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Amount: TypeAlias = Annotated[float, msgspec.Meta(ge=0)]
"""Seconds, or a mean of counts."""
Days: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=366)]

Judged = Literal["present", "late", "left_early", "absent", "unobserved"]
"""What a camera can say."""

Excuse = Literal["excused", "official_leave"]
"""What only a person says of somebody who need not be there: ``excused`` counts as if he was, ``official_leave`` is
allowed, and may count towards the limit of absences all the same; what each counts, the rule of the term says."""

Verdict = Literal[Judged, Excuse]

AS_JUDGED: Final = "as_judged"
"""What a mark says that takes back what was marked before: the verdict is the camera's again."""

Said = Literal[Verdict, "as_judged"]
"""What a person says of a student. A reader that does not know ``as_judged`` yet refuses it, and claims nothing."""

DoubtCode = Literal[
    "came_unseen",
    "came_elsewhere",
    "left_unseen",
    "left_elsewhere",
    "left_head_down",
    "too_alike",
    "like_him",
    "no_camera",
    "too_little",
    "far_away",
    "no_face",
    "not_compared",
    "another_class",
    "never_moved",
    "inside_frame",
    "new_on_roster",
    "not_kept",
    "one_photo",
    "few_looks",
]
"""Why the camera's verdict is in doubt (``streams.judgement.doubts`` says each in words)."""

CAMERA: Final = "camera"
"""The source of a verdict that no person has marked."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a message."""


class Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema"):
    """A value of a topic. Its tag is its name and version."""


# ---------------------------------------------------------------- what the university says


class ClassHour(Part, frozen=True, kw_only=True, omit_defaults=True):
    """One period of a meeting: the window of everything.

    date: of its start, in the site's zone. starts_at is the first moment that belongs to it, ends_at the first that
    does not. hall: where its facts are kept. also_in: further halls in which the section sits at once, as in an exam.
    Several sections may sit in one hall at once; each has a class hour of its own.
    """

    section: str
    hall: str
    date: date
    period: Period
    starts_at: Moment
    ends_at: Moment
    also_in: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.ends_at <= self.starts_at:
            raise ValueError(f"a class hour must end after it starts, got {self.starts_at} to {self.ends_at}")

    @property
    def halls(self) -> tuple[str, ...]:
        """Every hall in which it meets, the one that keeps its facts first."""
        return (self.hall, *self.also_in)

    def overlaps(self, other: "ClassHour") -> bool:
        """Whether the two share a moment and a hall."""
        return (
            self.starts_at < other.ends_at
            and other.starts_at < self.ends_at
            and not set(self.halls).isdisjoint(other.halls)
        )

    @property
    def id(self) -> str:
        """The class hour's name, as in ``schemas.ids.class_hour_id``."""
        return class_hour_id(self.section, self.date, self.period)

    def __contains__(self, moment: datetime) -> bool:
        return self.starts_at <= moment < self.ends_at


class HallDay(Message, frozen=True, kw_only=True, tag="hall_day/1"):
    """Topic ``timetable``, key ``hall|date``: all class hours of a day that a hall keeps. The latest one holds.

    A class hour that meets in several halls stands with the first of them.
    """

    hall: str
    date: date
    hours: tuple[ClassHour, ...]


class Student(Part, frozen=True, kw_only=True, omit_defaults=True):
    """A student of a roster."""

    student_id: str
    name: str


class Roster(Message, frozen=True, kw_only=True, tag="roster/1", omit_defaults=True):
    """Topic ``rosters``, key section, or ``section|since``: who takes the course. The latest one of a key holds.

    since: the first date on which it holds, until another one does; None: from always. A class hour has the roster of
    its date (``schemas.rosters``). version: grows with every load of the section. loaded_at, by: when, and who loaded
    it, as far as that is known.
    """

    section: str
    students: tuple[Student, ...]
    since: date | None = None
    version: Version = 1
    loaded_at: Moment | None = None
    by: str = ""


class TermRule(Part, frozen=True, kw_only=True, omit_defaults=True):
    """What a verdict costs in a term, and when it is too much; universities differ in all of it.

    late_per_absence, left_early_per_absence: so many are one absence; 0: never. counted_together: late and left early
    hours are added up for it. whole_absences: what is left over after the last whole absence costs nothing.
    late_absent_after: minutes after the start from which on who is late is charged an absence; 0: never.
    limit: part of the class hours of the term, like ``1/4``: who is charged more gets an F; from_limit: or as much.
    unit: what is counted: class hours, or minutes, and then what late and early leavers missed of them, in whole blocks
    of block_minutes.
    official_leave_counts, excused_counts: whether such an hour is charged.
    appeal_days: until midnight of so many days after a class hour a student may contest what he counts as; 0: always.
    professor_corrects_days: until then those who teach may correct it; 0: always. office_corrects_days: until then the
    registrar may, once they no longer can; 0: always.
    """

    late_per_absence: Annotated[int, msgspec.Meta(ge=0, le=100)] = 3
    left_early_per_absence: Annotated[int, msgspec.Meta(ge=0, le=100)] = 3
    counted_together: bool = False
    whole_absences: bool = True
    late_absent_after: Annotated[int, msgspec.Meta(ge=0, le=1440)] = 0
    limit: Annotated[str, msgspec.Meta(pattern=r"^(0|[1-9][0-9]{0,3})/[1-9][0-9]{0,3}$")] = "1/4"
    from_limit: bool = False
    unit: Literal["hours", "minutes"] = "hours"
    block_minutes: Annotated[int, msgspec.Meta(ge=1, le=240)] = 1
    official_leave_counts: bool = True
    excused_counts: bool = False
    appeal_days: Days = 7
    professor_corrects_days: Days = 0
    office_corrects_days: Days = 0


class Term(Message, frozen=True, kw_only=True, tag="term/1", omit_defaults=True):
    """Topic ``terms``, key term: its days, and what counts in it. The latest one of a key holds; no value means none.

    first, last: its first and last day. rule: of the site. sections: of those that have one of their own.
    faculties: whose a section is, by how its name begins. loaded_at, by: when, and who loaded it.
    """

    term: str
    first: date
    last: date
    rule: TermRule = TermRule()
    sections: dict[str, TermRule] = {}
    faculties: dict[str, str] = {}
    loaded_at: Moment
    by: str = ""

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"a term must end after it begins, got {self.first} to {self.last}")

    def rule_of(self, section: str) -> TermRule:
        """Return the rule of a section: its own, else the site's."""
        return self.sections.get(section, self.rule)

    def faculty_of(self, section: str) -> str:
        """Return the faculty that offers a section: of the longest beginning that fits; empty: none is named."""
        fitting = [each for each in self.faculties if section.startswith(each)]
        return self.faculties[max(fitting, key=len)] if fitting else ""


class PhotoQuality(Part, frozen=True, kw_only=True, omit_defaults=True):
    """What a photograph is worth for a template, as an engine saw it.

    width: of the face in pixels. sharpness, yaw, roll (degrees), bright, contrast (grey values): as of
    ``streams.faces.quality``. agreement: cosine to the most similar other one of the person; None of the only one.
    """

    width: float
    sharpness: float
    yaw: float
    roll: float
    bright: float
    contrast: float
    agreement: float | None = None


class EnrollmentTemplate(Part, frozen=True, kw_only=True, omit_defaults=True):
    """What one engine knows of a person.

    engine: the engine's id.
    photos: how many photographs are behind it.
    sealed: the template, encrypted (``streams.faces.template_cipher``).
    source: keyed digest of the files that it was made of; without the key it tells nothing.
    qualities: of each photograph, in the order of the files.
    """

    engine: str
    photos: int
    sealed: bytes
    source: bytes = b""
    qualities: tuple[PhotoQuality, ...] = ()


class EnrollmentVersion(Part, frozen=True, kw_only=True, omit_defaults=True):
    """That a person was enrolled, without what came out; or what was said of his consent.

    engines: the ids of those that looked. photos: how many the most of them took. by, why: as far as it was said.
    consent: put on record here without photos, or taken back (False), by which the templates went; None: as enrolled.
    """

    version: int
    enrolled_at: Moment
    engines: tuple[str, ...]
    photos: int
    by: str = ""
    why: str = ""
    consent: bool | None = None


class Enrollment(Message, frozen=True, kw_only=True, tag="enrollment/1"):
    """Topic ``enrollments``, key student; no value means erased.

    version: 1 for the first enrolment of this student, one more for each that replaces it; 0: consent without photos.
    templates: none where consent alone is on record, or was taken back (then consent_on_file is False).
    previous: the templates that this one replaces: a class hour keeps those in force at its start.
    history: every version, the oldest first, this one last; of one from before this field was there, nothing.
    """

    student_id: str
    version: int
    enrolled_at: Moment
    consent_on_file: bool
    templates: tuple[EnrollmentTemplate, ...]
    previous: tuple[EnrollmentTemplate, ...] = ()
    history: tuple[EnrollmentVersion, ...] = ()


class Mark(Part, frozen=True, kw_only=True, omit_defaults=True):
    """What a person says about one student in one class hour.

    verdict: ``as_judged`` takes back what was marked before, by whomever. confirmed: it was the camera's verdict, and
    this person found it right. in_bulk: with others at once, and nobody looked at each; so it is no truth by which the
    camera is judged. looks_like: another student, by id, whom the camera took for this one.
    """

    student_id: str
    verdict: Said
    confirmed: bool = False
    in_bulk: bool = False
    looks_like: str | None = None


class MarkBatch(Message, frozen=True, kw_only=True, tag="marks/1"):
    """Topic ``marks``, key ``class hour|id``, partition of the hall: one mark, or a whole roll call.

    Of two marks for the same student the one with the later ``at`` holds, of equal ones the greater id.
    """

    id: str
    class_hour: str
    hall: str
    kind: Literal["mark", "rollcall"]
    by: str
    at: Moment
    reason: str = ""
    marks: tuple[Mark, ...]

    def without(self, student: str) -> "MarkBatch":
        """Return the batch without what it says of a student; itself where that is nothing."""
        marks = tuple(
            msgspec.structs.replace(each, looks_like=None) if each.looks_like == student else each
            for each in self.marks
            if each.student_id != student
        )
        return self if marks == self.marks else msgspec.structs.replace(self, marks=marks)


AppealKind = Literal["contest", "excuse"]
"""``contest``: of a class hour that is over, what he counts as in it; ``excuse``: of one to come, that he will not be
there."""


class Appealed(Message, frozen=True, kw_only=True, tag="appealed/1", omit_defaults=True):
    """Topic ``appeals``, key ``id|asked``: a student asks a person. No other message of this id changes it.

    contested: what he counted as when he asked; of an excuse, nothing. wished: what he asks for, as far as he said it.
    starts_at, ends_at: the part of the class hour that it is about. hall, engine: what judged it; no engine: a person
    had, or nobody yet.
    """

    id: str
    class_hour: str
    student_id: str
    kind: AppealKind
    contested: Verdict | None = None
    wished: Verdict | None = None
    starts_at: Moment
    ends_at: Moment
    reason: str
    at: Moment
    hall: str
    engine: str = ""

    def __post_init__(self) -> None:
        if self.ends_at <= self.starts_at:
            raise ValueError(f"what is contested must end after it starts, got {self.starts_at} to {self.ends_at}")


class AppealAnswered(Message, frozen=True, kw_only=True, tag="appeal_answered/1", omit_defaults=True):
    """Topic ``appeals``, key ``id|answer``: what a person says of an appeal. Of two answers the earlier one holds.

    answer: of this answer, and of the mark that it is (``MarkBatch.id``). verdict: what the student counts as, if it
    is upheld; None: it is refused. reason: why, either way.
    """

    id: str
    answer: str
    class_hour: str
    student_id: str
    verdict: Verdict | None = None
    by: str
    reason: str
    at: Moment


class AppealWithdrawn(Message, frozen=True, kw_only=True, tag="appeal_withdrawn/1", omit_defaults=True):
    """Topic ``appeals``, key ``id|withdrawn``: the student no longer asks. After an answer it counts for nothing."""

    id: str
    class_hour: str
    student_id: str
    at: Moment


Appeal: TypeAlias = Appealed | AppealAnswered | AppealWithdrawn
"""Whatever the topic ``appeals`` carries."""


# ---------------------------------------------------------------- what the camera shows


class FrameRef(Part, frozen=True, kw_only=True, omit_defaults=True):
    """Where in Kafka the picture is."""

    topic: str
    partition: int
    offset: int


class Candidate(Part, frozen=True, kw_only=True, omit_defaults=True):
    """A student of the roster whose face is known to the engine.

    version: of the enrolment that was compared.
    """

    student_id: str
    version: int


class Visitor(Part, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody enrolled who is not on the roster, and is more like a face than all others who are not.

    cosine: similarity of the face to his template.
    """

    student_id: str
    cosine: Annotated[float, msgspec.Meta(ge=-1, le=1)]


class Face(Part, frozen=True, kw_only=True, omit_defaults=True):
    """One face of one frame.

    box: x1, y1, x2, y2 in pixels of the frame.
    score: the detector's, 0 to 1.
    cosines: similarity to each candidate of the observation in order, little-endian float16.
    student: who it was taken for in this frame alone; provisional.
    look: the embedding, encrypted; only of a face that may be a candidate's.
    visitor: who else it may be; none if nobody enrolled is likely enough.
    framed: it is inside a bright or dark rectangle, as a picture of a face is (``streams.faces.framed``).
    """

    box: tuple[Pixel, Pixel, Pixel, Pixel]
    score: Share
    cosines: bytes = b""
    student: str | None = None
    look: bytes | None = None
    visitor: Visitor | None = None
    framed: bool = False


class Observation(Message, frozen=True, kw_only=True, tag="observation/2"):
    """Topic ``sightings``, key hall: what one analysed frame showed, nobody included.

    It is a fact of its class hour: (hall, camera, captured_at, engine) names it. class_hour is None when no class was
    on in the hall; where several were, each has an observation. The key is the hall that keeps the class hour's facts.
    candidates are sorted by student id; they are those of all class hours at once in these halls. roster: the versions
    of the rosters that they are from, less one each, added up. visitors: how many enrolled people who are not among
    the candidates were compared.
    picture: digest of the pixels; frames of one camera that share it show nothing new. Empty: not known.
    after_deleted: frames before this one were deleted before anybody looked at them.
    detail, thumbnail: how well the frame could be seen, 9 by 16 and 36 by 64 values of a byte, row by row; too small
    for anybody to be known by. Empty: not known.
    """

    hall: str
    camera: str
    captured_at: Moment
    engine: str
    frame: FrameRef
    live: bool
    width: Annotated[int, msgspec.Meta(ge=1)]
    height: Annotated[int, msgspec.Meta(ge=1)]
    class_hour: str | None
    candidates: tuple[Candidate, ...] = ()
    roster: Version = 0
    visitors: Annotated[int, msgspec.Meta(ge=0)] = 0
    picture: bytes = b""
    after_deleted: bool = False
    detail: bytes = b""
    thumbnail: bytes = b""
    faces: tuple[Face, ...] = ()


class Band(Part, frozen=True, kw_only=True):
    """A part of a camera's frames where faces occur, and how wide they are there.

    x1, x2, narrowest, widest: in widths of the frame. y1, y2: in heights of it.
    """

    x1: Share
    y1: Share
    x2: Share
    y2: Share
    narrowest: Annotated[float, msgspec.Meta(gt=0, le=1)]
    widest: Annotated[float, msgspec.Meta(gt=0, le=1)]

    def __post_init__(self) -> None:
        if self.x2 <= self.x1 or self.y2 <= self.y1 or self.widest < self.narrowest:
            raise ValueError(f"a band must end after it starts, got {self}")


class Profile(Message, frozen=True, kw_only=True, tag="profile/1"):
    """Topic ``profiles``, key ``hall|camera``; no value means none. The latest one holds.

    since, until: capture times of the first and last frame that it was learned from. frames, faces: how many.
    width, height: of these frames, in pixels; bands hold for other sizes of the same picture.
    whole_every: the whole frame is looked at in frames whose sequence this divides, beginning with 0.
    """

    hall: str
    camera: str
    since: Moment
    until: Moment
    frames: int
    faces: int
    width: Annotated[int, msgspec.Meta(ge=1)]
    height: Annotated[int, msgspec.Meta(ge=1)]
    whole_every: Annotated[int, msgspec.Meta(ge=1)]
    bands: tuple[Band, ...]


class Evaluated(Part, frozen=True, kw_only=True):
    """A run of an engine that was judged by a truth: so many verdicts right, of so many. truth: its name."""

    run: str
    truth: str
    right: Annotated[int, msgspec.Meta(ge=0)]
    of: Annotated[int, msgspec.Meta(ge=1)]


class EngineChoice(Message, frozen=True, kw_only=True, tag="engine_choice/1"):
    """Topic ``engines``, key ``at``: the engine (its id) of class hours that start from then on, until the next choice.

    evaluated: what it rests on. Without one, either the engine was live before, or somebody chose it unevaluated.
    """

    engine: str
    at: Moment
    said_at: Moment
    by: str
    evaluated: Evaluated | None = None
    without_evaluation: bool = False


class Tick(Message, frozen=True, kw_only=True, tag="tick/1"):
    """Topic ``sightings``, key hall: time is an event. Every frame sent before ``at`` has been looked at.

    complete: somebody knows that recordings of this hall have been sent to their end.
    """

    hall: str
    at: Moment
    complete: bool = False


class Forget(Message, frozen=True, kw_only=True, tag="forget/1"):
    """Topic ``sightings``, key and partition of each partition: a person asked to be forgotten."""

    student_id: str


class Erased(Message, frozen=True, kw_only=True, tag="erased/1"):
    """Topic ``erasures``, key moment and digest: somebody was erased, by whom and when.

    It tells every machine to delete what it keeps in files, and it is the audit: ``student`` is a keyed digest of the
    id. Who holds the key and the id can find this; nobody else learns whom it is about. Empty: no key was at hand.
    """

    student: bytes
    by: str
    at: Moment


AuditAction = Literal[
    "sign_in",
    "sign_in_failed",
    "sign_out",
    "see_hall",
    "see_hour",
    "see_student",
    "see_picture",
    "see_report",
    "correct",
    "roll_call",
    "export",
    "kiosk_start",
    "kiosk_mark",
    "kiosk_end",
    "account_change",
    "audit_read",
    "see_people",
    "rosters_load",
    "timetable_load",
    "term_load",
    "enroll",
    "consent",
    "appeal",
    "appeal_withdraw",
    "appeal_answer",
    "what_if",
    "run_change",
    "engine_change",
    "dead_letters",
]
AuditRole = Literal["", "professor", "assistant", "student", "registrar", "engineer", "kiosk", "console"]
"""In which role somebody acted; ``console`` is a command on a machine of the site, nothing: nobody had signed in."""


class Audited(Message, frozen=True, kw_only=True, tag="audit/1", omit_defaults=True):
    """Topic ``audit``, key account: who did what, when, from where. The same id twice is one row.

    account: its name; of a student's, ``student|`` and the hexadecimal digest of the student id.
    student: whom it is about, as the keyed digest of the student id (``enrollment.erasure.student_digest``); empty:
    nobody. Who holds the key and the id can find it, before the student is erased and after it; nobody else learns whom
    it is about. So nothing of the audit has to be erased, and nothing in it may name a student.
    section, class_hour: of the record. detail: a few words. address: of the client. ok: False is a refusal.
    """

    id: UUID
    at: Moment
    account: str
    role: AuditRole
    action: AuditAction
    section: str = ""
    class_hour: str = ""
    student: bytes = b""
    detail: str = ""
    address: str = ""
    ok: bool = True


# ---------------------------------------------------------------- what Naul says


class Absence(Part, frozen=True, kw_only=True, omit_defaults=True):
    """A stretch that a student who had arrived was away.

    departed_at: his last sighting. gone_by: since when he was surely gone: between the two nobody could see whether he
    still sat there. returned_at: None if he did not come back.
    """

    departed_at: Moment
    returned_at: Moment | None = None
    gone_by: Moment | None = None


class CameraVerdict(Part, frozen=True, kw_only=True, omit_defaults=True):
    """What a row of attendance says without a mark; fields as there."""

    verdict: Judged
    confidence: Share
    review: bool = False
    reason: str = ""


class Attendance(Message, frozen=True, kw_only=True, tag="attendance/1"):
    """Topic ``attendance``, key ``run|class hour|student``; no value means erased. Higher version wins.

    verdict: of the mark if there is one, else of the camera.
    absences: every departure with its return, whatever the verdict. departed_at is the one without return.
    seconds_present, seconds_covered: of the class hour; covered is what analysed frames stand for.
    confidence: 0 to 1, how sure the verdict is. review: a person should decide.
    source: ``camera``, or who marked. version: the number of facts behind the row.
    marked_at: of the mark that holds, also of one that took the others back.
    judged: what the camera says, where a person's word stands instead; None in a row from before this field was there.
    doubts: why what the camera says is in doubt, whatever a person marked.
    p: probability that the student was seen, whatever a person marked; None in a row from before this field was there.
    withdrawn: he is no longer on the roster of that date; reports leave the row out, and reason says since when.
    """

    run: str
    class_hour: str
    section: str
    hall: str
    date: date
    period: Period
    student_id: str
    name: str
    verdict: Verdict
    arrived_at: Moment | None
    departed_at: Moment | None
    absences: tuple[Absence, ...]
    seconds_present: Amount
    seconds_covered: Amount
    confidence: Share
    review: bool
    source: str
    reason: str = ""
    marked_at: Moment | None = None
    final: bool
    version: Version
    engine: str
    policy: str
    looks: Count = 0
    p: Share | None = None
    withdrawn: bool = False
    judged: CameraVerdict | None = None
    doubts: tuple[DoubtCode, ...] = ()


class Presence(Message, frozen=True, kw_only=True, tag="presence/1"):
    """Topic ``presence``, key class hour: somebody arrived, departed or returned. Higher version wins.

    id: ``schemas.ids.presence_id``. returned_at: on a departure, when it ended.
    retracted: later facts showed that it did not happen.
    """

    id: str
    run: str
    class_hour: str
    section: str
    hall: str
    date: date
    period: Period
    student_id: str
    kind: Literal["arrived", "departed", "returned"]
    ordinal: int
    at: Moment
    returned_at: Moment | None = None
    version: Version
    retracted: bool = False


class Gap(Part, frozen=True, kw_only=True, omit_defaults=True):
    """A stretch that no analysed frame stands for.

    reason: ``deleted`` if there were frames, and Kafka deleted them before anybody looked; ``repeated``: they were the
    same picture as before; ``dark``, ``blurred``, ``blinded`` or ``moved``: nobody could have been found in them;
    empty: no camera sent any.
    """

    starts_at: Moment
    ends_at: Moment
    reason: Literal["", "deleted", "repeated", "dark", "blurred", "blinded", "moved"] = ""


class Coverage(Message, frozen=True, kw_only=True, tag="coverage/1"):
    """Topic ``attendance``, key ``run|class hour``: how much of a class hour the cameras showed.

    unknown_faces: the mean number of faces a frame that were given to no student.
    repeated: frames that were the same picture as one before, and did not count.
    """

    run: str
    class_hour: str
    section: str
    hall: str
    date: date
    period: Period
    starts_at: Moment
    ends_at: Moment
    frames: Count
    seconds_covered: Amount
    gaps: tuple[Gap, ...]
    unknown_faces: Amount
    repeated: Count = 0
    final: bool
    version: Version
    engine: str
    policy: str


Sighting: TypeAlias = Observation | Tick | Forget
"""Whatever the topic ``sightings`` carries."""

MESSAGES: Final[dict[str, tuple[type[Message], ...]]] = {
    "sightings": (Observation, Tick, Forget),
    "presence": (Presence,),
    "attendance": (Attendance, Coverage),
    "enrollments": (Enrollment,),
    "profiles": (Profile,),
    "engines": (EngineChoice,),
    "erasures": (Erased,),
    "audit": (Audited,),
    "rosters": (Roster,),
    "timetable": (HallDay,),
    "terms": (Term,),
    "marks": (MarkBatch,),
    "appeals": (Appealed, AppealAnswered, AppealWithdrawn),
}
"""The messages of each topic whose values are JSON."""


# ---------------------------------------------------------------- to bytes and back

M = TypeVar("M", bound=Message)
_encoder = msgspec.json.Encoder()
_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


def encode(message: Message) -> bytes:
    """Write a message as it stands on the wire: JSON, times in UTC."""
    return _encoder.encode(message)


def decode(value: bytes | None, kind: type[M] | Any, *, untagged: str = "") -> M:
    """Read a message of one kind, or of a union of kinds; one that an older Naul wrote is brought up to date.

    untagged: the tag that a missing one stands for.

    Raises:
        BadMessageError: it is no JSON, lacks a field, or its version is one this reader does not know.
    """
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.json.Decoder(kind)
    try:
        return decoder.decode(value or b"")  # type: ignore[no-any-return]
    except UNREADABLE as error:
        older = _older(value or b"", kind, error, untagged)
    try:
        return decoder.decode(_encoder.encode(older))  # type: ignore[no-any-return]
    except UNREADABLE as error:
        raise BadMessageError(f"malformed {older['schema']}: {error}", "Find who sent it.") from error


def _older(value: bytes, kind: Any, error: Exception, untagged: str) -> dict[str, Any]:
    """Return the fields of what an older Naul wrote, brought up to date.

    Raises:
        BadMessageError: it is nothing of that kind; the text says why it could not be read.
    """
    known = [_tag(each) for each in (get_args(kind) or (kind,))]
    try:
        fields = msgspec.json.decode(value, type=dict[str, Any])
    except UNREADABLE:
        raise BadMessageError(
            f"not a JSON object ({len(value)} bytes): {error}", f"Expected {' or '.join(known)}."
        ) from error
    found = fields.get("schema", untagged or None)
    if found in known:
        raise BadMessageError(f"malformed {found}: {error}", "Find who sent it.") from error
    older = upcast(fields, set(known), untagged=untagged)
    if older is None:
        raise BadMessageError(
            f"message of an unknown version: {found!r}, this reader knows {', '.join(known)}",
            "Upgrade this process, or find who sent it.",
        ) from error
    return older


def _tag(kind: type[Message]) -> str:
    return str(kind.__struct_config__.tag)
