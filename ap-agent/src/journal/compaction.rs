//! Compaction: reports of running sessions that a later report replaces become runs of empty records.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write};

use agent_protocol::v1::SessionEnd;

use super::frame::{Piece, Pieces, Stored};
use super::read::bytes_of;
use super::segment::{self, HEADER, Sealed};
use super::{Journal, JournalError, sync_folder};

/// The last record of each session.
type Newest = HashMap<Vec<u8>, u64>;

impl Journal {
    /// Rewrites the sealed segments without what later records replace or the controller has on disk.
    ///
    /// A group of neighbours becomes one segment under the name of the first: written beside, renamed over it, then
    /// the others are removed. Stopped in between, recovery finds the others covered and removes them.
    pub(super) fn compact(&mut self) -> Result<(), JournalError> {
        if self.active.holds_records() {
            self.roll()?;
        }
        let newest = self.newest().map_err(JournalError::Read)?;
        let mut group = Group::default();
        for old in std::mem::take(&mut self.sealed) {
            let kept = bytes_of(&old.path, HEADER as u64, old.bytes)
                .ok()
                .and_then(|bytes| kept(&bytes, &old, &newest, self.durable));
            let Some(kept) = kept else {
                self.close(&mut group);
                self.sealed.push_back(old);
                continue;
            };
            if (group.frames.len() + kept.len()) as u64 > self.limits.segment_bytes {
                self.close(&mut group);
            }
            group.members.push(old);
            group.frames.extend(kept);
        }
        self.close(&mut group);
        self.cursor = None;
        self.compacted_bytes = self.bytes();
        sync_folder(&self.folder).map_err(JournalError::Write)
    }

    fn newest(&self) -> io::Result<Newest> {
        let mut newest = Newest::new();
        for old in &self.sealed {
            let bytes = bytes_of(&old.path, HEADER as u64, old.bytes)?;
            for piece in Pieces::new(&bytes, 0, old.first - 1) {
                if let Piece::Record { stored: Stored { sequence, session: Some(session), .. }, .. } = piece {
                    newest.insert(session.session_id, sequence);
                }
            }
        }
        Ok(newest)
    }

    /// Puts the group's segments back, as one when that is smaller and the disk has room for it.
    fn close(&mut self, group: &mut Group) {
        let Group { members, frames } = std::mem::take(group);
        let (Some(first), Some(last)) = (members.first(), members.last()) else { return };
        let before: u64 = members.iter().map(|member| member.bytes).sum();
        let bytes = (HEADER + frames.len()) as u64;
        let one = Sealed { path: first.path.clone(), first: first.first, last: last.last, bytes };
        if bytes >= before || self.replace(&one, &frames).is_err() {
            self.sealed.extend(members);
            return;
        }
        for covered in members.iter().skip(1) {
            // One that stays is removed when the journal is opened next.
            drop(fs::remove_file(&covered.path));
        }
        self.sealed.push_back(one);
    }

    fn replace(&self, one: &Sealed, frames: &[u8]) -> io::Result<()> {
        let beside = one.path.with_extension("new");
        let written = File::create(&beside).and_then(|mut file| {
            file.write_all(&segment::header(self.id, one.first))?;
            file.write_all(frames)?;
            file.sync_all()
        });
        if let Err(error) = written {
            drop(fs::remove_file(&beside));
            return Err(error);
        }
        fs::rename(&beside, &one.path)?;
        sync_folder(&self.folder)
    }
}

/// Neighbouring segments that become one.
#[derive(Default)]
struct Group {
    members: Vec<Sealed>,
    frames: Vec<u8>,
}

/// The frames of a segment that stay, with runs in place of those that go; nothing when one of them does not fit.
fn kept(bytes: &[u8], old: &Sealed, newest: &Newest, durable: u64) -> Option<Vec<u8>> {
    let mut frames = Vec::new();
    let mut next = old.first;
    for piece in Pieces::new(bytes, 0, old.first - 1) {
        let Piece::Record { stored, .. } = piece else { continue };
        if !stays(&stored, newest, durable) {
            continue;
        }
        if stored.sequence > next {
            frames.extend(Stored::run(next, stored.sequence - 1, stored.unix_ms).frame()?);
        }
        frames.extend(stored.frame()?);
        next = stored.sequence + 1;
    }
    if next <= old.last {
        frames.extend(Stored::run(next, old.last, 0).frame()?);
    }
    Some(frames)
}

fn stays(stored: &Stored, newest: &Newest, durable: u64) -> bool {
    stored.sequence > durable
        && stored.session.as_ref().is_some_and(|session| {
            session.end != SessionEnd::Open as i32
                || newest.get(&session.session_id).is_none_or(|last| *last == stored.sequence)
        })
}
