-- Access points of other makes, which speak RADIUS, and who signs in by it. Names from the air are bytes, not text.

CREATE TABLE nas (
    name       TEXT PRIMARY KEY CHECK (name <> ''),
    -- One address or a network, as CIDR.
    address    TEXT NOT NULL UNIQUE,
    -- Sealed under the node's key: the protocol needs it in clear.
    secret     BLOB NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('generic', 'coova', 'mikrotik', 'hostapd')),
    coa_port   INTEGER CHECK (coa_port BETWEEN 1 AND 65535),
    require_message_authenticator INTEGER NOT NULL CHECK (require_message_authenticator IN (0, 1)),
    zone       TEXT REFERENCES zone (id),
    added_ms   INTEGER NOT NULL
) STRICT;

CREATE TABLE account (
    name     TEXT PRIMARY KEY CHECK (name <> ''),
    -- Argon2id in its usual text form.
    verifier TEXT NOT NULL,
    plan     TEXT NOT NULL REFERENCES plan (name),
    added_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE voucher (
    name          TEXT PRIMARY KEY CHECK (name <> ''),
    -- HMAC-SHA-256 of the secret under the node's key; the secret itself is kept nowhere.
    secret_hmac   BLOB NOT NULL CHECK (length(secret_hmac) = 32),
    plan          TEXT NOT NULL REFERENCES plan (name),
    created_ms    INTEGER NOT NULL,
    -- Its time runs from the first use.
    first_used_ms INTEGER
) STRICT, WITHOUT ROWID;

-- What only RADIUS knows of a session; the session itself is the row of the same key in `session`.
CREATE TABLE nas_session (
    ap              TEXT NOT NULL,
    id              BLOB NOT NULL CHECK (length(id) = 16),
    -- The access point as it names itself.
    origin          BLOB NOT NULL,
    acct_session_id BLOB NOT NULL,
    user_name       BLOB NOT NULL,
    calling_station BLOB NOT NULL,
    called_station  BLOB NOT NULL,
    ssid            BLOB NOT NULL,
    started_ms      INTEGER NOT NULL,
    heard_ms        INTEGER NOT NULL,
    -- When its last record arrived: how long its name is remembered.
    arrived_ms      INTEGER NOT NULL,
    session_secs    INTEGER NOT NULL,
    closed_ms       INTEGER,
    terminate_cause INTEGER NOT NULL,
    -- A counter fell back without Gigawords: more bytes passed than are counted.
    wrapped         INTEGER NOT NULL CHECK (wrapped IN (0, 1)),
    PRIMARY KEY (ap, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX nas_session_arrived ON nas_session (arrived_ms);

-- The latest Accounting-On or -Off of each access point.
CREATE TABLE nas_restart (
    ap     TEXT NOT NULL,
    origin BLOB NOT NULL,
    at_ms  INTEGER NOT NULL,
    PRIMARY KEY (ap, origin)
) STRICT, WITHOUT ROWID;
