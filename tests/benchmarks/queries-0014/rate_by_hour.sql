-- The rate of attendance by the hour of the day at which the class hour starts, in the site's zone.
-- Parameters: run, from_date, to_date
SELECT
    hour,
    uniqExact(section, date, period) AS class_hours,
    countIf(verdict IN ('present', 'late', 'left_early')) AS attended,
    countIf(verdict = 'absent') AS absent,
    round(attended / (attended + absent), 4) AS rate
FROM
(
    SELECT section, date, period, verdict
    FROM attendance
    WHERE run = %(run)s AND date BETWEEN %(from_date)s AND %(to_date)s
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
