//! The audit log as a table: each row carries a hash of itself and of the row before it.

use std::time::{SystemTime, UNIX_EPOCH};

use session_core::UnixMs;
use sha2::{Digest as _, Sha256};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use super::Database;
use super::rows::{self, int};
use crate::StoreError;
use crate::audit::{Actor, AuditChain, AuditRow, Entry};

/// Rows that are checked at a time.
const CHECKED_AT_ONCE: u32 = 1000;

/// Writes a row after the last one, inside the transaction of its change.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    actor: &Actor,
    entry: Entry,
) -> Result<(), sqlx::Error> {
    let last = sqlx::query("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1");
    let last = last.fetch_optional(&mut *connection).await?;
    let (id, before) = match last {
        Some(row) => (rows::number(&row, "id")? + 1, rows::bytes(&row, "hash")?),
        None => (1, [0; 32]),
    };
    let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let row = AuditRow {
        id,
        at: UnixMs(u64::try_from(at).unwrap_or(u64::MAX)),
        actor: entry.actor.as_ref().unwrap_or(actor).to_string(),
        action: entry.action.to_owned(),
        subject: entry.subject,
        detail: entry.detail.to_string(),
    };
    sqlx::query(
        "INSERT INTO audit (id, at_ms, actor, action, subject, detail, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )
    .bind(int(row.id))
    .bind(int(row.at.0))
    .bind(&row.actor)
    .bind(&row.action)
    .bind(&row.subject)
    .bind(&row.detail)
    .bind(hash(&before, &row).as_slice())
    .execute(connection)
    .await
    .map(|_| ())
}

fn hash(before: &[u8; 32], row: &AuditRow) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(before);
    hash.update(row.id.to_be_bytes());
    hash.update(row.at.0.to_be_bytes());
    for text in [&row.actor, &row.action, &row.subject, &row.detail] {
        // With its length, so that nothing can move from one column into the next.
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    hash.finalize().into()
}

fn read(row: &SqliteRow) -> Result<AuditRow, sqlx::Error> {
    Ok(AuditRow {
        id: rows::number(row, "id")?,
        at: UnixMs(rows::number(row, "at_ms")?),
        actor: row.try_get("actor")?,
        action: row.try_get("action")?,
        subject: row.try_get("subject")?,
        detail: row.try_get("detail")?,
    })
}

impl Database {
    pub(crate) async fn audit(&self, before: Option<u64>, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        let sql = "SELECT * FROM audit WHERE id < ?1 ORDER BY id DESC LIMIT ?2";
        self.read(async |c: &mut SqliteConnection| {
            let query = sqlx::query(sql).bind(before.map_or(i64::MAX, int)).bind(limit);
            query.fetch_all(c).await?.iter().map(read).collect()
        })
        .await
    }

    pub(crate) async fn check_audit(&self) -> Result<AuditChain, StoreError> {
        self.read(async |c: &mut SqliteConnection| {
            let (mut last, mut before) = (0, [0; 32]);
            loop {
                let sql = "SELECT * FROM audit WHERE id > ?1 ORDER BY id LIMIT ?2";
                let query = sqlx::query(sql).bind(int(last)).bind(CHECKED_AT_ONCE);
                let found = query.fetch_all(&mut *c).await?;
                if found.is_empty() {
                    return Ok(AuditChain::Whole { rows: last });
                }
                for found in &found {
                    let row = read(found)?;
                    let kept: [u8; 32] = rows::bytes(found, "hash")?;
                    if row.id != last + 1 || hash(&before, &row) != kept {
                        return Ok(AuditChain::Broken { at: last + 1 });
                    }
                    (last, before) = (row.id, kept);
                }
            }
        })
        .await
    }
}
