//! The handle that everybody holds.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use session_core::{ApId, DomainId, GrantId, Mac, Plan, Position, Session, Stored, UnixMs, Visit};
use tokio::sync::watch;

use crate::{AccessPoint, Batch, Enrollment, Import, Imported, JournalId, LogRest, StoreError, Zone};

/// How a store is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Batches and changes that may wait for the writer; one more is refused as [`StoreError::Overloaded`].
    pub queue: usize,
    /// How long another program's lock is waited for.
    pub busy_timeout: Duration,
    /// Connections for reading.
    pub readers: u32,
    /// How often the changes of other programs are looked for.
    pub poll: Duration,
    /// Entries of a domain's grant log that are kept; an agent further behind gets a snapshot.
    pub log_entries: u64,
    /// Most pages the file may have, for tests of a full disk; `None` for the driver's own bound.
    pub max_pages: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            queue: 1024,
            busy_timeout: Duration::from_secs(5),
            readers: 4,
            poll: Duration::from_millis(250),
            log_entries: 10_000,
            max_pages: None,
        }
    }
}

/// The store. Clones share one writer and one pool of readers.
#[derive(Clone)]
pub struct Store {}

#[expect(clippy::unused_async, clippy::unimplemented, unused_variables, missing_docs, clippy::missing_errors_doc)]
impl Store {
    /// Opens `sqlite:FILE` (or a bare path), makes it if it is not there, and migrates it.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        unimplemented!()
    }
    pub async fn open_with(url: &str, options: Options) -> Result<Self, StoreError> {
        unimplemented!()
    }
    /// Waits until everything queued is written, then closes the file.
    pub async fn close(&self) {
        unimplemented!()
    }
    /// Writes a batch: `Ok` only after COMMIT.
    pub async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        unimplemented!()
    }
    /// A number that rises when a management change was committed by this process or anything by another one.
    pub fn changes(&self) -> watch::Receiver<u64> {
        unimplemented!()
    }
    /// Transactions committed since it was opened.
    pub fn commits(&self) -> u64 {
        unimplemented!()
    }
    /// Whether the database answers (for /readyz).
    pub async fn check(&self) -> Result<(), StoreError> {
        unimplemented!()
    }

    // Domain and log
    /// Everything `Domain::restore` needs; pass `now - limits.settle_ms`.
    pub async fn load_domain(&self, domain: &DomainId, remembered_since: UnixMs) -> Result<Stored, StoreError> {
        unimplemented!()
    }
    /// What an agent at `have` misses; committed entries only.
    pub async fn log_rest(&self, domain: &DomainId, have: Position) -> Result<LogRest, StoreError> {
        unimplemented!()
    }
    /// Raises the epoch (a restored backup was noticed); load the domain again afterwards.
    pub async fn raise_epoch(&self, domain: &DomainId) -> Result<Position, StoreError> {
        unimplemented!()
    }
    /// Last durable record of a journal, 0 for none.
    pub async fn journal_position(&self, ap: &ApId, journal: JournalId) -> Result<u64, StoreError> {
        unimplemented!()
    }
    pub async fn sessions_of(&self, grant: GrantId) -> Result<Vec<Session>, StoreError> {
        unimplemented!()
    }
    pub async fn visit(&self, grant: GrantId) -> Result<Visit, StoreError> {
        unimplemented!()
    }

    // Plans
    pub async fn put_plan(&self, plan: Plan) -> Result<(), StoreError> {
        unimplemented!()
    }
    pub async fn plan(&self, name: &str) -> Result<Option<Plan>, StoreError> {
        unimplemented!()
    }
    pub async fn plans(&self) -> Result<Vec<Plan>, StoreError> {
        unimplemented!()
    }

    // Access points
    pub async fn import(&self, import: Import) -> Result<Imported, StoreError> {
        unimplemented!()
    }
    pub async fn access_point(&self, id: &ApId) -> Result<Option<AccessPoint>, StoreError> {
        unimplemented!()
    }
    pub async fn access_points(&self) -> Result<Vec<AccessPoint>, StoreError> {
        unimplemented!()
    }
    pub async fn zones(&self) -> Result<Vec<Zone>, StoreError> {
        unimplemented!()
    }
    /// Keeps the SHA-256 of a new token's secret; earlier unused tokens of the access point stop working.
    pub async fn add_token(&self, ap: &ApId, secret_sha256: [u8; 32], expires: UnixMs) -> Result<(), StoreError> {
        unimplemented!()
    }
    /// Uses a token: pins the key, at most once.
    pub async fn enroll(&self, secret_sha256: [u8; 32], key: [u8; 32], now: UnixMs) -> Result<Enrollment, StoreError> {
        unimplemented!()
    }
    /// Refuses an access point's key from now on; a new enrolment lifts it.
    pub async fn revoke(&self, ap: &ApId, now: UnixMs) -> Result<(), StoreError> {
        unimplemented!()
    }

    // Block list and settings
    pub async fn blocked(&self) -> Result<BTreeSet<Mac>, StoreError> {
        unimplemented!()
    }
    pub async fn set_blocked(&self, mac: Mac, blocked: bool, now: UnixMs) -> Result<(), StoreError> {
        unimplemented!()
    }
    pub async fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        unimplemented!()
    }
    pub async fn settings(&self) -> Result<BTreeMap<String, String>, StoreError> {
        unimplemented!()
    }
    pub async fn set_setting(&self, key: &str, value: &str) -> Result<(), StoreError> {
        unimplemented!()
    }
}
