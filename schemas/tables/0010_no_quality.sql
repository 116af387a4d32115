-- Nothing was ever judged by the quality of a face in a frame. A view keeps the columns of its birth, so it is made again.

DROP TABLE IF EXISTS sightings;

ALTER TABLE sightings_rows DROP COLUMN IF EXISTS quality;

CREATE VIEW IF NOT EXISTS sightings AS SELECT * FROM sightings_rows FINAL;
