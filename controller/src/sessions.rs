//! The visits: one owner task drives the machine of `session-core` and is the only one that writes its changes.
//!
//! Every step goes the same way: inputs into the machine, its outputs into one batch, the batch into the store, and
//! only after the commit the entries to the access points and the answers to those who asked. When a commit fails
//! nothing is told to anybody: the machine, which has moved on, is thrown away and made anew from the store; taps are
//! answered "busy", and records of journals are kept here and tried again, so that no access point is told `durable`
//! for what is not.

mod owner;
mod step;
pub mod support_code;
mod wire;

use session_core::{
    AccountingRecord, ApId, CivilDay, Connect, Connected, DayUsage, DomainId, Grant, Mac, NasRestart,
    NetworkId, Refusal, UnixMs,
};
use store::{Batch, JournalId, Store, StoreError};
use tokio::sync::{mpsc, oneshot};

pub use owner::{Owner, OwnerEnd};
pub use wire::{JournalPart, JournalPartError};

use agent_protocol::v1;

use crate::clock;

/// Requests that may wait for the owner; one more makes its sender wait.
const MOST_REQUESTS: usize = 1024;
/// Questions that may wait.
const MOST_QUESTIONS: usize = 1024;

/// What the domain's access points must be told, in order.
#[derive(Debug, Clone)]
pub enum Announcement {
    /// Committed entries that continue the log.
    Entries(Vec<v1::LogEntry>),
    /// The whole log anew.
    Reset(LogState),
}

/// The grant log at one position.
#[derive(Debug, Clone, Default)]
pub struct LogState {
    /// Epoch of the position.
    pub epoch: u64,
    /// Sequence of the position.
    pub sequence: u64,
    /// The grants live there.
    pub live: Vec<v1::Grant>,
    /// The entries before the position that are still kept, oldest first.
    pub tail: Vec<v1::LogEntry>,
}

/// What is known of a device at one moment.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Its live grant; perhaps not committed yet, so that only its entry's position says whether it is in force.
    pub grant: Option<Grant>,
    /// What it used of the day.
    pub usage: DayUsage,
    /// Bytes left under the grant.
    pub remaining_bytes: Option<u64>,
    /// Whether an operator has blocked it.
    pub blocked: bool,
}

/// The store does not answer, or the controller stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the visits cannot be looked up or changed; see what the log says about the database")]
pub struct Unavailable {
    /// Since when, Unix milliseconds; `None` when not known.
    pub since_ms: Option<u64>,
}

/// Why a tap gives no grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// The rules say no.
    #[error(transparent)]
    Refused(Refusal),
    /// It could not be stored.
    #[error(transparent)]
    Unavailable(Unavailable),
}

/// What an access point of another make says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accounted {
    /// Something of a session.
    Record(Box<AccountingRecord>),
    /// It began anew, or stops.
    Restart(NasRestart),
}

enum Request {
    Account {
        records: Vec<Accounted>,
        reply: oneshot::Sender<Result<(), Unavailable>>,
    },
    Connect {
        ask: Connect,
        entropy: [u8; 16],
        reply: oneshot::Sender<Result<Connected, ConnectError>>,
    },
    End {
        network: NetworkId,
        mac: Mac,
        reply: oneshot::Sender<Result<(), Unavailable>>,
    },
    Journal {
        ap: ApId,
        journal: JournalId,
        durable: u64,
        reply: oneshot::Sender<()>,
    },
    Record {
        part: JournalPart,
        reply: oneshot::Sender<()>,
    },
    LogIsOlder {
        epoch: u64,
        sequence: u64,
    },
    /// Answered when the log has begun a new epoch, or need not.
    RecordsMissing {
        epoch: u64,
        reply: oneshot::Sender<()>,
    },
    AnnounceAgain,
}

enum Question {
    Standing {
        network: NetworkId,
        mac: Mac,
        day: CivilDay,
        reply: oneshot::Sender<Result<Standing, Unavailable>>,
    },
    Figures {
        reply: oneshot::Sender<Figures>,
    },
}

/// What is open at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// Sessions open on access points with an agent of ours.
    pub open_agent: usize,
    /// Sessions open on access points that account by RADIUS.
    pub open_radius: usize,
    /// Grants live.
    pub live_grants: usize,
    /// Requests that wait to become part of a commit.
    pub waiting_requests: usize,
}

/// The way to the owner. Cheap to clone.
#[derive(Clone)]
pub struct Sessions {
    domain: DomainId,
    requests: mpsc::Sender<Request>,
    questions: mpsc::Sender<Question>,
    store: Store,
}

const STOPPED: Unavailable = Unavailable { since_ms: None };

impl Sessions {
    /// Gives a device its grant; answered after the commit.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn connect(&self, ask: Connect) -> Result<Connected, ConnectError> {
        let mut entropy = [0; 16];
        // Without randomness of the system no id could be told from another's.
        getrandom::fill(&mut entropy).map_err(|_| ConnectError::Unavailable(STOPPED))?;
        let (reply, answer) = oneshot::channel();
        let sent = self.requests.send(Request::Connect { ask, entropy, reply }).await;
        sent.map_err(|_| ConnectError::Unavailable(STOPPED))?;
        answer.await.map_err(|_| ConnectError::Unavailable(STOPPED))?
    }

    /// Ends the grant of a device, if it has one; answered after the commit.
    ///
    /// # Errors
    /// [`Unavailable`].
    pub async fn end(&self, network: NetworkId, mac: Mac) -> Result<(), Unavailable> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(Request::End { network, mac, reply }).await.map_err(|_| STOPPED)?;
        answer.await.map_err(|_| STOPPED)?
    }

    /// What is known of a device; from memory.
    ///
    /// # Errors
    /// [`Unavailable`].
    pub async fn standing(
        &self,
        network: NetworkId,
        mac: Mac,
        day: CivilDay,
    ) -> Result<Standing, Unavailable> {
        let (reply, answer) = oneshot::channel();
        self.questions.send(Question::Standing { network, mac, day, reply }).await.map_err(|_| STOPPED)?;
        answer.await.map_err(|_| STOPPED)?
    }

    /// What is open now; from memory.
    ///
    /// # Errors
    /// [`Unavailable`].
    pub async fn figures(&self) -> Result<Figures, Unavailable> {
        let (reply, answer) = oneshot::channel();
        self.questions.send(Question::Figures { reply }).await.map_err(|_| STOPPED)?;
        answer.await.map_err(|_| STOPPED)
    }

    /// Says that an access point is here with this journal, that a controller told it that all up to `told` is durable,
    /// and of which epoch its grants are. Returns the last record that is durable. When records that it was told of are
    /// missing, the database is an older one: the log begins a new epoch, and only then are they given up.
    ///
    /// # Errors
    /// What the store says.
    pub async fn journal_announced(
        &self,
        ap: &str,
        journal: [u8; 16],
        told: u64,
        epoch: u64,
    ) -> Result<u64, StoreError> {
        let (ap, journal) = (ApId::from(ap), JournalId(journal));
        let held = self.store.journal_position(&ap, journal).await?;
        let durable = held.max(told);
        if told > held {
            tracing::error!(ap.id = %ap.0, records = told - held, "records that were durable are missing in the database");
            let (reply, settled) = oneshot::channel();
            let missing = Request::RecordsMissing { epoch, reply };
            self.requests.send(missing).await.map_err(|_| StoreError::Closed)?;
            settled.await.map_err(|_| StoreError::Closed)?;
            let mut batch = Batch::new(self.domain.clone());
            batch.journal(&ap, journal, told, UnixMs(clock::unix_ms()));
            self.store.commit(batch).await?;
        }
        let (reply, taken) = oneshot::channel();
        self.requests
            .send(Request::Journal { ap, journal, durable, reply })
            .await
            .map_err(|_| StoreError::Closed)?;
        taken.await.map_err(|_| StoreError::Closed)?;
        Ok(durable)
    }

    /// Takes records of a journal in. What is returned resolves when they are durable, and fails when they do not
    /// continue the journal or the controller stops: the access point must connect again then.
    ///
    /// # Errors
    /// [`Unavailable`] when the controller stops.
    pub async fn record(&self, part: JournalPart) -> Result<oneshot::Receiver<()>, Unavailable> {
        let (reply, durable) = oneshot::channel();
        self.requests.send(Request::Record { part, reply }).await.map_err(|_| STOPPED)?;
        Ok(durable)
    }

    /// Takes accounting records in; answered after the commit. On an error none of them may be answered.
    ///
    /// # Errors
    /// [`Unavailable`].
    pub async fn account(&self, records: Vec<Accounted>) -> Result<(), Unavailable> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(Request::Account { records, reply }).await.map_err(|_| STOPPED)?;
        answer.await.map_err(|_| STOPPED)?
    }

    /// Says that an access point holds a later position of the log than the controller: the database is an older
    /// one, and the log begins a new epoch.
    pub async fn log_is_older(&self, epoch: u64, sequence: u64) {
        // Nothing is lost when the controller stops: the access point says it again at its next hello.
        let _ = self.requests.send(Request::LogIsOlder { epoch, sequence }).await;
    }

    /// Asks for [`Announcement::Reset`].
    pub async fn announce_again(&self) {
        let _ = self.requests.send(Request::AnnounceAgain).await;
    }
}

/// The id of the machine's domain.
fn domain_id(domain: &str) -> DomainId {
    DomainId::from(domain)
}
