//! How far the controller has the journal on disk: a small file, replaced whole. Its loss costs repeats, no more.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use super::sync_folder;

const MAGIC: [u8; 8] = *b"APJPOS01";
const NAME: &str = "position";

pub(super) fn write(folder: &Path, id: [u8; 16], durable: u64) -> io::Result<()> {
    let beside = folder.join("position.new");
    let written = File::create(&beside).and_then(|mut file| {
        file.write_all(&bytes(id, durable))?;
        file.sync_data()
    });
    if let Err(error) = written {
        drop(fs::remove_file(&beside));
        return Err(error);
    }
    fs::rename(&beside, folder.join(NAME))?;
    sync_folder(folder)
}

/// Journal id and durable sequence; nothing when the file is missing or spoilt.
pub(super) fn read(folder: &Path) -> Option<([u8; 16], u64)> {
    let found = fs::read(folder.join(NAME)).ok()?;
    let rest = found.strip_prefix(&MAGIC)?;
    let (id, rest) = rest.split_first_chunk()?;
    let (durable, _) = rest.split_first_chunk()?;
    let durable = u64::from_le_bytes(*durable);
    (found == bytes(*id, durable)).then_some((*id, durable))
}

fn bytes(id: [u8; 16], durable: u64) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&id);
    bytes.extend_from_slice(&durable.to_le_bytes());
    let crc = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&crc.to_le_bytes());
    bytes
}
