-- camera_verdict: what the camera says, whatever a person marked; empty where that is not known, in marked rows from
-- before. doubts: why that is in doubt, as codes (schemas.messages.DoubtCode).
-- A view keeps the columns of its birth, so these are made again.

ALTER TABLE attendance_rows ADD COLUMN IF NOT EXISTS camera_verdict String;

ALTER TABLE attendance_rows ADD COLUMN IF NOT EXISTS doubts Array(String);

DROP TABLE IF EXISTS attendance;

CREATE VIEW IF NOT EXISTS attendance AS SELECT * FROM attendance_rows FINAL WHERE withdrawn = 0;

DROP TABLE IF EXISTS withdrawals;

CREATE VIEW IF NOT EXISTS withdrawals AS SELECT * FROM attendance_rows FINAL WHERE withdrawn = 1;
