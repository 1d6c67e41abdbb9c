//! A few connections to the controller whose handshake is done, so that a tap does not wait for one.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use rustls::ClientConfig;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_rustls::client::TlsStream;
use tokio_util::sync::CancellationToken;

use crate::dial::Dial;

/// Connections kept warm.
const KEPT: usize = 4;
/// How long one is kept; the controller would close it after five minutes.
const LONGEST: Duration = Duration::from_secs(60);
/// Pause after a failed try.
const PAUSE: Duration = Duration::from_secs(5);

/// The pool.
pub struct Warm {
    dial: Dial,
    config: Arc<ClientConfig>,
    held: Mutex<VecDeque<(Instant, TlsStream<TcpStream>)>>,
    taken: Notify,
}

impl Warm {
    pub(super) fn new(dial: Dial, config: Arc<ClientConfig>) -> Self {
        Self { dial, config, held: Mutex::default(), taken: Notify::new() }
    }

    /// Takes one that is alive as far as can be seen.
    pub(super) fn take(&self) -> Option<TlsStream<TcpStream>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = None;
        while let Some((made, mut stream)) = held.pop_front() {
            if made.elapsed() < LONGEST && is_alive(&mut stream) {
                found = Some(stream);
                break;
            }
        }
        self.taken.notify_one();
        found
    }

    /// How many are ready for a phone.
    #[must_use]
    pub fn ready(&self) -> usize {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Forgets all of them, as when the controller went away.
    pub fn clear(&self) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Keeps the pool full while `reachable` says that the controller is there.
    pub async fn run(&self, mut reachable: impl FnMut() -> bool, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let pause = if reachable() { self.refill().await } else { PAUSE };
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.taken.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        self.clear();
    }

    async fn refill(&self) -> Duration {
        loop {
            let (full, oldest) = {
                let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
                held.retain_mut(|(made, stream)| made.elapsed() < LONGEST && is_alive(stream));
                (held.len() >= KEPT, held.front().map(|(made, _)| made.elapsed()))
            };
            if full {
                return LONGEST.saturating_sub(oldest.unwrap_or_default());
            }
            match self.dial.tls_soon(Arc::clone(&self.config)).await {
                Ok(stream) => {
                    self.held
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push_back((Instant::now(), stream));
                }
                Err(_) => return PAUSE,
            }
        }
    }
}

/// Whether the controller has neither ended the connection nor said anything, as far as can be known now.
///
/// Tickets of TLS come whenever the way is long, so what is readable on the socket has to go through TLS first.
fn is_alive(stream: &mut TlsStream<TcpStream>) -> bool {
    let mut byte = [0; 1];
    if stream.read(&mut byte).now_or_never().is_some() {
        return false;
    }
    // The runtime hears of an end a little later than the kernel knows of it.
    let mut byte = [std::mem::MaybeUninit::uninit(); 1];
    match socket2::SockRef::from(stream.get_ref().0).peek(&mut byte) {
        Ok(waiting) => waiting > 0,
        Err(error) => error.kind() == std::io::ErrorKind::WouldBlock,
    }
}
