//! Reads, beside the writer or inside its transaction.

use std::collections::{BTreeMap, BTreeSet};

use session_core::{ApId, DomainId, Grant, GrantId, Mac, Plan, Position, Session, Stored, UnixMs};
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use super::Database;
use super::accounting;
use super::rows::{self, GRANT_COLUMNS, SESSION_COLUMNS, int};
use crate::{AccessPoint, JournalId, LogRest, Name, StoreError, Zone};

type Read<T> = Result<T, sqlx::Error>;

impl Database {
    /// Runs a read on one consistent state of the database.
    pub(super) async fn read<T>(
        &self,
        query: impl AsyncFnOnce(&mut SqliteConnection) -> Read<T>,
    ) -> Result<T, StoreError> {
        let mut transaction = self.readers.begin().await.map_err(|error| self.failed(error))?;
        query(&mut transaction).await.map_err(|error| self.failed(error))
    }

    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        self.read(async |c| sqlx::query("SELECT 1 FROM domain").fetch_optional(c).await.map(|_| ())).await
    }

    pub(crate) async fn load_domain(
        &self,
        id: &DomainId,
        since: UnixMs,
    ) -> Result<Option<Stored>, StoreError> {
        self.read(async |c| stored(c, id, since).await).await
    }

    pub(crate) async fn log_rest(
        &self,
        id: &DomainId,
        have: Position,
    ) -> Result<Option<LogRest>, StoreError> {
        self.read(async |c| log_rest(c, id, have).await).await
    }

    pub(crate) async fn newest(&self) -> Result<Option<UnixMs>, StoreError> {
        let sql = "SELECT max(at) FROM (SELECT max(updated_ms) AS at FROM journal UNION ALL
            SELECT max(starts_ms) FROM device_grant)";
        let read =
            async |c: &mut SqliteConnection| sqlx::query_scalar::<_, Option<i64>>(sql).fetch_one(c).await;
        Ok(self.read(read).await?.map(|at| UnixMs(at.unsigned_abs())))
    }

    pub(crate) async fn journal_position(&self, ap: &ApId, journal: JournalId) -> Result<u64, StoreError> {
        let sql = "SELECT sequence FROM journal WHERE ap = ?1 AND id = ?2";
        let read = async |c: &mut SqliteConnection| {
            sqlx::query_scalar::<_, i64>(sql).bind(&ap.0).bind(journal.0.as_slice()).fetch_optional(c).await
        };
        self.read(read)
            .await
            .map(|found| found.and_then(|sequence| u64::try_from(sequence).ok()).unwrap_or(0))
    }

    pub(crate) async fn sessions_of(&self, grant: GrantId) -> Result<Vec<Session>, StoreError> {
        let sql =
            format!("SELECT {SESSION_COLUMNS} FROM session s WHERE grant_id = ?1 ORDER BY opened_ms, ap, id");
        let read = async |c: &mut SqliteConnection| {
            all(sqlx::query(AssertSqlSafe(sql)).bind(grant.0.as_slice()).fetch_all(c).await?, rows::session)
        };
        self.read(read).await
    }

    pub(crate) async fn grant(&self, id: GrantId) -> Result<Option<Grant>, StoreError> {
        let sql = format!("SELECT {GRANT_COLUMNS} FROM device_grant g WHERE id = ?1");
        let read = async |c: &mut SqliteConnection| {
            let row = sqlx::query(AssertSqlSafe(sql)).bind(id.0.as_slice()).fetch_optional(c).await?;
            row.map(|row| rows::grant(&row)).transpose()
        };
        self.read(read).await
    }

    pub(crate) async fn plan(&self, name: &str) -> Result<Option<Plan>, StoreError> {
        let read = async |c: &mut SqliteConnection| {
            let row = sqlx::query("SELECT * FROM plan WHERE name = ?1").bind(name).fetch_optional(c).await?;
            row.map(|row| rows::plan(&row)).transpose()
        };
        self.read(read).await
    }

    pub(crate) async fn plans(&self) -> Result<Vec<Plan>, StoreError> {
        self.read(async |c| {
            all(sqlx::query("SELECT * FROM plan ORDER BY name").fetch_all(c).await?, rows::plan)
        })
        .await
    }

    pub(crate) async fn access_point(&self, id: &ApId) -> Result<Option<AccessPoint>, StoreError> {
        self.read(async |c| access_point(c, id).await).await
    }

    pub(crate) async fn access_points(&self) -> Result<Vec<AccessPoint>, StoreError> {
        self.read(async |c| access_points(c).await).await
    }

    pub(crate) async fn zones(&self) -> Result<Vec<Zone>, StoreError> {
        let zone = |row: &SqliteRow| {
            let name = Name { vi: row.try_get("name_vi")?, en: row.try_get("name_en")? };
            Ok(Zone { id: row.try_get("id")?, name })
        };
        self.read(async |c| all(sqlx::query("SELECT * FROM zone ORDER BY id").fetch_all(c).await?, zone))
            .await
    }

    pub(crate) async fn blocked(&self) -> Result<BTreeSet<Mac>, StoreError> {
        self.read(async |c| blocked(c).await).await
    }

    pub(crate) async fn settings(&self) -> Result<BTreeMap<String, String>, StoreError> {
        let read = async |c: &mut SqliteConnection| {
            sqlx::query_as::<_, (String, String)>("SELECT key, value FROM setting").fetch_all(c).await
        };
        self.read(read).await.map(|settings| settings.into_iter().collect())
    }

    pub(crate) async fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        let read = async |c: &mut SqliteConnection| {
            sqlx::query_scalar("SELECT value FROM setting WHERE key = ?1").bind(key).fetch_optional(c).await
        };
        self.read(read).await
    }
}

fn all<T>(found: Vec<SqliteRow>, one: impl Fn(&SqliteRow) -> Read<T>) -> Read<Vec<T>> {
    found.iter().map(one).collect()
}

pub(super) async fn access_points(connection: &mut SqliteConnection) -> Read<Vec<AccessPoint>> {
    all(
        sqlx::query("SELECT * FROM access_point ORDER BY id").fetch_all(connection).await?,
        rows::access_point,
    )
}

pub(super) async fn access_point(connection: &mut SqliteConnection, id: &ApId) -> Read<Option<AccessPoint>> {
    let query = sqlx::query("SELECT * FROM access_point WHERE id = ?1").bind(&id.0);
    query.fetch_optional(connection).await?.map(|row| rows::access_point(&row)).transpose()
}

/// Where a domain's log stands; `None` when there is no such domain.
pub(super) async fn position(connection: &mut SqliteConnection, id: &DomainId) -> Read<Option<Position>> {
    let query = sqlx::query("SELECT epoch, sequence FROM domain WHERE id = ?1").bind(&id.0);
    query.fetch_optional(connection).await?.map(|row| rows::position(&row)).transpose()
}

async fn blocked(connection: &mut SqliteConnection) -> Read<BTreeSet<Mac>> {
    let found = sqlx::query("SELECT mac FROM blocked_device").fetch_all(connection).await?;
    found.iter().map(|row| rows::bytes(row, "mac").map(Mac)).collect()
}

/// What the machine remembers: the same bounds as in `session_core::Domain`.
async fn stored(connection: &mut SqliteConnection, id: &DomainId, since: UnixMs) -> Read<Option<Stored>> {
    let Some(position) = position(connection, id).await? else { return Ok(None) };
    let remembered = "g.domain = ?1 AND (g.ended_ms IS NULL OR max(g.ended_ms, g.day_ends_ms) > ?2)";
    let grants = format!("SELECT {GRANT_COLUMNS} FROM device_grant g WHERE {remembered} ORDER BY g.id");
    let sessions = format!(
        "WITH remembered AS (SELECT g.id FROM device_grant g WHERE {remembered})
        SELECT {SESSION_COLUMNS} FROM remembered r JOIN session s ON s.grant_id = r.id
        UNION ALL
        SELECT {SESSION_COLUMNS} FROM session s
        WHERE s.domain = ?1 AND s.ended_by IS NULL AND s.grant_id NOT IN (SELECT id FROM remembered)
        ORDER BY 5, 1, 2"
    );
    let query = |sql| sqlx::query(AssertSqlSafe(sql)).bind(id.0.clone()).bind(int(since.0));
    Ok(Some(Stored {
        position,
        grants: all(query(grants).fetch_all(&mut *connection).await?, rows::grant)?,
        sessions: all(query(sessions).fetch_all(&mut *connection).await?, rows::session)?,
        nas_sessions: accounting::remembered(connection, since).await?,
        nas_restarts: accounting::restarts(connection).await?,
        blocked: blocked(connection).await?,
    }))
}

async fn log_rest(connection: &mut SqliteConnection, id: &DomainId, have: Position) -> Read<Option<LogRest>> {
    let Some(position) = position(connection, id).await? else { return Ok(None) };
    if have.epoch == position.epoch && have.sequence <= position.sequence {
        let sql = format!(
            "SELECT l.epoch AS entry_epoch, l.sequence AS entry_sequence, {GRANT_COLUMNS}
            FROM grant_log l JOIN device_grant g ON g.id = l.grant_id
            WHERE l.domain = ?1 AND l.sequence > ?2 AND l.epoch = ?3 ORDER BY l.sequence"
        );
        let query =
            sqlx::query(AssertSqlSafe(sql)).bind(&id.0).bind(int(have.sequence)).bind(int(have.epoch));
        let entry = |row: &SqliteRow| {
            let sequence = u64::try_from(row.try_get::<i64, _>("entry_sequence")?).unwrap_or(0);
            Ok((Position { epoch: have.epoch, sequence }, rows::grant(row)?))
        };
        let entries = all(query.fetch_all(&mut *connection).await?, entry)?;
        if entries.len() as u64 == position.sequence - have.sequence {
            return Ok(Some(LogRest::Entries(entries)));
        }
    }
    let sql = format!(
        "SELECT {GRANT_COLUMNS} FROM device_grant g WHERE g.domain = ?1 AND g.ended_ms IS NULL ORDER BY g.id"
    );
    let found = sqlx::query(AssertSqlSafe(sql)).bind(&id.0).fetch_all(connection).await?;
    Ok(Some(LogRest::Snapshot { position, grants: all(found, rows::grant)? }))
}
