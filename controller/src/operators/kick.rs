//! Ending a visit from the console or the API: the same way as the command goes, and then waiting for the gate.

use std::time::Duration;

use session_core::{ApId, Grant, GrantId, SessionKey, UnixMs};
use store::{Store, StoreError};
use tokio::time::{Instant, sleep};

use super::web::{Operator, Web};
use crate::clock;
use crate::fleet::Force;

/// How long the gate is waited for; access points that answer at all answer within a second.
const GATE_LIMIT: Duration = Duration::from_secs(2);
/// How often the store is asked whether the owner of the log has ended the visit.
const LOOK: Duration = Duration::from_millis(20);

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kicked {
    /// The access point has closed its gate.
    Closed(GrantId),
    /// The visit is ended; the access point has not said that its gate is closed.
    Later(GrantId),
    /// There was nothing to end.
    Gone,
    /// Its access point speaks RADIUS, and cannot be asked.
    ByRadius,
}

/// Whether an access point speaks RADIUS.
#[must_use]
pub fn is_radius(ap: &ApId) -> bool {
    ap.as_str().starts_with("nas:")
}

/// Ends the visit of an open session.
///
/// # Errors
/// What the store says.
pub async fn session(web: &Web, operator: &Operator, key: &SessionKey) -> Result<Kicked, StoreError> {
    let store = web.store(operator);
    match store.session(key).await? {
        Some(session) if session.end.is_none() => {
            if is_radius(&key.ap) {
                return Ok(Kicked::ByRadius);
            }
            visit(web, &store, session.grant, &key.ap).await
        }
        Some(_) | None => Ok(Kicked::Gone),
    }
}

async fn visit(web: &Web, store: &Store, id: GrantId, ap: &ApId) -> Result<Kicked, StoreError> {
    let now = UnixMs(clock::unix_ms());
    if !store.grant(id).await?.is_some_and(|grant| grant.is_live(now)) {
        return Ok(Kicked::Gone);
    }
    store.kick(id, now).await?;
    let until = Instant::now() + GATE_LIMIT;
    let Some(ended) = ended(store, id, until).await? else { return Ok(Kicked::Later(id)) };
    let entry = (ended.entry.epoch, ended.entry.sequence);
    let rest = until.saturating_duration_since(Instant::now());
    Ok(match web.fleet.confirmed(ap.as_str(), &id.0, entry, rest).await {
        Force::InForce => Kicked::Closed(id),
        Force::Waiting | Force::Refused(_) | Force::NoLink => Kicked::Later(id),
    })
}

/// The grant when the owner of the log has ended it; `None` when it has not in time.
async fn ended(store: &Store, id: GrantId, until: Instant) -> Result<Option<Grant>, StoreError> {
    loop {
        if let Some(grant) = store.grant(id).await?.filter(|grant| grant.ended.is_some()) {
            return Ok(Some(grant));
        }
        if Instant::now() >= until {
            return Ok(None);
        }
        sleep(LOOK).await;
    }
}
