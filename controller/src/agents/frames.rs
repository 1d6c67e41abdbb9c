//! Reads frames from a stream, whole or not at all; dropping a read half-way loses nothing.

use agent_protocol::frame::{FrameError, decode};
use bytes::BytesMut;
use prost::Message;
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// What ends the reading of frames.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The other side closed in good order.
    #[error("the other side closed the link")]
    Closed,
    /// The connection broke, also in the middle of a frame.
    #[error("the connection broke: {0}")]
    Broken(#[source] std::io::Error),
    /// The bytes are no frame.
    #[error("{0}")]
    Malformed(FrameError),
}

/// A stream with what has been read of the next frame.
pub struct FrameReader<R> {
    stream: R,
    inbox: BytesMut,
    limit: usize,
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    /// Frames of at most `limit` bytes from `stream`.
    pub fn new(stream: R, limit: usize) -> Self {
        Self { stream, inbox: BytesMut::new(), limit }
    }

    /// The next frame. May be cancelled at any await and called again.
    ///
    /// # Errors
    /// [`ReadError`]; the reader is of no use afterwards.
    pub async fn next<M: Message + Default>(&mut self) -> Result<M, ReadError> {
        loop {
            if let Some(message) = decode(&mut self.inbox, self.limit).map_err(ReadError::Malformed)? {
                return Ok(message);
            }
            if self.stream.read_buf(&mut self.inbox).await.map_err(ReadError::Broken)? == 0 {
                return Err(if self.inbox.is_empty() {
                    ReadError::Closed
                } else {
                    ReadError::Broken(std::io::ErrorKind::UnexpectedEof.into())
                });
            }
        }
    }
}
