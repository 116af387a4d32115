-- The rows of attendance_rows once more, by student: his year is read without everybody else's. Filled by the store
-- itself from every row that is written, as verdict_versions. In parts of years: of each part a little is read.
-- The columns are those of attendance_rows: whoever adds one there adds it here, and makes both views again.

CREATE TABLE IF NOT EXISTS student_rows AS attendance_rows
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYear(date)
ORDER BY (student_id, run, date, section, period)
SETTINGS old_parts_lifetime = 60, index_granularity = 1024;

-- from 22.8
ALTER TABLE student_rows
    MODIFY COLUMN run LowCardinality(String),
    MODIFY COLUMN section LowCardinality(String),
    MODIFY COLUMN hall LowCardinality(String),
    MODIFY COLUMN verdict LowCardinality(String),
    MODIFY COLUMN source LowCardinality(String),
    MODIFY COLUMN engine LowCardinality(String),
    MODIFY COLUMN policy LowCardinality(String),
    MODIFY COLUMN camera_verdict LowCardinality(String);

CREATE MATERIALIZED VIEW IF NOT EXISTS student_rows_feed TO student_rows AS
SELECT
    run, section, date, period, student_id, hall, name, verdict, arrived_at, departed_at, absences_departed_at,
    absences_returned_at, seconds_present, seconds_covered, confidence, review, source, reason, marked_at, final,
    version, engine, policy, looks, absences_gone_by, p, withdrawn, camera_verdict, doubts
FROM attendance_rows;

INSERT INTO student_rows
(
    run, section, date, period, student_id, hall, name, verdict, arrived_at, departed_at, absences_departed_at,
    absences_returned_at, seconds_present, seconds_covered, confidence, review, source, reason, marked_at, final,
    version, engine, policy, looks, absences_gone_by, p, withdrawn, camera_verdict, doubts
)
SELECT
    run, section, date, period, student_id, hall, name, verdict, arrived_at, departed_at, absences_departed_at,
    absences_returned_at, seconds_present, seconds_covered, confidence, review, source, reason, marked_at, final,
    version, engine, policy, looks, absences_gone_by, p, withdrawn, camera_verdict, doubts
FROM attendance_rows;

CREATE VIEW IF NOT EXISTS attendance_by_student AS SELECT * FROM student_rows FINAL WHERE withdrawn = 0;

CREATE VIEW IF NOT EXISTS departures_by_student AS
SELECT run, section, date, period, hall, student_id, name, departed_at, returned_at, gone_by, final, version
FROM
(
    SELECT
        run, section, date, period, hall, student_id, name, final, version,
        absences_departed_at AS departures_at, absences_returned_at AS returns_at,
        arrayResize(absences_gone_by, length(absences_departed_at)) AS gones_by
    FROM student_rows FINAL
    WHERE withdrawn = 0
)
ARRAY JOIN departures_at AS departed_at, returns_at AS returned_at, gones_by AS gone_by;

-- Who had a row of a section at which date: of any version, withdrawn ones included.
CREATE VIEW IF NOT EXISTS taken_sections AS SELECT run, date, student_id, section FROM student_rows;

-- Faces of nobody of the course that were taken for a visitor. Rows that are not merged yet are equal: count frames once.
CREATE VIEW IF NOT EXISTS visits AS
SELECT run, date, hall, section, period, captured_at, visitor
FROM sightings_rows
WHERE visitor != '' AND student_id = '';
