-- A row a deed: who did what, when, from where. Written once, so all versions are equal; nothing of it is ever erased.
-- account: its name; of a student's `student|` and the digest of his id. student: whom it is about, as that digest in
-- hexadecimal; empty for nobody. Only the key of the site can tell who that is.

CREATE TABLE IF NOT EXISTS audit_rows
(
    id UUID,
    at DateTime('UTC'),
    account String,
    role String,
    action String,
    section String,
    class_hour String,
    student String,
    detail String,
    address String,
    ok UInt8
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (at, id);

CREATE VIEW IF NOT EXISTS audit AS SELECT * FROM audit_rows FINAL;
