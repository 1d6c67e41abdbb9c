-- Who may use the console and the API, how they got in, and what anybody changed. Of links, sessions and tokens only
-- the SHA-256 of the secret is kept.

CREATE TABLE operator (
    email       TEXT PRIMARY KEY CHECK (email LIKE '%_@_%' AND length(email) <= 254),
    role        TEXT NOT NULL CHECK (role IN ('admin', 'engineer', 'analyst', 'editor')),
    added_ms    INTEGER NOT NULL,
    disabled_ms INTEGER
) STRICT;

-- Good for one sign-in. A used one is kept for a while, so that a second use can be told from a guess.
CREATE TABLE sign_in_link (
    secret_sha256 BLOB PRIMARY KEY CHECK (length(secret_sha256) = 32),
    email         TEXT NOT NULL REFERENCES operator (email) ON DELETE CASCADE,
    expires_ms    INTEGER NOT NULL,
    used_ms       INTEGER
) STRICT;

CREATE TABLE operator_session (
    id_sha256    BLOB PRIMARY KEY CHECK (length(id_sha256) = 32),
    email        TEXT NOT NULL REFERENCES operator (email) ON DELETE CASCADE,
    created_ms   INTEGER NOT NULL,
    last_seen_ms INTEGER NOT NULL,
    expires_ms   INTEGER NOT NULL,
    address      TEXT NOT NULL,
    -- ISO 3166-1 code of the address's country, or what is known instead ('private', 'unknown'); NULL without a database.
    country      TEXT,
    user_agent   TEXT NOT NULL,
    revoked_ms   INTEGER
) STRICT;

CREATE INDEX operator_session_email ON operator_session (email, created_ms);

-- Secrets for scripts that use the API.
CREATE TABLE api_token (
    secret_sha256 BLOB PRIMARY KEY CHECK (length(secret_sha256) = 32),
    email         TEXT NOT NULL REFERENCES operator (email) ON DELETE CASCADE,
    created_ms    INTEGER NOT NULL,
    expires_ms    INTEGER NOT NULL,
    revoked_ms    INTEGER
) STRICT;

-- One row for every change, written in the transaction of the change. The hash covers the row and the hash before it,
-- so that a row that was edited, removed or moved is found.
CREATE TABLE audit (
    id      INTEGER PRIMARY KEY,
    at_ms   INTEGER NOT NULL,
    -- An operator's address, 'command:' and the Unix user, or 'controller'.
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    -- A JSON object, never with a secret in it.
    detail  TEXT NOT NULL,
    hash    BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- Visits by the time they began, those of RADIUS clients too.
CREATE INDEX device_grant_starts ON device_grant (starts_ms, id);
CREATE INDEX session_nas_opened ON session (opened_ms, grant_id) WHERE ap >= 'nas:' AND ap < 'nas;';
