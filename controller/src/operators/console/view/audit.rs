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
    /// Who: the name of an operator, or the command line.
    pub operator: Untrusted,
    /// What kind of change, as the log has it (`session.kick`).
    pub action: String,
    /// To what.
    pub subject: Untrusted,
    /// What else is known.
    pub detail: Untrusted,
    /// Where it came from.
    pub address: Option<String>,
}
