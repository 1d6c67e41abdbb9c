//! What the files of an earlier run hold, however that run ended.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::Damage;
use super::frame::{Piece, Pieces, SHORTEST_FRAME};
use super::position;
use super::segment::{self, Active, HEADER, Sealed};

/// A journal as found.
pub(super) struct Found {
    pub id: [u8; 16],
    pub sealed: VecDeque<Sealed>,
    pub active: Option<Active>,
    pub last: u64,
    pub durable: u64,
    /// Numbers up to here may have been used by records that are lost.
    pub owed: u64,
    pub damage: Damage,
}

pub(super) fn recover(folder: &Path) -> io::Result<Found> {
    let position = position::read(folder);
    let mut files = segments(folder)?;
    let (id, durable) = identity(position, &files)?;
    let mut found = Found {
        id,
        sealed: VecDeque::new(),
        active: None,
        last: files.first().map_or(0, |(first, _)| first - 1),
        durable: 0,
        owed: 0,
        damage: Damage::default(),
    };
    let newest = files.pop();
    for (first, path) in files {
        found.older(first, path)?;
    }
    if let Some((first, path)) = newest {
        found.newest(first, &path)?;
    }
    found.durable = durable.max(found.first().map_or(0, |first| first - 1));
    // Files older than what the controller has: the numbers up to there are used.
    if found.durable > found.last {
        found.owed = found.owed.max(found.durable);
    }
    Ok(found)
}

impl Found {
    fn first(&self) -> Option<u64> {
        self.sealed.front().map(|oldest| oldest.first).or(self.active.as_ref().map(|active| active.first))
    }

    fn older(&mut self, first: u64, path: PathBuf) -> io::Result<()> {
        let bytes = fs::read(&path)?;
        if self.is_foreign(&bytes, first) {
            return self.put_aside(&path);
        }
        let looked = Looked::at(&bytes, first);
        if looked.last <= self.last {
            // Compaction put its records into the segment before and was stopped before it removed this one.
            return fs::remove_file(&path);
        }
        self.damage.lost_records += looked.lost + first.saturating_sub(self.last + 1);
        self.last = looked.last;
        self.sealed.push_back(Sealed { path, first, last: looked.last, bytes: bytes.len() as u64 });
        Ok(())
    }

    fn newest(&mut self, first: u64, path: &Path) -> io::Result<()> {
        let bytes = fs::read(path)?;
        if self.is_foreign(&bytes, first) {
            return self.put_aside(path);
        }
        let looked = Looked::at(&bytes, first);
        self.damage.lost_records += looked.lost + first.saturating_sub(self.last + 1);
        self.damage.tail_bytes = looked.tail_bytes;
        self.last = looked.last.max(self.last);
        let header_good = segment::named_in(&bytes).is_some();
        if looked.tail_bytes > 0 {
            self.owed = self.last + looked.tail_bytes / SHORTEST_FRAME as u64 + 1;
        }
        self.active = Some(Active::resume(path, self.id, first, looked.good_bytes, header_good)?);
        Ok(())
    }

    fn is_foreign(&self, bytes: &[u8], first: u64) -> bool {
        segment::named_in(bytes).is_some_and(|named| named != (self.id, first))
    }

    fn put_aside(&mut self, path: &Path) -> io::Result<()> {
        self.damage.foreign_segments += 1;
        fs::rename(path, path.with_extension("bad"))
    }
}

/// What one segment holds.
struct Looked {
    /// Its last good sequence, the one before its first when there is none.
    last: u64,
    /// Sequences missing between its records.
    lost: u64,
    /// Length up to the end of the last good record.
    good_bytes: u64,
    /// Bytes behind that.
    tail_bytes: u64,
}

impl Looked {
    fn at(bytes: &[u8], first: u64) -> Self {
        let header = HEADER as u64;
        let mut looked = Self { last: first - 1, lost: 0, good_bytes: header, tail_bytes: 0 };
        if bytes.len() < HEADER {
            // Cut inside its header.
            looked.tail_bytes = 1;
        }
        for piece in Pieces::new(bytes, HEADER, first - 1) {
            match piece {
                Piece::Record { stored, end } => {
                    looked.lost += stored.sequence - looked.last - 1;
                    looked.last = stored.last();
                    looked.good_bytes = end as u64;
                    looked.tail_bytes = 0;
                }
                Piece::Spoilt { start, end } => looked.tail_bytes = (end - start) as u64,
            }
        }
        looked
    }
}

/// The journal's id and durable position: from the position's file, else from the newest good header, else new.
fn identity(position: Option<([u8; 16], u64)>, files: &[(u64, PathBuf)]) -> io::Result<([u8; 16], u64)> {
    if let Some(position) = position.filter(|_| !files.is_empty()) {
        return Ok(position);
    }
    for (_, path) in files.iter().rev() {
        if let Some((id, _)) = segment::named_in(&fs::read(path)?) {
            return Ok((id, 0));
        }
    }
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(io::Error::other)?;
    Ok((id, 0))
}

/// The segments in order; what a stopped write left behind is removed.
fn segments(folder: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "new") {
            fs::remove_file(&path)?;
        } else if let Some(first) = segment::first_of(&path) {
            files.push((first, path));
        }
    }
    files.sort_unstable();
    Ok(files)
}
