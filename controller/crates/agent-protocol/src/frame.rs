//! Frames on a byte stream: a 32-bit big-endian length, then that many bytes of protobuf.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use prost::Message;

/// The longest control frame either side accepts, in bytes.
pub const MAX_FRAME_BYTES: usize = 1 << 20;
/// The longest relay header the controller accepts, in bytes.
pub const MAX_RELAY_HEADER_BYTES: usize = 256;

/// Why bytes are not a frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The announced length is above the limit; the connection cannot go on.
    #[error("a frame of {length} bytes was announced, {limit} are allowed")]
    TooLong {
        /// What the peer announced.
        length: usize,
        /// What this side accepts.
        limit: usize,
    },
    /// The bytes are not the message they should be.
    #[error("the frame does not decode as the expected message")]
    Malformed,
}

/// Appends `message` to `out` as one frame.
///
/// # Errors
/// [`FrameError::TooLong`] when the message is longer than [`MAX_FRAME_BYTES`]; nothing is appended then.
pub fn encode(message: &impl Message, out: &mut BytesMut) -> Result<(), FrameError> {
    let length = message.encoded_len();
    match u32::try_from(length) {
        Ok(prefix) if length <= MAX_FRAME_BYTES => {
            out.reserve(4 + length);
            out.put_u32(prefix);
            message.encode(out).map_err(|_| FrameError::Malformed)
        }
        _ => Err(FrameError::TooLong { length, limit: MAX_FRAME_BYTES }),
    }
}

/// Takes one whole frame from the front of `input`, or `None` while more bytes are needed.
///
/// # Errors
/// [`FrameError::TooLong`] as soon as the length is announced, [`FrameError::Malformed`] when the body is not an `M`.
pub fn decode<M: Message + Default>(input: &mut BytesMut, limit: usize) -> Result<Option<M>, FrameError> {
    let Some(prefix) = input.first_chunk::<4>() else { return Ok(None) };
    let length = usize::try_from(u32::from_be_bytes(*prefix)).unwrap_or(usize::MAX);
    if length > limit {
        return Err(FrameError::TooLong { length, limit });
    }
    if input.len() < 4 + length {
        return Ok(None);
    }
    input.advance(4);
    let body: Bytes = input.split_to(length).freeze();
    M::decode(body).map(Some).map_err(|_| FrameError::Malformed)
}
