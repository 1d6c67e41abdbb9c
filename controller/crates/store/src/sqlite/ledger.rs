//! The ledger's part of a commit: rows are read before they change, and what the change is worth is written beside them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;
use session_core::{ApId, Grant, GrantId, Session, SessionKey};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use stats_core::{
    Increments, Measure, Pseudonym, SessionState, Span, is_randomised, presence_hours, presence_outside,
};

use super::errors::translate;
use super::rows::{Hex, bytes, int, number};
use crate::{Batch, Redirects, StoreError, VisitorDay};

/// Access points that speak RADIUS: their visits begin without a tap.
const NAS: &str = "nas:";
/// No device has it: its access point did not say.
const NO_MAC: [u8; 6] = [0; 6];

type Read<T> = Result<T, sqlx::Error>;

/// What a group of batches is about to change, as far as the ledger is concerned; kept in step while it is counted.
pub(super) struct Before {
    sessions: BTreeMap<SessionKey, SessionState>,
    /// Grants that are there, with the access point of the tap.
    grants: BTreeMap<GrantId, ApId>,
    /// Grants that have had a session.
    seen: BTreeSet<GrantId>,
    redirects: BTreeMap<ApId, Redirects>,
}

/// Rows to be written.
#[derive(Default)]
struct Worth<'a> {
    increments: Increments,
    presence: BTreeSet<(u64, &'a str, Pseudonym, bool)>,
    redirects: BTreeMap<&'a ApId, &'a Redirects>,
}

impl Before {
    /// Reads the rows that `batches` are about to change.
    pub(super) async fn read(
        connection: &mut SqliteConnection,
        file: &Path,
        batches: &[&Batch],
    ) -> Result<Self, StoreError> {
        Self::rows(connection, batches).await.map_err(|error| translate(file, error))
    }

    async fn rows(connection: &mut SqliteConnection, batches: &[&Batch]) -> Read<Self> {
        let sessions = sessions(connection, batches).await?;
        let said = batches.iter().flat_map(|batch| batch.sessions.values());
        let new: BTreeSet<GrantId> = said
            .filter(|session| !sessions.contains_key(&session.key))
            .map(|session| session.grant)
            .collect();
        let changed = batches.iter().flat_map(|batch| batch.grants()).map(|grant| grant.id);
        let grants = grants(connection, &new.iter().copied().chain(changed).collect()).await?;
        let seen = seen(connection, &new).await?;
        let redirects = redirects(connection, batches).await?;
        Ok(Self { sessions, grants, seen, redirects })
    }

    /// Writes what the change of `batches` is worth.
    pub(super) async fn count(
        mut self,
        connection: &mut SqliteConnection,
        file: &Path,
        batches: &[&Batch],
    ) -> Result<(), StoreError> {
        let mut worth = Worth::default();
        for batch in batches {
            batch.grants().for_each(|grant| self.grant(grant, &mut worth));
            batch.sessions.values().for_each(|session| self.session(session, &batch.days, &mut worth));
            batch.redirects.iter().for_each(|(ap, said)| self.redirected(ap, said, &mut worth));
            worth.increments.extend(&batch.tally);
        }
        worth.write(connection).await.map_err(|error| translate(file, error))
    }

    fn grant(&mut self, grant: &Grant, worth: &mut Worth<'_>) {
        if self.grants.insert(grant.id, grant.ap.clone()).is_none() {
            worth.increments.add(grant.ap.as_str(), grant.starts.0, Measure::Visits, 1);
        }
    }

    fn session<'a>(&mut self, session: &'a Session, days: &[VisitorDay], worth: &mut Worth<'a>) {
        let said = state(session);
        let kept = self.sessions.get_mut(&session.key);
        let before = kept.as_deref().copied();
        let after = before.map_or(said, |before| before.merged(said));
        match kept {
            Some(kept) => *kept = after,
            None => drop(self.sessions.insert(session.key.clone(), after)),
        }
        let ap = session.key.ap.as_str();
        worth.increments.session(ap, before.as_ref(), &after);
        if before.is_none() && self.seen.insert(session.grant) {
            match self.grants.get(&session.grant) {
                Some(tapped) => {
                    worth.increments.add(tapped.as_str(), after.opened_ms, Measure::FirstByte, 1);
                }
                None if ap.starts_with(NAS) => {
                    worth.increments.add(ap, after.opened_ms, Measure::Visits, 1);
                }
                // A grant that a restored database has forgotten: its tap was counted in another one.
                None => {}
            }
        }
        if session.mac.0 != NO_MAC {
            worth.present(session, before.as_ref(), &after, days);
        }
    }

    /// Counts how far an agent's count has risen since it was looked at last; with a new start it begins at nothing.
    fn redirected<'a>(&mut self, ap: &'a ApId, said: &'a Redirects, worth: &mut Worth<'a>) {
        let known = self.redirects.get(ap).filter(|known| known.boot == said.boot).map_or(0, |known| known.n);
        if said.n > known {
            let more = i64::try_from(said.n - known).unwrap_or(i64::MAX);
            worth.increments.add(ap.as_str(), said.at.0, Measure::Redirect, more);
            self.redirects.insert(ap.clone(), said.clone());
            worth.redirects.insert(ap, said);
        }
    }
}

impl<'a> Worth<'a> {
    /// Notes the device in each hour in which it is newly present, and the hours for which no day has its pseudonym.
    fn present(
        &mut self,
        session: &'a Session,
        before: Option<&SessionState>,
        after: &SessionState,
        days: &[VisitorDay],
    ) {
        let ap = session.key.ap.as_str();
        let mut keyed: Vec<Span> = Vec::with_capacity(days.len());
        for day in days {
            if let Some(pseudonym) = day.pseudonyms.get(&session.mac) {
                keyed.push(day.span);
                let randomised = is_randomised(session.mac.0);
                let hours = presence_hours(before, after, day.span);
                self.presence.extend(hours.map(|hour| (hour, ap, *pseudonym, randomised)));
            }
        }
        for moment in presence_outside(before, after, &keyed) {
            self.increments.add(ap, moment, Measure::Uncounted, 1);
        }
    }

    async fn write(&self, connection: &mut SqliteConnection) -> Read<()> {
        let rows: Vec<_> = self.increments.rows().map(|(at, ap, code, n)| (int(at), ap, code, n)).collect();
        if !rows.is_empty() {
            let sequence: i64 = sqlx::query_scalar(NEXT).fetch_one(&mut *connection).await?;
            sqlx::query(LEDGER).bind(json(&rows)).bind(sequence).execute(&mut *connection).await?;
        }
        let presence = self.presence.iter();
        let rows: Vec<_> =
            presence.map(|(at, ap, who, made_up)| (int(*at), ap, Hex(&who.0), made_up)).collect();
        if !rows.is_empty() {
            sqlx::query(PRESENCE).bind(json(&rows)).execute(&mut *connection).await?;
        }
        let redirects = self.redirects.iter();
        let rows: Vec<_> = redirects.map(|(ap, said)| (ap.as_str(), Hex(&said.boot), int(said.n))).collect();
        if !rows.is_empty() {
            sqlx::query(REDIRECTS).bind(json(&rows)).execute(connection).await?;
        }
        Ok(())
    }
}

fn state(session: &Session) -> SessionState {
    SessionState {
        opened_ms: session.opened.0,
        last_ms: session.last_packet.0,
        bytes_up: session.bytes_up,
        bytes_down: session.bytes_down,
        ended: session.end.is_some(),
    }
}

fn json<T: Serialize>(rows: &T) -> String {
    // Texts, numbers and hex always have a JSON form.
    serde_json::to_string(rows).unwrap_or_default()
}

async fn sessions(
    connection: &mut SqliteConnection,
    batches: &[&Batch],
) -> Read<BTreeMap<SessionKey, SessionState>> {
    let keys: BTreeSet<&SessionKey> = batches.iter().flat_map(|batch| batch.sessions.keys()).collect();
    if keys.is_empty() {
        return Ok(BTreeMap::new());
    }
    let keys: Vec<&SessionKey> = keys.into_iter().collect();
    let wanted: Vec<_> = keys.iter().map(|key| (key.ap.as_str(), Hex(&key.id.0))).collect();
    // As one text: fifty thousand rows one by one take longer than all the writing.
    let sql =
        "SELECT json_group_array(json_array(k.key, s.opened_ms, s.last_packet_ms, s.bytes_up, s.bytes_down,
            s.ended_by IS NOT NULL))
        FROM json_each(?1) AS k CROSS JOIN session s ON s.ap = k.value ->> 0 AND s.id = unhex(k.value ->> 1)";
    let found: String = sqlx::query_scalar(sql).bind(json(&wanted)).fetch_one(connection).await?;
    let found: Vec<(usize, u64, u64, u64, u64, u8)> =
        serde_json::from_str(&found).map_err(|error| sqlx::Error::Decode(error.into()))?;
    let session = |(place, opened_ms, last_ms, bytes_up, bytes_down, ended): (usize, _, _, _, _, u8)| {
        let state = SessionState { opened_ms, last_ms, bytes_up, bytes_down, ended: ended != 0 };
        keys.get(place).map(|key| ((*key).clone(), state))
    };
    Ok(found.into_iter().filter_map(session).collect())
}

fn ids(grants: &BTreeSet<GrantId>) -> String {
    json(&grants.iter().map(|id| Hex(&id.0)).collect::<Vec<_>>())
}

async fn grants(
    connection: &mut SqliteConnection,
    wanted: &BTreeSet<GrantId>,
) -> Read<BTreeMap<GrantId, ApId>> {
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    let sql = "SELECT g.id, g.ap FROM json_each(?1) AS k CROSS JOIN device_grant g ON g.id = unhex(k.value)";
    let found = sqlx::query(sql).bind(ids(wanted)).fetch_all(connection).await?;
    found.iter().map(|row| Ok((GrantId(bytes(row, "id")?), ApId(row.try_get("ap")?)))).collect()
}

async fn seen(connection: &mut SqliteConnection, wanted: &BTreeSet<GrantId>) -> Read<BTreeSet<GrantId>> {
    if wanted.is_empty() {
        return Ok(BTreeSet::new());
    }
    let sql = "SELECT unhex(k.value) AS id FROM json_each(?1) AS k
        WHERE EXISTS (SELECT 1 FROM session s WHERE s.grant_id = unhex(k.value))";
    let found = sqlx::query(sql).bind(ids(wanted)).fetch_all(connection).await?;
    found.iter().map(|row| bytes(row, "id").map(GrantId)).collect()
}

async fn redirects(connection: &mut SqliteConnection, batches: &[&Batch]) -> Read<BTreeMap<ApId, Redirects>> {
    let aps: BTreeSet<&ApId> = batches.iter().flat_map(|batch| batch.redirects.keys()).collect();
    if aps.is_empty() {
        return Ok(BTreeMap::new());
    }
    let aps: Vec<&str> = aps.into_iter().map(ApId::as_str).collect();
    let sql =
        "SELECT r.ap, r.boot, r.n FROM json_each(?1) AS k CROSS JOIN agent_redirects r ON r.ap = k.value";
    let found = sqlx::query(sql).bind(json(&aps)).fetch_all(connection).await?;
    let known = |row: &SqliteRow| {
        let said = Redirects { boot: row.try_get("boot")?, n: number(row, "n")?, at: Default::default() };
        Ok((ApId(row.try_get("ap")?), said))
    };
    found.iter().map(known).collect()
}

const NEXT: &str = "UPDATE ledger_state SET sequence = sequence + 1 RETURNING sequence";

/// A sum that no integer holds any more stays at the largest instead of failing the commit.
const LEDGER: &str = "
INSERT INTO ledger (minute_ms, ap, measure, n, changed)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, ?2 FROM jsonb_each(?1) WHERE true
ON CONFLICT (minute_ms, ap, measure) DO UPDATE SET
    n = CASE typeof(n + excluded.n) WHEN 'integer' THEN n + excluded.n ELSE 9223372036854775807 END,
    changed = excluded.changed";

const PRESENCE: &str = "
INSERT INTO presence (hour_ms, ap, pseudonym, randomised)
SELECT value ->> 0, value ->> 1, unhex(value ->> 2), value ->> 3 FROM jsonb_each(?1) WHERE true
ON CONFLICT DO NOTHING";

const REDIRECTS: &str = "
INSERT INTO agent_redirects (ap, boot, n)
SELECT value ->> 0, unhex(value ->> 1), value ->> 2 FROM jsonb_each(?1) WHERE true
ON CONFLICT (ap) DO UPDATE SET boot = excluded.boot, n = excluded.n";
