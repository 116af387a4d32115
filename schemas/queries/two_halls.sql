-- Who was seen in two halls at the same time, for two minutes or more: one of the two is somebody else.
-- What lies between a departure and the return is not counted; a departure is known to about a minute and a half.
-- Parameters: run, from_date, to_date
SELECT
    date, student_id, name,
    one.1 AS hall, one.2 AS section, one.3 AS period,
    other.1 AS other_hall, other.2 AS other_section, other.3 AS other_period,
    toDateTime(greatest(one.4, other.4), 'UTC') AS from_at,
    toDateTime(least(one.5, other.5), 'UTC') AS until_at,
    round((least(one.5, other.5) - greatest(one.4, other.4)) / 60, 1) AS minutes
FROM
(
    SELECT date, student_id, name, stays, one
    FROM
    (
        SELECT
            date, student_id, any(name) AS name,
            groupArray(tuple(hall, section, period, assumeNotNull(came), assumeNotNull(gone))) AS stays
        FROM
        (
            SELECT
                date, student_id, name, hall, section, period,
                arrayMap(each -> toUInt32(each), arrayConcat([arrived_at], absences_returned_at)) AS came_at,
                arrayMap(each -> toUInt32(each), arrayPushBack(absences_departed_at, ends_at)) AS gone_at
            FROM
            (
                SELECT
                    date, student_id, name, hall, section, period,
                    arrived_at, absences_departed_at, absences_returned_at
                FROM attendance_by_student
                WHERE run = %(run)s AND date BETWEEN %(from_date)s AND %(to_date)s AND isNotNull(arrived_at)
                    -- Two sections that he takes and that met in one hour of the week, in different halls: few students
                    -- have such, and nobody else can have been in two halls. Sections are fewer than rows.
                    AND student_id IN
                    (
                        SELECT any(student_id)
                        FROM
                        (
                            SELECT student_id, section
                            FROM taken_sections
                            WHERE run = %(run)s AND date BETWEEN %(from_date)s AND %(to_date)s
                            GROUP BY student_id, section
                        ) AS takes
                        ALL INNER JOIN
                        (
                            SELECT DISTINCT
                                section, toStartOfQuarter(date) AS quarter, cityHash64(hall) AS met_in,
                                (first_hour + arrayJoin(range(toUInt64(last_hour - first_hour + 1)))) % 168 AS hour
                            FROM
                            (
                                SELECT
                                    section, date, hall, intDiv(toUInt32(starts_at), 3600) AS first_hour,
                                    intDiv(toUInt32(ends_at), 3600) AS last_hour
                                FROM coverage
                                WHERE run = %(run)s AND date BETWEEN %(from_date)s AND %(to_date)s
                            )
                        ) AS meets
                        USING (section)
                        GROUP BY cityHash64(student_id, quarter, hour)
                        HAVING min(met_in) != max(met_in)
                    )
            ) AS seen
            ALL INNER JOIN
            (
                SELECT section, date, period, ends_at
                FROM coverage
                WHERE run = %(run)s AND date BETWEEN %(from_date)s AND %(to_date)s
            ) AS hours
            USING (section, date, period)
        )
        ARRAY JOIN came_at AS came, gone_at AS gone
        WHERE isNotNull(came)
        GROUP BY date, student_id
    )
    ARRAY JOIN stays AS one
)
ARRAY JOIN stays AS other
WHERE one.1 < other.1 AND least(one.5, other.5) >= greatest(one.4, other.4) + 120
ORDER BY date, student_id, from_at, hall, other_hall
