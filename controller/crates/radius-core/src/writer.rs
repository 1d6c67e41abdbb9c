//! Writing a packet into a buffer of the caller's: attributes are added whole or not at all.

use crate::{Code, LENGTH_MAX, LENGTH_MIN};

/// Bytes of the longest value of one attribute.
pub const VALUE_MAX: usize = 253;

/// An attribute that was not added: nothing is cut short, and what was there before stays as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Full {
    /// The value is longer than [`VALUE_MAX`].
    #[error("a value of more than {VALUE_MAX} bytes does not fit one attribute")]
    Value,
    /// The packet would be longer than 4096 bytes.
    #[error("the packet would be longer than {LENGTH_MAX} bytes")]
    Packet,
}

/// A packet being written. The header's Length is filled in at the end.
#[derive(Debug)]
pub(crate) struct Writer<'b> {
    buffer: &'b mut [u8; LENGTH_MAX],
    length: usize,
}

impl<'b> Writer<'b> {
    pub(crate) fn new(
        buffer: &'b mut [u8; LENGTH_MAX],
        code: Code,
        identifier: u8,
        authenticator: &[u8; 16],
    ) -> Self {
        let mut writer = Self { buffer, length: 0 };
        for part in [&[code.byte(), identifier, 0, 0], authenticator.as_slice()] {
            writer.put(part);
        }
        writer
    }

    /// Copies `part` behind what is there. The caller has seen that there is room.
    fn put(&mut self, part: &[u8]) {
        if let Some(room) = self.buffer.get_mut(self.length..self.length + part.len()) {
            room.copy_from_slice(part);
            self.length += part.len();
        }
    }

    /// Adds one attribute.
    pub(crate) fn add(&mut self, kind: u8, value: &[u8]) -> Result<(), Full> {
        let length = value.len() + 2;
        let byte = u8::try_from(length).map_err(|_| Full::Value)?;
        if self.length + length > LENGTH_MAX {
            return Err(Full::Packet);
        }
        self.put(&[kind, byte]);
        self.put(value);
        Ok(())
    }

    /// Where the next attribute's value would begin.
    pub(crate) fn next_value(&self) -> usize {
        self.length + 2
    }

    /// Overwrites 16 bytes at `at`: the place of an authenticator.
    pub(crate) fn set(&mut self, at: usize, digest: &[u8; 16]) {
        if let Some(room) = self.buffer.get_mut(at..at + 16) {
            room.copy_from_slice(digest);
        }
    }

    /// Fills in Length.
    pub(crate) fn close(&mut self) {
        debug_assert!((LENGTH_MIN..=LENGTH_MAX).contains(&self.length));
        let length = u16::try_from(self.length).unwrap_or(u16::MAX).to_be_bytes();
        if let Some(room) = self.buffer.get_mut(2..4) {
            room.copy_from_slice(&length);
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.buffer.get(..self.length).unwrap_or_default()
    }

    pub(crate) fn into_bytes(self) -> &'b [u8] {
        self.buffer.get(..self.length).unwrap_or_default()
    }
}
