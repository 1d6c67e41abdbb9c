//! After a commit or a repair: who is told what, and what is tried again.

use session_core::{Domain, UnixMs};
use store::StoreError;
use tokio::time::Instant;

use super::{Done, FIRST_PAUSE, LONGEST_PAUSE, MOST_SUPERSEDED, Owner, log_state};
use crate::clock;
use crate::sessions::step::{Part, Step};
use crate::sessions::{Announcement, Unavailable};

impl Owner {
    /// Takes in what came of the work that was under way.
    ///
    /// # Errors
    /// When the owner cannot go on.
    pub(super) async fn settle(&mut self, done: Done) -> Result<(), StoreError> {
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
                self.tallied = self.machine.tally();
                (self.broken_since, self.raise_epoch, self.look_again) = (None, false, true);
                for reply in self.raising.drain(..) {
                    let _ = reply.send(());
                }
                let reset = Announcement::Reset(log_state(&self.machine, tail));
                let _ = self.announcements.send(reset).await;
                Ok(())
            }
            Done::Repaired(Err(StoreError::Closed)) => Err(StoreError::Closed),
            Done::Repaired(Err(error)) => {
                tracing::error!(%error, "the visits cannot be read; trying again");
                self.pause();
                self.repair_at = self.retry_at;
                Ok(())
            }
        }
    }

    pub(super) async fn committed(&mut self, step: Step) {
        self.count_step(&step);
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
        self.metrics.store.failed_commits.inc();
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
        self.repair_at = Instant::now();
        self.pause();
        Ok(())
    }

    fn pause(&mut self) {
        let pause = FIRST_PAUSE.saturating_mul(1 << self.failures.min(5)).min(LONGEST_PAUSE);
        self.failures = self.failures.saturating_add(1);
        self.retry_at = Instant::now() + pause;
    }

    /// Counts what a commit has made sure.
    fn count_step(&self, step: &Step) {
        let (sessions, funnel) = (&self.metrics.sessions, &self.metrics.portal.funnel);
        sessions.bytes_up.inc_by(step.tally.bytes_up);
        sessions.bytes_down.inc_by(step.tally.bytes_down);
        funnel.first_byte.inc_by(step.tally.first_uses);
        sessions.visits.inc_by(step.visits());
        funnel.accept.inc_by(step.visits());
        for cause in &step.ended {
            sessions.ended_grants.of(*cause).inc();
        }
    }

    /// Counts records of journals.
    pub(super) fn count(&self, result: &str, records: usize) {
        let records = u64::try_from(records).unwrap_or(u64::MAX);
        self.metrics.agents.journal_records.with_label_values(&[result]).inc_by(records);
    }
}
