-- A student's attendance week by week, over all sections; a week is named by its Monday.
-- Parameters: student, run, from_date, to_date
SELECT
    toMonday(date) AS week,
    count() AS class_hours,
    countIf(verdict IN ('present', 'late', 'left_early')) AS attended,
    countIf(verdict = 'late') AS late,
    countIf(verdict = 'left_early') AS left_early,
    countIf(verdict = 'absent') AS absent,
    countIf(verdict IN ('excused', 'official_leave')) AS excused,
    round(attended / (attended + absent), 4) AS rate
FROM attendance
WHERE run = %(run)s AND date BETWEEN %(from_date)s AND %(to_date)s AND student_id = %(student)s
GROUP BY week
ORDER BY week
