-- What figures are made from. Every row is written in the transaction of the sessions and grants it is counted from.

-- Numbers that add up: what a measure (stats_core::Measure) amounts to in one minute at one access point.
CREATE TABLE ledger (
    minute_ms INTEGER NOT NULL,
    ap        TEXT NOT NULL,
    measure   INTEGER NOT NULL,
    n         INTEGER NOT NULL,
    -- The ledger's sequence when it changed last: whoever rolls up asks for what is above its watermark.
    changed   INTEGER NOT NULL,
    PRIMARY KEY (minute_ms, ap, measure)
) STRICT, WITHOUT ROWID;

CREATE INDEX ledger_changed ON ledger (changed);

-- Devices that were present in an hour, by the pseudonym of the day; the day's key is not in this database.
CREATE TABLE presence (
    hour_ms    INTEGER NOT NULL,
    ap         TEXT NOT NULL,
    pseudonym  BLOB NOT NULL CHECK (length(pseudonym) = 8),
    randomised INTEGER NOT NULL CHECK (randomised IN (0, 1)),
    PRIMARY KEY (hour_ms, ap, pseudonym)
) STRICT, WITHOUT ROWID;

-- One row: names this ledger, so that roll-ups of another one are noticed, and counts the transactions that wrote it.
CREATE TABLE ledger_state (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    id       BLOB NOT NULL,
    sequence INTEGER NOT NULL
) STRICT;

INSERT INTO ledger_state (one, id, sequence) VALUES (1, randomblob(16), 0);

-- How far the redirects of each access point's agent have been counted; its own count begins anew with each start.
CREATE TABLE agent_redirects (
    ap   TEXT PRIMARY KEY,
    boot BLOB NOT NULL,
    n    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
