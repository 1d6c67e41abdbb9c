//! The one task that owns the machine; see the rules in [`super`].

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use agent_protocol::v1;
use session_core::{ApId, Domain, DomainId, EndCause, GrantId, Limits, Position, Stored, UnixMs};
use store::{JournalId, LogRest, Store, StoreError};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::step::{Part, Step, Waiting};
use super::{
    Announcement, LogState, MOST_QUESTIONS, MOST_REQUESTS, Question, Request, Sessions, Standing, Unavailable,
    domain_id, wire,
};
use crate::clock;
use crate::metrics::Metrics;

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
    metrics: Metrics,
    work: Work,
    /// The step that is being committed.
    under_way: Option<Step>,
    /// Records that wait for the store to take them.
    retained: VecDeque<Part>,
    /// Not before then, after a failure.
    retry_at: Instant,
    failures: u32,
    superseded: u32,
    /// Take one request at a time: a row of the last step was refused, and only one may be at fault.
    singly: bool,
    raise_epoch: bool,
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
        metrics: Metrics,
    ) -> Result<(Self, Sessions, LogState), StoreError> {
        let limits = Limits::default();
        let domain = domain_id(domain);
        let changes = store.changes();
        let (stored, tail) = read_all(&store, &domain, limits, false).await?;
        let machine = Domain::restore(stored, limits, UnixMs(clock::unix_ms()));
        let (request_sender, requests) = mpsc::channel(MOST_REQUESTS);
        let (question_sender, questions) = mpsc::channel(MOST_QUESTIONS);
        let sessions = Sessions { requests: request_sender, questions: question_sender, store: store.clone() };
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
            metrics,
            work: Work::Idle,
            under_way: None,
            retained: VecDeque::new(),
            retry_at: Instant::now(),
            failures: 0,
            superseded: 0,
            singly: false,
            raise_epoch: false,
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
        let now = Instant::now();
        let machine = self.machine.poll_timeout().map_or(LONGEST_SLEEP, |due| {
            Duration::from_millis(due.ms_since(UnixMs(clock::unix_ms()))).min(LONGEST_SLEEP)
        });
        let waits = self.broken_since.is_some() || !self.retained.is_empty();
        if waits { self.retry_at.max(now).min(now + LONGEST_SLEEP) } else { now + machine }
    }

    fn answer(&self, question: Question) {
        let Question { network, mac, day, reply } = question;
        let now = UnixMs(clock::unix_ms());
        let standing = match self.broken_since {
            Some(since) => Err(Unavailable { since_ms: Some(since) }),
            None => {
                let grant = self.machine.live_grant(&network, mac, now).cloned();
                Ok(Standing {
                    remaining_bytes: grant.as_ref().and_then(|grant| self.machine.remaining_bytes(grant.id, now)),
                    grant,
                    usage: self.machine.day_usage(mac, day, now),
                    blocked: self.machine.is_blocked(mac),
                })
            }
        };
        let _ = reply.send(standing);
    }

    /// Begins the next piece of work, if there is one.
    async fn begin(&mut self) {
        if self.raise_epoch && self.broken_since.is_none() {
            self.broken_since = Some(clock::unix_ms());
            self.retry_at = Instant::now();
        }
        if let Some(since) = self.broken_since {
            self.refuse_pending(since);
            if Instant::now() >= self.retry_at {
                let (store, domain) = (self.store.clone(), self.domain.clone());
                let (limits, raise) = (self.limits, self.raise_epoch);
                self.work =
                    Work::Repairing(tokio::spawn(async move { read_all(&store, &domain, limits, raise).await }));
            }
            return;
        }
        let mut step = Step::new(self.domain.clone());
        let now = UnixMs(clock::unix_ms());
        self.machine.handle_timeout(now);
        if self.look_again {
            self.look_at_commands(&mut step, now).await;
        }
        self.take_retained(&mut step, now);
        let most = if self.singly { 1 } else { MOST_IN_STEP };
        while step.parts.len() + step.waiting.len() < most
            && let Some(request) = self.pending.pop_front()
        {
            self.take(request, &mut step, now);
        }
        step.drain(&mut self.machine);
        if step.batch.is_empty() {
            self.committed(step).await;
        } else {
            let batch = std::mem::replace(&mut step.batch, store::Batch::new(self.domain.clone()));
            let store = self.store.clone();
            self.under_way = Some(step);
            self.work = Work::Committing(tokio::spawn(async move { store.commit(batch).await }));
        }
    }

    fn take(&mut self, request: Request, step: &mut Step, now: UnixMs) {
        match request {
            Request::Connect { ask, entropy, reply } => {
                let outcome = self.machine.connect(ask, now, entropy);
                step.waiting.push(Waiting::Connect(reply, outcome));
            }
            Request::End { network, mac, reply } => {
                if let Some(id) = self.machine.live_grant(&network, mac, now).map(|grant| grant.id) {
                    // It has just been looked up, so it is known.
                    let _ = self.machine.end_grant(id, EndCause::LoggedOut, now);
                }
                step.waiting.push(Waiting::End(reply));
            }
            Request::Journal { ap, journal, durable, reply } => {
                self.journal_announced(ap, journal, durable, now);
                let _ = reply.send(());
            }
            Request::Record { part, reply } => {
                let part = Part { part, reply };
                if self.retained.is_empty() {
                    self.feed(part, step, now);
                } else {
                    self.retained.push_back(part);
                }
            }
            Request::LogIsOlder { epoch, sequence } => {
                let ours = self.machine.position();
                if (Position { epoch, sequence }) > ours {
                    tracing::error!(
                        "an access point knows a newer grant log than the database holds: a backup was restored; \
                         the log begins a new epoch"
                    );
                    self.raise_epoch = true;
                }
            }
            Request::AnnounceAgain => {
                // The machine is ahead of the store until this step is committed.
                step.reset = true;
            }
        }
        step.drain(&mut self.machine);
    }

    /// Notes which journal an access point speaks of from now on.
    fn journal_announced(&mut self, ap: ApId, journal: JournalId, durable: u64, now: UnixMs) {
        match self.taken.get_mut(&ap) {
            Some(taken) if taken.journal == journal => {
                taken.last = durable.max(taken.last);
                taken.fresh = true;
            }
            Some(_) | None => {
                if durable == 0 {
                    self.machine.journal_lost(&ap, now);
                }
                self.taken.insert(ap, Taken { journal, last: durable, fresh: true });
            }
        }
    }

    /// Feeds records that continue their journal; the others are left unanswered, which ends their link, and the
    /// access point sends them again from the durable place on.
    fn feed(&mut self, part: Part, step: &mut Step, now: UnixMs) {
        let records = &part.part;
        let Some(taken) = self.taken.get_mut(&records.ap).filter(|taken| {
            taken.journal == records.journal && (taken.fresh || records.first <= taken.last.saturating_add(1))
        }) else {
            self.count("out_of_turn", records.reports.len());
            return;
        };
        let next = taken.last.saturating_add(1);
        if records.first > next {
            tracing::warn!(ap.id = %records.ap, expected = next, first = records.first, "records of a journal are missing here that its access point no longer has");
        }
        let known = usize::try_from(next.saturating_sub(records.first)).unwrap_or(usize::MAX);
        *taken = Taken { journal: taken.journal, last: records.last().max(taken.last), fresh: false };
        for report in records.reports.iter().skip(known).flatten() {
            self.machine.report(&records.ap, report, now);
        }
        if known < records.reports.len() {
            step.batch.journal(&records.ap, records.journal, records.last(), now);
        }
        step.parts.push(part);
    }

    fn take_retained(&mut self, step: &mut Step, now: UnixMs) {
        if Instant::now() < self.retry_at {
            return;
        }
        while !(self.singly && !step.parts.is_empty())
            && let Some(part) = self.retained.pop_front()
        {
            self.feed(part, step, now);
            step.drain(&mut self.machine);
        }
    }

    /// Does what commands have asked for in the store.
    async fn look_at_commands(&mut self, step: &mut Step, now: UnixMs) {
        let read = async { Ok::<_, StoreError>((self.store.blocked().await?, self.store.kicks(&self.domain).await?)) };
        match read.await {
            Ok((blocked, kicks)) => {
                self.look_again = false;
                self.machine.set_blocked(blocked, now);
                for id in kicks {
                    self.kick(id, step, now);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "the commands' wishes could not be read; trying again");
            }
        }
    }

    fn kick(&mut self, id: GrantId, step: &mut Step, now: UnixMs) {
        // Unknown means that it ended before: the wish is fulfilled.
        let _ = self.machine.end_grant(id, EndCause::Kicked { block: false }, now);
        step.drain(&mut self.machine);
        step.batch.kicked(id);
    }

    fn refuse_pending(&mut self, since: u64) {
        let why = Unavailable { since_ms: Some(since) };
        for request in std::mem::take(&mut self.pending) {
            match request {
                Request::Connect { reply, .. } => {
                    let _ = reply.send(Err(super::ConnectError::Unavailable(why)));
                }
                Request::End { reply, .. } => {
                    let _ = reply.send(Err(why));
                }
                Request::Record { part, reply } => self.retained.push_back(Part { part, reply }),
                // The access points come again, and a repair announces everything anew.
                Request::Journal { .. } | Request::LogIsOlder { .. } | Request::AnnounceAgain => {}
            }
        }
    }

    async fn settle(&mut self, done: Done) -> Result<(), StoreError> {
        match done {
            Done::Committed(Ok(())) => {
                (self.failures, self.superseded) = (0, 0);
                if self.retained.is_empty() {
                    self.singly = false;
                }
                if let Some(step) = self.under_way.take() {
                    self.committed(step).await;
                }
                Ok(())
            }
            Done::Committed(Err(error)) => {
                let step = self.under_way.take();
                self.not_committed(error, step)
            }
            Done::Repaired(Ok((stored, tail))) => {
                self.machine = Domain::restore(stored, self.limits, UnixMs(clock::unix_ms()));
                (self.broken_since, self.raise_epoch, self.look_again) = (None, false, true);
                let reset = Announcement::Reset(log_state(&self.machine, tail));
                let _ = self.announcements.send(reset).await;
                Ok(())
            }
            Done::Repaired(Err(StoreError::Closed)) => Err(StoreError::Closed),
            Done::Repaired(Err(error)) => {
                tracing::error!(%error, "the visits cannot be read; trying again");
                self.pause();
                Ok(())
            }
        }
    }

    async fn committed(&mut self, step: Step) {
        if !step.entries.is_empty() {
            let _ = self.announcements.send(Announcement::Entries(step.entries)).await;
        }
        if step.reset {
            let reset = Announcement::Reset(log_state(&self.machine, Vec::new()));
            let _ = self.announcements.send(reset).await;
        }
        for waiting in step.waiting {
            waiting.committed();
        }
        for Part { part, reply } in step.parts {
            self.count("stored", part.reports.len());
            let _ = reply.send(());
        }
    }

    fn not_committed(&mut self, error: StoreError, step: Option<Step>) -> Result<(), StoreError> {
        self.metrics.failed_commits.inc();
        tracing::error!(%error, "what happened could not be stored; visitors are asked to try again");
        let since = clock::unix_ms();
        let refused_row = matches!(error, StoreError::Refused { .. });
        if matches!(error, StoreError::Closed) {
            return Err(error);
        }
        if matches!(error, StoreError::Superseded { .. }) {
            self.superseded += 1;
            if self.superseded >= MOST_SUPERSEDED {
                return Err(error);
            }
        }
        let (waiting, mut parts) = step.map_or_else(Default::default, |step| (step.waiting, step.parts));
        if refused_row && self.singly && parts.len() == 1 && waiting.is_empty() {
            // It alone is at fault and would be for ever: it must not keep the journal behind it from being stored.
            for Part { part, .. } in &mut parts {
                tracing::error!(ap.id = %part.ap, first = part.first, "records of a journal break a rule of the database and are left out");
                self.count("refused", part.reports.len());
                part.reports.iter_mut().for_each(|report| *report = None);
            }
        }
        self.singly = refused_row;
        for waiting in waiting {
            waiting.failed(Unavailable { since_ms: Some(since) });
        }
        for part in parts.into_iter().rev() {
            if let Some(taken) = self.taken.get_mut(&part.part.ap) {
                taken.last = part.part.first.saturating_sub(1).min(taken.last);
            }
            self.retained.push_front(part);
        }
        self.broken_since = Some(since);
        self.pause();
        Ok(())
    }

    fn pause(&mut self) {
        let pause = FIRST_PAUSE.saturating_mul(1 << self.failures.min(5)).min(LONGEST_PAUSE);
        self.failures = self.failures.saturating_add(1);
        self.retry_at = Instant::now() + pause;
    }

    fn count(&self, result: &str, records: usize) {
        let records = u64::try_from(records).unwrap_or(u64::MAX);
        self.metrics.journal_records.with_label_values(&[result]).inc_by(records);
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
        LogRest::Entries(entries) => entries.iter().map(|(position, grant)| wire::entry(*position, grant)).collect(),
        LogRest::Snapshot { .. } => Vec::new(),
    };
    Ok((stored, tail))
}

fn log_state(machine: &Domain, tail: Vec<v1::LogEntry>) -> LogState {
    let Position { epoch, sequence } = machine.position();
    LogState { epoch, sequence, live: machine.live_grants().map(wire::grant).collect(), tail }
}
