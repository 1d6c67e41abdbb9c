//! Reads of the ledger, beside the writer.

use std::collections::BTreeMap;

use session_core::{GrantId, UnixMs};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use stats_core::{HourRows, Measure, Pseudonym, Span};

use super::Database;
use super::rows::{Hex, bytes, int, moment, number};
use crate::StoreError;
use crate::ledger::{LedgerRow, LedgerState};

type Read<T> = Result<T, sqlx::Error>;

impl Database {
    pub(crate) async fn ledger_state(&self) -> Result<LedgerState, StoreError> {
        let read = async |c: &mut SqliteConnection| {
            let row = sqlx::query("SELECT id, sequence FROM ledger_state").fetch_one(c).await?;
            Ok(LedgerState { id: bytes(&row, "id")?, sequence: number(&row, "sequence")? })
        };
        self.read(read).await
    }

    pub(crate) async fn ledger_changes(&self, watermark: u64) -> Result<Vec<u64>, StoreError> {
        let sql = "SELECT DISTINCT minute_ms FROM ledger WHERE changed > ?1 ORDER BY minute_ms";
        let read = async |c: &mut SqliteConnection| {
            let found = sqlx::query(sql).bind(int(watermark)).fetch_all(c).await?;
            found.iter().map(|row| number(row, "minute_ms")).collect()
        };
        self.read(read).await
    }

    pub(crate) async fn ledger_hour(&self, hour: Span) -> Result<HourRows, StoreError> {
        self.read(async |c| hour_rows(c, hour).await).await
    }

    pub(crate) async fn ledger_minutes(
        &self,
        ap: Option<&str>,
        span: Span,
    ) -> Result<Vec<LedgerRow>, StoreError> {
        let sql = "SELECT minute_ms, measure, sum(n) AS n FROM ledger
            WHERE minute_ms >= ?1 AND minute_ms < ?2 AND (?3 IS NULL OR ap = ?3) GROUP BY minute_ms, measure";
        let row = |row: &SqliteRow| {
            Ok(LedgerRow {
                minute_ms: number(row, "minute_ms")?,
                measure: row.try_get("measure")?,
                n: row.try_get("n")?,
            })
        };
        let read = async |c: &mut SqliteConnection| {
            let query = sqlx::query(sql).bind(int(span.start_ms)).bind(int(span.end_ms)).bind(ap);
            query.fetch_all(c).await?.iter().map(row).collect()
        };
        self.read(read).await
    }

    pub(crate) async fn ledger_start(&self) -> Result<Option<UnixMs>, StoreError> {
        let sql = "SELECT minute_ms FROM ledger ORDER BY minute_ms LIMIT 1";
        let read = async |c: &mut SqliteConnection| {
            let found = sqlx::query(sql).fetch_optional(c).await?;
            found.as_ref().map(|row| moment(row, "minute_ms")).transpose()
        };
        self.read(read).await
    }

    pub(crate) async fn zone_of_access_points(&self) -> Result<BTreeMap<String, String>, StoreError> {
        let sql = "SELECT id, zone FROM access_point UNION ALL
            SELECT 'nas:' || name, zone FROM nas WHERE zone IS NOT NULL";
        let read = async |c: &mut SqliteConnection| {
            sqlx::query_as::<_, (String, String)>(sql)
                .fetch_all(c)
                .await
                .map(|rows| rows.into_iter().collect())
        };
        self.read(read).await
    }

    pub(crate) async fn first_packets(
        &self,
        grants: &[GrantId],
    ) -> Result<BTreeMap<GrantId, UnixMs>, StoreError> {
        let ids = serde_json::to_string(&grants.iter().map(|id| Hex(&id.0)).collect::<Vec<_>>());
        let sql = "SELECT s.grant_id, min(s.opened_ms) AS opened_ms
            FROM json_each(?1) AS k CROSS JOIN session s ON s.grant_id = unhex(k.value) GROUP BY s.grant_id";
        let read = async |c: &mut SqliteConnection| {
            let found = sqlx::query(sql).bind(ids.unwrap_or_default()).fetch_all(c).await?;
            let first = |row: &SqliteRow| Ok((GrantId(bytes(row, "grant_id")?), moment(row, "opened_ms")?));
            found.iter().map(first).collect()
        };
        self.read(read).await
    }
}

/// Sums are made by the database; only the minutes of presence, whose peak is wanted, come one by one.
async fn hour_rows(connection: &mut SqliteConnection, hour: Span) -> Read<HourRows> {
    let within = |sql| sqlx::query(sql).bind(int(hour.start_ms)).bind(int(hour.end_ms));
    let sums = "SELECT ap, measure, sum(n) AS n FROM ledger
        WHERE minute_ms >= ?1 AND minute_ms < ?2 AND measure <> ?3 GROUP BY ap, measure";
    let present =
        "SELECT ap, minute_ms, n FROM ledger WHERE minute_ms >= ?1 AND minute_ms < ?2 AND measure = ?3";
    let devices = "SELECT ap, pseudonym, randomised FROM presence WHERE hour_ms >= ?1 AND hour_ms < ?2
        ORDER BY ap, pseudonym";
    let code = Measure::Present.code();
    let sum = |row: &SqliteRow| Ok((row.try_get("ap")?, row.try_get("measure")?, row.try_get("n")?));
    let minute = |row: &SqliteRow| Ok((row.try_get("ap")?, number(row, "minute_ms")?, row.try_get("n")?));
    let device = |row: &SqliteRow| {
        Ok((row.try_get("ap")?, Pseudonym(bytes(row, "pseudonym")?), row.try_get("randomised")?))
    };
    let sums = within(sums).bind(code).fetch_all(&mut *connection).await?;
    let present = within(present).bind(code).fetch_all(&mut *connection).await?;
    let devices = within(devices).fetch_all(connection).await?;
    Ok(HourRows {
        sums: sums.iter().map(sum).collect::<Read<_>>()?,
        present: present.iter().map(minute).collect::<Read<_>>()?,
        devices: devices.iter().map(device).collect::<Read<_>>()?,
    })
}

/// Lets minutes and devices go that are older than `before`.
pub(super) async fn prune(connection: &mut SqliteConnection, before: UnixMs) -> Read<()> {
    for sql in ["DELETE FROM ledger WHERE minute_ms < ?1", "DELETE FROM presence WHERE hour_ms < ?1"] {
        sqlx::query(sql).bind(int(before.0)).execute(&mut *connection).await?;
    }
    Ok(())
}
