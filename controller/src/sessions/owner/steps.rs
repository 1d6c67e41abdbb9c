//! From requests to a step: what the machine is fed with, and what is left for later.

use session_core::{ApId, EndCause, GrantId, Position, UnixMs};
use store::{Batch, JournalId, StoreError};
use tokio::time::Instant;

use super::{MOST_IN_STEP, Owner, Taken, Work, read_all};
use crate::clock;
use crate::sessions::step::{Part, Step, Waiting};
use crate::sessions::{Accounted, ConnectError, Request, Unavailable};

impl Owner {
    /// Begins the next piece of work, if there is one.
    pub(super) async fn begin(&mut self) {
        if self.raise_epoch && self.broken_since.is_none() {
            self.broken_since = Some(clock::unix_ms());
            self.repair_at = Instant::now();
        }
        if let Some(since) = self.broken_since {
            self.refuse_pending(since);
            if Instant::now() >= self.repair_at {
                let (store, domain) = (self.store.clone(), self.domain.clone());
                let (limits, raise) = (self.limits, self.raise_epoch);
                self.work =
                    Work::Repairing(tokio::spawn(
                        async move { read_all(&store, &domain, limits, raise).await },
                    ));
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
        step.tally = self.machine.tally().since(self.tallied);
        self.tallied = self.machine.tally();
        if step.batch.is_empty() {
            self.committed(step).await;
        } else {
            let mut batch = std::mem::replace(&mut step.batch, Batch::new(self.domain.clone()));
            let days = self.pseudonyms.of(batch.devices(), now.0);
            batch.visitors(days);
            let store = self.store.clone();
            let took = self.metrics.store.commit_seconds.clone();
            self.under_way = Some(step);
            self.work = Work::Committing(tokio::spawn(async move {
                let begun = Instant::now();
                let committed = store.commit(batch).await;
                took.observe(begun.elapsed().as_secs_f64());
                committed
            }));
        }
    }

    fn take(&mut self, request: Request, step: &mut Step, now: UnixMs) {
        match request {
            Request::Connect { ask, entropy, reply } => {
                let outcome = self.machine.connect(ask, now, entropy);
                step.waiting.push(Waiting::Connect(reply, Box::new(outcome)));
            }
            Request::Account { records, reply } => {
                for record in &records {
                    match record {
                        Accounted::Record(record) => self.machine.account(record, now),
                        Accounted::Restart(restart) => self.machine.nas_restarted(restart, now),
                    }
                }
                step.waiting.push(Waiting::Accounted(reply));
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
                if (Position { epoch, sequence }) > self.machine.position() {
                    self.begin_epoch();
                }
            }
            Request::RecordsMissing { epoch, reply } => {
                // After the first new epoch the others come with the former one.
                if epoch == 0 || epoch == self.machine.position().epoch {
                    self.begin_epoch();
                    self.raising.push(reply);
                } else {
                    let _ = reply.send(());
                }
            }
            Request::AnnounceAgain => {
                // The machine is ahead of the store until this step is committed.
                step.reset = true;
            }
        }
        step.drain(&mut self.machine);
    }

    fn begin_epoch(&mut self) {
        tracing::error!(
            "an access point knows more than the database holds: a backup was restored; the grant log begins a new epoch"
        );
        self.raise_epoch = true;
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
        while (!self.singly || step.parts.is_empty())
            && let Some(part) = self.retained.pop_front()
        {
            self.feed(part, step, now);
            step.drain(&mut self.machine);
        }
    }

    /// Does what commands have asked for in the store.
    async fn look_at_commands(&mut self, step: &mut Step, now: UnixMs) {
        let read = async {
            Ok::<_, StoreError>((self.store.blocked().await?, self.store.kicks(&self.domain).await?))
        };
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
                    let _ = reply.send(Err(ConnectError::Unavailable(why)));
                }
                Request::End { reply, .. } | Request::Account { reply, .. } => {
                    let _ = reply.send(Err(why));
                }
                Request::Record { part, reply } => self.retained.push_back(Part { part, reply }),
                // The access points come again, and a repair announces everything anew.
                Request::Journal { .. }
                | Request::LogIsOlder { .. }
                | Request::RecordsMissing { .. }
                | Request::AnnounceAgain => {}
            }
        }
    }
}
