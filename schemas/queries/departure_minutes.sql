-- When in a class hour people leave: departures by minutes after its start, in steps of ten, and how many came back.
-- Parameters: run, from_date, to_date
SELECT
    section,
    intDiv(toUInt32(departed_at) - toUInt32(starts_at), 600) * 10 AS from_minute,
    count() AS departed,
    countIf(isNotNull(returned_at)) AS returned
FROM
(
    SELECT section, date, period, departed_at, returned_at
    FROM departures
    WHERE run = %(run)s AND date BETWEEN %(from_date)s AND %(to_date)s
) AS told
ALL INNER JOIN
(
    SELECT section, date, period, starts_at
    FROM coverage
    WHERE run = %(run)s AND date BETWEEN %(from_date)s AND %(to_date)s
) AS hours
USING (section, date, period)
GROUP BY section, from_minute
ORDER BY section, from_minute
