//! One snapshot as bytes: magic, generation, length, CRC-32 of all the rest, then the state.

use std::fs;
use std::io;
use std::path::Path;

use prost::Message;

use super::State;

const MAGIC: [u8; 8] = *b"APLEDG01";
const HEADER: usize = MAGIC.len() + 8 + 8 + 4;

/// Why a snapshot cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    #[error("it cannot be read: {0}")]
    Read(#[source] io::Error),
    #[error("it is no ledger of this version")]
    Foreign,
    #[error("it is cut short or spoilt")]
    Spoilt,
}

/// `state` as the snapshot of `generation`.
pub(super) fn bytes(generation: u64, state: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + state.len());
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&generation.to_le_bytes());
    bytes.extend_from_slice(&(state.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&checksum(generation, state).to_le_bytes());
    bytes.extend_from_slice(state);
    bytes
}

/// Generation and state in the file, nothing when there is no file.
pub(super) fn read(path: &Path) -> Result<Option<(u64, State)>, Unusable> {
    match fs::read(path) {
        Ok(bytes) => parse(&bytes).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Unusable::Read(error)),
    }
}

fn parse(bytes: &[u8]) -> Result<(u64, State), Unusable> {
    let rest = bytes.strip_prefix(&MAGIC).ok_or(if bytes.len() < HEADER {
        Unusable::Spoilt
    } else {
        Unusable::Foreign
    })?;
    let (generation, rest) = rest.split_first_chunk().ok_or(Unusable::Spoilt)?;
    let (length, rest) = rest.split_first_chunk().ok_or(Unusable::Spoilt)?;
    let (crc, state) = rest.split_first_chunk().ok_or(Unusable::Spoilt)?;
    let generation = u64::from_le_bytes(*generation);
    if u64::from_le_bytes(*length) != state.len() as u64
        || u32::from_le_bytes(*crc) != checksum(generation, state)
    {
        return Err(Unusable::Spoilt);
    }
    State::decode(state).map(|state| (generation, state)).map_err(|_| Unusable::Spoilt)
}

fn checksum(generation: u64, state: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&generation.to_le_bytes());
    hasher.update(&(state.len() as u64).to_le_bytes());
    hasher.update(state);
    hasher.finalize()
}
