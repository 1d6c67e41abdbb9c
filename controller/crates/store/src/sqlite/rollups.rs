//! Roll-ups on SQLite.

use std::path::{Path, PathBuf};

use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, Executor, Row, SqliteConnection, SqlitePool};
use stats_core::{By, Counts, Key, Rollup, Sketch, Slot, Span, Step};
use tokio::sync::Mutex;

use super::errors::translate;
use super::open;
use super::rows::{int, number, word};
use crate::rollups::{self, Progress, RollupRow};
use crate::{Options, StoreError};

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/stats");

type Read<T> = Result<T, sqlx::Error>;

/// The open file.
pub(crate) struct RollupFile {
    file: PathBuf,
    writer: Mutex<Option<SqliteConnection>>,
    readers: SqlitePool,
}

impl RollupFile {
    pub(crate) async fn open(file: &Path, options: &Options) -> Result<Self, StoreError> {
        let writer = open::writing_connection(file, &MIGRATIONS, options).await?;
        let readers = open::readers(file, options).await?;
        Ok(Self { file: file.to_owned(), writer: Mutex::new(Some(writer)), readers })
    }

    pub(crate) async fn close(&self) {
        self.readers.close().await;
        if let Some(writer) = self.writer.lock().await.take()
            && let Err(error) = writer.close().await
        {
            tracing::warn!(error = %translate(&self.file, error), "the file of figures was not closed cleanly");
        }
    }

    pub(crate) async fn progress(&self) -> Result<Progress, StoreError> {
        let sql = "SELECT ledger, watermark, sealed_ms, basis FROM progress";
        let read = async |c: &mut SqliteConnection| {
            let row = sqlx::query(sql).fetch_one(c).await?;
            Ok(Progress {
                ledger: row.try_get("ledger")?,
                watermark: number(&row, "watermark")?,
                sealed_ms: number(&row, "sealed_ms")?,
                basis: row.try_get("basis")?,
            })
        };
        self.read(read).await
    }

    pub(crate) async fn begin_anew(&self, ledger: [u8; 16], basis: &str) -> Result<(), StoreError> {
        let change = async |c: &mut SqliteConnection| {
            let old = "DELETE FROM rollup WHERE start_ms >= (SELECT sealed_ms FROM progress)";
            sqlx::query(old).execute(&mut *c).await?;
            let sql = "UPDATE progress SET ledger = ?1, basis = ?2, watermark = 0";
            sqlx::query(sql).bind(ledger.as_slice()).bind(basis).execute(c).await.map(|_| ())
        };
        self.transaction(change).await
    }

    pub(crate) async fn seal(&self, before_ms: u64) -> Result<(), StoreError> {
        let sql = "UPDATE progress SET sealed_ms = max(sealed_ms, ?1)";
        let change = async |c: &mut SqliteConnection| {
            sqlx::query(sql).bind(int(before_ms)).execute(c).await.map(|_| ())
        };
        self.transaction(change).await
    }

    pub(crate) async fn write(
        &self,
        rows: &[RollupRow],
        from: u64,
        to: Option<u64>,
    ) -> Result<(), StoreError> {
        let change = async |c: &mut SqliteConnection| {
            for row in rows {
                put(c, row).await?;
            }
            match to {
                None => {
                    let sql = "UPDATE progress SET watermark = min(watermark, ?1)";
                    sqlx::query(sql).bind(int(from)).execute(c).await.map(|_| ())
                }
                Some(to) => {
                    let sql = "UPDATE progress SET watermark = ?2 WHERE watermark >= ?1";
                    sqlx::query(sql).bind(int(from)).bind(int(to)).execute(c).await.map(|_| ())
                }
            }
        };
        self.transaction(change).await
    }

    pub(crate) async fn slots(
        &self,
        step: Step,
        by: By,
        span: Span,
        after: Option<(u64, &str)>,
        limit: u32,
    ) -> Result<Vec<Slot>, StoreError> {
        let sql = "SELECT kind, key, start_ms, end_ms, peak_users, visitors, randomised, counts FROM rollup
            WHERE step = ?1 AND kind = ?2 AND start_ms >= ?3 AND start_ms < ?4 AND (start_ms, key) > (?5, ?6)
            ORDER BY start_ms, key LIMIT ?7";
        // The key of all is empty here and `all` outside; no slot begins before 1970.
        let (after_ms, after_key) = match (after, by) {
            (None, _) => (-1, ""),
            (Some((at, _)), By::All) => (int(at), ""),
            (Some((at, key)), By::Ap | By::Zone) => (int(at), key),
        };
        let from = span.start_ms.max(after.map_or(0, |(at, _)| at));
        let read = async |c: &mut SqliteConnection| {
            let query = sqlx::query(sql).bind(rollups::step_word(step)).bind(rollups::by_word(by));
            let query = query.bind(int(from)).bind(int(span.end_ms)).bind(after_ms).bind(after_key);
            query.bind(limit).fetch_all(c).await?.iter().map(slot).collect()
        };
        self.read(read).await
    }

    pub(crate) async fn hours(&self, span: Span) -> Result<Vec<(u64, Key, Rollup)>, StoreError> {
        let sql =
            "SELECT * FROM rollup WHERE step = 'hour' AND kind = ?3 AND start_ms >= ?1 AND start_ms < ?2";
        let read = async |c: &mut SqliteConnection| {
            let mut hours = Vec::new();
            for by in [By::All, By::Ap, By::Zone] {
                let query = sqlx::query(sql).bind(int(span.start_ms)).bind(int(span.end_ms));
                let found = query.bind(rollups::by_word(by)).fetch_all(&mut *c).await?;
                for row in &found {
                    hours.push((number(row, "start_ms")?, key(row)?, rollup(row)?));
                }
            }
            Ok(hours)
        };
        self.read(read).await
    }

    pub(crate) async fn hour_peaks(&self, span: Span) -> Result<Vec<(String, u64, u64)>, StoreError> {
        let sql = "SELECT key, start_ms, peak_users FROM rollup
            WHERE step = 'hour' AND kind = 'ap' AND start_ms >= ?1 AND start_ms < ?2";
        let read = async |c: &mut SqliteConnection| {
            let query = sqlx::query(sql).bind(int(span.start_ms)).bind(int(span.end_ms));
            let peak = |row: &SqliteRow| {
                Ok((row.try_get("key")?, number(row, "start_ms")?, number(row, "peak_users")?))
            };
            query.fetch_all(c).await?.iter().map(peak).collect()
        };
        self.read(read).await
    }

    async fn read<T>(
        &self,
        query: impl AsyncFnOnce(&mut SqliteConnection) -> Read<T>,
    ) -> Result<T, StoreError> {
        let failed = |error| translate(&self.file, error);
        let mut transaction = self.readers.begin().await.map_err(failed)?;
        query(&mut transaction).await.map_err(failed)
    }

    async fn transaction(
        &self,
        change: impl AsyncFnOnce(&mut SqliteConnection) -> Read<()>,
    ) -> Result<(), StoreError> {
        let failed = |error| translate(&self.file, error);
        let mut writer = self.writer.lock().await;
        let connection = writer.as_mut().ok_or(StoreError::Closed)?;
        connection.execute("BEGIN IMMEDIATE").await.map_err(failed)?;
        let changed = match change(&mut *connection).await {
            Ok(()) => connection.execute("COMMIT").await.map(|_| ()),
            Err(error) => Err(error),
        };
        if changed.is_err() {
            // SQLite rolls back by itself after some errors: then there is nothing left to do here.
            drop(connection.execute("ROLLBACK").await);
        }
        changed.map_err(failed)
    }
}

async fn put(connection: &mut SqliteConnection, row: &RollupRow) -> Read<()> {
    let Rollup { counts, peak_users, visitors, randomised } = &row.rollup;
    let (kind, key) = rollups::kind(&row.key);
    let query = sqlx::query(PUT).bind(rollups::step_word(row.step)).bind(kind).bind(key);
    let query = query.bind(int(row.span.start_ms)).bind(int(row.span.end_ms));
    let query = query.bind(int(counts.visits)).bind(int(counts.sessions)).bind(int(counts.bytes_up));
    let query = query.bind(int(counts.bytes_down)).bind(int(counts.person_ms)).bind(int(*peak_users));
    let query = query.bind(int(visitors.estimate())).bind(int(randomised.estimate()));
    let query = query.bind(rollups::counts_text(counts));
    query.bind(visitors.to_bytes()).bind(randomised.to_bytes()).execute(connection).await.map(|_| ())
}

const PUT: &str = "
INSERT INTO rollup (step, kind, key, start_ms, end_ms, visits, sessions, bytes_up, bytes_down, person_ms, peak_users,
    visitors, randomised, counts, visitors_sketch, randomised_sketch)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
ON CONFLICT (step, kind, start_ms, key) DO UPDATE SET
    end_ms = excluded.end_ms, visits = excluded.visits, sessions = excluded.sessions, bytes_up = excluded.bytes_up,
    bytes_down = excluded.bytes_down, person_ms = excluded.person_ms, peak_users = excluded.peak_users,
    visitors = excluded.visitors, randomised = excluded.randomised, counts = excluded.counts,
    visitors_sketch = excluded.visitors_sketch, randomised_sketch = excluded.randomised_sketch";

fn key(row: &SqliteRow) -> Read<Key> {
    Ok(rollups::key(row.try_get("kind")?, row.try_get("key")?))
}

fn counts(row: &SqliteRow) -> Read<Counts> {
    word(row, "counts", |text| serde_json::from_str(text).ok())
}

fn slot(row: &SqliteRow) -> Read<Slot> {
    let span = Span { start_ms: number(row, "start_ms")?, end_ms: number(row, "end_ms")? };
    let (visitors, randomised) = (number(row, "visitors")?, number(row, "randomised")?);
    Ok(Slot::new(span, &key(row)?, counts(row)?, number(row, "peak_users")?, visitors, randomised))
}

fn rollup(row: &SqliteRow) -> Read<Rollup> {
    let sketch = |column: &str| {
        let bytes: &[u8] = row.try_get(column)?;
        Sketch::from_bytes(bytes)
            .map_err(|error| sqlx::Error::ColumnDecode { index: column.to_owned(), source: error.into() })
    };
    Ok(Rollup {
        counts: counts(row)?,
        peak_users: number(row, "peak_users")?,
        visitors: sketch("visitors_sketch")?,
        randomised: sketch("randomised_sketch")?,
    })
}
