-- Visits an operator wants ended: written by the command, done and removed by the controller that owns the log.
CREATE TABLE kick (
    grant_id BLOB PRIMARY KEY REFERENCES device_grant (id) ON DELETE CASCADE,
    asked_ms INTEGER NOT NULL
) STRICT;
