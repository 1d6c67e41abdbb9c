//! What has to outlive the process: session reports into the journal, everything else into the ledger.

use agent_protocol::v1::{SessionEnd, SessionReport};

use super::{Core, CoreError, Network};
use crate::clock;
use crate::gate::Gate;
use crate::journal::{JournalError, Urgency};

use super::memory;

/// Ends kept while the journal has no room; a day of a busy square.
const UNWRITTEN_MAX: usize = 20_000;

impl<G: Gate, N: Network> Core<G, N> {
    /// Writes what opened and closed: openings into the ledger first, closings into the journal first. A closing that
    /// the journal has no room for waits here and in the ledger.
    pub(super) fn record(&mut self, reports: &[SessionReport]) -> Result<(), CoreError> {
        if reports.is_empty() {
            return Ok(());
        }
        let now_ms = self.clock.now_ms();
        let opens = |report: &&SessionReport| report.end == SessionEnd::Open as i32;
        if reports.iter().any(|report| opens(&report)) {
            self.save()?;
        }
        for report in reports {
            if opens(&report) {
                // The next report of the session says the same and more.
                let written = self.journal.append(report.clone(), now_ms, Urgency::Counters);
                self.note("journal_write", written.map(|_| ()))?;
            } else {
                self.unwritten.push_back(report.clone());
            }
        }
        self.write_ends()?;
        self.ledger_stale = true;
        self.pump()
    }

    /// Tries to write the ends that wait, oldest first.
    pub(super) fn write_ends(&mut self) -> Result<(), CoreError> {
        while let Some(report) = self.unwritten.front() {
            let written = self.journal.append(report.clone(), self.clock.now_ms(), Urgency::End);
            let failed = written.is_err();
            self.note("journal_write", written.map(|_| ()))?;
            if failed {
                break;
            }
            self.unwritten.pop_front();
            self.ledger_stale = true;
        }
        while self.unwritten.len() > UNWRITTEN_MAX {
            self.unwritten.pop_front();
            *self.counted.entry("session_ends_lost").or_default() += 1;
        }
        Ok(())
    }

    /// Appends a report of every session that changed. What finds no room is reported again.
    pub(super) fn write_counters(&mut self) -> Result<(), CoreError> {
        let now_ms = self.clock.now_ms();
        for report in self.sessions.due_reports() {
            let written = self.journal.append(report, now_ms, Urgency::Counters);
            let failed = written.is_err();
            self.note("journal_write", written.map(|_| ()))?;
            if failed {
                self.sessions.report_all_again();
                break;
            }
        }
        Ok(())
    }

    /// A full disk is a problem to be told, not the end: the kernel goes on counting, and sessions are absolute.
    pub(super) fn note(
        &mut self,
        part: &'static str,
        outcome: Result<(), JournalError>,
    ) -> Result<(), CoreError> {
        match outcome {
            Ok(()) => {
                self.problems.remove(part);
            }
            Err(error) => {
                if self.problems.insert(part, error.to_string()).is_none() {
                    tracing::warn!(%error, "the journal cannot be used");
                }
                *self.counted.entry("journal_write_failed").or_default() += 1;
            }
        }
        Ok(())
    }

    /// Puts the state on disk.
    pub(super) fn save(&mut self) -> Result<(), CoreError> {
        let (epoch, sequence) = self.grants.position();
        self.kept.epoch = epoch;
        self.kept.sequence = sequence;
        self.kept.grants = self.grants.all().cloned().collect();
        self.kept.clock = Some(self.clock.to_known(&self.boot_id, clock::boottime_ms()));
        self.kept.sessions = memory::to_ledger(&self.sessions);
        self.kept.ends = self.unwritten.iter().cloned().collect();
        match self.ledger.save(&self.kept) {
            Ok(()) => {
                self.problems.remove("ledger");
                self.ledger_stale = false;
            }
            Err(error) => {
                if self.problems.insert("ledger", error.to_string()).is_none() {
                    tracing::warn!(%error, "the ledger cannot be written");
                }
                self.ledger_stale = true;
            }
        }
        self.ledger_saved_ms = self.clock.now_ms();
        Ok(())
    }
}
