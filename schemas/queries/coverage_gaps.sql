-- When nobody saw a hall during a class hour, the longest first: a broken camera, or (deleted) too few workers.
-- Parameters: run, from_date, to_date
SELECT
    hall, date, period, section, start_at, end_at,
    round((toUInt32(end_at) - toUInt32(start_at)) / 60, 1) AS minutes_dark, reason
FROM gaps
WHERE run = %(run)s AND date BETWEEN %(from_date)s AND %(to_date)s
ORDER BY minutes_dark DESC, start_at, hall, section
