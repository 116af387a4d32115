-- Who was seen in the hall of his course while, in another hall, a face that is nobody's of that course was taken for
-- his, in five frames or more over two minutes or more. One of the two is somebody else, or they look alike.
-- Parameters: run, from_date, to_date
SELECT
    date, student_id, any(name) AS name, hall, section, period, other_hall, other_section, other_period,
    min(seen_at) AS from_at, max(seen_at) AS until_at, uniqExact(seen_at) AS frames
FROM
(
    SELECT date, student_id, name, hall, section, period, assumeNotNull(arrival) AS came, assumeNotNull(departure) AS gone
    FROM
    (
        SELECT
            date, student_id, name, hall, section, period,
            arrayMap(each -> toUInt32(each), arrayConcat([arrived_at], absences_returned_at)) AS came_at,
            arrayMap(each -> toUInt32(each), arrayPushBack(absences_departed_at, ends_at)) AS gone_at
        FROM
        (
            SELECT
                date, student_id, name, hall, section, period, arrived_at, absences_departed_at, absences_returned_at
            FROM attendance
            WHERE run = %(run)s AND date BETWEEN %(from_date)s AND %(to_date)s AND isNotNull(arrived_at)
        ) AS told
        ALL INNER JOIN
        (
            SELECT section, date, period, ends_at
            FROM coverage
            WHERE run = %(run)s AND date BETWEEN %(from_date)s AND %(to_date)s
        ) AS hours
        USING (section, date, period)
    )
    ARRAY JOIN came_at AS arrival, gone_at AS departure
    WHERE isNotNull(arrival)
) AS stays
ALL INNER JOIN
(
    SELECT
        date, visitor AS student_id, hall AS other_hall, section AS other_section, period AS other_period,
        captured_at AS seen_at
    FROM
    (
        SELECT date, visitor, hall, section, period, captured_at
        FROM sightings
        WHERE run = %(run)s AND date BETWEEN %(from_date)s AND %(to_date)s AND visitor != '' AND student_id = ''
    )
) AS visits
USING (date, student_id)
WHERE other_hall != hall AND toUInt32(seen_at) >= came AND toUInt32(seen_at) <= gone
GROUP BY date, student_id, hall, section, period, other_hall, other_section, other_period
HAVING frames >= 5 AND toUInt32(until_at) - toUInt32(from_at) >= 120
ORDER BY date, student_id, from_at, hall, other_hall
