"""Whether an engine may be the live one from a moment on: a decision, and what it is made by."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from enrollment.reference import enrollments, rosters
from schemas.cluster import send
from schemas.errors import RefusedError
from schemas.ids import LIVE, class_hour_id
from schemas.messages import EngineChoice, Enrollment, Evaluated, Roster, encode
from schemas.settings import Settings
from sinks.runs.evaluations import Recorded, evaluations
from sinks.store import Store, open_for_reading
from sinks.store.opening import is_there
from streams.choices import Choices
from streams.live import choices_of

__all__ = ["Known", "Wish", "ask", "decide", "publish", "soon"]

SHOWN = 10
"""Students that a refusal names."""


class Wish(NamedTuple):
    """Somebody wants an engine (its id) to be live from a moment on."""

    engine: str
    at: datetime
    by: str
    without_evaluation: bool = False


class Known(NamedTuple):
    """All that a choice is weighed by. evaluations: of the wished engine, the latest last.

    judged: class hours of which something was said live, with their starts; those that start earlier do not matter.
    """

    choices: Choices
    rosters: Sequence[Roster]
    enrollments: Mapping[str, Enrollment]
    evaluations: Sequence[Recorded]
    judged: Mapping[str, datetime]


def decide(wish: Wish, known: Known, now: datetime) -> EngineChoice | None:
    """Return the choice that makes an engine live; None: it is in force then without it.

    Raises:
        RefusedError: students lack templates of it, nobody evaluated it, or what it would change was judged already.
    """
    if known.choices.at(wish.at) == wish.engine:
        return None
    name = wish.engine.partition("@")[0]
    if lacking := _lacking(wish.engine, known):
        more = f" and {len(lacking) - SHOWN} more" if len(lacking) > SHOWN else ""
        raise RefusedError(
            f"enrolled students whom {wish.engine} does not know ({len(lacking)}): {', '.join(lacking[:SHOWN])}{more}",
            f"Enrol them for it: naul enroll PHOTOS --engine {name} --consent-on-file",
        )
    found = known.evaluations[-1] if known.evaluations else None
    needed = not found and wish.engine not in known.choices.before(now)
    if needed and not wish.without_evaluation:
        raise RefusedError(
            f"nobody has evaluated {wish.engine}",
            f"Replay what is known (naul replay --engine {name} --run RUN ...) and judge it: naul evaluate RUN "
            "--truth FILE|marks. Or choose it --without-evaluation, which stays on record.",
        )
    choice = EngineChoice(
        engine=wish.engine,
        at=wish.at.astimezone(UTC),
        said_at=now,
        by=wish.by,
        evaluated=Evaluated(run=found.run, truth=found.truth, right=found.right, of=found.of) if found else None,
        without_evaluation=needed,
    )
    after = Choices(known.choices.first, (*known.choices.said, choice))
    if changed := {each: at for each, at in known.judged.items() if after.at(at) != known.choices.at(at)}:
        latest = max(changed, key=lambda each: changed[each])
        raise RefusedError(
            f"class hours of then or later that were judged live already ({len(changed)}), the last one {latest}",
            "They can be replayed (naul replay), not changed: choose a later --from.",
        )
    return choice


def _lacking(engine: str, known: Known) -> list[str]:
    taking = {student.student_id for roster in known.rosters for student in roster.students}
    return sorted(
        student
        for student in taking & known.enrollments.keys()
        if (templates := known.enrollments[student].templates) and engine not in {each.engine for each in templates}
    )


def soon(now: datetime) -> datetime:
    """Return from when a choice holds that is made now: every worker knows it before a frame of then is captured."""
    return now.replace(microsecond=0) + timedelta(seconds=10)


def ask(settings: Settings, wish: Wish) -> Known:
    """Ask topics and the store what a wish is weighed by.

    Raises:
        UnavailableError: Kafka or the store does not answer.
    """
    evaluated: list[Recorded] = []
    judged: dict[str, datetime] = {}
    if is_there(settings):
        with open_for_reading(settings) as store:
            evaluated, judged = evaluations(store, wish.engine), _judged(store, wish.at)
    lists = list(rosters(settings).values())
    return Known(choices_of(settings), lists, enrollments(settings), evaluated, judged)


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
