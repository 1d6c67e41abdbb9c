//! What is written in one step: all of it or nothing.

use std::collections::BTreeMap;

use session_core::{
    ApId, DomainId, Grant, GrantId, Mac, Nas, NasSession, Output, Position, Session, SessionKey, UnixMs,
};

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
    }

    /// Grants in the order of their last change.
    pub(crate) fn grants(&self) -> impl Iterator<Item = &Grant> {
        self.grants.iter().flatten()
    }

    /// Rows it writes, about.
    #[must_use]
    pub fn rows(&self) -> usize {
        let accounted = self.nas_sessions.len() + self.nas_restarts.len();
        let others = accounted + self.blocks.len() + self.journals.len() + self.kicked.len();
        self.places.len() + self.entries.len() + self.sessions.len() + others
    }
}
