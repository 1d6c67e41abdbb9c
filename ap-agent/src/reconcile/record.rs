//! What has to outlive the process: session reports into the journal, everything else into the ledger.

use agent_protocol::v1::{LogEntry, SessionEnd, SessionReport};

use super::{Core, Network};
use crate::clock;
use crate::gate::Gate;
use crate::journal::{JournalError, Urgency};
use crate::ledger::LedgerError;

use super::memory;

/// Ends kept while the journal has no room; a day of a busy square.
const UNWRITTEN_MAX: usize = 20_000;

impl<G: Gate, N: Network> Core<G, N> {
    /// Writes what opened and closed: openings into the ledger first, closings into the journal first. A closing that
    /// the journal has no room for waits here and in the ledger.
    pub(super) fn record(&mut self, reports: &[SessionReport]) {
        if reports.is_empty() {
            return;
        }
        let (openings, ends): (Vec<_>, Vec<_>) =
            reports.iter().cloned().partition(|report| report.end == SessionEnd::Open as i32);
        self.unwritten.extend(ends);
        self.opened_unsaved |= !openings.is_empty();
        if self.openings_are_safe() {
            for report in openings {
                // The next report of the session says the same and more.
                let written = self.journal.append(report, self.clock.now_ms(), Urgency::Counters);
                self.note("journal_write", written.map(|_| ()));
            }
        } else {
            self.sessions.report_all_again();
        }
        self.write_ends();
        self.ledger_stale = true;
        self.pump();
    }

    /// Whether the ledger knows every session that opened. One that it does not know would be counted a second time
    /// after a restart, so nothing of it, and of none that began later, may be in the journal.
    fn openings_are_safe(&mut self) -> bool {
        !self.opened_unsaved || self.save()
    }

    /// Tries to write the ends that wait, oldest first.
    pub(super) fn write_ends(&mut self) {
        let safe = self.unwritten.is_empty() || self.openings_are_safe();
        while let Some(report) = self.unwritten.front().filter(|_| safe) {
            let written = self.journal.append(report.clone(), self.clock.now_ms(), Urgency::End);
            let failed = written.is_err();
            self.note("journal_write", written.map(|_| ()));
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
    }

    /// Appends a report of every session that changed. What finds no room is reported again.
    pub(super) fn write_counters(&mut self) {
        if !self.openings_are_safe() {
            return;
        }
        let now_ms = self.clock.now_ms();
        for report in self.sessions.due_reports() {
            let written = self.journal.append(report, now_ms, Urgency::Counters);
            let failed = written.is_err();
            self.note("journal_write", written.map(|_| ()));
            if failed {
                self.sessions.report_all_again();
                break;
            }
        }
    }

    /// A full disk is a problem to be told, not the end: the kernel goes on counting, and sessions are absolute.
    pub(super) fn note(&mut self, part: &'static str, outcome: Result<(), JournalError>) {
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
    }

    /// Puts an entry of the grant log where a killed process leaves it behind; [`Core::settle`] makes it sure.
    pub(super) fn keep(&mut self, entry: &LogEntry) {
        if let Err(error) = self.ledger.append(entry) {
            self.ledger_failed(&error);
        }
        self.ledger_stale |= self.ledger.is_long();
    }

    /// Puts on disk what came of the grant log and says so, once the kernel has it too.
    pub(super) fn settle(&mut self) {
        if self.on_disk != self.grants.position() {
            match self.ledger.sync() {
                Ok(()) => self.on_disk = self.grants.position(),
                Err(error) => self.ledger_failed(&error),
            }
        }
        self.confirm();
    }

    fn ledger_failed(&mut self, error: &LedgerError) {
        if self.problems.insert("ledger", error.to_string()).is_none() {
            tracing::warn!(%error, "the ledger cannot be written");
        }
        self.ledger_stale = true;
    }

    /// Puts the whole state on disk; tells whether it is there.
    pub(super) fn save(&mut self) -> bool {
        let (epoch, sequence) = self.grants.position();
        self.kept.epoch = epoch;
        self.kept.sequence = sequence;
        self.kept.grants = self.grants.all().cloned().collect();
        self.kept.clock = Some(self.clock.to_known(&self.boot_id, clock::boottime_ms()));
        self.kept.sessions = memory::to_ledger(&self.sessions);
        self.kept.ends = self.unwritten.iter().cloned().collect();
        self.ledger_saved_ms = self.clock.now_ms();
        match self.ledger.save(&self.kept) {
            Ok(()) => {
                self.problems.remove("ledger");
                (self.ledger_stale, self.opened_unsaved) = (false, false);
                self.on_disk = (epoch, sequence);
                true
            }
            Err(error) => {
                self.ledger_failed(&error);
                false
            }
        }
    }
}
