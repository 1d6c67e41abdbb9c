//! The journal: every session report until the controller has it on disk, across kills, cuts and full disks.
//!
//! Segments (`journal/FIRST.seg`) hold frames in the order of their sequence. What the controller is given was synced
//! before, and a number is never given to two different records:
//!
//! * A frame that fails its CRC is left out and reading goes on at the next good one; the numbers in between come out
//!   as records without a session, so the controller sees no gap.
//! * After a spoilt tail as many numbers are skipped as records could have stood in it, since one of them may have been
//!   delivered before it was spoilt.
//! * When the bound is near, reports of running sessions that a later report replaces are dropped, and their numbers
//!   too come out as records without a session. Ends are never dropped.

use std::collections::VecDeque;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use agent_protocol::v1::SessionReport;

mod compaction;
mod error;
mod frame;
mod position;
mod read;
mod recovery;
mod segment;
#[cfg(test)]
mod tests;

pub use error::{Damage, JournalError};

use frame::Stored;
use read::Cursor;
use segment::{Active, HEADER, Sealed};

/// A jump of the sequence by more than this is no journal's.
const LONGEST_JUMP: u64 = 1 << 32;

const LOCK_PATIENCE: Duration = Duration::from_millis(500);
const LOCK_PAUSE: Duration = Duration::from_millis(5);

/// How large the journal may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// All segments together, in bytes. Reports of running sessions are refused at seven eighths of it.
    pub total_bytes: u64,
    /// One segment, in bytes; at most an eighth of the total.
    pub segment_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { total_bytes: 64 << 20, segment_bytes: 1 << 20 }
    }
}

/// How soon a record must be on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// Before [`Journal::append`] returns: the session ended.
    End,
    /// With the next [`Journal::sync`]: the next report replaces it anyway.
    Counters,
}

/// The journal's files. All calls block on the disk; one task owns it.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    limits: Limits,
    id: [u8; 16],
    /// Full segments, oldest first.
    sealed: VecDeque<Sealed>,
    active: Active,
    /// Last sequence written.
    last: u64,
    /// Last sequence the controller has on disk.
    durable: u64,
    /// Numbers up to here must come out as empty records before the next record is written; 0 for none.
    owed: u64,
    unsynced: bool,
    cursor: Option<Cursor>,
    /// Size after the last compaction.
    compacted_bytes: u64,
    damage: Damage,
    /// Held for its lock.
    _lock: File,
}

impl Journal {
    /// Opens the journal in `folder`, or makes one with a new random id.
    ///
    /// # Errors
    /// [`JournalError`] when another process has it open, or the folder or a segment cannot be read or made.
    pub fn open(folder: &Path, limits: Limits) -> Result<Self, JournalError> {
        let at = |source| JournalError::Open { folder: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(at)?;
        let lock = File::create(folder.join("lock")).map_err(at)?;
        if !locked(&lock).map_err(at)? {
            return Err(JournalError::Locked { folder: folder.to_owned() });
        }
        let mut found = recovery::recover(folder).map_err(at)?;
        let active = match found.active.take() {
            Some(active) => active,
            None => Active::create(folder, found.id, found.last + 1).map_err(at)?,
        };
        let mut journal = Self {
            folder: folder.to_owned(),
            limits: Limits { segment_bytes: limits.segment_bytes.min(limits.total_bytes / 8), ..limits },
            id: found.id,
            sealed: found.sealed,
            active,
            last: found.last,
            durable: found.durable,
            owed: found.owed,
            // A killed process leaves frames that only the kernel's memory holds.
            unsynced: true,
            cursor: None,
            compacted_bytes: 0,
            damage: found.damage,
            _lock: lock,
        };
        // Without room the numbers stay owed, and the next append tries again.
        drop(journal.settle());
        Ok(journal)
    }

    /// Random since the files were made.
    #[must_use]
    pub fn id(&self) -> [u8; 16] {
        self.id
    }

    /// Writes `session` as the next record and returns its sequence.
    ///
    /// # Errors
    /// [`JournalError`] when the disk or the journal is full; the sequence is then not used and a later call may do.
    pub fn append(
        &mut self,
        session: SessionReport,
        unix_ms: u64,
        urgency: Urgency,
    ) -> Result<u64, JournalError> {
        self.settle()?;
        let sequence = self.last + 1;
        let frame = Stored::record(sequence, unix_ms, session).frame().ok_or(JournalError::TooLong)?;
        self.make_room(frame.len() as u64, urgency)?;
        self.write(&frame, urgency)?;
        self.last = sequence;
        Ok(sequence)
    }

    /// Returns when everything appended is on disk.
    ///
    /// # Errors
    /// [`JournalError::Write`] when the disk refuses.
    pub fn sync(&mut self) -> Result<(), JournalError> {
        if self.unsynced {
            self.active.sync().map_err(JournalError::Write)?;
            self.unsynced = false;
        }
        Ok(())
    }

    /// Forgets everything up to `sequence`: the controller has it on disk. Lower ones change nothing.
    ///
    /// A number above the last written one means that this side lost records the controller has; numbering goes on
    /// above it.
    ///
    /// # Errors
    /// [`JournalError`] when the position cannot be kept (it still counts until the next start, and repeats do no harm)
    /// or `sequence` is impossible.
    pub fn mark_durable(&mut self, sequence: u64) -> Result<(), JournalError> {
        if sequence <= self.durable {
            return Ok(());
        }
        if sequence > self.last {
            if sequence - self.last > LONGEST_JUMP {
                return Err(JournalError::Jump { sequence, last: self.last });
            }
            self.owed = self.owed.max(sequence);
            self.settle()?;
        }
        self.durable = sequence;
        while self.sealed.front().is_some_and(|oldest| oldest.last <= sequence) {
            if let Some(oldest) = self.sealed.pop_front() {
                fs::remove_file(&oldest.path).map_err(JournalError::Write)?;
            }
        }
        self.compacted_bytes = self.compacted_bytes.min(self.bytes());
        position::write(&self.folder, self.id, sequence).map_err(JournalError::Write)
    }

    /// Records the controller does not have on disk yet, those without a session included.
    #[must_use]
    pub fn pending(&self) -> u64 {
        self.last.saturating_sub(self.durable)
    }

    /// Last sequence the controller has on disk, 0 for none.
    #[must_use]
    pub fn durable(&self) -> u64 {
        self.durable
    }

    /// Last sequence written, 0 for none.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.last
    }

    /// Size of all segments in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.sealed.iter().map(|segment| segment.bytes).sum::<u64>() + self.active.bytes
    }

    /// What was found spoilt when the journal was opened.
    #[must_use]
    pub fn damage(&self) -> Damage {
        self.damage
    }

    /// Writes the empty records that are owed, as one run.
    fn settle(&mut self) -> Result<(), JournalError> {
        if self.owed <= self.last {
            self.owed = 0;
            return Ok(());
        }
        let frame = Stored::run(self.last + 1, self.owed, 0).frame().ok_or(JournalError::TooLong)?;
        // Written over a spoilt tail, which is cut only afterwards: killed in between, the tail is found spoilt again.
        self.write(&frame, Urgency::End)?;
        self.active.cut().map_err(JournalError::Write)?;
        self.last = self.owed;
        self.owed = 0;
        Ok(())
    }

    fn write(&mut self, frame: &[u8], urgency: Urgency) -> Result<(), JournalError> {
        if self.owed == 0
            && self.active.holds_records()
            && self.active.bytes + frame.len() as u64 > self.limits.segment_bytes
        {
            self.roll()?;
        }
        self.active.append(frame, urgency == Urgency::End).map_err(JournalError::Write)?;
        self.unsynced = urgency == Urgency::Counters;
        Ok(())
    }

    /// Seals the active segment and begins the next.
    fn roll(&mut self) -> Result<(), JournalError> {
        self.sync()?;
        let next = Active::create(&self.folder, self.id, self.last + 1).map_err(JournalError::Write)?;
        let full = std::mem::replace(&mut self.active, next);
        self.sealed.push_back(full.seal(self.last));
        Ok(())
    }

    fn make_room(&mut self, more_bytes: u64, urgency: Urgency) -> Result<(), JournalError> {
        // The record may need a segment of its own.
        let more_bytes = more_bytes + HEADER as u64;
        let soft = self.limits.total_bytes / 8 * 7;
        if self.bytes() + more_bytes <= soft {
            return Ok(());
        }
        let grown = self.bytes() >= self.compacted_bytes + self.limits.total_bytes / 64;
        let compacted = if grown { self.compact() } else { Ok(()) };
        let limit = match urgency {
            Urgency::End => self.limits.total_bytes,
            Urgency::Counters => soft,
        };
        if self.bytes() + more_bytes <= limit { Ok(()) } else { compacted.and(Err(JournalError::Full)) }
    }
}

/// Takes the lock. A program being started by the former owner holds a copy of it until it runs, so a moment's patience
/// is due.
fn locked(lock: &File) -> io::Result<bool> {
    let start = Instant::now();
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) if start.elapsed() < LOCK_PATIENCE => thread::sleep(LOCK_PAUSE),
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
