//! The access points of the domain: who they are, their live links, what each has been told and has confirmed.
//!
//! What is kept here is a mirror of committed state and may be lost: the store is the truth.

mod agents_key;
mod documents;
mod inventory;
mod link;
mod log;
pub mod sites;
mod view;
mod vitals;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use agent_protocol::v1::{
    ConfigAck, ConfigDocument, Grant, GrantAck, Health, Hello, LogEntry, Welcome, down,
};
use tokio::sync::watch;

pub use agents_key::{AgentsKey, AgentsKeyError, pin_of_certificate};
pub use documents::{Template, outrun};
pub use inventory::{Inventory, Spot};
pub use link::{Force, Outbox, Parcel};
pub use vitals::{Vital, redirects};

use crate::clock;
use crate::metrics::{ApReading, Metrics};
use link::Link;
use log::GrantLog;

/// The one roaming domain.
pub const DOMAIN: &str = "hoankiem";
/// Words for what this controller can do.
const CAPABILITIES: [&str; 2] = ["rest", "snapshot"];
/// A second device with the same key is asked to wait this long, so that two of them do not push each other out
/// without end.
const REPLACED_RETRY_SECS: u32 = 60;

/// The fleet. Clones share one state.
#[derive(Clone)]
pub struct Fleet {
    state: Arc<Mutex<State>>,
    progress: watch::Sender<()>,
    metrics: Metrics,
}

struct State {
    log: GrantLog,
    links: BTreeMap<String, Link>,
    links_made: u64,
    inventory: Arc<Inventory>,
    documents: BTreeMap<String, ConfigDocument>,
    vitals: BTreeMap<String, Vital>,
}

/// What the grant log is, for a mirror made anew.
#[derive(Debug, Clone, Default)]
pub struct LogImage {
    /// Epoch of the position.
    pub epoch: u64,
    /// Sequence of the position.
    pub sequence: u64,
    /// The grants live there.
    pub live: Vec<Grant>,
    /// The entries before the position that are still known, oldest first.
    pub tail: Vec<LogEntry>,
}

/// How an attach went.
pub struct Attached {
    /// The agents' end of the link.
    pub outbox: Outbox,
    /// Whether the access point holds more of this log than the controller: the database is an older one.
    pub ahead: bool,
}

impl Fleet {
    /// A fleet without links.
    #[must_use]
    pub fn new(log: LogImage, metrics: Metrics) -> Self {
        let state = State {
            log: GrantLog::new(log),
            links: BTreeMap::new(),
            links_made: 0,
            inventory: Arc::default(),
            documents: BTreeMap::new(),
            vitals: BTreeMap::new(),
        };
        Self { state: Arc::new(Mutex::new(state)), progress: watch::Sender::new(()), metrics }
    }

    /// Everything known of the access points.
    #[must_use]
    pub fn inventory(&self) -> Arc<Inventory> {
        Arc::clone(&self.lock().inventory)
    }

    /// Takes over what the store says of the access points, and the document of each: changed documents are sent,
    /// links of access points that are gone, revoked or enrolled with another key are ended.
    pub fn renew(&self, inventory: Inventory, documents: BTreeMap<String, ConfigDocument>) {
        let mut state = self.lock();
        let before = std::mem::replace(&mut state.inventory, Arc::new(inventory));
        let now = Arc::clone(&state.inventory);
        let older = std::mem::replace(&mut state.documents, documents.clone());
        state.vitals.retain(|ap, _| now.spot(ap).is_some());
        let mut ended = Vec::new();
        for (ap, link) in &state.links {
            if now.pin_of(ap) != before.pin_of(ap) {
                link.close("this access point was revoked or enrolled with another key; enrol it again", 60);
                ended.push((ap.clone(), "revoked"));
            } else if let Some(document) = documents.get(ap)
                && older.get(ap) != Some(document)
                && !link.send(vec![down::Body::Config(document.clone())])
            {
                link.close("this link fell behind; connect again", 1);
                ended.push((ap.clone(), "behind"));
            }
        }
        self.drop_links(&mut state, ended);
    }

    /// Version of the configuration an access point is to have; `None` for one that is not known.
    #[must_use]
    pub fn config_version(&self, ap: &str) -> Option<u64> {
        self.lock().documents.get(ap).map(|document| document.version)
    }

    /// Puts a new link of an access point into service: an older link is ended, and the queue begins with all the
    /// access point lacks.
    #[must_use]
    pub fn attach(&self, ap: &str, hello: &Hello, version: u32, now_ms: u64) -> Attached {
        let mut state = self.lock();
        state.links_made += 1;
        let (mut link, outbox) = link::new(state.links_made);
        let mut first = vec![down::Body::Welcome(Welcome {
            version,
            capabilities: CAPABILITIES.map(str::to_owned).to_vec(),
            ap_id: ap.to_owned(),
            domain: DOMAIN.to_owned(),
        })];
        if let Some(document) = state.documents.get(ap)
            && document.version != hello.config_version
        {
            first.push(down::Body::Config(document.clone()));
        }
        let rest = state.log.rest_after(hello.epoch, hello.sequence);
        if rest.is_none() {
            link.expect_snapshot(state.log.position().1);
            first.extend(state.log.snapshot(now_ms).into_iter().map(down::Body::Snapshot));
        }
        // The queue is new, so its first two places are free.
        link.send(first);
        link.send_entries(&rest.unwrap_or_default());
        if let Some(old) = state.links.insert(ap.to_owned(), link) {
            old.close(
                "another device connected with this access point's key; let only one use it",
                REPLACED_RETRY_SECS,
            );
            self.metrics.agents.closed_links.with_label_values(&["replaced"]).inc();
        }
        state.vitals.entry(ap.to_owned()).or_default().connect(hello, now_ms);
        let (epoch, sequence) = state.log.position();
        let ahead = hello.epoch > epoch || (hello.epoch == epoch && hello.sequence > sequence);
        self.count_links(&state);
        drop(state);
        self.progress.send_replace(());
        Attached { outbox, ahead }
    }

    /// Takes a link out of service; a newer one of the same access point stays.
    pub fn detach(&self, ap: &str, link_id: u64) {
        let mut state = self.lock();
        if state.links.get(ap).is_some_and(|link| link.id() == link_id) {
            state.links.remove(ap);
            state.disconnect(ap);
        }
        self.count_links(&state);
    }

    /// Sends committed entries to every link. Returns false when they do not continue the mirror, which must then be
    /// made anew with [`Fleet::reset`].
    #[must_use]
    pub fn publish(&self, entries: &[LogEntry], now_ms: u64) -> bool {
        let mut state = self.lock();
        if !entries.iter().all(|entry| state.log.append(entry, now_ms)) {
            return false;
        }
        let mut behind = Vec::new();
        for (ap, link) in &mut state.links {
            if !link.send_entries(entries) {
                link.close("this link fell behind; connect again", 1);
                behind.push((ap.clone(), "behind"));
            }
        }
        self.drop_links(&mut state, behind);
        true
    }

    /// Makes the mirror anew and gives every link a snapshot of it.
    pub fn reset(&self, log: LogImage, now_ms: u64) {
        let mut state = self.lock();
        let sequence = log.sequence;
        state.log = GrantLog::new(log);
        let parts: Parcel = state.log.snapshot(now_ms).into_iter().map(down::Body::Snapshot).collect();
        let mut behind = Vec::new();
        for (ap, link) in &mut state.links {
            link.expect_snapshot(sequence);
            if !link.send(parts.clone()) {
                link.close("this link fell behind; connect again", 1);
                behind.push((ap.clone(), "behind"));
            }
        }
        self.drop_links(&mut state, behind);
    }

    /// Takes in what an access point says of one entry.
    pub fn acknowledge(&self, ap: &str, link_id: u64, ack: &GrantAck) {
        let mut state = self.lock();
        let epoch = state.log.position().0;
        let Some(link) = state.links.get_mut(ap).filter(|link| link.id() == link_id) else { return };
        if ack.epoch == epoch && link.acknowledge(ack) {
            self.metrics.agents.refused_grants.inc();
            tracing::warn!(ap.id = ap, "an access point refused a grant");
            tracing::debug!(ap.id = ap, reason = %ack.refusal, "why it refused the grant");
        }
        drop(state);
        self.progress.send_replace(());
    }

    /// Takes in what an access point says of its configuration.
    pub fn configured(&self, ap: &str, ack: &ConfigAck) {
        if let Some(vital) = self.lock().vitals.get_mut(ap) {
            vital.configure(ack);
        }
        if ack.refusal.is_empty() {
            tracing::info!(
                ap.id = ap,
                version = ack.version,
                "an access point put its configuration in force"
            );
        } else {
            tracing::warn!(ap.id = ap, version = ack.version, reason = %ack.refusal, "an access point refused its configuration");
        }
    }

    /// Takes a sign of life in.
    pub fn alive(&self, ap: &str, link_id: u64, health: Health) {
        let mut state = self.lock();
        let Some(link) = state.links.get_mut(ap).filter(|link| link.id() == link_id) else { return };
        link.health = Some(health.clone());
        if let Some(vital) = state.vitals.get_mut(ap) {
            self.metrics.portal.funnel.redirect.inc_by(vital.hear(health, clock::unix_ms()));
        }
    }

    /// What the enrolled access points last said of themselves; one that said nothing yet is among them.
    #[must_use]
    pub fn vitals(&self) -> BTreeMap<String, Vital> {
        let state = self.lock();
        let enrolled = state.inventory.spots().filter(|spot| state.inventory.pin_of(&spot.id).is_some());
        enrolled
            .map(|spot| {
                let mut vital = state.vitals.get(&spot.id).cloned().unwrap_or_default();
                if let Some(link) = state.links.get(&spot.id) {
                    (vital.unconfirmed, vital.refused) = (link.unconfirmed(), link.refused());
                }
                (spot.id.clone(), vital)
            })
            .collect()
    }

    /// The same for the monitor.
    #[must_use]
    pub fn readings(&self) -> Vec<ApReading> {
        let now_ms = clock::unix_ms();
        self.vitals().iter().map(|(ap, vital)| vital.reading(ap, now_ms)).collect()
    }

    /// Whether a grant, whose latest entry is at (epoch, sequence), is in force on an access point.
    #[must_use]
    pub fn force(&self, ap: &str, grant_id: &[u8], entry: (u64, u64)) -> Force {
        let state = self.lock();
        let (epoch, sequence) = state.log.position();
        match state.links.get(ap) {
            None => Force::NoLink,
            // Not committed or not published: nobody can have it.
            Some(_) if entry.0 > epoch || (entry.0 == epoch && entry.1 > sequence) => Force::Waiting,
            // Entries of an earlier epoch came with the snapshot that began this one.
            Some(link) => link.force(grant_id, if entry.0 == epoch { entry.1 } else { 0 }),
        }
    }

    /// Waits until [`Fleet::force`] is decided, at most `limit`.
    pub async fn confirmed(&self, ap: &str, grant_id: &[u8], entry: (u64, u64), limit: Duration) -> Force {
        let mut progress = self.progress.subscribe();
        let decided = async {
            loop {
                let force = self.force(ap, grant_id, entry);
                if matches!(force, Force::InForce | Force::Refused(_)) || progress.changed().await.is_err() {
                    return force;
                }
            }
        };
        match tokio::time::timeout(limit, decided).await {
            Ok(force) => force,
            Err(_) => self.force(ap, grant_id, entry),
        }
    }

    /// The access points with a live link, each with the devices it serves by its last word: the sessions open there.
    /// Its stations may be strangers, its grants are those of the whole domain.
    #[must_use]
    pub fn serving(&self) -> BTreeMap<String, u32> {
        let devices = |link: &Link| link.health.as_ref().map_or(0, |health| health.sessions);
        self.lock().links.iter().map(|(ap, link)| (ap.clone(), devices(link))).collect()
    }

    /// Ends every link, because the controller stops.
    pub fn close_all(&self) {
        let mut state = self.lock();
        for link in state.links.values() {
            link.close("the controller restarts; connect again", 1);
        }
        state.links.clear();
        self.count_links(&state);
    }

    fn drop_links(&self, state: &mut State, ended: Vec<(String, &'static str)>) {
        for (ap, reason) in ended {
            tracing::warn!(ap.id = %ap, reason, "the control link of an access point was ended");
            self.metrics.agents.closed_links.with_label_values(&[reason]).inc();
            state.links.remove(&ap);
            state.disconnect(&ap);
        }
        self.count_links(state);
    }

    fn count_links(&self, state: &State) {
        self.metrics.agents.links.set(i64::try_from(state.links.len()).unwrap_or(i64::MAX));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn disconnect(&mut self, ap: &str) {
        if let Some(vital) = self.vitals.get_mut(ap) {
            vital.disconnect(clock::unix_ms());
        }
    }
}
