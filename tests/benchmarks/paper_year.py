"""A year that nobody held, made by the store itself out of numbers: rows as the sink writes them, many a second.

Two semesters. A student takes five sections in each, and no two of them at once, but for one section that was moved
into an hour in which its students have another. Of a tenth of the class hours faces are kept, and in some halls one of
them was taken for somebody of another hall. Made up, and the same every time.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from sinks.store import Store

__all__ = ["PaperYear", "fill_year"]

COURSES = 5
"""Sections that a student takes at a time; he meets them on as many days."""

_HOURS: Final = """
SELECT
    semester, n, k, g, week, meeting,
    concat(['EA', 'CS', 'ME', 'PH'][n % 4 + 1], leftPad(toString(n), 4, '0'), '-', toString(semester + 1)) AS section,
    concat('E', leftPad(toString(n % {halls}), 3, '0')) AS hall,
    [toDate('2026-03-02'), toDate('2026-08-31')][semester + 1] + 7 * week + if(moved, 0, (k + meeting) % 5) AS date,
    toUInt16(if(meeting = 0, 1 + n % 4, 5 + n % 5)) AS period,
    toDateTime(date, 'UTC') + 3600 * (period - 1) AS starts_at,
    starts_at + 3000 AS ends_at
FROM
(
    SELECT
        {semester} AS semester, {week} AS week, number % 2 AS meeting, intDiv(number, 2) AS n,
        intDiv(n, {groups}) AS k, n % {groups} AS g, k = 1 AND g = 7 AND meeting = 0 AS moved
    FROM numbers(2 * {sections})
)
WHERE meeting = 0 OR week % 2 = 0
"""

_WHO: Final = "(g * {roster} + {seat}) * [1, 7, 11, 13, 17][k + 1] % {students}"
"""Which student sits there: everybody once in each of his five courses."""

_ATTENDANCE: Final = f"""
SELECT
    'live' AS run, section, date, period, toString(202000000 + who) AS student_id, hall,
    concat(substringUTF8('김이박최정강조윤장임한오서신권황안송류홍', who % 20 + 1, 1),
        ['민준', '서연', '하나', '나얼', '지우', '도윤', '수아', '건우', '똠', '뷁'][intDiv(who, 20) % 10 + 1]) AS name,
    multiIf(said < 3, 'unobserved', said < 60, 'absent', said < 100, 'late', said < 130, 'left_early',
        said < 140, 'excused', said < 145, 'official_leave', 'present') AS verdict,
    verdict IN ('present', 'late', 'left_early') AS there,
    if(there, starts_at + if(verdict = 'late', 660, 0) + toUInt32(chance % 500), NULL) AS arrived_at,
    if(verdict = 'left_early', ends_at - 700 - toUInt32(chance % 300), NULL) AS departed_at,
    multiIf(verdict = 'left_early', [assumeNotNull(departed_at)],
        said BETWEEN 200 AND 250, [starts_at + 1200 + toUInt32(chance % 100)], []) AS absences_departed_at,
    arrayMap(each -> if(verdict = 'left_early', NULL, starts_at + 1800 + toUInt32(chance % 200)), absences_departed_at)
        AS absences_returned_at,
    arrayMap(each -> NULL, absences_departed_at) AS absences_gone_by,
    if(there, 3000 - toFloat64(chance % 1000), 0) AS seconds_present,
    if(verdict = 'unobserved', 0., 2900. + chance % 100) AS seconds_covered,
    round(1 - (chance % 100000) / 1000000, 6) AS confidence, round(1 - (chance % 50000) / 1000000, 6) AS p,
    toUInt8(said % 100 = 99) AS review, if(verdict IN ('excused', 'official_leave'), 'office', 'camera') AS source,
    if(review, 'one photo', '') AS reason, if(review, ['one_photo'], []) AS doubts, NULL AS marked_at, 1 AS final,
    100 + chance % 300 AS version, 'centerface-dlib@1' AS engine, '600/600/300/60/120/0.5/0.8/0.2' AS policy,
    toUInt32(chance % 400) AS looks, 0 AS withdrawn,
    if(verdict IN ('excused', 'official_leave'), 'absent', verdict) AS camera_verdict, generateUUIDv4() AS row_id
FROM
(
    SELECT *, {_WHO.replace("{seat}", "seat")} AS who, sipHash64(section, date, period, seat) AS chance,
        chance % 1000 AS said
    FROM ({_HOURS})
    ARRAY JOIN range({{roster}}) AS seat
)
"""  # noqa: S608  ours

_COVERAGE: Final = f"""
SELECT
    'live' AS run, section, date, period, hall, starts_at, ends_at, 600 AS frames, 2950. AS seconds_covered,
    if(n % 20 = 0, [starts_at + 600], []) AS gaps_start_at, if(n % 20 = 0, [starts_at + 900], []) AS gaps_end_at,
    if(n % 20 = 0, ['no_frames'], []) AS gaps_reason, 0.4 AS unknown_faces, 1 AS final, 500 AS version,
    'centerface-dlib@1' AS engine, '600/600/300/60/120/0.5/0.8/0.2' AS policy, 0 AS repeated
FROM ({_HOURS})
"""  # noqa: S608  ours

_SIGHTINGS: Final = f"""
SELECT
    'live' AS run, hall, 'front' AS camera, starts_at + 150 * frame AS captured_at,
    toUInt32(sipHash64(section, frame) % 1000000) AS captured_us, 'centerface-dlib@1' AS engine,
    face, section, date, period,
    if(face < {{faces}} - 3, toString(202000000 + who), '') AS student_id,
    if(face = {{faces}} - 1 AND g % 50 < 5, toString(202000000 + other), '') AS visitor,
    40. * (face % 8) + (chance % 100) / 30 AS x1, 50. * intDiv(face, 8) + (chance % 77) / 30 AS y1,
    x1 + 30 + chance % 10 AS x2, y1 + 40 AS y2, 0.9 + (chance % 1000) / 10000 AS score
FROM
(
    SELECT *, intDiv(spot, {{faces}}) AS frame, toUInt16(spot % {{faces}}) AS face,
        sipHash64(section, date, spot) AS chance,
        {_WHO.replace("{seat}", "least(spot % {faces}, {faces} - 3)")} AS who,
        {_WHO.replace("g *", "(g + 4) *").replace("{seat}", "3")} AS other
    FROM ({_HOURS})
    ARRAY JOIN range({{frames}} * {{faces}}) AS spot
    WHERE sipHash64(section, date) % 10 = 0
)
"""  # noqa: S608  ours

_TABLES: Final = (
    ("attendance_rows", _ATTENDANCE),
    ("coverage_rows", _COVERAGE),
    ("sightings_rows", _SIGHTINGS),
)


class PaperYear(NamedTuple):
    """How large it is. sections: of a semester, five courses alike. roster: of a section. faces: of a frame.

    The whole one has 6.9 million verdicts of 30,000 students, and 9.9 million faces.
    """

    sections: int = 2500
    roster: int = 60
    halls: int = 125
    weeks: int = 15
    frames: int = 20
    faces: int = 43

    @property
    def students(self) -> int:
        """Of the university."""
        return self.sections * self.roster // COURSES


def fill_year(store: Store, year: PaperYear) -> None:
    """Have the store make it, a week at a time: each table gets the columns that it has."""
    named = "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = %(table)s ORDER BY position"
    columns = {table: [name for (name,) in store.query(named, {"table": table}).rows] for table, _ in _TABLES}
    for statement in _statements(year, columns):
        store.execute(statement)


def _statements(year: PaperYear, columns: dict[str, list[str]]) -> Iterator[str]:
    size = {**year._asdict(), "students": year.students, "groups": year.sections // COURSES}
    for semester in range(2):
        for week in range(year.weeks):
            for table, rows in _TABLES:
                listed = ", ".join(columns[table])
                made = rows.format(**size, semester=semester, week=week)
                yield f"INSERT INTO {table} ({listed}) SELECT {listed} FROM ({made})"  # noqa: S608  ours
