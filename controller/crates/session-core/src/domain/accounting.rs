//! From a record of RADIUS accounting to the session it speaks of: reused ids, restarts, any order, any repetition.

use std::collections::{BTreeMap, BTreeSet};

use super::Domain;
use crate::accounting::ACCOUNTING_KEPT_MS;
use crate::{
    AccountingKind, AccountingRecord, GrantId, Mac, Nas, NasRestart, NasSession, Octets, Output, SessionEnd,
    SessionKey, SessionReport, StationNames, UnixMs,
};

/// Two records whose sessions began within this of each other speak of one session: Acct-Session-Time is in whole
/// seconds, and a Start may be sent again without saying how late it is.
const SAME_START_MS: u64 = 60_000;
/// Acct-Terminate-Cause NAS Reboot (RFC 2866 5.10).
const NAS_REBOOT: u32 = 11;
/// Sessions whose names are remembered; beyond it the one heard of longest ago is let go.
const MOST_SESSIONS: usize = 400_000;

/// The sessions of other makes' access points by the names these use.
#[derive(Debug, Clone, Default)]
pub(super) struct Book {
    sessions: BTreeMap<SessionKey, NasSession>,
    /// Sessions by NAS and Acct-Session-Id; the same id may have been used several times.
    names: BTreeMap<(Nas, Vec<u8>), Vec<SessionKey>>,
    /// The latest restart of each NAS.
    restarts: BTreeMap<Nas, UnixMs>,
    /// Sessions by the arrival of their last record.
    arrived: BTreeSet<(UnixMs, SessionKey)>,
}

impl Domain {
    /// Takes in one accounting record. Records may be repeated, late and in any order: the session ends up the same.
    ///
    /// Counters that fall back without Gigawords are never guessed at: the highest value stands, and the session is
    /// marked as wrapped.
    pub fn account(&mut self, record: &AccountingRecord, now: UnixMs) {
        self.handle_timeout(now);
        let found = self.book.find(record, now);
        let key = match &found {
            Some(key) => key.clone(),
            None => {
                self.close_reused(record);
                SessionKey { ap: record.nas.ap.clone(), id: record.fresh }
            }
        };
        let (known, before) = (found.is_some(), self.session(&key).cloned());
        let restarted = self.book.restarted_after(&record.nas, record.begun());
        let nas_session = self.book.note(&key, record, before.as_ref(), restarted, now);
        let end = match (record.kind, nas_session.closed) {
            (AccountingKind::Stop { end, .. }, _) => Some(end),
            // Presumed, so that a Stop that comes late still says how it ended.
            (_, Some(_)) if !known => Some(SessionEnd::Lost),
            (AccountingKind::Start | AccountingKind::Interim, _) => None,
        };
        let report = SessionReport {
            id: key.id,
            grant: record.grant.unwrap_or(GrantId(key.id.0)),
            mac: record.mac.unwrap_or(Mac([0; 6])),
            opened: record.begun().unwrap_or(record.event),
            last_packet: record.event,
            bytes_up: record.up.bytes(),
            bytes_down: record.down.bytes(),
            packets_up: u64::from(record.packets_up),
            packets_down: u64::from(record.packets_down),
            end,
            addresses: record.addresses.clone(),
        };
        self.report(&key.ap, &report, now);
        self.outputs.push_back(Output::NasSessionChanged(nas_session));
        self.book.forget_old(now);
    }

    /// Takes in Accounting-On or -Off: every session of that access point which began before is over. One that began
    /// later stays, so an On that comes late or twice closes nothing it must not.
    pub fn nas_restarted(&mut self, restart: &NasRestart, now: UnixMs) {
        self.handle_timeout(now);
        let latest = self.book.restarts.entry(restart.nas.clone()).or_insert(restart.at);
        if *latest > restart.at {
            return;
        }
        *latest = restart.at;
        self.outputs.push_back(Output::NasRestarted(restart.clone()));
        for key in self.book.running_before(restart) {
            self.close_as_lost(&key);
            if let Some(session) = self.book.sessions.get_mut(&key) {
                session.closed = Some(restart.at);
                session.cause = NAS_REBOOT;
                self.outputs.push_back(Output::NasSessionChanged(session.clone()));
            }
        }
    }

    /// A NAS that uses an id anew without having stopped its former session has lost that one.
    fn close_reused(&mut self, record: &AccountingRecord) {
        let Some(begun) = record.begun() else { return };
        for key in self.book.running(&record.nas, &record.session) {
            let Some(session) = self.book.sessions.get_mut(&key).filter(|old| old.started < begun) else {
                continue;
            };
            session.closed = Some(session.heard);
            self.outputs.push_back(Output::NasSessionChanged(session.clone()));
            self.close_as_lost(&key);
        }
    }

    pub(super) fn remember_accounting(&mut self, sessions: Vec<NasSession>, restarts: Vec<NasRestart>) {
        for session in sessions {
            self.book.insert(session);
        }
        for NasRestart { nas, at } in restarts {
            self.book.restarts.insert(nas, at);
        }
    }

    /// What the access point of another make has said of a session of its own.
    pub(super) fn accounted(&self, key: &SessionKey) -> Option<&NasSession> {
        self.book.sessions.get(key)
    }
}

impl AccountingRecord {
    /// When its session began, by this record.
    fn begun(&self) -> Option<UnixMs> {
        match self.kind {
            AccountingKind::Start => Some(self.event.minus_ms(self.session_ms().unwrap_or(0))),
            AccountingKind::Interim | AccountingKind::Stop { .. } => {
                self.session_ms().map(|ms| self.event.minus_ms(ms))
            }
        }
    }

    fn session_ms(&self) -> Option<u64> {
        self.session_secs.map(|secs| u64::from(secs) * 1000)
    }
}

impl Book {
    /// The session the record speaks of, the latest first.
    fn find(&self, record: &AccountingRecord, now: UnixMs) -> Option<SessionKey> {
        let name = (record.nas.clone(), record.session.clone());
        let keys = self.names.get(&name)?;
        let restart = self.restarts.get(&record.nas).copied();
        keys.iter()
            .rev()
            .find(|key| self.sessions.get(*key).is_some_and(|s| same(s, record, restart, now)))
            .cloned()
    }

    /// The access point's restart after the moment a session began.
    fn restarted_after(&self, nas: &Nas, begun: Option<UnixMs>) -> Option<UnixMs> {
        let restart = self.restarts.get(nas).copied()?;
        begun.filter(|begun| *begun < restart).map(|_| restart)
    }

    fn running(&self, nas: &Nas, session: &[u8]) -> Vec<SessionKey> {
        let keys = self.names.get(&(nas.clone(), session.to_vec()));
        let running = |key: &&SessionKey| self.sessions.get(*key).is_some_and(|s| s.closed.is_none());
        keys.into_iter().flatten().filter(running).cloned().collect()
    }

    fn running_before(&self, restart: &NasRestart) -> Vec<SessionKey> {
        let of_nas = self.names.range((restart.nas.clone(), Vec::new())..);
        of_nas
            .take_while(|((nas, _), _)| *nas == restart.nas)
            .flat_map(|(_, keys)| keys)
            .filter(|key| {
                self.sessions.get(*key).is_some_and(|s| s.closed.is_none() && s.started < restart.at)
            })
            .cloned()
            .collect()
    }

    /// Notes what the record says, and returns the session as it is known now.
    fn note(
        &mut self,
        key: &SessionKey,
        record: &AccountingRecord,
        before: Option<&crate::Session>,
        restarted: Option<UnixMs>,
        now: UnixMs,
    ) -> NasSession {
        let mut session = self.take(key).unwrap_or_else(|| NasSession {
            key: key.clone(),
            origin: record.nas.origin.clone(),
            session: record.session.clone(),
            names: StationNames::default(),
            started: record.begun().unwrap_or(record.event),
            heard: UnixMs(0),
            arrived: now,
            session_secs: 0,
            closed: restarted,
            cause: restarted.map_or(0, |_| NAS_REBOOT),
            wrapped: false,
        });
        let later = record.event > session.heard;
        let fell = |said: Octets, kept: u64| later && said.gigawords.is_none() && u64::from(said.low) < kept;
        session.wrapped |=
            before.is_some_and(|kept| fell(record.up, kept.bytes_up) || fell(record.down, kept.bytes_down));
        session.started = session.started.min(record.begun().unwrap_or(record.event));
        session.heard = session.heard.max(record.event);
        session.arrived = session.arrived.max(now);
        session.session_secs = session.session_secs.max(record.session_secs.unwrap_or(0));
        if let AccountingKind::Stop { cause, .. } = record.kind {
            session.closed = Some(record.event);
            session.cause = cause;
        }
        let StationNames { user, calling, called, ssid } = &mut session.names;
        let said = &record.names;
        for (kept, said) in
            [(user, &said.user), (calling, &said.calling), (called, &said.called), (ssid, &said.ssid)]
        {
            if kept.is_empty() {
                kept.clone_from(said);
            }
        }
        self.insert(session.clone());
        session
    }

    fn insert(&mut self, session: NasSession) {
        let nas = Nas { ap: session.key.ap.clone(), origin: session.origin.clone() };
        let keys = self.names.entry((nas, session.session.clone())).or_default();
        if !keys.contains(&session.key) {
            keys.push(session.key.clone());
        }
        self.arrived.insert((session.arrived, session.key.clone()));
        self.sessions.insert(session.key.clone(), session);
    }

    /// Takes a session out to be changed; its name stays.
    fn take(&mut self, key: &SessionKey) -> Option<NasSession> {
        let session = self.sessions.remove(key)?;
        self.arrived.remove(&(session.arrived, key.clone()));
        Some(session)
    }

    fn forget_old(&mut self, now: UnixMs) {
        let old = now.minus_ms(ACCOUNTING_KEPT_MS);
        while let Some((arrived, key)) = self.arrived.first().cloned()
            && (arrived < old || self.arrived.len() > MOST_SESSIONS)
        {
            let Some(session) = self.take(&key) else { return };
            let name = (Nas { ap: key.ap.clone(), origin: session.origin }, session.session);
            if let Some(keys) = self.names.get_mut(&name) {
                keys.retain(|kept| *kept != key);
                if keys.is_empty() {
                    self.names.remove(&name);
                }
            }
        }
    }
}

/// Whether the record speaks of this session of its name.
fn same(session: &NasSession, record: &AccountingRecord, restart: Option<UnixMs>, now: UnixMs) -> bool {
    let Some(begun) = record.begun() else {
        let over =
            session.closed.is_some_and(|closed| record.event.0 > closed.0.saturating_add(SAME_START_MS));
        return !over && record.event.0.saturating_add(SAME_START_MS) >= session.started.0;
    };
    // An access point restarted between the two beginnings: the id was given out again, however close they are.
    if restart.is_some_and(|at| (session.started < at) != (begun < at)) {
        return false;
    }
    if session.started.0.abs_diff(begun.0) <= SAME_START_MS {
        return true;
    }
    if record.kind == AccountingKind::Start || session.closed.is_some() {
        return false;
    }
    // Only a Start was heard, and it may have waited without saying so: the session is older than it seemed.
    if session.session_secs == 0 && begun < session.started {
        return true;
    }
    // A record that waited on the access point and does not say how long seems to speak of a later beginning.
    if !record.dated && begun > session.started {
        return true;
    }
    // The access point's clock was set: its session has grown by as much as passed here.
    let grown_ms = record.session_ms().unwrap_or(0).checked_sub(u64::from(session.session_secs) * 1000);
    let passed_ms = now.ms_since(session.arrived);
    session.session_secs > 0 && grown_ms.is_some_and(|grown| grown.abs_diff(passed_ms) <= SAME_START_MS)
}
