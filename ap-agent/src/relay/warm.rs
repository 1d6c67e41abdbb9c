//! A few connections to the controller whose handshake is done, so that a tap does not wait for one.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

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
/// How long what follows a handshake may take to come.
const SETTLE: Duration = Duration::from_millis(50);
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
        while let Some((made, stream)) = held.pop_front() {
            if made.elapsed() < LONGEST && is_quiet(&stream) {
                found = Some(stream);
                break;
            }
        }
        self.taken.notify_one();
        found
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
                held.retain(|(made, stream)| made.elapsed() < LONGEST && is_quiet(stream));
                (held.len() >= KEPT, held.front().map(|(made, _)| made.elapsed()))
            };
            if full {
                return LONGEST.saturating_sub(oldest.unwrap_or_default());
            }
            match self.dial.tls(Arc::clone(&self.config)).await {
                Ok(mut stream) => {
                    // Tickets of the session come right behind the handshake; read them, so that later a readable
                    // socket means an ended one.
                    let mut byte = [0; 1];
                    if tokio::time::timeout(SETTLE, stream.read(&mut byte)).await.is_ok() {
                        return PAUSE;
                    }
                    self.held.lock().unwrap_or_else(PoisonError::into_inner).push_back((Instant::now(), stream));
                }
                Err(_) => return PAUSE,
            }
        }
    }
}

/// Whether nothing has come on a connection on which the controller says nothing first.
fn is_quiet(stream: &TlsStream<TcpStream>) -> bool {
    let (tcp, _) = stream.get_ref();
    let mut byte = [std::mem::MaybeUninit::uninit(); 1];
    let peeked = socket2::SockRef::from(tcp).peek(&mut byte);
    peeked.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
}
