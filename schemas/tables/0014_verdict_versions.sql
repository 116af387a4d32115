-- A row a claim that a verdict of the live run made: what, said by whom, in doubt or not. Of the versions that say the
-- same the earliest is kept: replacing keeps the greatest number, so earliness is the greatest version there can be
-- less its own. seconds_covered: how much of the class hour had been observed by then.
-- Filled by the store itself from every row that is written, so nobody who writes has to know of it.

CREATE TABLE IF NOT EXISTS verdict_versions
(
    run String,
    section String,
    date Date,
    period UInt16,
    student_id String,
    verdict String,
    source String,
    review UInt8,
    reason String,
    marked_at Nullable(DateTime('UTC')),
    seconds_covered Float64,
    engine String,
    policy String,
    final UInt8,
    earliness UInt64
)
ENGINE = ReplacingMergeTree(earliness)
PARTITION BY toYYYYMM(date)
ORDER BY (run, date, section, period, student_id, verdict, source, review)
SETTINGS old_parts_lifetime = 60;

CREATE MATERIALIZED VIEW IF NOT EXISTS verdict_versions_feed TO verdict_versions AS
SELECT
    run, section, date, period, student_id, verdict, source, review, reason, marked_at, seconds_covered, engine, policy,
    final, toUInt64(18446744073709551615 - version) AS earliness
FROM attendance_rows
WHERE run = 'live';

INSERT INTO verdict_versions
SELECT
    run, section, date, period, student_id, verdict, source, review, reason, marked_at, seconds_covered, engine, policy,
    final, toUInt64(18446744073709551615 - version) AS earliness
FROM attendance_rows
WHERE run = 'live';
