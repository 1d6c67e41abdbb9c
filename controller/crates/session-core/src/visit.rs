//! What is derived from a grant and its sessions: the visit, and the use a device made of a day.

use std::collections::BTreeSet;

use crate::{ApId, Session, UnixMs};

/// All sessions of one grant, added up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Visit {
    /// Sessions there were.
    pub sessions: usize,
    /// Sessions that are open.
    pub open: usize,
    /// Access points that saw it.
    pub aps: BTreeSet<ApId>,
    /// Bytes from the device, on all access points.
    pub bytes_up: u64,
    /// Bytes to the device, on all access points.
    pub bytes_down: u64,
    /// Last packet on any access point.
    pub last_packet: Option<UnixMs>,
}

impl Visit {
    /// Adds up the sessions of one grant.
    #[must_use]
    pub fn of<'a>(sessions: impl IntoIterator<Item = &'a Session>) -> Self {
        let mut visit = Self::default();
        for session in sessions {
            visit.sessions += 1;
            visit.open += usize::from(session.end.is_none());
            visit.bytes_up = visit.bytes_up.saturating_add(session.bytes_up);
            visit.bytes_down = visit.bytes_down.saturating_add(session.bytes_down);
            visit.last_packet = visit.last_packet.max(Some(session.last_packet));
            if !visit.aps.contains(&session.key.ap) {
                visit.aps.insert(session.key.ap.clone());
            }
        }
        visit
    }
}

/// What a device used of one civil day, over all its grants of that day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DayUsage {
    /// Time on line, in milliseconds.
    pub time_ms: u64,
    /// Bytes in both directions.
    pub bytes: u64,
}
