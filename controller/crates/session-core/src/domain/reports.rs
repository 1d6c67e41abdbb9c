//! What access points report: counters that only rise, sessions that close once, quotas that run out.

use super::{Domain, Tracked};
use crate::accounting::ACCOUNTING_KEPT_MS;
use crate::{
    ApId, EndCause, GrantId, Mac, Output, Session, SessionEnd, SessionId, SessionKey, SessionReport, UnixMs,
};

/// How long a session that another make's access point ended is remembered, in milliseconds: repetitions come within
/// it, and later ones find the row. Thousands may end every second.
const OVER_MS: u64 = 60_000;

impl Domain {
    /// Takes in what an access point says of a session. Reports may be repeated and come in any order. A session
    /// whose grant is not known here, or belongs to another device, is kept all the same and counts for no visit.
    ///
    /// A session that is open when its access point falls silent stays open: the device may well be on line there.
    /// It is taken as [`SessionEnd::Lost`] only [`super::Limits::settle_ms`] after its grant ended; what the access
    /// point says later still counts, and the end it names replaces the presumed one.
    pub fn report(&mut self, ap: &ApId, report: &SessionReport, now: UnixMs) {
        self.handle_timeout(now);
        let key = SessionKey { ap: ap.clone(), id: report.id };
        match self.sessions.get_mut(&key) {
            Some(tracked) => {
                let (before, moved) =
                    (tracked.session.bytes(), (tracked.session.bytes_up, tracked.session.bytes_down));
                let changed = tracked.session.merge(report);
                let session = tracked.session.clone();
                self.tally.moved(moved, &session);
                if let Some(before) = tracked.foreign {
                    let due = self.foreign_due(&session, now);
                    self.foreign.remove(&(before, key.clone()));
                    if let Some(tracked) = self.sessions.get_mut(&key) {
                        tracked.foreign = Some(due);
                    }
                    self.foreign.insert((due, key));
                } else {
                    self.count(session.grant, session.bytes() - before, now);
                }
                if changed {
                    self.outputs.push_back(Output::SessionChanged(session));
                }
            }
            None => {
                let mut session = Session::opened(ap, report);
                if session.end.is_none() && self.grants.get(&session.grant).is_some_and(|held| held.settled) {
                    session.end = Some(SessionEnd::Lost);
                }
                self.tally.moved((0, 0), &session);
                self.tally.first_uses += u64::from(self.is_first_use(&session));
                self.track(session.clone(), now);
                self.outputs.push_back(Output::SessionChanged(session.clone()));
                self.count(session.grant, 0, now);
            }
        }
        self.forget_beyond_bounds();
    }

    /// Says that an access point came with a journal made anew: its former sessions are over, and nobody will
    /// report them any more.
    pub fn journal_lost(&mut self, ap: &ApId, now: UnixMs) {
        self.handle_timeout(now);
        let first = SessionKey { ap: ap.clone(), id: SessionId([0; 16]) };
        let of_ap = self.sessions.range(first..).take_while(|(key, _)| key.ap == *ap);
        let open: Vec<SessionKey> =
            of_ap.filter(|(_, tracked)| tracked.session.end.is_none()).map(|(key, _)| key.clone()).collect();
        for key in open {
            self.close_as_lost(&key);
        }
    }

    /// Remembers a session, with its grant if that is known, and counts its bytes there.
    pub(super) fn track(&mut self, session: Session, now: UnixMs) {
        let key = session.key.clone();
        let room = self.limits.sessions_per_grant;
        let foreign = match self.grants.get_mut(&session.grant) {
            Some(held) if held.grant.mac == session.mac && held.sessions.len() < room => {
                held.sessions.insert(key.clone());
                held.bytes = held.bytes.saturating_add(u128::from(session.bytes()));
                None
            }
            _ => {
                let due = self.foreign_due(&session, now);
                self.foreign.insert((due, key.clone()));
                Some(due)
            }
        };
        self.sessions.insert(key, Tracked { session, foreign });
    }

    /// When a session that no grant here counts is let go.
    fn foreign_due(&self, session: &Session, now: UnixMs) -> UnixMs {
        let settle_ms = self.limits.settle_ms;
        now.plus_ms(match self.accounted(&session.key) {
            Some(_) if session.end.is_some() => settle_ms.min(OVER_MS),
            // Not every access point sends interims: then only its Stop, or a day's silence, ends a session.
            Some(said) if said.session_secs == 0 => settle_ms.max(ACCOUNTING_KEPT_MS),
            _ => settle_ms,
        })
    }

    /// Whether no session of the grant was reported before this one.
    fn is_first_use(&self, session: &Session) -> bool {
        let held = self.grants.get(&session.grant);
        held.is_some_and(|held| held.grant.mac == session.mac && held.sessions.is_empty())
    }

    /// Adds new bytes to a grant and ends the device's grants of that day whose quota is reached.
    fn count(&mut self, id: GrantId, more: u64, now: UnixMs) {
        let Some(held) = self.grants.get_mut(&id) else { return };
        held.bytes = held.bytes.saturating_add(u128::from(more));
        let (mac, day): (Mac, _) = (held.grant.mac, held.grant.day);
        let with_quota = |grant: &crate::Grant| grant.day == day && grant.quota_bytes.is_some();
        let live: Vec<GrantId> = self
            .live_grants_of(mac)
            .into_iter()
            .filter(|id| self.grant(*id).is_some_and(with_quota))
            .collect();
        if live.is_empty() {
            return;
        }
        let used = self.day_usage(mac, day, now).bytes;
        for id in live {
            if self.grant(id).and_then(|grant| grant.quota_bytes).is_some_and(|quota| used >= quota) {
                self.end_with_entry(id, EndCause::QuotaUsed, now);
            }
        }
    }
}
