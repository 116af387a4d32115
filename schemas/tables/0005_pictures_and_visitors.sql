-- visitor: who, not on the roster, a face was taken for in that frame alone; empty for nobody. As provisional as
-- student_id, and erased like it. repeated: frames that were the same picture as one before, and did not count.
-- A view keeps the columns of its birth, so these are made again.

ALTER TABLE sightings_rows ADD COLUMN IF NOT EXISTS visitor String;

DROP TABLE IF EXISTS sightings;

CREATE VIEW IF NOT EXISTS sightings AS SELECT * FROM sightings_rows FINAL;

ALTER TABLE coverage_rows ADD COLUMN IF NOT EXISTS repeated UInt32;

DROP TABLE IF EXISTS coverage;

CREATE VIEW IF NOT EXISTS coverage AS SELECT * FROM coverage_rows FINAL;
