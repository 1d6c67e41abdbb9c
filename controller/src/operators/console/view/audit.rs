//! Who changed what.

use super::Untrusted;

/// The audit log.
#[derive(Debug, Clone, Default)]
pub struct Audit {
    /// One page of it, newest first.
    pub rows: Vec<AuditRow>,
    /// Where the next, older page begins.
    pub next: Option<String>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// When.
    pub at_ms: u64,
    /// Who: an operator's address, `command:` and a Unix user, or `controller`.
    pub operator: Untrusted,
    /// What kind of change, as the log has it (`session.kick`).
    pub action: String,
    /// To what.
    pub subject: Untrusted,
    /// What else is known, as JSON.
    pub detail: Untrusted,
}
