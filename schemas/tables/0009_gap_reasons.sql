-- gaps_reason[i]: why no frame shows the hall from gaps_start_at[i] on: deleted (there were frames, and Kafka deleted them
-- before anybody looked), or empty (no camera sent any). Rows from before this column have none.
-- A view keeps the columns of its birth, so these are made again.

ALTER TABLE coverage_rows ADD COLUMN IF NOT EXISTS gaps_reason Array(String);

DROP TABLE IF EXISTS coverage;

CREATE VIEW IF NOT EXISTS coverage AS SELECT * FROM coverage_rows FINAL;

DROP TABLE IF EXISTS gaps;

CREATE VIEW IF NOT EXISTS gaps AS
SELECT run, section, date, period, hall, start_at, end_at, reason, final, version
FROM
(
    SELECT
        run, section, date, period, hall, gaps_start_at, gaps_end_at,
        arrayResize(gaps_reason, length(gaps_start_at), '') AS reasons, final, version
    FROM coverage_rows FINAL
)
ARRAY JOIN gaps_start_at AS start_at, gaps_end_at AS end_at, reasons AS reason;
