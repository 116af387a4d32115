"""Reads from the table of sightings where students of a run were named, how large, and whose place it was.

A replay of sightings looked at nothing itself: what was seen is that of ``live``, by the same engine.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta
from itertools import groupby

from schemas.ids import LIVE
from sinks.runs.rows import HourKey, RunHour, RunRows, StudentKey
from sinks.runs.seen_places import Box, FaceSeen, Named, RunSightings, SeenPlace, place_of
from sinks.store import Store

__all__ = ["read_sightings"]


def read_sightings(
    store: Store, rows: RunRows, hours: Collection[HourKey], false_presences: Collection[StudentKey]
) -> RunSightings:
    """Return what is known of the students of these class hours, and where those were seen who were not there.

    Raises:
        UnavailableError: the store does not answer.
    """
    halls: dict[str, list[RunHour]] = defaultdict(list)
    for hour in hours:
        if found := rows.coverage.get(hour):
            halls[found.hall].append(found)
    # A hall at a time: meanwhile the sink, which owns the store, can write.
    named = {key: found for hall in sorted(halls) for key, found in _named(store, rows, hall, halls[hall])}
    names = {said.student_id: said.name for said in rows.attendance.values()}
    places: dict[StudentKey, SeenPlace] = {}
    for hour, keys in groupby(sorted(false_presences), key=lambda each: each[:3]):
        faces = _faces(store, rows, hour)  # of one class hour at a time
        for key in keys:
            if place := place_of(key[3], faces, names):
                places[key] = place
    return RunSightings(named or None, places)


def _named(store: Store, rows: RunRows, hall: str, hours: Collection[RunHour]) -> Iterator[tuple[StudentKey, Named]]:
    """Yield where students were named in class hours of a hall. The store counts: a term has millions of faces.

    Of a student whom several cameras named the last one holds.
    """
    # Whole pixels: the store remembers two bytes a face. The engine is the one that judged the hour.
    found = store.query(
        """
        SELECT section, date, period, student_id, camera, quantileExact(toUInt16(x2 - x1))
        FROM sightings_rows FINAL
        WHERE run = %(seen)s AND hall = %(hall)s AND captured_at >= %(first)s AND captured_at < %(last)s
        AND student_id != '' AND (section, date, period, engine) IN
        (
            SELECT section, date, period, engine FROM coverage_rows FINAL WHERE run = %(run)s AND hall = %(hall)s
        )
        GROUP BY section, date, period, student_id, camera
        ORDER BY count(), camera DESC
        """,
        {
            "run": rows.run,
            "seen": _seen_by(rows),
            "hall": hall,
            "first": min(each.starts_at for each in hours),
            "last": max(each.ends_at for each in hours),
        },
    )
    for section, day, period, student, camera, width in found.rows:
        yield (section, day, period, student), Named(camera, width)


def _faces(store: Store, rows: RunRows, hour: HourKey) -> list[FaceSeen]:
    """Return all faces of a class hour."""
    seen = rows.coverage.get(hour)
    if seen is None:
        return []
    found = store.query(
        """
        SELECT camera, captured_at, captured_us, student_id, visitor, x1, y1, x2, y2
        FROM sightings_rows FINAL
        WHERE run = %(seen)s AND hall = %(hall)s AND engine = %(engine)s
        AND captured_at >= %(starts_at)s AND captured_at < %(ends_at)s
        """,
        {"seen": _seen_by(rows), **{name: getattr(seen, name) for name in ("hall", "engine", "starts_at", "ends_at")}},
    )
    return [
        FaceSeen(camera, at + timedelta(microseconds=us), student, visitor, _box(sides))
        for camera, at, us, student, visitor, *sides in found.rows
    ]


def _box(sides: Sequence[float]) -> Box:
    """Return a box in tenths of a pixel: a column of single precision comes back with more digits than it has."""
    x1, y1, x2, y2 = (round(each, 1) for each in sides)
    return x1, y1, x2, y2


def _seen_by(rows: RunRows) -> str:
    """Return the run under whose name the faces stand."""
    return LIVE if rows.manifest and rows.manifest.kind == "sightings" else rows.run
