-- gone_by[i] belongs to departed_at[i]: since when the student was surely gone. Rows written before have none.
-- A view keeps the columns of its birth, so both are made again.

ALTER TABLE attendance_rows ADD COLUMN IF NOT EXISTS absences_gone_by Array(Nullable(DateTime('UTC')));

DROP TABLE IF EXISTS attendance;

CREATE VIEW IF NOT EXISTS attendance AS SELECT * FROM attendance_rows FINAL;

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
)
ARRAY JOIN departures_at AS departed_at, returns_at AS returned_at, gones_by AS gone_by;
