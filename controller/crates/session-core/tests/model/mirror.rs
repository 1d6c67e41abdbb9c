//! What the outputs make of a database: rows by key, with the rules of its upserts.

use std::collections::{BTreeMap, BTreeSet};

use session_core::{Grant, GrantId, Mac, Output, Position, Session, SessionEnd, SessionKey, Stored, UnixMs};

#[derive(Default)]
pub struct Mirror {
    pub grants: BTreeMap<GrantId, Grant>,
    pub sessions: BTreeMap<SessionKey, Session>,
    pub blocked: BTreeSet<Mac>,
    sequence: u64,
}

impl Mirror {
    pub fn write(&mut self, output: Output) {
        match output {
            Output::GrantChanged { grant, entry } => {
                let before = self.grants.get(&grant.id);
                if let Some(entry) = entry {
                    self.sequence += 1;
                    assert_eq!(entry.sequence, self.sequence, "the log has no holes");
                    assert_eq!(entry, grant.entry);
                    assert_eq!(grant.revision, before.map_or(1, |before| before.revision + 1));
                } else {
                    assert_eq!(Some(grant.revision), before.map(|before| before.revision));
                }
                assert!(before.is_none_or(|before| before.ended.is_none()), "what has ended stays as it is");
                self.grants.insert(grant.id, grant);
            }
            Output::SessionChanged(session) => {
                let kept = self.sessions.entry(session.key.clone()).or_insert_with(|| session.clone());
                kept.opened = kept.opened.min(session.opened);
                kept.last_packet = kept.last_packet.max(session.last_packet);
                kept.bytes_up = kept.bytes_up.max(session.bytes_up);
                kept.bytes_down = kept.bytes_down.max(session.bytes_down);
                kept.packets_up = kept.packets_up.max(session.packets_up);
                kept.packets_down = kept.packets_down.max(session.packets_down);
                if matches!(kept.end, None | Some(SessionEnd::Lost)) {
                    kept.end = session.end.or(kept.end);
                }
                kept.addresses.extend(session.addresses);
            }
            Output::NasSessionChanged(_) | Output::NasRestarted(_) => panic!("nobody sent accounting"),
            Output::BlockChanged { mac, blocked: true, .. } => assert!(self.blocked.insert(mac)),
            Output::BlockChanged { mac, blocked: false, .. } => assert!(self.blocked.remove(&mac)),
        }
    }

    /// What the machine remembers, by the rule it documents.
    pub fn stored(&self, position: Position, since: UnixMs) -> Stored {
        let remembered = |grant: &&Grant| grant.ended.is_none_or(|end| end.at.max(grant.day_ends) > since);
        let grants: Vec<Grant> = self.grants.values().filter(remembered).cloned().collect();
        let ids: BTreeSet<GrantId> = grants.iter().map(|grant| grant.id).collect();
        let kept = |session: &&Session| session.end.is_none() || ids.contains(&session.grant);
        let sessions = self.sessions.values().filter(kept).cloned().collect();
        let blocked = self.blocked.clone();
        Stored { position, grants, sessions, blocked, nas_sessions: Vec::new(), nas_restarts: Vec::new() }
    }
}
