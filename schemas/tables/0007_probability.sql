-- p: probability that the student was seen, whatever was marked. Rows written before have none: NULL, not 0.
-- A view keeps the columns of its birth, so it is made again.

ALTER TABLE attendance_rows ADD COLUMN IF NOT EXISTS p Nullable(Float64);

DROP TABLE IF EXISTS attendance;

CREATE VIEW IF NOT EXISTS attendance AS SELECT * FROM attendance_rows FINAL;
