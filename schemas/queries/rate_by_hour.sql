-- The rate of attendance by the hour of the day at which the class hour starts, in the site's zone.
-- Parameters: run, from_date, to_date
SELECT
    hour,
    count() AS class_hours,
    sum(there) AS attended,
    sum(away) AS absent,
    round(attended / (attended + absent), 4) AS rate
FROM
(
    SELECT
        section, date, period,
        countIf(verdict IN ('present', 'late', 'left_early')) AS there,
        countIf(verdict = 'absent') AS away
    FROM attendance
    WHERE run = %(run)s AND date BETWEEN %(from_date)s AND %(to_date)s
    GROUP BY section, date, period
) AS verdicts
ALL INNER JOIN
(
    SELECT section, date, period, toHour(starts_at, %(zone)s) AS hour
    FROM coverage
    WHERE run = %(run)s AND date BETWEEN %(from_date)s AND %(to_date)s
) AS hours
USING (section, date, period)
GROUP BY hour
ORDER BY hour
