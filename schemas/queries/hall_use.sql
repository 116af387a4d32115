-- How full each hall is: students who were there in a class hour, on average and at most, and faces of nobody known.
-- Parameters: run, from_date, to_date
SELECT
    hall,
    count() AS class_hours,
    round(avg(attended), 1) AS mean_students,
    max(attended) AS most_students,
    round(avg(unknown_faces), 1) AS mean_unknown_faces
FROM
(
    SELECT hall, section, date, period, unknown_faces
    FROM coverage
    WHERE run = %(run)s AND date BETWEEN %(from_date)s AND %(to_date)s
) AS hours
ALL INNER JOIN
(
    SELECT section, date, period, countIf(verdict IN ('present', 'late', 'left_early')) AS attended
    FROM attendance
    WHERE run = %(run)s AND date BETWEEN %(from_date)s AND %(to_date)s
    GROUP BY section, date, period
) AS verdicts
USING (section, date, period)
GROUP BY hall
ORDER BY hall
