//! One access point with its link, its journal and who is on line there.

use crate::stats::StatsError;
use session_core::{ApId, DomainId};

use super::now::{day, rows};
use super::sessions::session_row;
use crate::fleet::DOMAIN;
use crate::operators::console::desk::Desk;
use crate::operators::console::view::{
    AccessPointPage, Configuration, Journal, Kind, Link, Load24, Untrusted,
};

/// Sessions that the page lists; the rest is on the page of sessions.
const MOST_SESSIONS: u32 = 50;

/// The page of `id`; `None` when there is no such access point.
///
/// # Errors
/// What store and figures say.
pub async fn access_point(desk: &Desk, id: &str) -> Result<Option<AccessPointPage>, StatsError> {
    let Some(row) = rows(desk).await?.into_iter().find(|row| row.ap.id == id) else { return Ok(None) };
    let ap = ApId::from(id);
    let live = desk.store.live_sessions(&DomainId::from(DOMAIN), Some(&ap), None, MOST_SESSIONS).await?;
    let agent = row.kind == Kind::Agent;
    let enrolled = desk.store.access_point(&ap).await?.and_then(|point| point.enrolled);
    let vitals = desk.web.fleet.vitals();
    let vital = vitals.get(id);
    let health = vital.filter(|vital| vital.connected).and_then(|vital| vital.health.as_ref());
    let version = vital.map(|vital| vital.agent_version.as_str()).filter(|version| !version.is_empty());
    Ok(Some(AccessPointPage {
        problems: desk
            .sites
            .problems
            .iter()
            .filter(|one| one.ap.as_ref() == Some(&row.ap))
            .cloned()
            .collect(),
        link: agent.then(|| Link {
            up: vital.is_some_and(|vital| vital.connected),
            since_ms: vital.and_then(|vital| vital.since_ms),
            enrolled_ms: enrolled.map(|at| at.0),
            version: version.map(Untrusted::from),
            stations: health.map(|health| health.stations),
            grants: health.map(|health| health.grants),
        }),
        journal: agent.then(|| Journal { waiting: health.map(|health| health.journal_pending) }),
        configuration: agent.then(|| Configuration {
            wanted: desk.web.fleet.config_version(id),
            applied: vital.filter(|vital| vital.connected).map(|vital| vital.config_version),
        }),
        load: Load24 { hours: day(&desk.web, Some(id)).await?, capacity: row.capacity },
        sessions: live.into_iter().map(|live| session_row(desk, live)).collect(),
        row,
    }))
}
