-- A row a student and class hour of a run. The row with the highest version holds; the view shows only that one.
-- absences: departed_at[i] and returned_at[i] belong together; no return is NULL. Times are UTC, to the second.
-- Base of all tables: what ClickHouse 18.16 knows.

CREATE TABLE IF NOT EXISTS attendance_rows
(
    run String,
    section String,
    date Date,
    period UInt16,
    student_id String,
    row_id UUID,
    hall String,
    name String,
    verdict String,
    arrived_at Nullable(DateTime('UTC')),
    departed_at Nullable(DateTime('UTC')),
    absences_departed_at Array(DateTime('UTC')),
    absences_returned_at Array(Nullable(DateTime('UTC'))),
    seconds_present Float64,
    seconds_covered Float64,
    confidence Float64,
    review UInt8,
    source String,
    reason String,
    marked_at Nullable(DateTime('UTC')),
    final UInt8,
    version UInt64,
    engine String,
    policy String,
    looks UInt32
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(date)
ORDER BY (run, date, section, period, student_id)
SETTINGS old_parts_lifetime = 60;

CREATE VIEW IF NOT EXISTS attendance AS SELECT * FROM attendance_rows FINAL;

-- The absences of a row are part of it: they are replaced, taken back and erased with it, and survive as long.
CREATE VIEW IF NOT EXISTS departures AS
SELECT run, section, date, period, hall, student_id, name, departed_at, returned_at, final, version
FROM
(
    SELECT
        run, section, date, period, hall, student_id, name, final, version,
        absences_departed_at AS departures_at, absences_returned_at AS returns_at
    FROM attendance_rows FINAL
)
ARRAY JOIN departures_at AS departed_at, returns_at AS returned_at;
