//! The handle that everybody holds. What stands here is the same for every database; the SQL is a dialect's own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use session_core::{ApId, DomainId, Grant, GrantId, Mac, Plan, Position, Session, Stored, UnixMs};
use tokio::sync::watch;

use crate::change::{Change, Changed};
use crate::sqlite::Database;
use crate::{AccessPoint, Actor, Batch, Enrollment, Import, Imported, JournalId, LogRest, StoreError, Zone};

/// How a store is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Batches and changes that may wait for the writer; one more is refused as [`StoreError::Overloaded`].
    pub queue: usize,
    /// How long another program's lock, or a free reader, is waited for.
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
///
/// Every method may fail with the errors of the database as a whole: locked, corrupt, full, not writable, a failing
/// disk, [`StoreError::Overloaded`] and [`StoreError::Closed`]. Below, only further ones are named.
#[derive(Clone)]
pub struct Store {
    database: Arc<Database>,
    actor: Actor,
}

impl Store {
    /// Opens `sqlite:FILE` or a bare path with [`Options::default`].
    ///
    /// # Errors
    /// As [`Store::open_with`].
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        Self::open_with(url, Options::default()).await
    }

    /// Opens the database, makes it if it is not there, and brings its schema up to this build's.
    ///
    /// # Errors
    /// [`StoreError::UnsupportedUrl`] and [`StoreError::NewerSchema`]. Nothing has changed then.
    pub async fn open_with(url: &str, options: Options) -> Result<Self, StoreError> {
        let database = Arc::new(Database::open(url, &options).await?);
        Ok(Self { database, actor: Actor::Controller })
    }

    /// The same store, in the name of somebody else: the audit log says so of every change made with it.
    #[must_use]
    pub fn acting_as(&self, actor: Actor) -> Self {
        Self { database: Arc::clone(&self.database), actor }
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// The one way to a management change: with its actor, so that it leaves its row in the audit log.
    pub(crate) async fn change(&self, change: Change) -> Result<Changed, StoreError> {
        self.database.change(self.actor.clone(), change).await
    }

    /// Waits until everything queued is written, then closes the file. Whoever asks afterwards gets
    /// [`StoreError::Closed`].
    pub async fn close(&self) {
        self.database.close().await;
    }

    /// Writes a batch, all of it or nothing; `Ok` comes only after its COMMIT.
    ///
    /// # Errors
    /// [`StoreError::Superseded`] when its log entries do not continue the domain's log, [`StoreError::Refused`] when
    /// a row breaks a rule.
    pub async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        if batch.is_empty() { Ok(()) } else { self.database.commit(batch).await }
    }

    /// A number that rises when a management change of this process was committed, or anything of another process.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.database.changes()
    }

    /// Transactions committed since it was opened.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.database.commits()
    }

    /// Batches and changes that wait for the writer.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.database.waiting()
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.database.check().await
    }

    /// The newest time at which anything was granted or an access point's journal was stored; `None` in a new database.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn newest(&self) -> Result<Option<UnixMs>, StoreError> {
        self.database.newest().await
    }

    /// What `session_core::Domain::restore` needs; `since` is now less the machine's `settle_ms`.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] for a domain that is not there.
    pub async fn load_domain(&self, domain: &DomainId, since: UnixMs) -> Result<Stored, StoreError> {
        self.database.load_domain(domain, since).await?.ok_or_else(|| unknown_domain(domain))
    }

    /// What an agent at the position `have` misses; only what is committed.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] for a domain that is not there.
    pub async fn log_rest(&self, domain: &DomainId, have: Position) -> Result<LogRest, StoreError> {
        self.database.log_rest(domain, have).await?.ok_or_else(|| unknown_domain(domain))
    }

    /// Raises the epoch of a domain's log, because an agent ahead of it showed that a backup was restored. Every
    /// agent then gets a snapshot; the machine has to be loaded again.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] for a domain that is not there.
    pub async fn raise_epoch(&self, domain: &DomainId) -> Result<Position, StoreError> {
        let changed = self.change(Change::RaiseEpoch(domain.clone())).await?;
        if let Changed::Position(position) = changed { Ok(position) } else { Err(StoreError::Closed) }
    }

    /// The last durable record of an agent's journal, 0 for none.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn journal_position(&self, ap: &ApId, journal: JournalId) -> Result<u64, StoreError> {
        self.database.journal_position(ap, journal).await
    }

    /// A grant, however long ago it ended.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn grant(&self, id: GrantId) -> Result<Option<Grant>, StoreError> {
        self.database.grant(id).await
    }

    /// All sessions of a grant, the first opened first; `session_core::Visit::of` adds them up.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn sessions_of(&self, grant: GrantId) -> Result<Vec<Session>, StoreError> {
        self.database.sessions_of(grant).await
    }

    /// Adds a plan or replaces it; running visits keep their terms.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn put_plan(&self, plan: Plan) -> Result<(), StoreError> {
        self.change(Change::Plan(plan)).await.map(|_| ())
    }

    /// A plan by its name.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn plan(&self, name: &str) -> Result<Option<Plan>, StoreError> {
        self.database.plan(name).await
    }

    /// All plans by name.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn plans(&self) -> Result<Vec<Plan>, StoreError> {
        self.database.plans().await
    }

    /// Takes over an inventory, all of it or nothing; twice is as once. Keys and enrolments stay.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] for a domain that is not there, [`StoreError::Refused`] for coordinates off the earth.
    pub async fn import(&self, import: Import) -> Result<Imported, StoreError> {
        let changed = self.change(Change::Import(import)).await?;
        if let Changed::Imported(imported) = changed { Ok(imported) } else { Err(StoreError::Closed) }
    }

    /// An access point by its id.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn access_point(&self, id: &ApId) -> Result<Option<AccessPoint>, StoreError> {
        self.database.access_point(id).await
    }

    /// All access points by id.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn access_points(&self) -> Result<Vec<AccessPoint>, StoreError> {
        self.database.access_points().await
    }

    /// All zones by id.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn zones(&self) -> Result<Vec<Zone>, StoreError> {
        self.database.zones().await
    }

    /// Keeps the SHA-256 of a new enrolment token's secret; an earlier token of the access point works no more.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] for an access point that is not there.
    pub async fn add_token(
        &self,
        ap: &ApId,
        secret_sha256: [u8; 32],
        expires: UnixMs,
    ) -> Result<(), StoreError> {
        self.change(Change::Token { ap: ap.clone(), secret_sha256, expires }).await.map(|_| ())
    }

    /// Uses an enrolment token: pins the agent's key, once.
    ///
    /// # Errors
    /// Only the common ones; a token that is not accepted is an [`Enrollment`].
    pub async fn enroll(
        &self,
        secret_sha256: [u8; 32],
        key: [u8; 32],
        now: UnixMs,
    ) -> Result<Enrollment, StoreError> {
        let changed = self.change(Change::Enroll { secret_sha256, key, now }).await?;
        if let Changed::Enrollment(enrollment) = changed { Ok(enrollment) } else { Err(StoreError::Closed) }
    }

    /// Revokes an access point's agent; a new enrolment lifts it.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] for an access point that is not there.
    pub async fn revoke(&self, ap: &ApId, now: UnixMs) -> Result<(), StoreError> {
        self.change(Change::Revoke { ap: ap.clone(), now }).await.map(|_| ())
    }

    /// The block list.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn blocked(&self) -> Result<BTreeSet<Mac>, StoreError> {
        self.database.blocked().await
    }

    /// Puts a device on the block list or takes it off, for commands; the controller that serves sees it by
    /// [`Store::changes`].
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn set_blocked(&self, mac: Mac, blocked: bool, now: UnixMs) -> Result<(), StoreError> {
        self.change(Change::Block { mac, blocked, now }).await.map(|_| ())
    }

    /// Asks for the end of a visit. The controller that serves sees it by [`Store::changes`], does it and takes the
    /// wish out with [`Batch::kicked`].
    ///
    /// # Errors
    /// [`StoreError::Refused`] for a grant that is not there.
    pub async fn kick(&self, grant: GrantId, now: UnixMs) -> Result<(), StoreError> {
        self.change(Change::Kick { grant, now }).await.map(|_| ())
    }

    /// The grants whose end was asked for and that nobody has ended yet, the oldest wish first.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn kicks(&self, domain: &DomainId) -> Result<Vec<GrantId>, StoreError> {
        self.database.kicks(domain).await
    }

    /// A setting, `config_version` for instance.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.database.setting(key).await
    }

    /// All settings.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn settings(&self) -> Result<BTreeMap<String, String>, StoreError> {
        self.database.settings().await
    }

    /// Writes a setting.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn set_setting(&self, key: &str, value: &str) -> Result<(), StoreError> {
        let (key, value) = (key.to_owned(), value.to_owned());
        self.change(Change::Setting { key, value }).await.map(|_| ())
    }
}

fn unknown_domain(domain: &DomainId) -> StoreError {
    StoreError::Unknown { kind: "domain", id: domain.0.clone() }
}
