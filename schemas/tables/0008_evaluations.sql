-- A row a replay and truth: how right the replay was by it, so that who chooses its engine can be asked what that rests on.
-- truth: `marks`, or the name of a file and the SHA-256 of what was in it. version: when, in microseconds since 1970.
-- score: JSON (sinks.runs.evaluate.Score); numbers only, of nobody by name.

CREATE TABLE IF NOT EXISTS evaluations_rows
(
    run String,
    truth String,
    version UInt64,
    engine String,
    verdicts_right UInt32,
    verdicts_judged UInt32,
    score String
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY tuple()
ORDER BY (run, truth);

CREATE VIEW IF NOT EXISTS evaluations AS SELECT * FROM evaluations_rows FINAL;
