//! How values stand in SQLite's columns and in the JSON that carries a batch: bytes as BLOB and hex, words for enums.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use serde::{Serialize, Serializer};
use session_core::{
    ApId, CivilDay, DomainId, EndCause, Grant, GrantEnd, GrantId, Mac, NetworkId, Plan, Position, Session,
    SessionEnd, SessionId, SessionKey, Subject, UnixMs,
};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::{AccessPoint, Name};

/// Bytes as JSON carries them: `unhex()` makes a BLOB of it.
pub(super) struct Hex<'a>(pub(super) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = String::with_capacity(self.0.len() * 2);
        for byte in self.0 {
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from(*DIGITS.get(usize::from(digit)).unwrap_or(&b'0')));
            }
        }
        f.write_str(&text)
    }
}

impl Serialize for Hex<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A number as a signed column holds it; what is larger stays at the largest.
pub(super) fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn uint(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

pub(super) fn end_cause_word(cause: EndCause) -> &'static str {
    match cause {
        EndCause::TimeUp => "time_up",
        EndCause::LoggedOut => "logged_out",
        EndCause::Kicked { block: false } => "kicked",
        EndCause::Kicked { block: true } => "blocked",
        EndCause::QuotaUsed => "quota_used",
        EndCause::PlanChanged => "plan_changed",
    }
}

pub(super) fn end_cause(word: &str) -> Option<EndCause> {
    Some(match word {
        "time_up" => EndCause::TimeUp,
        "logged_out" => EndCause::LoggedOut,
        "kicked" => EndCause::Kicked { block: false },
        "blocked" => EndCause::Kicked { block: true },
        "quota_used" => EndCause::QuotaUsed,
        "plan_changed" => EndCause::PlanChanged,
        _ => return None,
    })
}

pub(super) fn session_end_word(end: SessionEnd) -> &'static str {
    match end {
        SessionEnd::Idle => "idle",
        SessionEnd::Departed => "departed",
        SessionEnd::GrantExpired => "grant_expired",
        SessionEnd::GrantRevoked => "grant_revoked",
        SessionEnd::AgentRestart => "agent_restart",
        SessionEnd::Lost => "lost",
    }
}

fn session_end(word: &str) -> Option<SessionEnd> {
    Some(match word {
        "idle" => SessionEnd::Idle,
        "departed" => SessionEnd::Departed,
        "grant_expired" => SessionEnd::GrantExpired,
        "grant_revoked" => SessionEnd::GrantRevoked,
        "agent_restart" => SessionEnd::AgentRestart,
        "lost" => SessionEnd::Lost,
        _ => return None,
    })
}

pub(super) fn subject_text(subject: &Subject) -> String {
    match subject {
        Subject::Device(mac) => format!("device:{}", Hex(&mac.0)),
        Subject::Account(name) => format!("account:{name}"),
    }
}

fn subject(text: &str) -> Option<Subject> {
    match text.split_once(':')? {
        ("device", hex) => {
            let bits = u64::from_str_radix(hex, 16).ok().filter(|_| hex.len() == 12)?;
            let [_, _, mac @ ..] = bits.to_be_bytes();
            Some(Subject::Device(Mac(mac)))
        }
        ("account", name) => Some(Subject::Account(name.to_owned())),
        _ => None,
    }
}

/// Columns of [`grant`], in one place for every query that reads grants.
pub(super) const GRANT_COLUMNS: &str = "g.id, g.revision, g.number, g.network, g.mac, g.subject, g.ap, g.plan, g.idle_secs, g.quota_bytes, \
     g.down_bps, g.up_bps, g.day, g.day_ends_ms, g.starts_ms, g.ends_ms, g.ended_ms, g.ended_by, g.epoch, g.sequence";

pub(super) fn grant(row: &SqliteRow) -> Result<Grant, sqlx::Error> {
    let ended_ms: Option<i64> = row.try_get("ended_ms")?;
    let ended = match ended_ms {
        Some(at) => Some(GrantEnd { cause: word(row, "ended_by", end_cause)?, at: UnixMs(uint(at)) }),
        None => None,
    };
    Ok(Grant {
        id: GrantId(bytes(row, "id")?),
        revision: number(row, "revision")?,
        number: number(row, "number").map(|number| u32::try_from(number).unwrap_or(0))?,
        network: NetworkId(row.try_get("network")?),
        mac: Mac(bytes(row, "mac")?),
        subject: word(row, "subject", subject)?,
        ap: ApId(row.try_get("ap")?),
        plan: row.try_get("plan")?,
        idle_secs: row.try_get("idle_secs")?,
        quota_bytes: row.try_get::<Option<i64>, _>("quota_bytes")?.map(uint),
        down_bps: number(row, "down_bps")?,
        up_bps: number(row, "up_bps")?,
        day: CivilDay(row.try_get("day")?),
        day_ends: UnixMs(number(row, "day_ends_ms")?),
        starts: UnixMs(number(row, "starts_ms")?),
        ends: UnixMs(number(row, "ends_ms")?),
        ended,
        entry: Position { epoch: number(row, "epoch")?, sequence: number(row, "sequence")? },
    })
}

/// Columns of [`session`].
pub(super) const SESSION_COLUMNS: &str = "s.ap, s.id, s.grant_id, s.mac, s.opened_ms, s.last_packet_ms, s.bytes_up, s.bytes_down, s.packets_up, \
     s.packets_down, s.ended_by, s.addresses";

pub(super) fn session(row: &SqliteRow) -> Result<Session, sqlx::Error> {
    let end = match row.try_get::<Option<&str>, _>("ended_by")? {
        Some(_) => Some(word(row, "ended_by", session_end)?),
        None => None,
    };
    let addresses: BTreeSet<IpAddr> = word(row, "addresses", |text| serde_json::from_str(text).ok())?;
    Ok(Session {
        key: SessionKey { ap: ApId(row.try_get("ap")?), id: SessionId(bytes(row, "id")?) },
        grant: GrantId(bytes(row, "grant_id")?),
        mac: Mac(bytes(row, "mac")?),
        opened: UnixMs(number(row, "opened_ms")?),
        last_packet: UnixMs(number(row, "last_packet_ms")?),
        bytes_up: number(row, "bytes_up")?,
        bytes_down: number(row, "bytes_down")?,
        packets_up: number(row, "packets_up")?,
        packets_down: number(row, "packets_down")?,
        end,
        addresses,
    })
}

pub(super) fn plan(row: &SqliteRow) -> Result<Plan, sqlx::Error> {
    Ok(Plan {
        name: row.try_get("name")?,
        session_secs: row.try_get("session_secs")?,
        idle_secs: row.try_get("idle_secs")?,
        quota_bytes: row.try_get::<Option<i64>, _>("quota_bytes")?.map(uint),
        devices: row.try_get("devices")?,
        down_bps: number(row, "down_bps")?,
        up_bps: number(row, "up_bps")?,
    })
}

pub(super) fn access_point(row: &SqliteRow) -> Result<AccessPoint, sqlx::Error> {
    let agent_key = match row.try_get::<Option<&[u8]>, _>("agent_key")? {
        Some(_) => Some(bytes(row, "agent_key")?),
        None => None,
    };
    let moment = |column| row.try_get::<Option<i64>, _>(column).map(|ms| ms.map(|ms| UnixMs(uint(ms))));
    Ok(AccessPoint {
        id: ApId(row.try_get("id")?),
        name: Name { vi: row.try_get("name_vi")?, en: row.try_get("name_en")? },
        zone: row.try_get("zone")?,
        lat: row.try_get("lat")?,
        lon: row.try_get("lon")?,
        domain: DomainId(row.try_get("domain")?),
        agent_key,
        enrolled: moment("enrolled_ms")?,
        revoked: moment("revoked_ms")?,
    })
}

pub(super) fn position(row: &SqliteRow) -> Result<Position, sqlx::Error> {
    Ok(Position { epoch: number(row, "epoch")?, sequence: number(row, "sequence")? })
}

/// Unix milliseconds of a column.
pub(super) fn moment(row: &SqliteRow, column: &str) -> Result<UnixMs, sqlx::Error> {
    number(row, column).map(UnixMs)
}

pub(super) fn number(row: &SqliteRow, column: &str) -> Result<u64, sqlx::Error> {
    row.try_get::<i64, _>(column).map(uint)
}

pub(super) fn bytes<const N: usize>(row: &SqliteRow, column: &str) -> Result<[u8; N], sqlx::Error> {
    let found: &[u8] = row.try_get(column)?;
    found.try_into().map_err(|_| unreadable(column))
}

/// Reads a column of text by its own grammar.
pub(super) fn word<T>(
    row: &SqliteRow,
    column: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<T, sqlx::Error> {
    read(row.try_get(column)?).ok_or_else(|| unreadable(column))
}

fn unreadable(column: &str) -> sqlx::Error {
    let source = format!("column {column} holds what no build writes").into();
    sqlx::Error::ColumnDecode { index: column.to_owned(), source }
}
