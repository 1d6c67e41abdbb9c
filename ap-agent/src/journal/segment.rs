//! One segment's file: a header that names its journal and first sequence, then frames.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::sync_folder;

const MAGIC: [u8; 8] = *b"APJRNL01";
/// Magic, journal id, first sequence, CRC-32.
pub(super) const HEADER: usize = MAGIC.len() + 16 + 8 + 4;

/// A segment nothing more is appended to.
#[derive(Debug)]
pub(super) struct Sealed {
    pub path: PathBuf,
    pub first: u64,
    pub last: u64,
    pub bytes: u64,
}

/// The segment that grows.
#[derive(Debug)]
pub(super) struct Active {
    pub path: PathBuf,
    pub first: u64,
    /// Length of what is good; the file may be longer after a failed write.
    pub bytes: u64,
    file: File,
}

impl Active {
    /// Makes the segment that begins with `first`.
    pub(super) fn create(folder: &Path, id: [u8; 16], first: u64) -> io::Result<Self> {
        let path = path(folder, first);
        let made = File::create(&path).and_then(|file| {
            file.write_all_at(&header(id, first), 0)?;
            file.sync_all()?;
            sync_folder(folder)?;
            Ok(file)
        });
        match made {
            Ok(file) => Ok(Self { path, first, bytes: HEADER as u64, file }),
            Err(error) => {
                // An empty file would only be in the way of the next try.
                drop(fs::remove_file(&path));
                Err(error)
            }
        }
    }

    /// Goes on with a segment whose first `bytes` are good; its header is written anew when it was not.
    pub(super) fn resume(
        path: &Path,
        id: [u8; 16],
        first: u64,
        bytes: u64,
        header_good: bool,
    ) -> io::Result<Self> {
        let file = File::options().read(true).write(true).open(path)?;
        if !header_good {
            file.write_all_at(&header(id, first), 0)?;
            file.sync_all()?;
        }
        Ok(Self { path: path.to_owned(), first, bytes, file })
    }

    pub(super) fn holds_records(&self) -> bool {
        self.bytes > HEADER as u64
    }

    /// Appends whole or not at all.
    pub(super) fn append(&mut self, frame: &[u8], sync: bool) -> io::Result<()> {
        let written = self
            .file
            .write_all_at(frame, self.bytes)
            .and_then(|()| if sync { self.file.sync_data() } else { Ok(()) });
        if let Err(error) = written {
            // What was half written is not wanted; should this fail too, the next frame overwrites it.
            drop(self.cut());
            return Err(error);
        }
        self.bytes += frame.len() as u64;
        Ok(())
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// Cuts the file to what is good.
    pub(super) fn cut(&self) -> io::Result<()> {
        self.file.set_len(self.bytes)
    }

    pub(super) fn seal(self, last: u64) -> Sealed {
        Sealed { path: self.path, first: self.first, last, bytes: self.bytes }
    }
}

pub(super) fn path(folder: &Path, first: u64) -> PathBuf {
    folder.join(format!("{first:020}.seg"))
}

/// First sequence by the file's name.
pub(super) fn first_of(path: &Path) -> Option<u64> {
    let name = path.file_name()?.to_str()?.strip_suffix(".seg")?;
    (name.len() == 20).then(|| name.parse().ok()).flatten().filter(|first| (1..=u64::MAX / 2).contains(first))
}

pub(super) fn header(id: [u8; 16], first: u64) -> [u8; HEADER] {
    let mut bytes = [0; HEADER];
    let mut at = 0;
    let mut put = |part: &[u8]| {
        if let Some(place) = bytes.get_mut(at..at + part.len()) {
            place.copy_from_slice(part);
        }
        at += part.len();
    };
    put(&MAGIC);
    put(&id);
    put(&first.to_le_bytes());
    put(&checksum(id, first).to_le_bytes());
    bytes
}

/// Journal id and first sequence by the header; nothing when the header is spoilt.
pub(super) fn named_in(bytes: &[u8]) -> Option<([u8; 16], u64)> {
    let rest = bytes.strip_prefix(&MAGIC)?;
    let (id, rest) = rest.split_first_chunk()?;
    let (first, _) = rest.split_first_chunk()?;
    let first = u64::from_le_bytes(*first);
    (bytes.get(..HEADER)? == header(*id, first)).then_some((*id, first))
}

fn checksum(id: [u8; 16], first: u64) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&MAGIC);
    hasher.update(&id);
    hasher.update(&first.to_le_bytes());
    hasher.finalize()
}
