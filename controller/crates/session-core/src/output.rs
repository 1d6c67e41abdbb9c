//! What the machine wants done: rows to write and entries to send, in this order.

use crate::{Grant, Mac, NasRestart, NasSession, Position, Session, UnixMs};

/// One thing to be done. All of one step go into one transaction; only then entries are sent and answers given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// The grant's row is now this.
    GrantChanged {
        /// The whole grant.
        grant: Grant,
        /// Its entry of the log, to be sent to the domain's agents; `None` when they need not be told.
        entry: Option<Position>,
    },
    /// The session's row is now this.
    SessionChanged(Session),
    /// What only RADIUS knows of a session is now this; the session's own row comes with it or was there before.
    NasSessionChanged(NasSession),
    /// An access point of another make began anew or stopped.
    NasRestarted(NasRestart),
    /// The device was put on the block list, or taken off it.
    BlockChanged {
        /// The device.
        mac: Mac,
        /// Whether it is blocked now.
        blocked: bool,
        /// When that was decided.
        at: UnixMs,
    },
}
