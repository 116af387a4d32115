-- A row a replay: its manifest (schemas.runs.Manifest) as JSON. Its verdicts stand in the other tables, under its name;
-- the view `runs` says what is in them.

CREATE TABLE IF NOT EXISTS runs_rows
(
    run String,
    version UInt64,
    manifest String
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY tuple()
ORDER BY run;

CREATE VIEW IF NOT EXISTS manifests AS SELECT * FROM runs_rows FINAL;
