//! Entries of the grant log behind the newest snapshot, each with length and CRC-32: a kick costs one small write and
//! not the whole state.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use agent_protocol::v1::LogEntry;
use prost::Message;

const HEADER: usize = 8;
/// Longer than any entry; a length above it is no length.
const ENTRY_MAX: usize = 64 * 1024;

/// The file, open for more.
#[derive(Debug)]
pub(super) struct Tail {
    file: File,
    /// Bytes of whole entries.
    bytes: u64,
    synced: u64,
    /// An entry could not be written: those after it would follow a gap.
    broken: bool,
}

impl Tail {
    /// Opens the file, made when missing, and reads its whole entries; what was cut off behind them is dropped.
    pub(super) fn open(path: &Path) -> io::Result<(Self, Vec<LogEntry>)> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let (mut entries, mut rest) = (Vec::new(), &bytes[..]);
        while let Some((entry, after)) = next(rest) {
            entries.push(entry);
            rest = after;
        }
        let whole = (bytes.len() - rest.len()) as u64;
        file.set_len(whole)?;
        // What a killed process wrote may be in memory alone.
        file.sync_data()?;
        file.seek(SeekFrom::Start(whole))?;
        Ok((Self { file, bytes: whole, synced: whole, broken: false }, entries))
    }

    pub(super) fn append(&mut self, entry: &LogEntry) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::other("an entry before it is missing"));
        }
        let payload = entry.encode_to_vec();
        let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        let mut frame = Vec::with_capacity(HEADER + payload.len());
        frame.extend_from_slice(&length.to_le_bytes());
        frame.extend_from_slice(&crc32fast::hash(&payload).to_le_bytes());
        frame.extend_from_slice(&payload);
        let written = self.file.write_all(&frame);
        self.broken = written.is_err();
        self.bytes += frame.len() as u64;
        written
    }

    /// Returns when all entries are on disk.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::other("an entry could not be written"));
        }
        if self.synced < self.bytes {
            // The kernel tells of a failure once; the next time it would say that all is well.
            self.broken = true;
            self.file.sync_data()?;
            (self.synced, self.broken) = (self.bytes, false);
        }
        Ok(())
    }

    /// Takes no more entries until a snapshot stands: those to come do not follow the one on disk.
    pub(super) fn give_up(&mut self) {
        self.broken = true;
    }

    /// Begins anew: a snapshot holds everything.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        // Broken until it is empty: half an entry must not stand before the next one.
        self.broken = true;
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        (self.bytes, self.synced, self.broken) = (0, 0, false);
        Ok(())
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// The first entry and what follows it; none when it is cut short or spoilt.
fn next(bytes: &[u8]) -> Option<(LogEntry, &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (crc, rest) = rest.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok().filter(|length| *length <= ENTRY_MAX)?;
    let (payload, rest) = rest.split_at_checked(length)?;
    let sound = crc32fast::hash(payload) == u32::from_le_bytes(*crc);
    let entry = sound.then(|| LogEntry::decode(payload).ok()).flatten()?;
    Some((entry, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(sequence: u64) -> LogEntry {
        LogEntry { epoch: 3, sequence, grant: None }
    }

    #[test]
    fn a_tail_cut_at_any_byte_holds_every_entry_that_was_whole_and_goes_on_from_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tail");
        let (mut tail, none) = Tail::open(&path).unwrap();
        assert_eq!(none, []);
        for sequence in 1..=3 {
            tail.append(&entry(sequence)).unwrap();
        }
        tail.sync().unwrap();
        let whole = std::fs::read(&path).unwrap();
        for cut in 0..=whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let (mut tail, held) = Tail::open(&path).unwrap();
            let kept = held.len() as u64;
            assert_eq!(kept, cut as u64 * 3 / whole.len() as u64, "cut at {cut}");
            tail.append(&entry(kept + 1)).unwrap();
            let sequences: Vec<u64> =
                Tail::open(&path).unwrap().1.iter().map(|entry| entry.sequence).collect();
            assert_eq!(sequences, (1..=kept + 1).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_spoilt_entry_ends_what_is_believed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tail");
        let (mut tail, _) = Tail::open(&path).unwrap();
        for sequence in 1..=3 {
            tail.append(&entry(sequence)).unwrap();
        }
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(Tail::open(&path).unwrap().1, [entry(1)]);
    }

    #[test]
    fn a_tail_that_was_cleared_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tail");
        let (mut tail, _) = Tail::open(&path).unwrap();
        tail.append(&entry(1)).unwrap();
        tail.clear().unwrap();
        assert_eq!(tail.bytes(), 0);
        tail.append(&entry(2)).unwrap();
        tail.sync().unwrap();
        assert_eq!(Tail::open(&path).unwrap().1, [entry(2)]);
    }
}
