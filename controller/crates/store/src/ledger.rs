//! The ledger as its readers see it: what changed, what an hour holds, which zone an access point is in.

use std::collections::BTreeMap;

use session_core::{GrantId, UnixMs};
use stats_core::{HourRows, Span};

use crate::change::Change;
use crate::{Store, StoreError};

/// Which ledger it is and how far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerState {
    /// Random when the ledger was made.
    pub id: [u8; 16],
    /// Rises with every transaction that changed it.
    pub sequence: u64,
}

/// One number of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerRow {
    /// Beginning of the minute, Unix milliseconds.
    pub minute_ms: u64,
    /// Code of the measure.
    pub measure: u16,
    /// The number.
    pub n: i64,
}

impl Store {
    /// Which ledger it is and how far it has come.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn ledger_state(&self) -> Result<LedgerState, StoreError> {
        self.database().ledger_state().await
    }

    /// The minutes, oldest first, in which something changed after the ledger's sequence was `watermark`. What is read
    /// afterwards is at least as new.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn ledger_changes(&self, watermark: u64) -> Result<Vec<u64>, StoreError> {
        self.database().ledger_changes(watermark).await
    }

    /// What the ledger holds of one hour.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn ledger_hour(&self, hour: Span) -> Result<HourRows, StoreError> {
        self.database().ledger_hour(hour).await
    }

    /// The numbers of the minutes that begin in `span`, of one access point or added up over all; the oldest first.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn ledger_minutes(&self, ap: Option<&str>, span: Span) -> Result<Vec<LedgerRow>, StoreError> {
        self.database().ledger_minutes(ap, span).await
    }

    /// Lets the minutes and devices before a moment go.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn prune_ledger(&self, before: UnixMs) -> Result<(), StoreError> {
        self.change(Change::PruneLedger { before }).await.map(|_| ())
    }

    /// The oldest minute of the ledger.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn ledger_start(&self) -> Result<Option<UnixMs>, StoreError> {
        self.database().ledger_start().await
    }

    /// Every access point that is in a zone, with the zone's id; those that speak RADIUS as `nas:` and their name.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn zone_of_access_points(&self) -> Result<BTreeMap<String, String>, StoreError> {
        self.database().zone_of_access_points().await
    }

    /// The first packet of each of these grants that has had a session.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn first_packets(&self, grants: &[GrantId]) -> Result<BTreeMap<GrantId, UnixMs>, StoreError> {
        self.database().first_packets(grants).await
    }
}
