//! Opening the file: where it is, how its connections are set, which schema it has.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection, SqlitePool};
use tokio::time::{Instant, sleep};

use super::errors::{translate, translate_migration};
use crate::{Options, StoreError};

pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// How long to wait before opening is tried again while another program makes or closes the file.
const RETRY: Duration = Duration::from_millis(20);

/// The file that a `store.url` or a bare path names.
pub(crate) fn file_of(url: &str) -> Result<PathBuf, StoreError> {
    let unsupported = || StoreError::UnsupportedUrl { url: url.to_owned() };
    let path = match url.split_once(':') {
        Some(("sqlite", rest)) => rest.strip_prefix("//").unwrap_or(rest),
        Some((scheme, _)) if !scheme.contains('/') => return Err(unsupported()),
        _ => url,
    };
    let in_memory = path.contains(":memory:") || path.contains('?');
    if path.is_empty() || in_memory { Err(unsupported()) } else { Ok(PathBuf::from(path)) }
}

fn connect_options(file: &Path, options: &Options) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .busy_timeout(options.busy_timeout)
        .pragma("temp_store", "memory")
        .disable_statement_logging()
}

/// The one connection that writes, on a file of this build's schema.
pub(super) async fn writing_connection(
    file: &Path,
    migrations: &Migrator,
    options: &Options,
) -> Result<SqliteConnection, StoreError> {
    let give_up = Instant::now() + options.busy_timeout;
    loop {
        // Making the file and switching it to WAL take locks that do not wait by themselves.
        match open_and_migrate(file, migrations, options).await {
            Err(StoreError::Locked { .. }) if Instant::now() < give_up => sleep(RETRY).await,
            opened => return opened,
        }
    }
}

async fn open_and_migrate(
    file: &Path,
    migrations: &Migrator,
    options: &Options,
) -> Result<SqliteConnection, StoreError> {
    let mut settings = connect_options(file, options)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .pragma("cache_size", "-32768")
        .pragma("wal_autocheckpoint", "4000")
        .pragma("journal_size_limit", "67108864");
    if let Some(pages) = options.max_pages {
        settings = settings.pragma("max_page_count", pages.to_string());
    }
    let mut connection = settings.connect().await.map_err(|error| translate(file, error))?;
    migrate(&mut connection, file, migrations).await?;
    Ok(connection)
}

/// Brings the schema up to this build's in one transaction, all of it or nothing.
async fn migrate(
    connection: &mut SqliteConnection,
    file: &Path,
    migrations: &Migrator,
) -> Result<(), StoreError> {
    let known = migrations.iter().map(|migration| migration.version).max().unwrap_or(0);
    let found = schema(connection).await.map_err(|error| translate(file, error))?;
    if found > known {
        return Err(StoreError::NewerSchema { file: file.to_owned(), found, known });
    }
    if found == known {
        return Ok(());
    }
    let mut transaction =
        connection.begin_with("BEGIN IMMEDIATE").await.map_err(|error| translate(file, error))?;
    migrations
        .run_direct(None, &mut *transaction, false)
        .await
        .map_err(|error| translate_migration(file, error))?;
    transaction.commit().await.map_err(|error| translate(file, error))
}

/// The newest migration the file has seen, 0 for none.
async fn schema(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    let there: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'")
        .fetch_one(&mut *connection)
        .await?;
    if there == 0 {
        return Ok(0);
    }
    sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM _sqlx_migrations").fetch_one(connection).await
}

/// The pool that reads beside the writer.
pub(super) async fn readers(file: &Path, options: &Options) -> Result<SqlitePool, StoreError> {
    SqlitePoolOptions::new()
        .max_connections(options.readers.max(1))
        .acquire_timeout(options.busy_timeout)
        .connect_with(connect_options(file, options).read_only(true))
        .await
        .map_err(|error| translate(file, error))
}
