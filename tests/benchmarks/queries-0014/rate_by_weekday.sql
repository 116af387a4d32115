-- The rate of attendance by day of the week; Monday is 1.
-- Parameters: run, from_date, to_date
SELECT
    toDayOfWeek(date) AS weekday,
    uniqExact(section, date, period) AS class_hours,
    countIf(verdict IN ('present', 'late', 'left_early')) AS attended,
    countIf(verdict = 'absent') AS absent,
    round(attended / (attended + absent), 4) AS rate
FROM attendance
WHERE run = %(run)s AND date BETWEEN %(from_date)s AND %(to_date)s
GROUP BY weekday
ORDER BY weekday
