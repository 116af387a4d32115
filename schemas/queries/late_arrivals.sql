-- Who comes late, most often first; and by how many minutes after the start on average.
-- Parameters: run, from_date, to_date
SELECT
    section,
    student_id,
    any(name) AS name,
    count() AS late,
    round(avg(toUInt32(arrived_at) - toUInt32(starts_at)) / 60, 1) AS minutes_late
FROM
(
    SELECT section, date, period, student_id, name, assumeNotNull(arrived_at) AS arrived_at
    FROM attendance
    WHERE run = %(run)s AND date BETWEEN %(from_date)s AND %(to_date)s
        AND verdict = 'late' AND isNotNull(arrived_at)
) AS verdicts
ALL INNER JOIN
(
    SELECT section, date, period, starts_at
    FROM coverage
    WHERE run = %(run)s AND date BETWEEN %(from_date)s AND %(to_date)s
) AS hours
USING (section, date, period)
GROUP BY section, student_id
ORDER BY late DESC, minutes_late DESC, section, student_id
