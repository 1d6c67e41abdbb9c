//! The machine as it was, made anew from what the store kept.

use std::collections::BTreeSet;

use super::{Domain, Limits};
use crate::{Grant, Mac, NasRestart, NasSession, Position, Session, UnixMs};

/// What the store hands over: exactly what the machine remembers, by the rules at [`Domain`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Place of the log's newest entry.
    pub position: Position,
    /// Live grants, and ended ones whose day or end is not longer ago than [`Limits::settle_ms`].
    pub grants: Vec<Grant>,
    /// All sessions of these grants, and every other session that is open.
    pub sessions: Vec<Session>,
    /// The block list.
    pub blocked: BTreeSet<Mac>,
    /// Sessions of other makes' access points heard of within [`crate::ACCOUNTING_KEPT_MS`].
    pub nas_sessions: Vec<NasSession>,
    /// The latest restart of each of these access points.
    pub nas_restarts: Vec<NasRestart>,
}

impl Domain {
    /// Rebuilds the machine; it answers as the one before did. What fell due in between is done by the next input
    /// or [`Domain::handle_timeout`], with outputs to be written as ever.
    #[must_use]
    pub fn restore(stored: Stored, limits: Limits, now: UnixMs) -> Self {
        let mut domain = Self::new(stored.position.epoch, limits);
        domain.position = stored.position;
        domain.blocked = stored.blocked;
        // Before the sessions: how long one is remembered depends on whose it is.
        domain.remember_accounting(stored.nas_sessions, stored.nas_restarts);
        for grant in stored.grants {
            domain.hold(grant);
        }
        for session in stored.sessions {
            domain.track(session, now);
        }
        domain.forget_beyond_bounds();
        domain
    }
}
