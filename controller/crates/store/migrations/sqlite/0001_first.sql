-- Everything the first milestone keeps. Times are Unix milliseconds, ids of grants, sessions and journals are 16 bytes,
-- counters are bytes or packets and never fall.

CREATE TABLE domain (
    id       TEXT PRIMARY KEY,
    -- Starts at the second it was made, so that a database made anew is newer than the one it replaces.
    epoch    INTEGER NOT NULL CHECK (epoch > 0),
    -- Place of the newest entry of the grant log.
    sequence INTEGER NOT NULL CHECK (sequence >= 0)
) STRICT;

CREATE TABLE plan (
    name         TEXT PRIMARY KEY,
    session_secs INTEGER NOT NULL CHECK (session_secs BETWEEN 0 AND 4294967295),
    idle_secs    INTEGER NOT NULL CHECK (idle_secs BETWEEN 0 AND 4294967295),
    quota_bytes  INTEGER CHECK (quota_bytes >= 0),
    devices      INTEGER NOT NULL CHECK (devices BETWEEN 0 AND 4294967295),
    down_bps     INTEGER NOT NULL CHECK (down_bps >= 0),
    up_bps       INTEGER NOT NULL CHECK (up_bps >= 0)
) STRICT;

CREATE TABLE zone (
    id      TEXT PRIMARY KEY,
    name_vi TEXT NOT NULL,
    name_en TEXT NOT NULL
) STRICT;

CREATE TABLE access_point (
    id          TEXT PRIMARY KEY CHECK (id <> ''),
    name_vi     TEXT NOT NULL,
    name_en     TEXT NOT NULL,
    zone        TEXT NOT NULL REFERENCES zone (id),
    lat         REAL NOT NULL CHECK (lat BETWEEN -90 AND 90),
    lon         REAL NOT NULL CHECK (lon BETWEEN -180 AND 180),
    domain      TEXT NOT NULL REFERENCES domain (id),
    -- SHA-256 of its agent's public key.
    agent_key   BLOB UNIQUE CHECK (length(agent_key) = 32),
    enrolled_ms INTEGER,
    revoked_ms  INTEGER
) STRICT;

-- The newest token of each access point; the secret itself is kept nowhere.
CREATE TABLE enroll_token (
    secret_sha256 BLOB PRIMARY KEY CHECK (length(secret_sha256) = 32),
    ap            TEXT NOT NULL UNIQUE REFERENCES access_point (id) ON DELETE CASCADE,
    expires_ms    INTEGER NOT NULL,
    used_ms       INTEGER
) STRICT;

CREATE TABLE device_grant (
    id          BLOB PRIMARY KEY CHECK (length(id) = 16),
    domain      TEXT NOT NULL REFERENCES domain (id),
    revision    INTEGER NOT NULL CHECK (revision > 0),
    number      INTEGER NOT NULL CHECK (number BETWEEN 1 AND 1073741823),
    network     TEXT NOT NULL,
    mac         BLOB NOT NULL CHECK (length(mac) = 6),
    -- 'device:' and the MAC in hex, or 'account:' and the account's name.
    subject     TEXT NOT NULL,
    ap          TEXT NOT NULL,
    plan        TEXT NOT NULL,
    idle_secs   INTEGER NOT NULL,
    quota_bytes INTEGER,
    down_bps    INTEGER NOT NULL,
    up_bps      INTEGER NOT NULL,
    -- Days since 1970-01-01 in the operator's time zone.
    day         INTEGER NOT NULL,
    day_ends_ms INTEGER NOT NULL,
    starts_ms   INTEGER NOT NULL,
    ends_ms     INTEGER NOT NULL,
    ended_ms    INTEGER,
    ended_by    TEXT CHECK (ended_by IN ('time_up', 'logged_out', 'kicked', 'blocked', 'quota_used', 'plan_changed')),
    -- Its latest entry in the log.
    epoch       INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,
    CHECK ((ended_ms IS NULL) = (ended_by IS NULL))
) STRICT;

CREATE UNIQUE INDEX device_grant_live ON device_grant (domain, network, mac) WHERE ended_ms IS NULL;
CREATE UNIQUE INDEX device_grant_number ON device_grant (domain, number) WHERE ended_ms IS NULL;
CREATE INDEX device_grant_remembered ON device_grant (domain, max(ended_ms, day_ends_ms));

-- Recent entries of each domain's log, for agents that come back.
CREATE TABLE grant_log (
    domain   TEXT NOT NULL REFERENCES domain (id),
    sequence INTEGER NOT NULL,
    epoch    INTEGER NOT NULL,
    grant_id BLOB NOT NULL,
    PRIMARY KEY (domain, sequence)
) STRICT, WITHOUT ROWID;

-- A session of a grant that is not known here is a session all the same: no reference to device_grant.
CREATE TABLE session (
    ap             TEXT NOT NULL,
    id             BLOB NOT NULL CHECK (length(id) = 16),
    domain         TEXT NOT NULL,
    grant_id       BLOB NOT NULL CHECK (length(grant_id) = 16),
    mac            BLOB NOT NULL CHECK (length(mac) = 6),
    opened_ms      INTEGER NOT NULL,
    last_packet_ms INTEGER NOT NULL,
    bytes_up       INTEGER NOT NULL,
    bytes_down     INTEGER NOT NULL,
    packets_up     INTEGER NOT NULL,
    packets_down   INTEGER NOT NULL,
    ended_by       TEXT CHECK (ended_by IN
        ('idle', 'departed', 'grant_expired', 'grant_revoked', 'agent_restart', 'lost')),
    -- JSON array of the device's addresses.
    addresses      TEXT NOT NULL,
    PRIMARY KEY (ap, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX session_grant ON session (grant_id);
CREATE INDEX session_open ON session (domain) WHERE ended_by IS NULL;

-- How far each agent's journal is durable.
CREATE TABLE journal (
    ap         TEXT NOT NULL,
    id         BLOB NOT NULL CHECK (length(id) = 16),
    sequence   INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    PRIMARY KEY (ap, id)
) STRICT, WITHOUT ROWID;

-- An agent that makes a journal anew at every start does not fill the table.
CREATE TRIGGER journal_bound AFTER INSERT ON journal
BEGIN
    DELETE FROM journal
    WHERE ap = new.ap AND id IN (
        SELECT id FROM journal WHERE ap = new.ap AND id <> new.id ORDER BY updated_ms DESC, id LIMIT -1 OFFSET 7
    );
END;

CREATE TABLE blocked_device (
    mac      BLOB PRIMARY KEY CHECK (length(mac) = 6),
    since_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE setting (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

INSERT INTO domain (id, epoch, sequence) VALUES ('hoankiem', unixepoch(), 0);
INSERT INTO plan (name, session_secs, idle_secs, quota_bytes, devices, down_bps, up_bps)
VALUES ('free', 43200, 900, NULL, 1, 0, 0);
