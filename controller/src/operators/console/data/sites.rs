//! The access points as they are now, and what is wrong with them.

use std::collections::BTreeMap;

use session_core::DomainId;
use store::{AccessPoint, Name, NasClient, Store, StoreError};

use crate::fleet::{DOMAIN, Vital};
use crate::operators::console::view::{ApRef, ApRow, ApState, Kind, Problem, Trouble, Untrusted};
use crate::operators::web::Web;

/// Records that may wait in a journal before it is said to be behind: a busy access point writes some in a second.
const JOURNAL_BEHIND: u64 = 200;

/// The access points.
#[derive(Debug, Default)]
pub struct Sites {
    /// One row for each, agents' first, by id.
    pub rows: Vec<ApRow>,
    /// What is wrong, the worst first.
    pub problems: Vec<Problem>,
}

impl Sites {
    /// Looks at all of them.
    ///
    /// # Errors
    /// What the store says.
    pub async fn load(web: &Web, store: &Store) -> Result<Self, StoreError> {
        let zones: BTreeMap<String, Name> =
            store.zones().await?.into_iter().map(|zone| (zone.id, zone.name)).collect();
        let open = store.open_sessions(&DomainId::from(DOMAIN)).await?;
        let open: BTreeMap<String, u64> = open.into_iter().map(|(ap, count)| (ap.0, count)).collect();
        let vitals = web.fleet.vitals();
        let mut sites = Self::default();
        for point in store.access_points().await? {
            let wanted = web.fleet.config_version(&point.id.0);
            let seen = Seen {
                vital: vitals.get(&point.id.0),
                wanted,
                open: open.get(&point.id.0).copied(),
                capacity: web.stats.capacity_users(),
            };
            sites.add(point, &zones, &seen);
        }
        for nas in store.nas_clients().await? {
            sites.rows.push(nas_row(nas, &zones, &open));
        }
        sites.problems.sort_by_key(|problem| rank(&problem.trouble));
        Ok(sites)
    }

    /// One of them.
    #[must_use]
    pub fn row(&self, id: &str) -> Option<&ApRow> {
        self.rows.iter().find(|row| row.ap.id == id)
    }

    /// What an access point is called.
    #[must_use]
    pub fn named(&self, id: &str) -> ApRef {
        self.row(id).map_or_else(|| ApRef { id: id.to_owned(), name: Name::same(id) }, |row| row.ap.clone())
    }

    fn add(&mut self, point: AccessPoint, zones: &BTreeMap<String, Name>, seen: &Seen<'_>) {
        let ap = ApRef { id: point.id.0, name: point.name };
        let live = seen.vital.filter(|vital| vital.connected);
        // Of one that is away nobody knows how it is now.
        let health = live.and_then(|vital| vital.health.as_ref());
        let mut troubles = Vec::new();
        if let (Some(vital), Some(wanted)) = (live, seen.wanted)
            && vital.config_version != wanted
        {
            troubles.push(Trouble::OtherConfiguration { has: vital.config_version, wanted });
        }
        if let Some(records) =
            health.map(|health| health.journal_pending).filter(|records| *records > JOURNAL_BEHIND)
        {
            troubles.push(Trouble::JournalBehind { records });
        }
        let says = seen.vital.map(Vital::problems).unwrap_or_default();
        troubles.extend(says.iter().map(|says| Trouble::AgentSays(Untrusted::from(says.as_str()))));
        let present = live.map(|_| devices(seen.open.unwrap_or(0)));
        let full = present.filter(|devices| *devices >= seen.capacity);
        troubles.extend(full.map(|devices| Trouble::Full { devices, capacity: seen.capacity }));
        let state = match (point.agent_key, point.revoked, live) {
            (None, _, _) => ApState::New,
            (Some(_), Some(_), _) => ApState::Retired,
            (Some(_), None, None) => ApState::Down,
            (Some(_), None, Some(_)) if !says.is_empty() => ApState::Trouble,
            (Some(_), None, Some(_)) if full.is_some() => ApState::Full,
            (Some(_), None, Some(_)) if !troubles.is_empty() => ApState::Behind,
            (Some(_), None, Some(_)) => ApState::Up,
        };
        let mut since_ms = None;
        if state == ApState::Down {
            since_ms = seen.vital.and_then(|vital| vital.since_ms);
            troubles.push(Trouble::Silent);
        }
        let problem = |trouble| Problem { ap: Some(ap.clone()), trouble, since_ms };
        self.problems.extend(troubles.into_iter().map(problem));
        self.rows.push(ApRow {
            ap,
            kind: Kind::Agent,
            zone: zones.get(&point.zone).cloned(),
            place: Some((point.lat, point.lon)),
            state,
            devices: present,
            capacity: Some(seen.capacity),
            today_bytes: None,
            journal_records: health.map(|health| health.journal_pending),
            heard_ms: seen.vital.and_then(|vital| vital.heard_ms),
        });
    }
}

/// What is known of one access point beside its description.
struct Seen<'a> {
    vital: Option<&'a Vital>,
    wanted: Option<u64>,
    open: Option<u64>,
    capacity: u32,
}

fn devices(open: u64) -> u32 {
    u32::try_from(open).unwrap_or(u32::MAX)
}

fn nas_row(nas: NasClient, zones: &BTreeMap<String, Name>, open: &BTreeMap<String, u64>) -> ApRow {
    let id = format!("nas:{}", nas.name);
    let sessions = open.get(&id).copied().unwrap_or(0);
    ApRow {
        ap: ApRef { id, name: Name::same(&nas.name) },
        kind: Kind::Radius,
        zone: nas.zone.and_then(|zone| zones.get(&zone).cloned()),
        place: None,
        state: if sessions > 0 { ApState::Up } else { ApState::Quiet },
        devices: Some(devices(sessions)),
        capacity: None,
        today_bytes: None,
        journal_records: None,
        heard_ms: None,
    }
}

/// The worst for visitors comes first.
fn rank(trouble: &Trouble) -> u8 {
    match trouble {
        Trouble::Controller(_) => 0,
        Trouble::Silent => 1,
        Trouble::Full { .. } => 2,
        Trouble::AgentSays(_) => 3,
        Trouble::OtherConfiguration { .. } => 4,
        Trouble::JournalBehind { .. } => 5,
        Trouble::Revoked => 6,
    }
}
