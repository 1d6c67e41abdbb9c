//! What every listener shares: an accept loop that is bounded and survives errors, and an HTTP/1 server for one
//! connection, however it came in.

pub mod attempts;
pub mod certificate;
pub mod slots;

use std::future::Future;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use captive_portal::Identity;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::metrics::Metrics;
use slots::Slot;

/// A TLS handshake must be over by then.
pub const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
/// The head of a request must be complete by then, counted from the first byte or the end of the last answer.
const HEAD_LIMIT: Duration = Duration::from_secs(15);
/// A connection ends by then at the latest; a browser opens the next one unseen.
const CONNECTION_LIMIT: Duration = Duration::from_secs(300);
/// The longest head of a request, in bytes.
const HEAD_BYTES: usize = 16 * 1024;
/// A wait after accept failed, so that a full file table does not make the loop spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What the tasks of the controller have in common: when to stop, and who waits for them.
#[derive(Clone)]
pub struct Lifetime {
    /// Cancelled when the controller drains.
    pub stop: CancellationToken,
    /// Every task that must end before the process does.
    pub tasks: TaskTracker,
}

impl Lifetime {
    /// A lifetime that has just begun.
    #[must_use]
    pub fn new() -> Self {
        Self { stop: CancellationToken::new(), tasks: TaskTracker::new() }
    }
}

impl Default for Lifetime {
    fn default() -> Self {
        Self::new()
    }
}

/// What counts as one source of connections: an IPv4 address or an IPv6 /64, which one household or machine has.
#[must_use]
pub fn source_of(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    }
}

/// One connection as it was accepted. The permit counts it until it is dropped.
pub struct Accepted {
    /// The connection.
    pub stream: TcpStream,
    /// The other end.
    pub peer: SocketAddr,
    /// Its place among the connections this listener takes at a time.
    pub permit: OwnedSemaphorePermit,
}

/// A phone's connection with its identity, on its way from the access points' listener to the portal.
pub struct Relayed {
    /// The phone's bytes: the frame that said who asks has been taken off.
    pub stream: TlsStream<TcpStream>,
    /// Who asks.
    pub identity: Identity,
    /// To be kept as long as the connection lives.
    pub place: RelayedPlace,
}

/// The places a relayed connection takes, given back when it is dropped.
pub struct RelayedPlace {
    _phone: Slot<(String, [u8; 6])>,
    _access_point: Slot<String>,
    _listener: OwnedSemaphorePermit,
    metrics: Metrics,
}

impl RelayedPlace {
    /// Takes the place of one phone's connection.
    #[must_use]
    pub fn new(
        phone: Slot<(String, [u8; 6])>,
        access_point: Slot<String>,
        listener: OwnedSemaphorePermit,
        metrics: &Metrics,
    ) -> Self {
        metrics.connections.relayed.inc();
        Self { _phone: phone, _access_point: access_point, _listener: listener, metrics: metrics.clone() }
    }
}

impl Drop for RelayedPlace {
    fn drop(&mut self) {
        self.metrics.connections.relayed.dec();
    }
}

/// Accepts until the lifetime stops, at most `most` connections at a time; further ones are closed at once and
/// counted, because a queue of strangers would only make everybody wait.
pub async fn accept_loop<F, Fut>(
    name: &'static str,
    listener: TcpListener,
    most: usize,
    metrics: Metrics,
    lifetime: Lifetime,
    serve: F,
) where
    F: Fn(Accepted) -> Fut,
    Fut: Future<Output = ()> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(most));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = lifetime.stop.cancelled() => return,
        };
        match accepted {
            Ok((stream, peer)) => match Arc::clone(&places).try_acquire_owned() {
                Ok(permit) => {
                    // Frames and pages are written whole; waiting for more only delays them.
                    let _ = stream.set_nodelay(true);
                    lifetime.tasks.spawn(serve(Accepted { stream, peer, permit }));
                }
                Err(_) => metrics.connections.refused.with_label_values(&[name, "full"]).inc(),
            },
            Err(error) => {
                metrics.connections.refused.with_label_values(&[name, "accept_failed"]).inc();
                tracing::warn!(listener = name, %error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Serves HTTP/1 on one connection of the listener `name` until either side ends it, it is too old, or the lifetime
/// stops (the answer under way is finished first). What is no HTTP, or a head too long, is counted.
pub async fn serve_http<S>(
    name: &'static str,
    stream: S,
    router: Router,
    metrics: &Metrics,
    stop: CancellationToken,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIMIT)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = tokio::time::sleep(CONNECTION_LIMIT) => {
            connection.as_mut().graceful_shutdown();
            tokio::time::timeout(HEAD_LIMIT, connection).await.unwrap_or(Ok(()))
        }
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        if error.is_parse() {
            metrics.connections.refused.with_label_values(&[name, "malformed_http"]).inc();
        }
        tracing::debug!(%error, "an HTTP connection ended early");
    }
}
