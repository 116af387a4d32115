"""A replay in one call, in this process, as Arrow tables: for questions that no command asks."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

from schemas.messages import Attendance, Coverage, Observation
from schemas.runs import Manifest
from schemas.settings import Policy, Settings
from streams.judgement.observations import Seen
from streams.replay.judging import HourResult, marks_by_hour, result_of
from streams.replay.plan import FramePart, Plan
from streams.replay.planning import ReplayRequest, plan_runs
from streams.replay.replayer import JudgedHour, Replayer, records_of
from streams.replay.stretch import Log

__all__ = ["ATTENDANCE", "COVERAGE", "FACES", "Tables", "replay"]

_TIME: Final = pa.timestamp("us", "UTC")
_HOUR: Final = [("section", pa.string()), ("date", pa.date32()), ("period", pa.int32()), ("hall", pa.string())]

ATTENDANCE: Final = pa.schema([
    *_HOUR,
    ("student_id", pa.string()),
    ("name", pa.string()),
    ("verdict", pa.string()),
    ("arrived_at", _TIME),
    ("departed_at", _TIME),
    ("absences", pa.list_(pa.struct([("departed_at", _TIME), ("returned_at", _TIME), ("gone_by", _TIME)]))),
    ("seconds_present", pa.float64()),
    ("seconds_covered", pa.float64()),
    ("confidence", pa.float64()),
    ("p", pa.float64()),
    ("looks", pa.int32()),
    ("review", pa.bool_()),
    ("source", pa.string()),
    ("reason", pa.string()),
    ("marked_at", _TIME),
    ("final", pa.bool_()),
    ("engine", pa.string()),
    ("policy", pa.string()),
])  # fmt: skip
"""A row a student in a class hour; fields as in ``schemas.messages.Attendance``."""

COVERAGE: Final = pa.schema([
    *_HOUR,
    ("starts_at", _TIME),
    ("ends_at", _TIME),
    ("frames", pa.int32()),
    ("repeated", pa.int32()),
    ("seconds_covered", pa.float64()),
    ("gaps", pa.list_(pa.struct([("starts_at", _TIME), ("ends_at", _TIME)]))),
    ("unknown_faces", pa.float64()),
    ("final", pa.bool_()),
    ("engine", pa.string()),
    ("policy", pa.string()),
])  # fmt: skip
"""A row a class hour; fields as in ``schemas.messages.Coverage``."""

FACES: Final = pa.schema([
    ("class_hour", pa.string()),
    ("camera", pa.string()),
    ("captured_at", _TIME),
    ("x1", pa.float32()),
    ("y1", pa.float32()),
    ("x2", pa.float32()),
    ("y2", pa.float32()),
    ("score", pa.float32()),
    ("nearest", pa.string()),
    ("cosine", pa.float32()),
])  # fmt: skip
"""A row a face of a frame. Boxes in pixels; score: of the detector; nearest: of the students who take the course and
are known to the engine, the one most like it, and how much. No template and no embedding."""


class Tables(NamedTuple):
    """What a replay says (``ATTENDANCE``, ``COVERAGE``), what it saw (``FACES``), and what it was made of."""

    attendance: pa.Table
    coverage: pa.Table
    faces: pa.Table
    manifest: Manifest


def replay(
    settings: Settings,
    since: datetime,
    until: datetime,
    *,
    halls: Iterable[str] = (),
    engine: str | None = None,
    policy: Policy | None = None,
    from_sightings: bool = False,
    with_marks: bool = True,
) -> Tables:
    """Judge a stretch once more, as ``naul replay`` does, but keep nothing: what comes out is returned.

    since, until: capture times, aware. halls: none means all. engine, policy: None is that of the settings.
    Where only the policy is another one, or ``from_sightings``, no frame is looked at.

    Raises:
        RefusedError: there is nothing to replay, or nobody is known to the engine.
        UnavailableError: Kafka does not answer.
    """
    request = ReplayRequest(
        run="tables",
        since=since,
        until=until,
        halls=tuple(halls),
        engines=(engine,) if engine else (),
        policy=policy,
        from_sightings=from_sightings,
        with_marks=with_marks,
    )
    ((mine, manifest, its_plan),) = plan_runs(settings, request, workers=1, now=datetime.now(UTC))
    marks = marks_by_hour(mine) if with_marks else {}
    judged: list[JudgedHour] = []
    faces: list[pa.Table] = []
    with Log(mine) as log, closing(Replayer(mine, manifest)) as replayer:
        for hour in its_plan.hours:
            seen = sorted(_seen(replayer, log, hour, its_plan), key=lambda each: (each.captured_at, each.camera))
            faces.append(_faces(hour, seen))
            if (one := replayer.judge(hour, seen, marks.get(hour, []))) is not None:
                judged.append(one)
    told = [each.told for each in judged]
    return Tables(
        _table(ATTENDANCE, (each for attendance, _ in told for each in attendance)),
        _table(COVERAGE, (each.coverage for each in told)),
        pa.concat_tables([FACES.empty_table(), *faces]),
        _with_result(manifest, judged, told),
    )


def _seen(replayer: Replayer, log: Log, hour: str, its_plan: Plan) -> Iterator[Seen]:
    mine = its_plan.of(hour)
    if mine.parts:
        yield from replayer.looked(each for part in mine.parts for each in _looked(replayer, log, part))
    else:
        yield from replayer.seen_live(log, hour, mine)


def _looked(replayer: Replayer, log: Log, part: FramePart) -> Iterator[Observation]:
    with replayer.looking() as look:
        yield from filter(None, (look(each, part.hour) for each in records_of(log, part)))


def _with_result(manifest: Manifest, judged: list[JudgedHour], told: list[HourResult]) -> Manifest:
    frames = sum(each.frames for each in judged)
    return msgspec.structs.replace(manifest, frames=frames, result=result_of(told))


def _table(schema: pa.Schema, rows: Iterable[Attendance | Coverage]) -> pa.Table:
    built: list[dict[str, Any]] = [
        msgspec.to_builtins(row, builtin_types=(datetime,)) | {"date": row.date} for row in rows
    ]
    return pa.Table.from_pylist(built, schema=schema)


def _faces(hour: str, seen: Iterable[Seen]) -> pa.Table:
    return pa.concat_tables([FACES.empty_table(), *(_of_frame(hour, each) for each in seen)])


def _of_frame(hour: str, seen: Seen) -> pa.Table:
    count = len(seen.boxes)
    nearest: list[str | None] = [None] * count
    cosine: Any = [None] * count
    if seen.students and count:
        best = seen.cosines.argmax(axis=1)
        nearest = [seen.students[each] for each in best]
        cosine = seen.cosines[np.arange(count), best]
    return pa.table(
        [
            [hour] * count,
            [seen.camera] * count,
            [datetime.fromtimestamp(seen.captured_at, UTC)] * count,
            *seen.boxes.T,
            seen.scores,
            nearest,
            cosine,
        ],
        schema=FACES,
    )
