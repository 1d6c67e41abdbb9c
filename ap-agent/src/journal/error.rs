//! What can go wrong with the journal, and what was found spoilt.

use std::io;
use std::path::PathBuf;

/// Why the journal did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Its folder or files cannot be used.
    #[error("cannot open the journal in {}: {source}; check the folder's owner and free space", folder.display())]
    Open {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process has it.
    #[error("another ap-agent has the journal in {} open; stop that one first", folder.display())]
    Locked {
        /// The folder.
        folder: PathBuf,
    },
    /// The disk refused a write; nothing was appended.
    #[error("cannot write the journal: {0}; free some space, then it is tried again")]
    Write(#[source] io::Error),
    /// The disk refused a read.
    #[error("cannot read the journal: {0}; check the disk")]
    Read(#[source] io::Error),
    /// The bound is reached and nothing in it is superseded.
    #[error("the journal has reached its bound; let the controller be reached so that it can be emptied")]
    Full,
    /// The report is larger than a frame may be.
    #[error("the session report is too long for the journal; it names too many addresses")]
    TooLong,
    /// The controller has a record this journal cannot have had.
    #[error(
        "the controller names record {sequence} as durable, far beyond {last}; enrol this access point anew"
    )]
    Jump {
        /// What it named.
        sequence: u64,
        /// The last one written here.
        last: u64,
    },
}

/// What was found spoilt when the journal was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Damage {
    /// Bytes of the newest segment's end that held no good record.
    pub tail_bytes: u64,
    /// Sequence numbers in the middle without a good record.
    pub lost_records: u64,
    /// Segments of another journal, put aside as `*.bad`.
    pub foreign_segments: u64,
}

impl Damage {
    /// One sentence for the engineer, nothing when all is well.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        (*self != Self::default()).then(|| {
            format!(
                "the journal was spoilt ({} bytes at its end, {} records in the middle, {} foreign segments): check the disk",
                self.tail_bytes, self.lost_records, self.foreign_segments
            )
        })
    }
}
