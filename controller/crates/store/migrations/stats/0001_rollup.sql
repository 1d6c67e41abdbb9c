-- Figures by hour and civil day, made from the ledger of the main database and made anew from it whenever asked.

CREATE TABLE rollup (
    step       TEXT NOT NULL CHECK (step IN ('hour', 'day')),
    kind       TEXT NOT NULL CHECK (kind IN ('all', 'ap', 'zone')),
    start_ms   INTEGER NOT NULL,
    -- Id of the access point or zone, empty for all.
    key        TEXT NOT NULL,
    end_ms     INTEGER NOT NULL,
    visits     INTEGER NOT NULL,
    sessions   INTEGER NOT NULL,
    bytes_up   INTEGER NOT NULL,
    bytes_down INTEGER NOT NULL,
    person_ms  INTEGER NOT NULL,
    peak_users INTEGER NOT NULL,
    visitors   INTEGER NOT NULL,
    randomised INTEGER NOT NULL,
    -- Sums and histograms whole, as JSON.
    counts     TEXT NOT NULL,
    -- Sketches of visitors and of randomised ones, in the format of Apache DataSketches.
    visitors_sketch   BLOB NOT NULL,
    randomised_sketch BLOB NOT NULL,
    PRIMARY KEY (step, kind, start_ms, key)
) STRICT, WITHOUT ROWID;

-- One row: how far the ledger has been taken in.
CREATE TABLE progress (
    one       INTEGER PRIMARY KEY CHECK (one = 1),
    -- The ledger it was made from.
    ledger    BLOB NOT NULL,
    -- The ledger's sequence up to which it is complete.
    watermark INTEGER NOT NULL,
    -- Days before this moment are not made anew: their ledger is gone.
    sealed_ms INTEGER NOT NULL,
    -- What else the figures depend on: time zone, zones of access points, version of the counting.
    basis     TEXT NOT NULL
) STRICT;

INSERT INTO progress (one, ledger, watermark, sealed_ms, basis) VALUES (1, x'', 0, 0, '');
