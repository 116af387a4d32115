-- A row a face of an analysed frame; no picture, no template, no look. Written once, so all versions are equal.
-- student_id: who it was taken for in that frame alone, empty for nobody; provisional, the verdict may differ.
-- captured_us: the microseconds of captured_at.

CREATE TABLE IF NOT EXISTS sightings_rows
(
    run String,
    hall String,
    camera String,
    captured_at DateTime('UTC'),
    captured_us UInt32,
    engine String,
    face UInt16,
    section String,
    date Date,
    period UInt16,
    student_id String,
    x1 Float32,
    y1 Float32,
    x2 Float32,
    y2 Float32,
    score Float32,
    quality Float32
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(captured_at)
ORDER BY (run, hall, camera, captured_at, captured_us, engine, face)
SETTINGS old_parts_lifetime = 60;

CREATE VIEW IF NOT EXISTS sightings AS SELECT * FROM sightings_rows FINAL;
