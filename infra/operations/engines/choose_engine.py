"""Whether an engine may be the live one from a moment on: a decision, and what it is made by."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from enrollment.loaded import class_hours, enrollments, rosters
from schemas.cluster import send
from schemas.errors import RefusedError
from schemas.ids import LIVE, class_hour_id
from schemas.messages import ClassHour, EngineChoice, Enrollment, Evaluated, Roster, encode
from schemas.settings import Settings
from schemas.translations import Text
from sinks.runs.evaluations import Recorded, evaluations
from sinks.store import Store, open_for_reading
from sinks.store.opening import is_there
from streams.faces.calibration import calibration_of
from streams.reference.engine_schedule import EngineSchedule
from streams.reference.live_engine import engine_schedule_of

__all__ = ["ChoiceInputs", "ChoiceRequest", "EngineChange", "ask", "choose_engine", "decide", "publish", "soon"]

SHOWN = 10
"""Students that a refusal names."""


class ChoiceRequest(NamedTuple):
    """Somebody wants an engine (its id) to be live from a moment on. names: whether a refusal may name students."""

    engine: str
    at: datetime
    by: str
    without_evaluation: bool = False
    names: bool = True


class ChoiceInputs(NamedTuple):
    """All that a choice is weighed by. evaluations: of the wished engine, the latest last.

    judged: class hours of which something was said live, with their starts; those that start earlier do not matter.
    """

    engine_schedule: EngineSchedule
    rosters: Sequence[Roster]
    enrollments: Mapping[str, Enrollment]
    evaluations: Sequence[Recorded]
    judged: Mapping[str, datetime]


class EngineChange(NamedTuple):
    """What came of a request.

    engine: the id that was asked for. at: from when on. choice: None if it is live then without it.
    before, after: what was chosen until then, and with it. first_hour: the first class hour that starts then or later.
    """

    engine: str
    at: datetime
    choice: EngineChoice | None
    before: EngineSchedule
    after: EngineSchedule
    first_hour: ClassHour | None

    @property
    def later(self) -> EngineChoice | None:
        """The next choice after this one."""
        return next((each for each in self.after.said if each.at > self.at), None)


def choose_engine(settings: Settings, request: ChoiceRequest, now: datetime) -> EngineChange:
    """Make an engine the live one, for all workers and from one moment on. now: aware.

    Raises:
        RefusedError: as of ``decide``, or nobody can be judged by it, for it has no calibration.
        UnavailableError: Kafka or the store does not answer.
    """
    calibration_of(request.engine, settings.home)  # nobody can be judged without
    known = ask(settings, request)
    before = after = known.engine_schedule
    choice = decide(request, known, now)
    if choice:
        after = EngineSchedule(before.first, (*before.said, choice))
    first = next((hour for hour in class_hours(settings) if hour.starts_at >= request.at), None) if choice else None
    if choice:
        publish(settings, choice)
    return EngineChange(request.engine, request.at, choice, before, after, first)


def decide(request: ChoiceRequest, known: ChoiceInputs, now: datetime) -> EngineChoice | None:
    """Return the choice that makes an engine live; None: it is in force then without it.

    Raises:
        RefusedError: students lack templates of it, nobody evaluated it, or what it would change was judged already.
    """
    if known.engine_schedule.at(request.at) == request.engine:
        return None
    name = request.engine.partition("@")[0]
    if lacking := _lacking(request.engine, known):
        if not request.names:
            raise RefusedError(
                Text("{engine} does not know {count} enrolled students", engine=request.engine, count=len(lacking)),
                Text("Enrol them for it: naul enroll PHOTOS --engine {name} --consent-on-file", name=name),
            )
        more = Text(" and {count} more", count=len(lacking) - SHOWN) if len(lacking) > SHOWN else ""
        raise RefusedError(
            Text(
                "enrolled students whom {engine} does not know ({count}): {names}{more}",
                engine=request.engine,
                count=len(lacking),
                names=", ".join(lacking[:SHOWN]),
                more=more,
            ),
            Text("Enrol them for it: naul enroll PHOTOS --engine {name} --consent-on-file", name=name),
        )
    found = known.evaluations[-1] if known.evaluations else None
    needed = not found and request.engine not in known.engine_schedule.before(now)
    if needed and not request.without_evaluation:
        raise RefusedError(
            Text("nobody has evaluated {engine}", engine=request.engine),
            Text(
                "Replay what is known (naul replay --engine {name} --run RUN ...) and judge it: naul "
                "evaluate RUN --truth FILE|marks. Or choose it --without-evaluation, which stays on "
                "record.",
                name=name,
            ),
        )
    choice = EngineChoice(
        engine=request.engine,
        at=request.at.astimezone(UTC),
        said_at=now,
        by=request.by,
        evaluated=Evaluated(run=found.run, truth=found.truth, right=found.right, of=found.of) if found else None,
        without_evaluation=needed,
    )
    after = EngineSchedule(known.engine_schedule.first, (*known.engine_schedule.said, choice))
    if changed := {each: at for each, at in known.judged.items() if after.at(at) != known.engine_schedule.at(at)}:
        latest = max(changed, key=lambda each: changed[each])
        raise RefusedError(
            Text(
                "class hours of then or later that were judged live already ({count}), the last one {latest}",
                count=len(changed),
                latest=latest,
            ),
            "They can be replayed (naul replay), not changed: choose a later --from.",
        )
    return choice


def _lacking(engine: str, known: ChoiceInputs) -> list[str]:
    taking = {student.student_id for roster in known.rosters for student in roster.students}
    return sorted(
        student
        for student in taking & known.enrollments.keys()
        if (templates := known.enrollments[student].templates) and engine not in {each.engine for each in templates}
    )


def soon(now: datetime) -> datetime:
    """Return from when a choice holds that is made now: every worker knows it before a frame of then is captured."""
    return now.replace(microsecond=0) + timedelta(seconds=10)


def ask(settings: Settings, request: ChoiceRequest) -> ChoiceInputs:
    """Ask topics and the store what a request is weighed by.

    Raises:
        UnavailableError: Kafka or the store does not answer.
    """
    evaluated: list[Recorded] = []
    judged: dict[str, datetime] = {}
    if is_there(settings):
        with open_for_reading(settings) as store:
            evaluated, judged = evaluations(store, request.engine), _judged(store, request.at)
    lists = rosters(settings).everything
    return ChoiceInputs(engine_schedule_of(settings), lists, enrollments(settings), evaluated, judged)


def _judged(store: Store, since: datetime) -> dict[str, datetime]:
    sql = "SELECT section, date, period, starts_at FROM coverage_rows FINAL WHERE run = %(run)s AND starts_at >= %(at)s"
    rows = store.query(sql, {"run": LIVE, "at": since}).rows
    return {class_hour_id(section, day, period): starts_at for section, day, period, starts_at in rows}


def publish(settings: Settings, choice: EngineChoice) -> None:
    """Let a choice be known; one for the same moment takes its place.

    Raises:
        UnavailableError: the broker did not take it.
    """
    send(settings, [(settings.topic("engines"), choice.at.isoformat().encode(), encode(choice), None, None)])
