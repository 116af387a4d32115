-- A row a class hour of a run: how much of it the cameras showed, and when they did not.
-- gaps: gaps_start_at[i] to gaps_end_at[i].

CREATE TABLE IF NOT EXISTS coverage_rows
(
    run String,
    section String,
    date Date,
    period UInt16,
    hall String,
    starts_at DateTime('UTC'),
    ends_at DateTime('UTC'),
    frames UInt32,
    seconds_covered Float64,
    gaps_start_at Array(DateTime('UTC')),
    gaps_end_at Array(DateTime('UTC')),
    unknown_faces Float64,
    final UInt8,
    version UInt64,
    engine String,
    policy String
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(date)
ORDER BY (run, date, section, period);

CREATE VIEW IF NOT EXISTS coverage AS SELECT * FROM coverage_rows FINAL;

CREATE VIEW IF NOT EXISTS gaps AS
SELECT run, section, date, period, hall, start_at, end_at, final, version
FROM
(
    SELECT run, section, date, period, hall, gaps_start_at, gaps_end_at, final, version FROM coverage_rows FINAL
)
ARRAY JOIN gaps_start_at AS start_at, gaps_end_at AS end_at;

-- `live` is what professors and the registrar see; every other run is a replay.
CREATE VIEW IF NOT EXISTS runs AS
SELECT
    run, engine, policy,
    min(starts_at) AS first_starts_at,
    max(ends_at) AS last_ends_at,
    count() AS class_hours,
    sum(frames) AS analysed_frames
FROM coverage_rows FINAL
GROUP BY run, engine, policy;
