//! What only RADIUS knows of sessions, as rows of a batch and as the machine gets them back.

use serde::Serialize;
use session_core::{
    ACCOUNTING_KEPT_MS, ApId, Nas, NasRestart, NasSession, SessionId, SessionKey, StationNames, UnixMs,
};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::rows::{Hex, bytes, int, moment};

/// A session in the order of the columns of [`NAS_SESSIONS`].
#[derive(Serialize)]
pub(super) struct NasSessionRow<'a>(
    (&'a str, Hex<'a>, Hex<'a>, Hex<'a>, Hex<'a>, Hex<'a>, Hex<'a>, Hex<'a>),
    (i64, i64, i64, u32, Option<i64>, u32, bool),
);

impl<'a> NasSessionRow<'a> {
    pub(super) fn new(session: &'a NasSession) -> Self {
        let StationNames { user, calling, called, ssid } = &session.names;
        Self(
            (
                session.key.ap.as_str(),
                Hex(&session.key.id.0),
                Hex(&session.origin),
                Hex(&session.session),
                Hex(user),
                Hex(calling),
                Hex(called),
                Hex(ssid),
            ),
            (
                int(session.started.0),
                int(session.heard.0),
                int(session.arrived.0),
                session.session_secs,
                session.closed.map(|at| int(at.0)),
                session.cause,
                session.wrapped,
            ),
        )
    }
}

/// A restart in the order of the columns of [`NAS_RESTARTS`].
pub(super) fn restart_row<'a>(nas: &'a Nas, at: UnixMs) -> (&'a str, Hex<'a>, i64) {
    (nas.ap.as_str(), Hex(&nas.origin), int(at.0))
}

/// The same rules as the machine's, because it forgets a session's name in time.
pub(super) const NAS_SESSIONS: &str = "
INSERT INTO nas_session (ap, id, origin, acct_session_id, user_name, calling_station, called_station, ssid, started_ms,
    heard_ms, arrived_ms, session_secs, closed_ms, terminate_cause, wrapped)
SELECT value ->> '$[0][0]', unhex(value ->> '$[0][1]'), unhex(value ->> '$[0][2]'), unhex(value ->> '$[0][3]'),
    unhex(value ->> '$[0][4]'), unhex(value ->> '$[0][5]'), unhex(value ->> '$[0][6]'), unhex(value ->> '$[0][7]'),
    value ->> '$[1][0]', value ->> '$[1][1]', value ->> '$[1][2]', value ->> '$[1][3]', value ->> '$[1][4]',
    value ->> '$[1][5]', value ->> '$[1][6]'
FROM jsonb_each(?1) WHERE true
ON CONFLICT (ap, id) DO UPDATE SET
    user_name = excluded.user_name, calling_station = excluded.calling_station,
    called_station = excluded.called_station, ssid = excluded.ssid,
    started_ms = min(started_ms, excluded.started_ms), heard_ms = max(heard_ms, excluded.heard_ms),
    arrived_ms = max(arrived_ms, excluded.arrived_ms), session_secs = max(session_secs, excluded.session_secs),
    closed_ms = coalesce(excluded.closed_ms, closed_ms), terminate_cause = excluded.terminate_cause,
    wrapped = max(wrapped, excluded.wrapped)";

pub(super) const NAS_RESTARTS: &str = "
INSERT INTO nas_restart (ap, origin, at_ms)
SELECT value ->> 0, unhex(value ->> 1), value ->> 2 FROM jsonb_each(?1) WHERE true
ON CONFLICT (ap, origin) DO UPDATE SET at_ms = max(at_ms, excluded.at_ms)";

/// The sessions whose names the machine knows.
pub(super) async fn remembered(
    connection: &mut SqliteConnection,
    since: UnixMs,
) -> Result<Vec<NasSession>, sqlx::Error> {
    let sql = "SELECT * FROM nas_session WHERE arrived_ms >= ?1 ORDER BY arrived_ms";
    let arrived_since = int(since.minus_ms(ACCOUNTING_KEPT_MS).0);
    let found = sqlx::query(sql).bind(arrived_since).fetch_all(connection).await?;
    found.iter().map(nas_session).collect()
}

pub(super) async fn restarts(connection: &mut SqliteConnection) -> Result<Vec<NasRestart>, sqlx::Error> {
    let found = sqlx::query("SELECT * FROM nas_restart ORDER BY ap, origin").fetch_all(connection).await?;
    let restart = |row: &SqliteRow| {
        let nas = Nas { ap: ApId(row.try_get("ap")?), origin: row.try_get("origin")? };
        Ok(NasRestart { nas, at: moment(row, "at_ms")? })
    };
    found.iter().map(restart).collect()
}

fn nas_session(row: &SqliteRow) -> Result<NasSession, sqlx::Error> {
    let closed = match row.try_get::<Option<i64>, _>("closed_ms")? {
        Some(_) => Some(moment(row, "closed_ms")?),
        None => None,
    };
    Ok(NasSession {
        key: SessionKey { ap: ApId(row.try_get("ap")?), id: SessionId(bytes(row, "id")?) },
        origin: row.try_get("origin")?,
        session: row.try_get("acct_session_id")?,
        names: StationNames {
            user: row.try_get("user_name")?,
            calling: row.try_get("calling_station")?,
            called: row.try_get("called_station")?,
            ssid: row.try_get("ssid")?,
        },
        started: moment(row, "started_ms")?,
        heard: moment(row, "heard_ms")?,
        arrived: moment(row, "arrived_ms")?,
        session_secs: row.try_get("session_secs")?,
        closed,
        cause: row.try_get("terminate_cause")?,
        wrapped: row.try_get("wrapped")?,
    })
}
