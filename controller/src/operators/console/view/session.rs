//! Who is on line, and ending a visit.

use super::{ApRef, Untrusted};

/// The list of live sessions.
#[derive(Debug, Clone, Default)]
pub struct Sessions {
    /// Only those of this access point.
    pub at: Option<String>,
    /// The access points that may be chosen.
    pub choices: Vec<ApRef>,
    /// One page of them, newest first.
    pub rows: Vec<SessionRow>,
    /// How many there are altogether under this filter.
    pub total: usize,
    /// Where the next page begins.
    pub next: Option<String>,
    /// How ending a visit went, of the form that led here.
    pub done: Option<KickDone>,
}

/// One live session.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionRow {
    /// Its id in addresses of pages.
    pub id: String,
    /// What people call it: the support code, or the end of the id.
    pub code: String,
    /// Where.
    pub ap: ApRef,
    /// Name of the wireless network, as the air has it.
    pub network: Option<Untrusted>,
    /// Name of the account (RADIUS User-Name).
    pub user: Option<Untrusted>,
    /// Since when.
    pub opened_ms: u64,
    /// When its last packet passed.
    pub active_ms: u64,
    /// When its time ends; `None` without an end.
    pub ends_ms: Option<u64>,
    /// Bytes to the visitor.
    pub down_bytes: u64,
    /// Bytes from the visitor.
    pub up_bytes: u64,
    /// Whether it can be ended from here.
    pub kick: Kick,
}

/// Whether a session can be ended from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kick {
    /// Yes, within a second.
    Possible,
    /// No: its access point speaks RADIUS without dynamic authorization.
    NotByRadius,
    /// No: the operator's role may change nothing.
    NotAllowed,
}

/// Asks whether a visit is really to be ended, or says that this cannot be.
#[derive(Debug, Clone)]
pub struct KickPage {
    /// The session; `None` when there is none with this id (any more).
    pub session: Option<SessionRow>,
    /// The filter to come back to.
    pub at: Option<String>,
}

/// How ending a visit went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KickDone {
    /// The gate is closed.
    Ended,
    /// It will be closed; the access point has no link now.
    Later,
    /// There was nothing to end.
    Gone,
    /// Its access point cannot do that.
    NotByRadius,
}
