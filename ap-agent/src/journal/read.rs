//! Reading forward: every number once, without gaps, whatever is spoilt or was dropped.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use agent_protocol::v1::JournalRecord;

use super::frame::{Piece, Pieces, Stored};
use super::segment::HEADER;
use super::{Journal, JournalError};

/// Where the last reading ended, so that the next one need not search.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor {
    next: u64,
    segment: u64,
    offset: u64,
}

impl Journal {
    /// At most `max` records from `sequence` on, those the controller has on disk left out. All are on this disk
    /// before they are returned.
    ///
    /// # Errors
    /// [`JournalError`] when the disk refuses.
    pub fn read_from(&mut self, sequence: u64, max: usize) -> Result<Vec<JournalRecord>, JournalError> {
        self.sync()?;
        let next = sequence.max(self.durable + 1);
        let mut reading = Reading { next, last: self.last, max, records: Vec::new() };
        let cursor = self.cursor.take().filter(|cursor| cursor.next == next);
        let parts: Vec<(u64, u64, PathBuf)> = self
            .sealed
            .iter()
            .map(|segment| (segment.first, segment.last, segment.bytes, &segment.path))
            .chain([(self.active.first, self.last, self.active.bytes, &self.active.path)])
            .filter(|(_, last, ..)| *last >= next)
            .map(|(first, _, bytes, path)| (first, bytes, path.clone()))
            .collect();
        for (first, bytes, path) in parts {
            let offset =
                cursor.filter(|cursor| cursor.segment == first).map_or(HEADER as u64, |cursor| cursor.offset);
            let part = bytes_of(&path, offset, bytes).map_err(JournalError::Read)?;
            let end = reading.segment(&part, first);
            if reading.is_full() {
                self.cursor =
                    Some(Cursor { next: reading.next, segment: first, offset: offset + end as u64 });
                return Ok(reading.records);
            }
        }
        // What is missing at the end of the last one read.
        reading.empties(self.last, 0);
        Ok(reading.records)
    }
}

struct Reading {
    next: u64,
    last: u64,
    max: usize,
    records: Vec<JournalRecord>,
}

impl Reading {
    fn is_full(&self) -> bool {
        self.records.len() >= self.max || self.next > self.last
    }

    /// Takes what it needs of one segment's frames; returns where the first frame not used up begins.
    fn segment(&mut self, bytes: &[u8], first: u64) -> usize {
        let mut unused = 0;
        for piece in Pieces::new(bytes, 0, first - 1) {
            if self.is_full() {
                break;
            }
            match piece {
                Piece::Record { stored, end } => {
                    let last = stored.last();
                    self.record(stored);
                    if self.next <= last {
                        break;
                    }
                    unused = end;
                }
                Piece::Spoilt { .. } => {}
            }
        }
        unused
    }

    fn record(&mut self, stored: Stored) {
        if stored.last() < self.next {
            return;
        }
        self.empties(stored.sequence - 1, stored.unix_ms);
        if stored.run_through > 0 {
            self.empties(stored.run_through, stored.unix_ms);
        } else if !self.is_full() && stored.sequence == self.next {
            self.next += 1;
            self.records.push(stored.into_record());
        }
    }

    fn empties(&mut self, through: u64, unix_ms: u64) {
        while self.next <= through && !self.is_full() {
            self.records.push(JournalRecord { sequence: self.next, unix_ms, session: None });
            self.next += 1;
        }
    }
}

/// The bytes of a segment from `offset` to `end`.
pub(super) fn bytes_of(path: &Path, offset: u64, end: u64) -> io::Result<Vec<u8>> {
    let length = usize::try_from(end.saturating_sub(offset)).map_err(io::Error::other)?;
    let mut bytes = vec![0; length];
    File::open(path)?.read_exact_at(&mut bytes, offset)?;
    Ok(bytes)
}
