-- Rows of students who are no longer on the roster of that date: what was said of them, and since when it is withdrawn.
-- Parameters: run, from_date, to_date
SELECT date, period, section, student_id, name, verdict, arrived_at, departed_at, reason
FROM withdrawals
WHERE run = %(run)s AND date BETWEEN %(from_date)s AND %(to_date)s
ORDER BY date, period, section, student_id
