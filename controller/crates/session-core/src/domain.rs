//! The machine of one roaming domain: who holds a grant, what was observed of it, what has to be written and sent.

mod accounting;
mod connect;
mod reports;
mod restore;
mod tally;
mod timeouts;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

pub use connect::{Connect, Connected, GrantChange, Refusal};
pub use restore::Stored;
pub use tally::Tally;

use crate::{
    CivilDay, DayUsage, EndCause, Grant, GrantEnd, GrantId, Mac, NetworkId, Output, Position, Session,
    SessionKey, Subject, UnixMs, Visit,
};

/// Bounds of what one domain remembers, and the one margin of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Live grants at a time; one more is refused as [`Refusal::Busy`].
    pub live_grants: usize,
    /// Ended grants remembered; beyond it the one that ended first is forgotten before its day is over.
    pub ended_grants: usize,
    /// Grants one device may take on one civil day, so that logging in and out does not fill the memory.
    pub grants_per_day: usize,
    /// Sessions of one grant that are remembered; later ones are written all the same and count for no quota.
    pub sessions_per_grant: usize,
    /// Sessions remembered whose grant is not known here; beyond it the one to be let go next goes at once.
    pub foreign_sessions: usize,
    /// How long after the end of a grant, in milliseconds, an access point may be silent about a session before it
    /// is taken as lost.
    pub settle_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            live_grants: 60_000,
            ended_grants: 500_000,
            grants_per_day: 64,
            sessions_per_grant: 10_000,
            foreign_sessions: 500_000,
            settle_ms: 3_600_000,
        }
    }
}

/// No grant of this id is known here: it never was, or its day is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no grant of this id is known in this domain; look for a live one")]
pub struct UnknownGrant;

/// A grant with what hangs on it.
#[derive(Debug, Clone)]
struct Held {
    grant: Grant,
    sessions: BTreeSet<SessionKey>,
    bytes: u128,
    due: UnixMs,
    settled: bool,
}

/// A session with, when no grant here counts it, the moment it is let go unless it is heard of before.
#[derive(Debug, Clone)]
struct Tracked {
    session: Session,
    foreign: Option<UnixMs>,
}

/// The machine of one roaming domain.
///
/// Drive it like this: feed an input, drain [`Domain::poll_output`] into one transaction, and only after its commit
/// send the entries and answer. When a commit fails, throw the machine away and [`Domain::restore`] it: it has moved
/// on and the store has not. Call [`Domain::handle_timeout`] when [`Domain::poll_timeout`] is reached; every input
/// does that first by itself, so a late timer changes no answer.
///
/// What is remembered, and for how long:
/// * a live grant until it ends;
/// * an ended grant with its sessions until its end or that of its civil day, whichever is later, and
///   [`Limits::settle_ms`] more, because time and quota of the day are added up from it;
/// * a session of no grant known here until [`Limits::settle_ms`] after its last report, and for a minute when it is one
///   of another make's access point and over.
#[derive(Debug, Clone)]
pub struct Domain {
    limits: Limits,
    position: Position,
    grants: BTreeMap<GrantId, Held>,
    sessions: BTreeMap<SessionKey, Tracked>,
    blocked: BTreeSet<Mac>,
    /// Live grants by number.
    numbers: BTreeMap<u32, GrantId>,
    /// Live grants by who holds them.
    subjects: BTreeMap<Subject, BTreeSet<GrantId>>,
    /// All remembered grants by device.
    devices: BTreeMap<Mac, BTreeSet<GrantId>>,
    /// Ended grants, the first to end first.
    ended: BTreeSet<(UnixMs, GrantId)>,
    /// When something has to be done about a grant.
    due: BTreeSet<(UnixMs, GrantId)>,
    /// Foreign sessions, the one to be let go next first.
    foreign: BTreeSet<(UnixMs, SessionKey)>,
    /// Sessions of other makes' access points by the names these use.
    book: accounting::Book,
    outputs: VecDeque<Output>,
    tally: Tally,
}

impl Domain {
    /// A domain without any grant, at the beginning of its log.
    #[must_use]
    pub fn new(epoch: u64, limits: Limits) -> Self {
        Self {
            limits,
            position: Position { epoch, sequence: 0 },
            grants: BTreeMap::new(),
            sessions: BTreeMap::new(),
            blocked: BTreeSet::new(),
            numbers: BTreeMap::new(),
            subjects: BTreeMap::new(),
            devices: BTreeMap::new(),
            ended: BTreeSet::new(),
            due: BTreeSet::new(),
            foreign: BTreeSet::new(),
            book: accounting::Book::default(),
            outputs: VecDeque::new(),
            tally: Tally::default(),
        }
    }

    /// The next thing to be written or sent; `None` when all is taken. Drain it after every input.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Place of the log's newest entry.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }

    /// Ends a grant before its time: a tombstone in the log. Ending what has ended changes nothing. With
    /// `Kicked { block: true }` the device is put on the block list and loses its grants on every network.
    ///
    /// # Errors
    /// [`UnknownGrant`] when it is not remembered.
    pub fn end_grant(&mut self, id: GrantId, cause: EndCause, now: UnixMs) -> Result<Grant, UnknownGrant> {
        self.handle_timeout(now);
        let mac = self.grants.get(&id).ok_or(UnknownGrant)?.grant.mac;
        if cause == (EndCause::Kicked { block: true }) {
            self.block(mac, now);
        } else {
            self.end_with_entry(id, cause, now);
        }
        self.grants.get(&id).map(|held| held.grant.clone()).ok_or(UnknownGrant)
    }

    /// Puts a device on the block list and ends its grants on every network.
    pub fn block(&mut self, mac: Mac, now: UnixMs) {
        self.handle_timeout(now);
        if self.blocked.insert(mac) {
            self.outputs.push_back(Output::BlockChanged { mac, blocked: true, at: now });
        }
        for id in self.live_grants_of(mac) {
            self.end_with_entry(id, EndCause::Kicked { block: true }, now);
        }
    }

    /// Takes a device off the block list; it may tap again.
    pub fn unblock(&mut self, mac: Mac, now: UnixMs) {
        self.handle_timeout(now);
        if self.blocked.remove(&mac) {
            self.outputs.push_back(Output::BlockChanged { mac, blocked: false, at: now });
        }
    }

    /// Takes over the block list as a command wrote it into the store; devices new on it lose their grants.
    pub fn set_blocked(&mut self, blocked: BTreeSet<Mac>, now: UnixMs) {
        self.handle_timeout(now);
        let added: Vec<Mac> = blocked.difference(&self.blocked).copied().collect();
        self.blocked = blocked;
        for mac in added {
            self.block(mac, now);
        }
    }

    /// The grants that are live, by number. With [`Domain::position`] this is the snapshot of the log.
    pub fn live_grants(&self) -> impl Iterator<Item = &Grant> {
        self.numbers.values().filter_map(|id| self.grants.get(id)).map(|held| &held.grant)
    }

    /// The live grant of a device on a network.
    #[must_use]
    pub fn live_grant(&self, network: &NetworkId, mac: Mac, now: UnixMs) -> Option<&Grant> {
        let ids = self.devices.get(&mac)?;
        ids.iter()
            .filter_map(|id| self.grants.get(id))
            .map(|held| &held.grant)
            .find(|grant| grant.is_live(now) && grant.network == *network)
    }

    /// A grant that is remembered, live or ended.
    #[must_use]
    pub fn grant(&self, id: GrantId) -> Option<&Grant> {
        self.grants.get(&id).map(|held| &held.grant)
    }

    /// A session that is remembered.
    #[must_use]
    pub fn session(&self, key: &SessionKey) -> Option<&Session> {
        self.sessions.get(key).map(|tracked| &tracked.session)
    }

    /// The visit of a remembered grant: all its sessions added up.
    #[must_use]
    pub fn visit(&self, id: GrantId) -> Option<Visit> {
        let held = self.grants.get(&id)?;
        Some(Visit::of(held.sessions.iter().filter_map(|key| self.session(key))))
    }

    /// What a device used of a civil day by `now`, over all its grants of that day.
    #[must_use]
    pub fn day_usage(&self, mac: Mac, day: CivilDay, now: UnixMs) -> DayUsage {
        let mut usage = DayUsage::default();
        let mut bytes: u128 = 0;
        let ids = self.devices.get(&mac).into_iter().flatten();
        for held in ids.filter_map(|id| self.grants.get(id)).filter(|held| held.grant.day == day) {
            usage.time_ms = usage.time_ms.saturating_add(held.grant.used_ms(now));
            bytes = bytes.saturating_add(held.bytes);
        }
        usage.bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        usage
    }

    /// Bytes the device may still move under this grant; `None` when it has no quota or is not remembered.
    #[must_use]
    pub fn remaining_bytes(&self, id: GrantId, now: UnixMs) -> Option<u64> {
        let grant = self.grant(id)?;
        let used = self.day_usage(grant.mac, grant.day, now).bytes;
        grant.quota_bytes.map(|quota| quota.saturating_sub(used))
    }

    /// Whether the device is on the block list.
    #[must_use]
    pub fn is_blocked(&self, mac: Mac) -> bool {
        self.blocked.contains(&mac)
    }

    /// Sessions that are open as far as it is known.
    pub fn open_sessions(&self) -> impl Iterator<Item = &Session> {
        self.sessions.values().map(|tracked| &tracked.session).filter(|session| session.end.is_none())
    }

    /// What was reported since this machine was made.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Sessions that are remembered, for tests of the bounds and for figures.
    #[must_use]
    pub fn sessions_remembered(&self) -> usize {
        self.sessions.len()
    }

    /// Grants that are remembered, live or ended.
    #[must_use]
    pub fn grants_remembered(&self) -> usize {
        self.grants.len()
    }

    fn live_grants_of(&self, mac: Mac) -> Vec<GrantId> {
        let ids = self.devices.get(&mac).into_iter().flatten().copied();
        ids.filter(|id| self.grant(*id).is_some_and(|grant| grant.ended.is_none())).collect()
    }

    /// The place of the entry that is written now.
    fn next_entry(&mut self) -> Position {
        self.position.sequence += 1;
        self.position
    }

    /// Ends a live grant with a tombstone.
    fn end_with_entry(&mut self, id: GrantId, cause: EndCause, now: UnixMs) {
        if self.grants.get(&id).is_none_or(|held| held.grant.ended.is_some()) {
            return;
        }
        let entry = self.next_entry();
        if let Some(held) = self.grants.get_mut(&id) {
            held.grant.revision += 1;
            held.grant.entry = entry;
        }
        self.close(id, GrantEnd { cause, at: now }, Some(entry));
    }

    /// Marks a live grant as ended and says so.
    fn close(&mut self, id: GrantId, end: GrantEnd, entry: Option<Position>) {
        let Some(held) = self.grants.get_mut(&id) else { return };
        held.grant.ended = Some(end);
        let grant = held.grant.clone();
        self.numbers.remove(&grant.number);
        if let Some(ids) = self.subjects.get_mut(&grant.subject) {
            ids.remove(&id);
            if ids.is_empty() {
                self.subjects.remove(&grant.subject);
            }
        }
        self.ended.insert((end.at, id));
        self.set_due(id, end.at.plus_ms(self.limits.settle_ms));
        self.outputs.push_back(Output::GrantChanged { grant, entry });
        self.forget_beyond_bounds();
    }

    /// Keeps a grant and its indexes; used for new ones and for those of the store.
    fn hold(&mut self, grant: Grant) {
        let id = grant.id;
        self.devices.entry(grant.mac).or_default().insert(id);
        let due = match grant.ended {
            None => {
                self.numbers.insert(grant.number, id);
                self.subjects.entry(grant.subject.clone()).or_default().insert(id);
                grant.ends
            }
            Some(end) => {
                self.ended.insert((end.at, id));
                end.at.plus_ms(self.limits.settle_ms)
            }
        };
        self.due.insert((due, id));
        self.grants.insert(id, Held { grant, sessions: BTreeSet::new(), bytes: 0, due, settled: false });
    }

    fn set_due(&mut self, id: GrantId, due: UnixMs) {
        if let Some(held) = self.grants.get_mut(&id) {
            self.due.remove(&(held.due, id));
            held.due = due;
            self.due.insert((due, id));
        }
    }
}

#[cfg(test)]
mod tests;
