-- Who leaves before the end and does not come back, most often first; and how much of the class hours was missed.
-- Parameters: run, from_date, to_date
SELECT
    section,
    student_id,
    any(name) AS name,
    countIf(verdict = 'left_early') AS left_early,
    countIf(verdict IN ('present', 'late', 'left_early')) AS attended,
    round(left_early / attended, 4) AS share,
    round(avgIf(seconds_covered - seconds_present, verdict = 'left_early') / 60, 1) AS minutes_missed
FROM attendance
WHERE run = %(run)s AND date BETWEEN %(from_date)s AND %(to_date)s
GROUP BY section, student_id
HAVING left_early > 0
ORDER BY left_early DESC, share DESC, section, student_id
