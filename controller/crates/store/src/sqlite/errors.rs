//! What SQLite says, in words an operator can act on.

use std::io::ErrorKind;
use std::path::Path;

use sqlx::migrate::MigrateError;

use crate::StoreError;

const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const READONLY: i32 = 8;
const IOERR: i32 = 10;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const CANTOPEN: i32 = 14;
const CONSTRAINT: i32 = 19;
const NOTADB: i32 = 26;
/// Extended code: the shared-memory file beside the log could not grow.
const IOERR_SHMSIZE: i32 = 4874;

/// Translates by SQLite's result code: the primary one is the low byte of the extended one.
pub(super) fn translate(file: &Path, error: sqlx::Error) -> StoreError {
    let file = file.to_owned();
    if let Some(database) = error.as_database_error() {
        let code: i32 = database.code().and_then(|code| code.parse().ok()).unwrap_or(0);
        return match code & 0xff {
            _ if code == IOERR_SHMSIZE => StoreError::Full { file },
            BUSY | LOCKED => StoreError::Locked { file },
            READONLY | CANTOPEN => StoreError::NotWritable { file },
            CORRUPT | NOTADB => StoreError::Corrupt { file },
            FULL => StoreError::Full { file },
            IOERR => StoreError::Disk { file, code },
            CONSTRAINT => StoreError::Refused { rule: database.message().to_owned() },
            _ => StoreError::Database { file, detail: error.to_string() },
        };
    }
    if matches!(error, sqlx::Error::PoolTimedOut) {
        return StoreError::Overloaded;
    }
    if matches!(error, sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed) {
        return StoreError::Closed;
    }
    match error_kind(&error) {
        Some(ErrorKind::StorageFull) => StoreError::Full { file },
        Some(ErrorKind::PermissionDenied) => StoreError::NotWritable { file },
        Some(_) | None => StoreError::Database { file, detail: error.to_string() },
    }
}

fn error_kind(error: &sqlx::Error) -> Option<ErrorKind> {
    if let sqlx::Error::Io(io) = error { Some(io.kind()) } else { None }
}

/// The same for what comes out of migrating.
pub(super) fn translate_migration(file: &Path, error: MigrateError) -> StoreError {
    if let MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) = error {
        translate(file, error)
    } else {
        StoreError::Database { file: file.to_owned(), detail: error.to_string() }
    }
}

/// Whether an error is about the database as a whole, so that replaying a group batch by batch is of no use.
pub(super) fn concerns_all(error: &StoreError) -> bool {
    match error {
        StoreError::Locked { .. }
        | StoreError::Corrupt { .. }
        | StoreError::NotWritable { .. }
        | StoreError::Disk { .. }
        | StoreError::Closed
        | StoreError::NewerSchema { .. }
        | StoreError::UnsupportedUrl { .. }
        | StoreError::Overloaded => true,
        StoreError::Full { .. }
        | StoreError::Superseded { .. }
        | StoreError::Unknown { .. }
        | StoreError::Refused { .. }
        | StoreError::Database { .. } => false,
    }
}
