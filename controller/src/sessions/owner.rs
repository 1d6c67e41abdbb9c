//! The one task that owns the machine; see the rules in [`super`].

mod outcome;
mod steps;

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use agent_protocol::v1;
use session_core::{
    ApId, CivilDay, Domain, DomainId, Limits, Mac, NetworkId, Position, Stored, Tally, UnixMs,
};
use store::{JournalId, LogRest, Store, StoreError};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::step::{Part, Step};
use super::{
    Announcement, Figures, LogState, MOST_QUESTIONS, MOST_REQUESTS, Question, Request, Sessions, Standing,
    Unavailable, domain_id, wire,
};
use crate::clock;
use crate::metrics::Metrics;
use crate::pseudonyms::Pseudonyms;

/// Requests taken into one step at most.
const MOST_IN_STEP: usize = 256;
/// The timer looks at the clock this often at least, because somebody may have set it.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);
/// Waits between tries while the store fails.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// The log was written by somebody else this often in a row: then another controller serves this database.
const MOST_SUPERSEDED: u32 = 3;
/// Entries of the log that a fresh start takes into memory for access points that missed a few.
const TAIL: u64 = 1024;
/// What ids of access points begin with that speak RADIUS.
const NAS_PREFIX: &str = "nas:";

/// Why the owner ended.
#[derive(Debug, thiserror::Error)]
pub enum OwnerEnd {
    /// It was told to, and everything is written.
    #[error("the visits were closed in good order")]
    Finished,
    /// It cannot go on.
    #[error(transparent)]
    Failed(StoreError),
}

/// The owner, before it runs.
pub struct Owner {
    machine: Domain,
    /// Since when the machine is not what the store holds.
    broken_since: Option<u64>,
    domain: DomainId,
    limits: Limits,
    store: Store,
    requests: mpsc::Receiver<Request>,
    questions: mpsc::Receiver<Question>,
    changes: watch::Receiver<u64>,
    announcements: mpsc::Sender<Announcement>,
    finish: CancellationToken,
    pseudonyms: Pseudonyms,
    metrics: Metrics,
    /// What of the machine's tally has become part of a step.
    tallied: Tally,
    work: Work,
    /// The step that is being committed.
    under_way: Option<Step>,
    /// Records that wait for the store to take them.
    retained: VecDeque<Part>,
    /// They are not tried again before then.
    retry_at: Instant,
    /// The machine is not made anew before then.
    repair_at: Instant,
    failures: u32,
    superseded: u32,
    /// Take one request at a time: a row of the last step was refused, and only one may be at fault.
    singly: bool,
    raise_epoch: bool,
    /// Who waits for the new epoch.
    raising: Vec<oneshot::Sender<()>>,
    look_again: bool,
    pending: VecDeque<Request>,
    taken: HashMap<ApId, Taken>,
}

/// How far an access point's journal was fed to the machine.
struct Taken {
    journal: JournalId,
    last: u64,
    /// Nothing came since the hello. An access point begins with the oldest record it still has; when that is not
    /// the next one (the database is an older one), there is nothing before it to wait for.
    fresh: bool,
}

/// What goes on beside the answering of questions.
enum Work {
    Idle,
    Committing(JoinHandle<Result<(), StoreError>>),
    Repairing(JoinHandle<Result<Loaded, StoreError>>),
}

enum Done {
    Committed(Result<(), StoreError>),
    Repaired(Result<Loaded, StoreError>),
}

/// What a machine is made from, and the log's last entries.
type Loaded = (Stored, Vec<v1::LogEntry>);

impl Work {
    /// Waits for what is under way, for ever when nothing is. May be cancelled.
    async fn done(&mut self) -> Done {
        // A task that panicked leaves a store nobody knows the state of: as if it had been closed.
        let done = match self {
            Self::Idle => std::future::pending().await,
            Self::Committing(handle) => Done::Committed(handle.await.unwrap_or(Err(StoreError::Closed))),
            Self::Repairing(handle) => Done::Repaired(handle.await.unwrap_or(Err(StoreError::Closed))),
        };
        *self = Self::Idle;
        done
    }

    fn is_idle(&self) -> bool {
        matches!(self, Self::Idle)
    }
}

impl Owner {
    /// Makes the machine from the store. Returns the way to the owner and the log as it is at the start.
    ///
    /// # Errors
    /// What the store says.
    pub async fn load(
        store: Store,
        domain: &str,
        announcements: mpsc::Sender<Announcement>,
        finish: CancellationToken,
        pseudonyms: Pseudonyms,
        metrics: Metrics,
    ) -> Result<(Self, Sessions, LogState), StoreError> {
        let limits = Limits::default();
        let domain = domain_id(domain);
        let changes = store.changes();
        let (stored, tail) = read_all(&store, &domain, limits, false).await?;
        let machine = Domain::restore(stored, limits, UnixMs(clock::unix_ms()));
        let (request_sender, requests) = mpsc::channel(MOST_REQUESTS);
        let (question_sender, questions) = mpsc::channel(MOST_QUESTIONS);
        let sessions = Sessions {
            domain: domain.clone(),
            requests: request_sender,
            questions: question_sender,
            store: store.clone(),
        };
        let state = log_state(&machine, tail);
        let owner = Self {
            machine,
            broken_since: None,
            domain,
            limits,
            store,
            requests,
            questions,
            changes,
            announcements,
            finish,
            pseudonyms,
            metrics,
            tallied: Tally::default(),
            work: Work::Idle,
            under_way: None,
            retained: VecDeque::new(),
            retry_at: Instant::now(),
            repair_at: Instant::now(),
            failures: 0,
            superseded: 0,
            singly: false,
            raise_epoch: false,
            raising: Vec::new(),
            look_again: true,
            pending: VecDeque::new(),
            taken: HashMap::new(),
        };
        Ok((owner, sessions, state))
    }
}

impl Owner {
    /// Runs until it is told to finish and everything that came before is written.
    pub async fn run(mut self) -> OwnerEnd {
        let mut finishing = false;
        loop {
            if self.work.is_idle() {
                self.begin().await;
            }
            if finishing && self.work.is_idle() && self.pending.is_empty() && self.requests.is_empty() {
                return OwnerEnd::Finished;
            }
            let takes_requests = self.pending.len() < MOST_IN_STEP;
            let wake = self.wake();
            tokio::select! {
                biased;
                done = self.work.done() => {
                    if let Err(error) = self.settle(done).await {
                        return OwnerEnd::Failed(error);
                    }
                }
                Some(question) = self.questions.recv() => self.answer(question),
                Some(request) = self.requests.recv(), if takes_requests => self.pending.push_back(request),
                Ok(()) = self.changes.changed() => self.look_again = true,
                () = tokio::time::sleep_until(wake) => {}
                () = self.finish.cancelled(), if !finishing => finishing = true,
            }
        }
    }

    /// When there is something to do that nobody asks for.
    fn wake(&self) -> Instant {
        let longest = Instant::now() + LONGEST_SLEEP;
        if !self.work.is_idle() {
            return longest;
        }
        if self.broken_since.is_some() {
            return self.repair_at.min(longest);
        }
        let retry = if self.retained.is_empty() { longest } else { self.retry_at };
        let machine = self.machine.poll_timeout().map_or(longest, |due| {
            Instant::now() + Duration::from_millis(due.ms_since(UnixMs(clock::unix_ms())).min(1_000))
        });
        retry.min(machine).min(longest)
    }

    fn answer(&self, question: Question) {
        match question {
            Question::Standing { network, mac, day, reply } => {
                let _ = reply.send(self.standing(&network, mac, day));
            }
            Question::Figures { reply } => {
                let _ = reply.send(self.figures());
            }
        }
    }

    fn standing(&self, network: &NetworkId, mac: Mac, day: CivilDay) -> Result<Standing, Unavailable> {
        let now = UnixMs(clock::unix_ms());
        match self.broken_since {
            Some(since) => Err(Unavailable { since_ms: Some(since) }),
            None => {
                let grant = self.machine.live_grant(network, mac, now).cloned();
                Ok(Standing {
                    remaining_bytes: grant
                        .as_ref()
                        .and_then(|grant| self.machine.remaining_bytes(grant.id, now)),
                    grant,
                    usage: self.machine.day_usage(mac, day, now),
                    blocked: self.machine.is_blocked(mac),
                })
            }
        }
    }

    fn figures(&self) -> Figures {
        let (mut open, mut open_radius) = (0, 0);
        for session in self.machine.open_sessions() {
            open += 1;
            open_radius += usize::from(session.key.ap.0.starts_with(NAS_PREFIX));
        }
        Figures {
            open_agent: open - open_radius,
            open_radius,
            live_grants: self.machine.live_grants().count(),
            waiting_requests: self.pending.len() + self.retained.len() + self.requests.len(),
        }
    }
}

/// Reads all a machine is made from. With `raise_epoch` the log begins anew first.
async fn read_all(
    store: &Store,
    domain: &DomainId,
    limits: Limits,
    raise_epoch: bool,
) -> Result<Loaded, StoreError> {
    if raise_epoch {
        store.raise_epoch(domain).await?;
    }
    let since = UnixMs(clock::unix_ms()).minus_ms(limits.settle_ms);
    let stored = store.load_domain(domain, since).await?;
    let Position { epoch, sequence } = stored.position;
    let from = Position { epoch, sequence: sequence.saturating_sub(TAIL) };
    let tail = match store.log_rest(domain, from).await? {
        LogRest::Entries(entries) => {
            entries.iter().map(|(position, grant)| wire::entry(*position, grant)).collect()
        }
        LogRest::Snapshot { .. } => Vec::new(),
    };
    Ok((stored, tail))
}

fn log_state(machine: &Domain, tail: Vec<v1::LogEntry>) -> LogState {
    let Position { epoch, sequence } = machine.position();
    LogState { epoch, sequence, live: machine.live_grants().map(wire::grant).collect(), tail }
}
