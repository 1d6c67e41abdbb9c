//! What time does: grants end, silent sessions are taken as lost, what is over is forgotten.

use super::Domain;
use crate::{EndCause, GrantEnd, GrantId, Output, SessionEnd, SessionKey, UnixMs};

impl Domain {
    /// When [`Domain::handle_timeout`] has something to do next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<UnixMs> {
        let grant = self.due.first().map(|(due, _)| *due);
        let foreign = self.foreign.first().map(|(due, _)| *due);
        [grant, foreign].into_iter().flatten().min()
    }

    /// Does what is due by `now`. A grant that reaches its end closes without an entry of the log: every gate has
    /// that end as a timeout of the kernel, and an agent that asks for the rest of the log has it too.
    pub fn handle_timeout(&mut self, now: UnixMs) {
        while let Some((due, id)) = self.due.first().copied()
            && due <= now
        {
            self.grant_due(id);
        }
        while let Some((due, key)) = self.foreign.first().cloned()
            && due <= now
        {
            self.forget_foreign(due, &key);
        }
    }

    /// The next step in a grant's life: end, settle, be forgotten.
    fn grant_due(&mut self, id: GrantId) {
        let Some(held) = self.grants.get(&id) else { return };
        match held.grant.ended {
            None => {
                let end = GrantEnd { cause: EndCause::TimeUp, at: held.grant.ends };
                self.close(id, end, None);
            }
            Some(end) if !held.settled => {
                let forget = held.grant.day_ends.max(end.at).plus_ms(self.limits.settle_ms);
                self.settle(id);
                self.set_due(id, forget);
            }
            Some(_) => self.forget(id),
        }
    }

    /// Takes the sessions of an ended grant that nobody closed as lost.
    fn settle(&mut self, id: GrantId) {
        let Some(held) = self.grants.get_mut(&id) else { return };
        held.settled = true;
        let keys: Vec<SessionKey> = held.sessions.iter().cloned().collect();
        for key in keys {
            self.close_as_lost(&key);
        }
    }

    pub(super) fn close_as_lost(&mut self, key: &SessionKey) {
        if let Some(tracked) = self.sessions.get_mut(key)
            && tracked.session.end.is_none()
        {
            tracked.session.end = Some(SessionEnd::Lost);
            self.outputs.push_back(Output::SessionChanged(tracked.session.clone()));
        }
    }

    /// Lets an ended grant and its sessions go; the store keeps them.
    fn forget(&mut self, id: GrantId) {
        self.settle(id);
        let Some(held) = self.grants.remove(&id) else { return };
        self.due.remove(&(held.due, id));
        if let Some(end) = held.grant.ended {
            self.ended.remove(&(end.at, id));
        }
        if let Some(ids) = self.devices.get_mut(&held.grant.mac) {
            ids.remove(&id);
            if ids.is_empty() {
                self.devices.remove(&held.grant.mac);
            }
        }
        for key in &held.sessions {
            self.sessions.remove(key);
        }
    }

    fn forget_foreign(&mut self, due: UnixMs, key: &SessionKey) {
        self.close_as_lost(key);
        self.sessions.remove(key);
        self.foreign.remove(&(due, key.clone()));
    }

    pub(super) fn forget_beyond_bounds(&mut self) {
        while self.ended.len() > self.limits.ended_grants
            && let Some((_, id)) = self.ended.first().copied()
        {
            self.forget(id);
        }
        while self.foreign.len() > self.limits.foreign_sessions
            && let Some((due, key)) = self.foreign.first().cloned()
        {
            self.forget_foreign(due, &key);
        }
    }
}
