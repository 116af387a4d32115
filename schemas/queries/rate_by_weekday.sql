-- The rate of attendance by day of the week; Monday is 1.
-- Parameters: run, from_date, to_date
SELECT
    toDayOfWeek(date) AS weekday,
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
)
GROUP BY weekday
ORDER BY weekday
