//! What the agent must know again after any stop: the last good configuration, the grants, the time, the sessions.
//!
//! Two slots on disk, written in turn: a snapshot replaces the older one whole (beside it, `fsync`, rename, `fsync` of
//! the folder), so the newest good one is never touched by a save that fails. Entries of the grant log that came since
//! stand in a tail behind it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use agent_protocol::v1::LogEntry;
use prost::Message;

mod snapshot;
mod state;
mod tail;
#[cfg(test)]
mod tests;

pub use state::{AddressCounters, KnownTime, OpenSession, State, Traffic};
use tail::Tail;

const SLOTS: [&str; 2] = ["ledger.0", "ledger.1"];
const BESIDE: &str = "ledger.new";
const TAIL: &str = "ledger.tail";
/// A tail longer than this wants a snapshot.
const TAIL_MAX: u64 = 1 << 20;

/// The ledger's folder and which slot the next snapshot goes to.
#[derive(Debug)]
pub struct Ledger {
    folder: PathBuf,
    /// Generation of the newest good snapshot, 0 for none.
    generation: u64,
    /// Slot of that snapshot.
    newest: usize,
    tail: Tail,
}

/// What was read, and what was wrong with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The newest good snapshot, empty when there is none.
    pub state: State,
    /// Entries of the grant log that came after a snapshot, perhaps after an earlier one, oldest first.
    pub entries: Vec<LogEntry>,
    /// Sentences for the engineer; empty when nothing is wrong.
    pub problems: Vec<String>,
}

/// Why the ledger was not written.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot write the ledger in {}: {source}; check free space and the folder's owner, the former one stays",
    folder.display()
)]
pub struct LedgerError {
    folder: PathBuf,
    source: io::Error,
}

impl Ledger {
    /// The ledger in `folder`, which is made when missing.
    ///
    /// # Errors
    /// [`LedgerError`] when the folder cannot be made.
    pub fn open(folder: &Path) -> Result<Self, LedgerError> {
        let failed = |source| LedgerError { folder: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(failed)?;
        let (tail, _) = Tail::open(&folder.join(TAIL)).map_err(failed)?;
        let mut ledger = Self { folder: folder.to_owned(), generation: 0, newest: 1, tail };
        ledger.load();
        Ok(ledger)
    }

    /// Reads the newest good snapshot and the tail. A spoilt one is told as a problem and the one before it used.
    pub fn load(&mut self) -> Loaded {
        let mut problems = Vec::new();
        let mut found: Option<(u64, usize, State)> = None;
        for (slot, name) in SLOTS.iter().enumerate() {
            match snapshot::read(&self.folder.join(name)) {
                Ok(Some((generation, state))) => {
                    if found.as_ref().is_none_or(|(newest, ..)| generation > *newest) {
                        found = Some((generation, slot, state));
                    }
                }
                Ok(None) => {}
                Err(reason) => problems.push(format!(
                    "the ledger's file {name} cannot be used ({reason}); the other one serves, check the disk"
                )),
            }
        }
        let state = match found {
            Some((generation, slot, state)) => {
                self.generation = generation;
                self.newest = slot;
                state
            }
            None => State::default(),
        };
        let entries = match Tail::open(&self.folder.join(TAIL)) {
            Ok((tail, entries)) => {
                self.tail = tail;
                entries
            }
            Err(error) => {
                problems.push(format!("the ledger's file {TAIL} cannot be read ({error}); check the disk"));
                Vec::new()
            }
        };
        Loaded { state, entries, problems }
    }

    /// Writes an entry of the grant log behind the snapshot. It outlives this process at once, and a loss of power after
    /// [`Ledger::sync`].
    ///
    /// # Errors
    /// [`LedgerError`]; further entries are refused then until [`Ledger::save`] has put everything on disk.
    pub fn append(&mut self, entry: &LogEntry) -> Result<(), LedgerError> {
        self.tail.append(entry).map_err(|source| LedgerError { folder: self.folder.clone(), source })
    }

    /// Returns when every entry that was appended is on disk.
    ///
    /// # Errors
    /// [`LedgerError`], also when an entry could not be written before.
    pub fn sync(&mut self) -> Result<(), LedgerError> {
        self.tail.sync().map_err(|source| LedgerError { folder: self.folder.clone(), source })
    }

    /// Says that the state has left what is on disk behind: nothing is sure until [`Ledger::save`] succeeds.
    pub fn leave_behind(&mut self) {
        self.tail.give_up();
    }

    /// Whether so many entries stand behind the snapshot that a new one is due.
    #[must_use]
    pub fn is_long(&self) -> bool {
        self.tail.bytes() > TAIL_MAX
    }

    /// Writes `state`, which knows every entry that was appended, and returns when it is on disk. Blocks; meant to be
    /// called at most every second.
    ///
    /// # Errors
    /// [`LedgerError`]; the former snapshot is then untouched.
    pub fn save(&mut self, state: &State) -> Result<(), LedgerError> {
        let slot = 1 - self.newest.min(1);
        let generation = self.generation + 1;
        self.write(slot, &snapshot::bytes(generation, &state.encode_to_vec()))
            .map_err(|source| LedgerError { folder: self.folder.clone(), source })?;
        self.generation = generation;
        self.newest = slot;
        // Entries that stay are older than the snapshot and are known when they are read.
        let _ = self.tail.clear();
        Ok(())
    }

    fn write(&self, slot: usize, bytes: &[u8]) -> io::Result<()> {
        let name = SLOTS.get(slot).copied().unwrap_or(BESIDE);
        let beside = self.folder.join(BESIDE);
        let written = File::create(&beside).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
        if let Err(error) = written {
            // Half a file would only take the space that is missing.
            drop(fs::remove_file(&beside));
            return Err(error);
        }
        fs::rename(&beside, self.folder.join(name))?;
        File::open(&self.folder)?.sync_all()
    }
}
