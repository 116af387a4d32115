-- withdrawn: the student is no longer on the roster of that date; reason says since when. The row stays as history, and
-- no report shows it. A view keeps the columns of its birth, so these are made again.

ALTER TABLE attendance_rows ADD COLUMN IF NOT EXISTS withdrawn UInt8;

DROP TABLE IF EXISTS attendance;

CREATE VIEW IF NOT EXISTS attendance AS SELECT * FROM attendance_rows FINAL WHERE withdrawn = 0;

DROP TABLE IF EXISTS departures;

CREATE VIEW IF NOT EXISTS departures AS
SELECT run, section, date, period, hall, student_id, name, departed_at, returned_at, gone_by, final, version
FROM
(
    SELECT
        run, section, date, period, hall, student_id, name, final, version,
        absences_departed_at AS departures_at, absences_returned_at AS returns_at,
        arrayResize(absences_gone_by, length(absences_departed_at)) AS gones_by
    FROM attendance_rows FINAL
    WHERE withdrawn = 0
)
ARRAY JOIN departures_at AS departed_at, returns_at AS returned_at, gones_by AS gone_by;

CREATE VIEW IF NOT EXISTS withdrawals AS SELECT * FROM attendance_rows FINAL WHERE withdrawn = 1;
