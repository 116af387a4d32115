-- The rate of attendance of each section by week; a week is named by its Monday.
-- Parameters: run, from_date, to_date
SELECT
    toMonday(date) AS week,
    section,
    countIf(verdict IN ('present', 'late', 'left_early')) AS attended,
    countIf(verdict = 'absent') AS absent,
    round(attended / (attended + absent), 4) AS rate
FROM attendance
WHERE run = %(run)s AND date BETWEEN %(from_date)s AND %(to_date)s
GROUP BY week, section
ORDER BY week, section
