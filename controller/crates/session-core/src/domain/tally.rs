//! What was reported since the machine was made, for figures that only rise.

use crate::Session;

/// Sums over all access points. A machine that is restored begins with nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Bytes from devices.
    pub bytes_up: u64,
    /// Bytes to devices.
    pub bytes_down: u64,
    /// Grants that were used for the first time: a session of theirs was reported, and none had been before.
    pub first_uses: u64,
}

impl Tally {
    /// Adds how far a session's counters rose.
    pub(super) fn moved(&mut self, (up, down): (u64, u64), session: &Session) {
        self.bytes_up = self.bytes_up.saturating_add(session.bytes_up.saturating_sub(up));
        self.bytes_down = self.bytes_down.saturating_add(session.bytes_down.saturating_sub(down));
    }

    /// What came since `before`.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self {
            bytes_up: self.bytes_up.saturating_sub(before.bytes_up),
            bytes_down: self.bytes_down.saturating_sub(before.bytes_down),
            first_uses: self.first_uses.saturating_sub(before.first_uses),
        }
    }
}
