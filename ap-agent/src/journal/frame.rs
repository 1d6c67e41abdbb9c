//! One frame: length and CRC-32 (both little endian), then the record as protobuf.

use agent_protocol::v1::{JournalRecord, SessionReport};
use prost::Message;

/// Length and CRC.
const HEAD: usize = 8;
/// A report with sixteen addresses takes well under a kilobyte.
const LONGEST_RECORD: usize = 4096;
/// No record is shorter: a sequence and an empty session of two bytes each.
pub(super) const SHORTEST_FRAME: usize = HEAD + 4;

/// A record as it lies on disk: [`JournalRecord`] with one field more.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Stored {
    #[prost(uint64, tag = "1")]
    pub sequence: u64,
    #[prost(uint64, tag = "2")]
    pub unix_ms: u64,
    #[prost(message, optional, tag = "3")]
    pub session: Option<SessionReport>,
    /// Not 0: a run, every number from `sequence` to here is a record without a session.
    #[prost(uint64, tag = "15")]
    pub run_through: u64,
}

impl Stored {
    pub(super) fn record(sequence: u64, unix_ms: u64, session: SessionReport) -> Self {
        Self { sequence, unix_ms, session: Some(session), run_through: 0 }
    }

    pub(super) fn run(first: u64, last: u64, unix_ms: u64) -> Self {
        Self { sequence: first, unix_ms, session: None, run_through: last }
    }

    /// The last number it stands for.
    pub(super) fn last(&self) -> u64 {
        self.run_through.max(self.sequence)
    }

    /// As sent to the controller.
    pub(super) fn into_record(self) -> JournalRecord {
        JournalRecord { sequence: self.sequence, unix_ms: self.unix_ms, session: self.session }
    }

    /// The frame, nothing when it is too long.
    pub(super) fn frame(&self) -> Option<Vec<u8>> {
        let length = self.encoded_len();
        if length > LONGEST_RECORD {
            return None;
        }
        let record = self.encode_to_vec();
        let length = u32::try_from(length).ok()?;
        let mut frame = Vec::with_capacity(HEAD + record.len());
        frame.extend_from_slice(&length.to_le_bytes());
        frame.extend_from_slice(&checksum(length, &record).to_le_bytes());
        frame.extend_from_slice(&record);
        Some(frame)
    }
}

/// A stretch of a segment.
pub(super) enum Piece {
    /// A good record in front of `end`.
    Record { stored: Stored, end: usize },
    /// No good record up to `end`.
    Spoilt { start: usize, end: usize },
}

/// The pieces of `bytes` from `offset` on; records must rise above `after`.
pub(super) struct Pieces<'a> {
    bytes: &'a [u8],
    offset: usize,
    after: u64,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(bytes: &'a [u8], offset: usize, after: u64) -> Self {
        Self { bytes, offset, after }
    }

    fn good(&self, at: usize) -> Option<(Stored, usize)> {
        record_at(self.bytes, at).filter(|(stored, _)| stored.sequence > self.after)
    }
}

impl Iterator for Pieces<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let start = self.offset;
        if start >= self.bytes.len() {
            return None;
        }
        if let Some((stored, end)) = self.good(start) {
            self.after = stored.last();
            self.offset = end;
            return Some(Piece::Record { stored, end });
        }
        let end = (start + 1..self.bytes.len()).find(|at| self.good(*at).is_some());
        self.offset = end.unwrap_or(self.bytes.len());
        Some(Piece::Spoilt { start, end: self.offset })
    }
}

fn record_at(bytes: &[u8], at: usize) -> Option<(Stored, usize)> {
    let (length, rest) = bytes.get(at..)?.split_first_chunk()?;
    let (crc, rest) = rest.split_first_chunk()?;
    let length = u32::from_le_bytes(*length);
    let size = usize::try_from(length).ok().filter(|size| (2..=LONGEST_RECORD).contains(size))?;
    let record = rest.get(..size)?;
    if checksum(length, record) != u32::from_le_bytes(*crc) {
        return None;
    }
    let stored = Stored::decode(record).ok()?;
    (stored.sequence > 0).then_some((stored, at + HEAD + size))
}

fn checksum(length: u32, record: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&length.to_le_bytes());
    hasher.update(record);
    hasher.finalize()
}
