//! Why the store did not do what was asked, each in one sentence that says what to do.

use std::path::PathBuf;

/// An error of the store. It can be cloned because one cause may concern every batch of a group.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another process holds the write lock longer than the busy timeout.
    #[error(
        "the database {} is locked by another program; end that program or let it finish, then try again",
        file.display()
    )]
    Locked {
        /// The database.
        file: PathBuf,
    },
    /// The file is no database or damaged.
    #[error("the database {} is corrupt; restore a backup or move the file away", file.display())]
    Corrupt {
        /// The database.
        file: PathBuf,
    },
    /// No room left.
    #[error("there is no room for the database {}; free space on its disk, then it goes on by itself", file.display())]
    Full {
        /// The database.
        file: PathBuf,
    },
    /// Made by a newer build.
    #[error(
        "the database {} has schema {found} and this build knows {known}; install the newer build again or restore a \
         backup made before it",
        file.display()
    )]
    NewerSchema {
        /// The database.
        file: PathBuf,
        /// Its schema's version.
        found: i64,
        /// The newest version this build knows.
        known: i64,
    },
    /// The file or its folder may not be written.
    #[error("the database {} cannot be opened for writing; give this user its folder and file", file.display())]
    NotWritable {
        /// The database.
        file: PathBuf,
    },
    /// Reading or writing the disk failed.
    #[error("the disk under the database {} fails ({code}); check the disk and its kernel log", file.display())]
    Disk {
        /// The database.
        file: PathBuf,
        /// SQLite's extended result code.
        code: i32,
    },
    /// The URL names no database of this build.
    #[error("store.url is {url:?}, which this build cannot open; set it to sqlite:FILE")]
    UnsupportedUrl {
        /// What was given.
        url: String,
    },
    /// The queue to the writer is full.
    #[error("the store has more to write than it can take; try again in a moment")]
    Overloaded,
    /// The store was shut down.
    #[error("the store is closed; start the program again")]
    Closed,
    /// The batch continues a log that has moved on without it.
    #[error(
        "the grant log of domain {domain} was written by somebody else; let only one controller serve this database, \
         and load the domain again"
    )]
    Superseded {
        /// The domain.
        domain: String,
    },
    /// What was named does not exist.
    #[error("there is no {kind} {id:?}; add it first or correct the name")]
    Unknown {
        /// Kind of thing, in one word.
        kind: &'static str,
        /// Its name as given.
        id: String,
    },
    /// A rule of the schema was broken; nothing of the batch was written.
    #[error("the database refused a row ({rule}); nothing of this change was written")]
    Refused {
        /// The rule, as SQLite names it.
        rule: String,
    },
    /// Anything else the database said.
    #[error("the database {} failed ({detail}); see whether the disk is sound and report this sentence", file.display())]
    Database {
        /// The database.
        file: PathBuf,
        /// What it said.
        detail: String,
    },
}
