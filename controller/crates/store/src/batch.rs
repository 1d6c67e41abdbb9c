//! What is written in one step: all of it or nothing.

use std::collections::BTreeMap;

use session_core::{
    ApId, DomainId, Grant, GrantId, Mac, Nas, NasSession, Output, Position, Session, SessionKey, UnixMs,
};

use stats_core::{Increments, Pseudonym, Span};

use crate::JournalId;

/// The outputs of one step of a domain's machine, with the journal positions that led to them.
///
/// A row that changes twice in a batch is written once, as it is last; log entries are all kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    pub(crate) domain: DomainId,
    /// Grants in the order of their last change, so that an ended one frees its place before the next takes it; an
    /// earlier change of the same grant leaves a gap.
    grants: Vec<Option<Grant>>,
    places: BTreeMap<GrantId, usize>,
    pub(crate) entries: Vec<(Position, GrantId)>,
    pub(crate) sessions: BTreeMap<SessionKey, Session>,
    pub(crate) nas_sessions: BTreeMap<SessionKey, NasSession>,
    pub(crate) nas_restarts: BTreeMap<Nas, UnixMs>,
    pub(crate) blocks: BTreeMap<Mac, (bool, UnixMs)>,
    pub(crate) journals: BTreeMap<(ApId, JournalId), (u64, UnixMs)>,
    pub(crate) kicked: Vec<GrantId>,
    pub(crate) days: Vec<VisitorDay>,
    pub(crate) tally: Increments,
    pub(crate) redirects: BTreeMap<ApId, Redirects>,
}

/// What the devices of a batch are called on one civil day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitorDay {
    /// The day.
    pub span: Span,
    /// The day's pseudonym of each device.
    pub pseudonyms: BTreeMap<Mac, Pseudonym>,
}

/// How many devices an access point's agent has redirected to the portal since it started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirects {
    /// Which start: the agent's boot id.
    pub boot: Vec<u8>,
    /// How many.
    pub n: u64,
    /// When it said so.
    pub at: UnixMs,
}

impl Batch {
    /// An empty batch of a domain.
    #[must_use]
    pub fn new(domain: DomainId) -> Self {
        Self {
            domain,
            grants: Vec::new(),
            places: BTreeMap::new(),
            entries: Vec::new(),
            sessions: BTreeMap::new(),
            nas_sessions: BTreeMap::new(),
            nas_restarts: BTreeMap::new(),
            blocks: BTreeMap::new(),
            journals: BTreeMap::new(),
            kicked: Vec::new(),
            days: Vec::new(),
            tally: Increments::default(),
            redirects: BTreeMap::new(),
        }
    }

    /// Adds an output of the machine, in the order it gave them.
    pub fn push(&mut self, output: Output) {
        match output {
            Output::GrantChanged { grant, entry } => {
                self.entries.extend(entry.map(|position| (position, grant.id)));
                let before = self.places.insert(grant.id, self.grants.len());
                if let Some(earlier) = before.and_then(|place| self.grants.get_mut(place)) {
                    *earlier = None;
                }
                self.grants.push(Some(grant));
            }
            Output::SessionChanged(session) => {
                self.sessions.insert(session.key.clone(), session);
            }
            Output::NasSessionChanged(session) => {
                self.nas_sessions.insert(session.key.clone(), session);
            }
            Output::NasRestarted(restart) => {
                self.nas_restarts.insert(restart.nas, restart.at);
            }
            Output::BlockChanged { mac, blocked, at } => {
                self.blocks.insert(mac, (blocked, at));
            }
        }
    }

    /// Says that all records of an access point's journal up to `sequence` are in this batch or in earlier ones.
    pub fn journal(&mut self, ap: &ApId, journal: JournalId, sequence: u64, now: UnixMs) {
        let kept = self.journals.entry((ap.clone(), journal)).or_insert((sequence, now));
        *kept = (kept.0.max(sequence), now.max(kept.1));
    }

    /// Says that a wish to end this visit is fulfilled by this batch, or was before.
    pub fn kicked(&mut self, grant: GrantId) {
        self.kicked.push(grant);
    }

    /// The devices of its sessions.
    pub fn devices(&self) -> impl Iterator<Item = (Mac, UnixMs, UnixMs)> {
        self.sessions.values().map(|session| (session.mac, session.opened, session.last_packet))
    }

    /// Says what its devices are called on the days they were present; on other days nobody is counted as a visitor.
    pub fn visitors(&mut self, days: Vec<VisitorDay>) {
        self.days = days;
    }

    /// Adds numbers to the ledger that follow from no session and no grant.
    pub fn tally(&mut self, increments: &Increments) {
        self.tally.extend(increments);
    }

    /// Says how many redirects an access point's agent counts; what is new since it was said last is added to the ledger.
    pub fn redirects(&mut self, ap: &ApId, said: Redirects) {
        self.redirects.insert(ap.clone(), said);
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.grants.is_empty()
            && self.sessions.is_empty()
            && self.nas_sessions.is_empty()
            && self.nas_restarts.is_empty()
            && self.blocks.is_empty()
            && self.journals.is_empty()
            && self.kicked.is_empty()
            && self.tally.is_empty()
            && self.redirects.is_empty()
    }

    /// Grants in the order of their last change.
    pub(crate) fn grants(&self) -> impl Iterator<Item = &Grant> {
        self.grants.iter().flatten()
    }

    /// Rows it writes, about, besides those of the ledger.
    #[must_use]
    pub fn rows(&self) -> usize {
        let accounted = self.nas_sessions.len() + self.nas_restarts.len();
        let others = accounted + self.blocks.len() + self.journals.len() + self.kicked.len();
        self.places.len() + self.entries.len() + self.sessions.len() + others
    }
}
