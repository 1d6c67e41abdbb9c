//! Pages of sessions and visits: each begins after a key, so that nothing is shown twice or left out.

use session_core::{ApId, DomainId, Session, SessionKey, UnixMs};
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

use super::Database;
use super::rows::{self, SESSION_COLUMNS, int};
use crate::StoreError;
use crate::browse::{LiveSession, NasWords, Terms, VisitPage, VisitRow};

type Read<T> = Result<T, sqlx::Error>;

/// Visits of the agents' access points and, from the first session on, of RADIUS clients; then what their sessions add
/// up to.
const VISITS: &str = "
WITH began AS (
    SELECT * FROM (
        SELECT id, starts_ms, plan, network, ends_ms, ended_ms, ended_by, ap, mac FROM device_grant
        WHERE starts_ms >= ?1 AND starts_ms < ?2 AND (starts_ms, id) > (?3, ?4)
        ORDER BY starts_ms, id LIMIT ?5)
    UNION ALL
    SELECT * FROM (
        SELECT grant_id, min(opened_ms) AS starts_ms, NULL, NULL, NULL, NULL, NULL, ap, mac FROM session s
        WHERE ap >= 'nas:' AND ap < 'nas;' AND opened_ms >= ?1 AND opened_ms < ?2
            AND NOT EXISTS (SELECT 1 FROM session e WHERE e.grant_id = s.grant_id AND e.opened_ms < ?1)
            AND NOT EXISTS (SELECT 1 FROM device_grant g WHERE g.id = s.grant_id)
        GROUP BY grant_id HAVING (min(opened_ms), grant_id) > (?3, ?4)
        ORDER BY starts_ms, grant_id LIMIT ?5)
)
SELECT b.*, count(s.id) AS sessions, coalesce(sum(s.ended_by IS NULL AND s.id IS NOT NULL), 0) AS open,
    max(s.last_packet_ms) AS last_packet_ms,
    coalesce(sum(s.bytes_up), 0) AS bytes_up, coalesce(sum(s.bytes_down), 0) AS bytes_down
FROM began b LEFT JOIN session s ON s.grant_id = b.id
GROUP BY b.id ORDER BY b.starts_ms, b.id LIMIT ?5";

impl Database {
    pub(crate) async fn live_sessions(
        &self,
        domain: &DomainId,
        ap: Option<&ApId>,
        after: Option<&SessionKey>,
        limit: u32,
    ) -> Result<Vec<LiveSession>, StoreError> {
        let sql = format!(
            "SELECT {SESSION_COLUMNS}, g.plan, g.network, g.ends_ms,
                n.user_name, n.called_station, n.ssid, n.acct_session_id
            FROM session s
            LEFT JOIN device_grant g ON g.id = s.grant_id
            LEFT JOIN nas_session n ON n.ap = s.ap AND n.id = s.id
            WHERE s.domain = ?1 AND s.ended_by IS NULL AND (?2 IS NULL OR s.ap = ?2) AND (s.ap, s.id) > (?3, ?4)
            ORDER BY s.ap, s.id LIMIT ?5"
        );
        self.read(async |c: &mut SqliteConnection| {
            let query = sqlx::query(AssertSqlSafe(sql))
                .bind(&domain.0)
                .bind(ap.map(|ap| &ap.0))
                .bind(after.map_or("", |key| key.ap.as_str()))
                .bind(after.map_or(&[][..], |key| &key.id.0))
                .bind(limit);
            query.fetch_all(c).await?.iter().map(live).collect()
        })
        .await
    }

    pub(crate) async fn open_sessions(&self, domain: &DomainId) -> Result<Vec<(ApId, u64)>, StoreError> {
        let sql =
            "SELECT ap, count(*) AS open FROM session WHERE domain = ?1 AND ended_by IS NULL GROUP BY ap";
        self.read(async |c: &mut SqliteConnection| {
            let found = sqlx::query(sql).bind(&domain.0).fetch_all(c).await?;
            found.iter().map(|row| Ok((ApId(row.try_get("ap")?), rows::number(row, "open")?))).collect()
        })
        .await
    }

    pub(crate) async fn open_sessions_state(&self, domain: &DomainId) -> Result<[i64; 4], StoreError> {
        // Sums of whole numbers that overflow are an error; those of halves are not.
        let sql = "SELECT count(*), CAST(total(bytes_up + bytes_down) AS INTEGER), CAST(total(opened_ms) AS INTEGER),
                coalesce(max(last_packet_ms), 0)
            FROM session WHERE domain = ?1 AND ended_by IS NULL";
        self.read(async |c: &mut SqliteConnection| {
            let (count, bytes, opened, last) = sqlx::query_as(sql).bind(&domain.0).fetch_one(c).await?;
            Ok([count, bytes, opened, last])
        })
        .await
    }

    pub(crate) async fn session(&self, key: &SessionKey) -> Result<Option<Session>, StoreError> {
        let sql = format!("SELECT {SESSION_COLUMNS} FROM session s WHERE s.ap = ?1 AND s.id = ?2");
        self.read(async |c: &mut SqliteConnection| {
            let query = sqlx::query(AssertSqlSafe(sql)).bind(&key.ap.0).bind(key.id.0.as_slice());
            query.fetch_optional(c).await?.map(|row| rows::session(&row)).transpose()
        })
        .await
    }

    pub(crate) async fn visits(&self, page: VisitPage) -> Result<Vec<VisitRow>, StoreError> {
        let after = page.after.map(|(starts, id)| (int(starts.0), id.0.to_vec())).unwrap_or((-1, Vec::new()));
        self.read(async |c: &mut SqliteConnection| {
            let query = sqlx::query(VISITS)
                .bind(int(page.from.0))
                .bind(int(page.to.0))
                .bind(after.0)
                .bind(after.1)
                .bind(page.limit);
            query.fetch_all(c).await?.iter().map(visit).collect()
        })
        .await
    }
}

fn live(row: &SqliteRow) -> Read<LiveSession> {
    let nas = match row.try_get::<Option<Vec<u8>>, _>("acct_session_id")? {
        Some(acct_session_id) => Some(NasWords {
            user_name: row.try_get("user_name")?,
            called_station: row.try_get("called_station")?,
            ssid: row.try_get("ssid")?,
            acct_session_id,
        }),
        None => None,
    };
    Ok(LiveSession { session: rows::session(row)?, terms: terms(row)?, nas })
}

fn terms(row: &SqliteRow) -> Read<Option<Terms>> {
    let Some(plan) = row.try_get("plan")? else { return Ok(None) };
    Ok(Some(Terms { plan, network: row.try_get("network")?, ends: rows::moment(row, "ends_ms")? }))
}

fn visit(row: &SqliteRow) -> Read<VisitRow> {
    let ended = match row.try_get::<Option<i64>, _>("ended_ms")? {
        Some(at) => Some((rows::word(row, "ended_by", rows::end_cause)?, UnixMs(at.unsigned_abs()))),
        None => None,
    };
    let last_packet = row.try_get::<Option<i64>, _>("last_packet_ms")?;
    Ok(VisitRow {
        id: session_core::GrantId(rows::bytes(row, "id")?),
        starts: rows::moment(row, "starts_ms")?,
        terms: terms(row)?,
        ended,
        ap: ApId(row.try_get("ap")?),
        mac: session_core::Mac(rows::bytes(row, "mac")?),
        sessions: rows::number(row, "sessions")?,
        open: rows::number(row, "open")?,
        last_packet: last_packet.map(|ms| UnixMs(ms.unsigned_abs())),
        bytes_up: rows::number(row, "bytes_up")?,
        bytes_down: rows::number(row, "bytes_down")?,
    })
}
