//! The second file: figures by hour and day, with a writer of their own. Whoever loses it makes it anew from the ledger.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use stats_core::{By, Counts, Key, Rollup, Slot, Span, Step};

use crate::sqlite::RollupFile;
use crate::{Options, StoreError};

/// The roll-ups. Clones share one writing connection and one pool of readers.
#[derive(Clone)]
pub struct Rollups {
    file: Arc<RollupFile>,
}

/// How far the ledger has been taken in, and what the figures depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The ledger they were made from; empty before the first time.
    pub ledger: Vec<u8>,
    /// The ledger's sequence up to which they are complete.
    pub watermark: u64,
    /// Days before this moment are left as they are.
    pub sealed_ms: u64,
    /// Time zone, zones of access points and version of the counting, as text.
    pub basis: String,
}

/// The figures of one slot, to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct RollupRow {
    /// Hour or day.
    pub step: Step,
    /// When.
    pub span: Span,
    /// Of what.
    pub key: Key,
    /// The figures.
    pub rollup: Rollup,
}

impl Rollups {
    /// Opens the file beside the main database `url` names, `stats.db`, and makes it if it is not there. A damaged one
    /// is moved aside and made anew: all but the oldest of it comes back from the ledger.
    ///
    /// # Errors
    /// As [`crate::Store::open`].
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let file = Self::file_beside(url)?;
        let opened = match RollupFile::open(&file, &Options::default()).await {
            Err(StoreError::Corrupt { .. }) => {
                let aside = file.with_extension("db.corrupt");
                tracing::error!(file = %file.display(), aside = %aside.display(), "the file of figures is damaged and was moved aside; it is made anew");
                move_aside(&file, &aside)?;
                RollupFile::open(&file, &Options::default()).await?
            }
            opened => opened?,
        };
        Ok(Self { file: Arc::new(opened) })
    }

    /// Where the file is, beside the main database that `url` names.
    ///
    /// # Errors
    /// [`StoreError::UnsupportedUrl`].
    pub fn file_beside(url: &str) -> Result<PathBuf, StoreError> {
        crate::sqlite::file_of(url).map(|main| main.with_file_name("stats.db"))
    }

    /// Closes it.
    pub async fn close(&self) {
        self.file.close().await;
    }

    /// How far it has come.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn progress(&self) -> Result<Progress, StoreError> {
        self.file.progress().await
    }

    /// Throws everything away that can be made anew, so that taking in the ledger begins from nothing.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn begin_anew(&self, ledger: [u8; 16], basis: &str) -> Result<(), StoreError> {
        self.file.begin_anew(ledger, basis).await
    }

    /// Says that days before a moment are not made anew any more.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn seal(&self, before_ms: u64) -> Result<(), StoreError> {
        self.file.seal(before_ms).await
    }

    /// Writes figures that were made from a ledger taken in since the watermark `from`. With `to` they are the last of
    /// them and the watermark rises; without, it is held down to `from`, so that whoever is interrupted here begins
    /// there again. Somebody else who began anew in between is not overruled.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn write(&self, rows: &[RollupRow], from: u64, to: Option<u64>) -> Result<(), StoreError> {
        self.file.write(rows, from, to).await
    }

    /// The figures of the slots that begin in `span`, by time, then by key.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn slots(&self, step: Step, by: By, span: Span) -> Result<Vec<Slot>, StoreError> {
        self.file.slots(step, by, span, None, u32::MAX).await
    }

    /// The same, a page of at most `limit`, beginning behind the slot that begins at a time and has a key.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn slots_after(
        &self,
        step: Step,
        by: By,
        span: Span,
        after: Option<(u64, &str)>,
        limit: u32,
    ) -> Result<Vec<Slot>, StoreError> {
        self.file.slots(step, by, span, after, limit).await
    }

    /// The whole roll-ups of the hours that begin in `span`, each with its beginning.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn hours(&self, span: Span) -> Result<Vec<(u64, Key, Rollup)>, StoreError> {
        self.file.hours(span).await
    }

    /// Every access point's fullest minute in the hours that begin in `span`: access point, beginning, users.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn hour_peaks(&self, span: Span) -> Result<Vec<(String, u64, u64)>, StoreError> {
        self.file.hour_peaks(span).await
    }
}

fn move_aside(file: &Path, aside: &Path) -> Result<(), StoreError> {
    let not_writable = |_| StoreError::NotWritable { file: file.to_owned() };
    std::fs::rename(file, aside).map_err(not_writable)?;
    for ending in ["db-wal", "db-shm"] {
        // Of the damaged one, and perhaps not there.
        let _ = std::fs::remove_file(file.with_extension(ending));
    }
    Ok(())
}

/// A kind of key, as the column has it.
pub(crate) fn kind(key: &Key) -> (&'static str, &str) {
    match key {
        Key::All => ("all", ""),
        Key::Ap(id) => ("ap", id),
        Key::Zone(id) => ("zone", id),
    }
}

pub(crate) fn key(kind: &str, id: String) -> Key {
    match kind {
        "ap" => Key::Ap(id),
        "zone" => Key::Zone(id),
        _ => Key::All,
    }
}

pub(crate) fn step_word(step: Step) -> &'static str {
    match step {
        Step::Hour => "hour",
        Step::Day => "day",
    }
}

pub(crate) fn by_word(by: By) -> &'static str {
    match by {
        By::All => "all",
        By::Ap => "ap",
        By::Zone => "zone",
    }
}

/// Counts as the column has them.
pub(crate) fn counts_text(counts: &Counts) -> String {
    // Numbers and lists of them always have a JSON form.
    serde_json::to_string(counts).unwrap_or_default()
}
