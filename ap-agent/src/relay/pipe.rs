//! Bytes both ways between a phone and the controller, each half closed by itself, until both are or nothing moves.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// One connection's buffer in each direction.
const BUFFER: usize = 8 * 1024;
/// Without a byte either way for this long the pair ends.
const IDLE: Duration = Duration::from_secs(120);
/// When one side has finished, the other has this long for the rest.
const LINGER: Duration = Duration::from_secs(20);
/// A side that takes nothing for this long is stalled.
const STALL: Duration = Duration::from_secs(30);

/// Carries until both sides have finished, one is reset, or nothing moves.
pub(super) async fn carry(
    phone: impl AsyncRead + AsyncWrite + Unpin,
    controller: impl AsyncRead + AsyncWrite + Unpin,
) {
    let (from_phone, to_phone) = tokio::io::split(phone);
    let (from_controller, to_controller) = tokio::io::split(controller);
    let (moved, last) = watch::channel(Instant::now());
    let up = copy(from_phone, to_controller, &moved);
    let down = copy(from_controller, to_phone, &moved);
    tokio::pin!(up, down);
    let (mut up_done, mut down_done) = (false, false);
    while !(up_done && down_done) {
        let limit = if up_done || down_done { LINGER } else { IDLE };
        let deadline = *last.borrow() + limit;
        tokio::select! {
            fine = &mut up, if !up_done => {
                if !fine { return; }
                up_done = true;
            }
            fine = &mut down, if !down_done => {
                if !fine { return; }
                down_done = true;
            }
            () = sleep_until(deadline) => {
                if *last.borrow() + limit <= Instant::now() { return; }
            }
        }
    }
}

/// Copies one direction; true when it ended well and the other side was told.
async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    moved: &watch::Sender<Instant>,
) -> bool {
    let mut buffer = vec![0; BUFFER];
    loop {
        let read = match from.read(&mut buffer).await {
            Ok(0) => return to.shutdown().await.is_ok(),
            Ok(read) => read,
            // Peers that close TCP without a farewell of TLS end the pair as a reset does.
            Err(_) => return false,
        };
        moved.send_replace(Instant::now());
        let Some(piece) = buffer.get(..read) else { return false };
        let work = async {
            to.write_all(piece).await?;
            to.flush().await
        };
        match tokio::time::timeout(STALL, work).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return false,
        }
        moved.send_replace(Instant::now());
    }
}
