-- Who leaves before the end and does not come back, most often first; and how much of the class hours was missed.
-- Parameters: run, from_date, to_date
SELECT section, student_id, name, left_early, attended, round(left_early / attended, 4) AS share, minutes_missed
FROM
(
    SELECT
        section,
        student_id,
        cityHash64(section, student_id) AS who,  -- a number is found twice as fast as two texts
        any(name) AS name,
        count() AS left_early,
        round(avg(seconds_covered - seconds_present) / 60, 1) AS minutes_missed
    FROM attendance
    WHERE run = %(run)s AND date BETWEEN %(from_date)s AND %(to_date)s AND verdict = 'left_early'
    GROUP BY section, student_id
) AS leaving
ALL INNER JOIN
(
    SELECT cityHash64(section, student_id) AS who, count() AS attended
    FROM attendance
    WHERE run = %(run)s AND date BETWEEN %(from_date)s AND %(to_date)s
        AND verdict IN ('present', 'late', 'left_early')
    GROUP BY who
) AS coming
USING (who)
ORDER BY left_early DESC, share DESC, section, student_id
