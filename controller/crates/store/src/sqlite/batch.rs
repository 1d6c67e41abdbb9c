//! Batches as statements: rows of one shape travel as one JSON array and are written by one statement.

use std::path::Path;

use serde::Serialize;
use session_core::{Grant, Session};
use sqlx::SqliteConnection;

use super::accounting::{NAS_RESTARTS, NAS_SESSIONS, NasSessionRow, restart_row};
use super::errors::translate;
use super::kicks::KICKED;
use super::ledger::Before;
use super::rows::{Hex, end_cause_word, int, session_end_word, subject_text};
use crate::{Batch, StoreError};

/// Writes batches inside the transaction that is open.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    file: &Path,
    batches: &[&Batch],
    log_entries: u64,
) -> Result<(), StoreError> {
    for batch in batches {
        advance_log(connection, file, batch).await?;
    }
    let before = Before::read(connection, file, batches).await?;
    let mut rows = Rows::default();
    for batch in batches {
        rows.add(batch);
    }
    let statements = [
        (GRANTS, json(&rows.grants)),
        (LOG, json(&rows.entries)),
        (SESSIONS, json(&rows.sessions)),
        (NAS_SESSIONS, json(&rows.nas_sessions)),
        (NAS_RESTARTS, json(&rows.nas_restarts)),
        (JOURNALS, json(&rows.journals)),
        (BLOCKED, json(&rows.blocked)),
        (UNBLOCKED, json(&rows.unblocked)),
        (KICKED, json(&rows.kicked)),
    ];
    for (sql, json) in statements {
        if let Some(json) = json {
            run(connection, file, sqlx::query(sql).bind(json)).await?;
        }
    }
    before.count(connection, file, batches).await?;
    prune_log(connection, file, batches, log_entries).await
}

/// Moves the domain's position on. The batch must continue exactly where the log stands: this keeps a second writer
/// of the same domain, or a step built on one that failed, from writing a log with holes.
async fn advance_log(
    connection: &mut SqliteConnection,
    file: &Path,
    batch: &Batch,
) -> Result<(), StoreError> {
    let Some((first, _)) = batch.entries.first() else { return Ok(()) };
    let superseded = || StoreError::Superseded { domain: batch.domain.0.clone() };
    let gapless = batch
        .entries
        .iter()
        .zip(first.sequence..)
        .all(|((position, _), sequence)| position.sequence == sequence && position.epoch == first.epoch);
    let last = first.sequence + batch.entries.len() as u64 - 1;
    let moved = sqlx::query("UPDATE domain SET sequence = ?1 WHERE id = ?2 AND epoch = ?3 AND sequence = ?4")
        .bind(int(last))
        .bind(&batch.domain.0)
        .bind(int(first.epoch))
        .bind(int(first.sequence) - 1)
        .execute(connection)
        .await
        .map_err(|error| translate(file, error))?;
    if gapless && moved.rows_affected() == 1 { Ok(()) } else { Err(superseded()) }
}

/// Lets the entries go that are older than the bound; an agent further behind gets a snapshot.
async fn prune_log(
    connection: &mut SqliteConnection,
    file: &Path,
    batches: &[&Batch],
    log_entries: u64,
) -> Result<(), StoreError> {
    for batch in batches {
        if let Some((last, _)) = batch.entries.last() {
            let sql = "DELETE FROM grant_log WHERE domain = ?1 AND sequence <= ?2";
            let below = int(last.sequence.saturating_sub(log_entries));
            run(connection, file, sqlx::query(sql).bind(&batch.domain.0).bind(below)).await?;
        }
    }
    Ok(())
}

async fn run<'q>(
    connection: &mut SqliteConnection,
    file: &Path,
    query: sqlx::query::Query<'q, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>,
) -> Result<(), StoreError> {
    query.execute(connection).await.map(|_| ()).map_err(|error| translate(file, error))
}

fn json<T: Serialize>(rows: &[T]) -> Option<String> {
    if rows.is_empty() { None } else { serde_json::to_string(rows).ok() }
}

/// The rows of a group of batches, table by table, as JSON arrays.
#[derive(Default)]
struct Rows<'a> {
    grants: Vec<GrantRow<'a>>,
    entries: Vec<(&'a str, i64, i64, Hex<'a>)>,
    sessions: Vec<SessionRow<'a>>,
    nas_sessions: Vec<NasSessionRow<'a>>,
    nas_restarts: Vec<(&'a str, Hex<'a>, i64)>,
    journals: Vec<(&'a str, Hex<'a>, i64, i64)>,
    blocked: Vec<(Hex<'a>, i64)>,
    unblocked: Vec<Hex<'a>>,
    kicked: Vec<Hex<'a>>,
}

impl<'a> Rows<'a> {
    fn add(&mut self, batch: &'a Batch) {
        let domain = batch.domain.as_str();
        self.grants.extend(batch.grants().map(|grant| GrantRow::new(domain, grant)));
        self.sessions.extend(batch.sessions.values().map(|session| SessionRow::new(domain, session)));
        self.nas_sessions.extend(batch.nas_sessions.values().map(NasSessionRow::new));
        self.nas_restarts.extend(batch.nas_restarts.iter().map(|(nas, at)| restart_row(nas, *at)));
        for (position, id) in &batch.entries {
            self.entries.push((domain, int(position.sequence), int(position.epoch), Hex(&id.0)));
        }
        for ((ap, journal), (sequence, now)) in &batch.journals {
            self.journals.push((ap.as_str(), Hex(&journal.0), int(*sequence), int(now.0)));
        }
        self.kicked.extend(batch.kicked.iter().map(|id| Hex(&id.0)));
        for (mac, (blocked, at)) in &batch.blocks {
            if *blocked {
                self.blocked.push((Hex(&mac.0), int(at.0)));
            } else {
                self.unblocked.push(Hex(&mac.0));
            }
        }
    }
}

/// A grant in the order of the columns of [`GRANTS`].
#[derive(Serialize)]
struct GrantRow<'a>(
    (Hex<'a>, &'a str, i64, u32, &'a str, Hex<'a>, String, &'a str, &'a str),
    (u32, Option<i64>, i64, i64),
    (i32, i64, i64, i64, Option<i64>, Option<&'static str>, i64, i64),
);

impl<'a> GrantRow<'a> {
    fn new(domain: &'a str, grant: &'a Grant) -> Self {
        Self(
            (
                Hex(&grant.id.0),
                domain,
                int(grant.revision),
                grant.number,
                grant.network.as_str(),
                Hex(&grant.mac.0),
                subject_text(&grant.subject),
                grant.ap.as_str(),
                &grant.plan,
            ),
            (grant.idle_secs, grant.quota_bytes.map(int), int(grant.down_bps), int(grant.up_bps)),
            (
                grant.day.0,
                int(grant.day_ends.0),
                int(grant.starts.0),
                int(grant.ends.0),
                grant.ended.map(|end| int(end.at.0)),
                grant.ended.map(|end| end_cause_word(end.cause)),
                int(grant.entry.epoch),
                int(grant.entry.sequence),
            ),
        )
    }
}

/// A session in the order of the columns of [`SESSIONS`].
#[derive(Serialize)]
struct SessionRow<'a>(
    &'a str,
    Hex<'a>,
    &'a str,
    Hex<'a>,
    Hex<'a>,
    i64,
    i64,
    i64,
    i64,
    i64,
    i64,
    Option<&'static str>,
    &'a std::collections::BTreeSet<std::net::IpAddr>,
);

impl<'a> SessionRow<'a> {
    fn new(domain: &'a str, session: &'a Session) -> Self {
        Self(
            session.key.ap.as_str(),
            Hex(&session.key.id.0),
            domain,
            Hex(&session.grant.0),
            Hex(&session.mac.0),
            int(session.opened.0),
            int(session.last_packet.0),
            int(session.bytes_up),
            int(session.bytes_down),
            int(session.packets_up),
            int(session.packets_down),
            session.end.map(session_end_word),
            &session.addresses,
        )
    }
}

/// A newer revision wins, and what has ended stays ended.
const GRANTS: &str = "
INSERT INTO device_grant (id, domain, revision, number, network, mac, subject, ap, plan, idle_secs, quota_bytes, down_bps,
    up_bps, day, day_ends_ms, starts_ms, ends_ms, ended_ms, ended_by, epoch, sequence)
SELECT unhex(value ->> '$[0][0]'), value ->> '$[0][1]', value ->> '$[0][2]', value ->> '$[0][3]', value ->> '$[0][4]',
    unhex(value ->> '$[0][5]'), value ->> '$[0][6]', value ->> '$[0][7]', value ->> '$[0][8]',
    value ->> '$[1][0]', value ->> '$[1][1]', value ->> '$[1][2]', value ->> '$[1][3]',
    value ->> '$[2][0]', value ->> '$[2][1]', value ->> '$[2][2]', value ->> '$[2][3]', value ->> '$[2][4]',
    value ->> '$[2][5]', value ->> '$[2][6]', value ->> '$[2][7]'
FROM jsonb_each(?1) WHERE true
ON CONFLICT (id) DO UPDATE SET
    revision = excluded.revision, subject = excluded.subject, plan = excluded.plan, idle_secs = excluded.idle_secs,
    quota_bytes = excluded.quota_bytes, down_bps = excluded.down_bps, up_bps = excluded.up_bps,
    ends_ms = excluded.ends_ms, ended_ms = excluded.ended_ms, ended_by = excluded.ended_by,
    epoch = excluded.epoch, sequence = excluded.sequence
WHERE excluded.revision >= revision AND (ended_ms IS NULL OR excluded.ended_ms IS NOT NULL)";

const LOG: &str = "
INSERT INTO grant_log (domain, sequence, epoch, grant_id)
SELECT value ->> 0, value ->> 1, value ->> 2, unhex(value ->> 3) FROM jsonb_each(?1)";

/// The same rules as the machine's: counters only rise, the first real end stands. They hold here too because the
/// machine forgets sessions in time and an access point may repeat itself later still.
const SESSIONS: &str = "
INSERT INTO session (ap, id, domain, grant_id, mac, opened_ms, last_packet_ms, bytes_up, bytes_down, packets_up,
    packets_down, ended_by, addresses)
SELECT value ->> 0, unhex(value ->> 1), value ->> 2, unhex(value ->> 3), unhex(value ->> 4), value ->> 5, value ->> 6,
    value ->> 7, value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12
FROM jsonb_each(?1) WHERE true
ON CONFLICT (ap, id) DO UPDATE SET
    opened_ms = min(opened_ms, excluded.opened_ms),
    last_packet_ms = max(last_packet_ms, excluded.last_packet_ms),
    bytes_up = max(bytes_up, excluded.bytes_up),
    bytes_down = max(bytes_down, excluded.bytes_down),
    packets_up = max(packets_up, excluded.packets_up),
    packets_down = max(packets_down, excluded.packets_down),
    ended_by = CASE WHEN ended_by IS NULL OR ended_by = 'lost' THEN coalesce(excluded.ended_by, ended_by)
        ELSE ended_by END,
    addresses = CASE WHEN length(excluded.addresses) >= length(addresses) THEN excluded.addresses ELSE addresses END";

/// A record at or below the durable position is a repetition and moves nothing.
const JOURNALS: &str = "
INSERT INTO journal (ap, id, sequence, updated_ms)
SELECT value ->> 0, unhex(value ->> 1), value ->> 2, value ->> 3 FROM jsonb_each(?1) WHERE true
ON CONFLICT (ap, id) DO UPDATE SET
    sequence = max(sequence, excluded.sequence), updated_ms = max(updated_ms, excluded.updated_ms)";

const BLOCKED: &str = "
INSERT INTO blocked_device (mac, since_ms)
SELECT unhex(value ->> 0), value ->> 1 FROM jsonb_each(?1) WHERE true
ON CONFLICT (mac) DO NOTHING";

const UNBLOCKED: &str = "DELETE FROM blocked_device WHERE mac IN (SELECT unhex(value) FROM jsonb_each(?1))";
