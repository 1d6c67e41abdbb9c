//! The access points' listener: one port, TLS with keys pinned both ways, ALPN decides what a connection is for.

mod control;
mod doorstep;
mod enroll;
mod frames;
mod relay;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use agent_protocol::enroll::KeyPin;
use agent_protocol::{ALPN_CONTROL, ALPN_ENROLL, ALPN_RELAY};
use store::Store;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

pub use tls::server_config;

use doorstep::Doorstep;

use crate::fleet::{Fleet, pin_of_certificate};
use crate::listen::{Accepted, HANDSHAKE_LIMIT, Lifetime, Relayed, accept_loop};
use crate::metrics::Metrics;
use crate::sessions::Sessions;
use crate::stats::Tally;

/// Connections at a time: control links and the relayed connections of phones.
const MOST_CONNECTIONS: usize = 16_384;
/// Connections at a time whose key is not known, from everywhere and from one network. A whole square of phones behind
/// one access point is one network while their handshakes last.
const MOST_UNKNOWN: usize = 4096;
const MOST_UNKNOWN_PER_NETWORK: usize = 1024;

/// What the listener works with.
#[derive(Clone)]
pub struct Door {
    /// The access points and their links.
    pub fleet: Fleet,
    /// The visits.
    pub sessions: Sessions,
    /// For enrolment alone; everything else goes through fleet and sessions.
    pub store: Store,
    /// Where relayed connections of phones go.
    pub relayed: mpsc::Sender<Relayed>,
    /// Asks for the inventory to be read again; answered when that is done.
    pub renew: mpsc::Sender<oneshot::Sender<()>>,
    /// Where redirects are counted.
    pub tally: Tally,
    /// The id of the network that phones are on.
    pub network: String,
    /// A link without a word for this long has ended, in milliseconds.
    pub away_ms: u32,
    /// Counters.
    pub metrics: Metrics,
    /// When to stop.
    pub lifetime: Lifetime,
}

impl Door {
    /// Has the inventory read again; returns when that is done.
    async fn renewed(&self) {
        let (done, known) = oneshot::channel();
        if self.renew.send(done).await.is_ok() {
            let _ = known.await;
        }
    }

    /// How long either side may be silent.
    fn away(&self) -> Duration {
        Duration::from_millis(u64::from(self.away_ms))
    }
}

struct Room {
    door: Door,
    tls: TlsAcceptor,
    doorstep: Doorstep,
    enrolment: enroll::Enrolment,
    relay: relay::Relay,
}

/// Serves the listener until the lifetime stops.
pub async fn serve(listener: TcpListener, tls: rustls::ServerConfig, door: Door) {
    let room = Arc::new(Room {
        tls: TlsAcceptor::from(Arc::new(tls)),
        doorstep: Doorstep::new(MOST_UNKNOWN, MOST_UNKNOWN_PER_NETWORK),
        enrolment: enroll::Enrolment::new(&door),
        relay: relay::Relay::new(&door),
        door: door.clone(),
    });
    let serve = move |accepted: Accepted| {
        let room = Arc::clone(&room);
        async move { room.serve(accepted).await }
    };
    accept_loop("agents", listener, MOST_CONNECTIONS, door.metrics, door.lifetime, serve).await;
}

/// A connection of an access point that proved its key.
enum Proven {
    Control(TlsStream<TcpStream>, String),
    Relay(TlsStream<TcpStream>, String),
}

impl Room {
    async fn serve(&self, accepted: Accepted) {
        let Accepted { stream, peer, permit } = accepted;
        let guest = self.doorstep.enter(peer.ip());
        let proven = tokio::select! {
            proven = self.meet(stream, peer) => proven,
            () = guest.sent_off() => return self.count("unknown_full"),
        };
        drop(guest);
        match proven {
            Some(Proven::Control(stream, ap)) => control::serve(&self.door, stream, Some(ap)).await,
            Some(Proven::Relay(stream, ap)) => self.relay.serve(stream, ap, permit).await,
            None => {}
        }
    }

    /// The handshake; whoever is no access point of ours is served here to the end.
    async fn meet(&self, stream: TcpStream, peer: SocketAddr) -> Option<Proven> {
        let (stream, pin) = self.handshake(stream).await?;
        let purpose = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
        let ap = self.door.fleet.inventory().by_pin(&pin).map(str::to_owned);
        match (purpose.as_deref(), ap) {
            (Some(ALPN_CONTROL), Some(ap)) => return Some(Proven::Control(stream, ap)),
            (Some(ALPN_RELAY), Some(ap)) => return Some(Proven::Relay(stream, ap)),
            (Some(ALPN_ENROLL), _) => self.enrolment.serve(stream, pin, peer.ip()).await,
            (Some(ALPN_CONTROL), None) => control::serve(&self.door, stream, None).await,
            (Some(ALPN_RELAY), None) => self.count("unknown_key"),
            (Some(_) | None, _) => self.count("no_alpn"),
        }
        None
    }

    async fn handshake(&self, stream: TcpStream) -> Option<(TlsStream<TcpStream>, KeyPin)> {
        let done = tokio::select! {
            done = tokio::time::timeout(HANDSHAKE_LIMIT, self.tls.accept(stream)) => done,
            () = self.door.lifetime.stop.cancelled() => return None,
        };
        let stream = match done {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                tracing::debug!(%error, "a handshake of an access point failed");
                self.count("handshake_failed");
                return None;
            }
            Err(_) => {
                self.count("handshake_slow");
                return None;
            }
        };
        let pin = stream.get_ref().1.peer_certificates()?.first().and_then(pin_of_certificate)?;
        Some((stream, pin))
    }

    fn count(&self, reason: &str) {
        self.door.metrics.connections.refused.with_label_values(&["agents", reason]).inc();
    }
}
