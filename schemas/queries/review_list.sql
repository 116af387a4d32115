-- What a person should decide: verdicts in doubt of class hours that are over, the least certain first, and why. Class
-- hours of which no camera showed anything are left out: `naul report coverage` lists them.
-- Parameters: run, from_date, to_date
SELECT date, period, section, hall, student_id, name, verdict, round(confidence, 3) AS confidence, source, reason
FROM attendance
WHERE run = %(run)s AND date BETWEEN %(from_date)s AND %(to_date)s AND review = 1 AND final = 1 AND seconds_covered > 0
ORDER BY confidence, date, period, section, student_id
