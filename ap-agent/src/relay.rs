//! The relay: a phone's TLS connection to the portal, carried untouched to the controller with a word about who asks.
//!
//! One connection to the controller for one connection of a phone, so phones share no fate. A few are kept warm: their
//! handshake is done before anybody taps.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use agent_protocol::VERSION;
use agent_protocol::frame::encode;
use agent_protocol::v1::RelayHeader;
use bytes::BytesMut;
use gate_core::Mac;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use rustls::ClientConfig;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_rustls::client::TlsStream;
use tokio_util::sync::CancellationToken;

use crate::dial::Dial;
use crate::owners::Owners;

mod phones;
mod pipe;
mod warm;

use phones::{Phones, TooMany};
pub use warm::Warm;

/// Connections of all phones of this access point.
const TOTAL: usize = 512;
/// Descriptors for [`TOTAL`] and everything else the agent has open.
const DESCRIPTORS: u64 = 4096;
/// How long a phone that nobody has heard of yet is looked for, and how often.
const LOOK_UP: Duration = Duration::from_millis(300);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Connections whose phone may be looked for at a time; a stranger's claims do not take the places of known phones.
const LOOKING: usize = 64;
/// How long the controller may take to answer a new connection.
const CONNECT: Duration = Duration::from_secs(3);

/// Events of the relay since the start.
#[derive(Debug, Default)]
pub struct Counts {
    opened: AtomicU64,
    unknown: AtomicU64,
    phone_limit: AtomicU64,
    phone_pace: AtomicU64,
    total_limit: AtomicU64,
    failed: AtomicU64,
}

impl Counts {
    /// The counts by name.
    #[must_use]
    pub fn all(&self) -> Vec<(&'static str, u64)> {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        vec![
            ("relay_opened", read(&self.opened)),
            ("relay_refused_unknown", read(&self.unknown)),
            ("relay_refused_phone_limit", read(&self.phone_limit)),
            ("relay_refused_phone_pace", read(&self.phone_pace)),
            ("relay_refused_total_limit", read(&self.total_limit)),
            ("relay_failed", read(&self.failed)),
        ]
    }
}

/// Carries phones' connections.
pub struct Relay {
    dial: Dial,
    config: Arc<ClientConfig>,
    owners: Owners,
    network: Mutex<String>,
    phones: Phones,
    total: Arc<Semaphore>,
    looking: Semaphore,
    warm: Warm,
    /// Events since the start.
    pub counts: Counts,
}

/// Lets the process open what a full relay needs, two descriptors for a phone's connection; systems start with 1024.
/// When that is refused the relay takes fewer phones in.
pub fn raise_descriptor_limit() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(soft, hard)| setrlimit(Resource::RLIMIT_NOFILE, soft.max(DESCRIPTORS.min(hard)), hard));
    if let Err(error) = raised {
        tracing::warn!(%error, "the limit of open files cannot be raised; set LimitNOFILE=4096 for the agent");
    }
}

impl Relay {
    /// A relay to the controller at `dial`; `config` shows our key and speaks [`agent_protocol::ALPN_RELAY`].
    #[must_use]
    pub fn new(dial: Dial, config: Arc<ClientConfig>, owners: Owners) -> Self {
        Self {
            warm: Warm::new(dial.clone(), Arc::clone(&config)),
            dial,
            config,
            owners,
            network: Mutex::default(),
            phones: Phones::default(),
            total: Arc::new(Semaphore::new(TOTAL)),
            looking: Semaphore::new(LOOKING),
            counts: Counts::default(),
        }
    }

    /// Names the network the phones are on; until then none is relayed.
    pub fn set_network(&self, network: &str) {
        network.clone_into(&mut self.network.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The connections kept warm; run it beside [`Relay::serve`].
    #[must_use]
    pub fn warm(&self) -> &Warm {
        &self.warm
    }

    /// Takes phones in until it is told to stop.
    pub async fn serve(self: Arc<Self>, listener: TcpListener, stop: CancellationToken) {
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            let Ok((phone, from)) = accepted else {
                // Out of descriptors: those that are open have to end first.
                tokio::time::sleep(LOOK_EVERY).await;
                continue;
            };
            let Ok(permit) = Arc::clone(&self.total).try_acquire_owned() else {
                self.counts.total_limit.fetch_add(1, Ordering::Relaxed);
                continue;
            };
            let (relay, stop) = (Arc::clone(&self), stop.clone());
            tokio::spawn(async move {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = relay.carry(phone, from) => {}
                }
                drop(permit);
            });
        }
    }

    async fn carry(&self, phone: TcpStream, from: SocketAddr) {
        let address = from.ip().to_canonical();
        // Link-local addresses are bound to nobody: who sends from one may be anybody.
        if matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local()) {
            self.counts.unknown.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let Some(mac) = self.owner(address).await else {
            self.counts.unknown.fetch_add(1, Ordering::Relaxed);
            return;
        };
        let _place = match self.phones.take(mac, Instant::now()) {
            Ok(place) => place,
            Err(why) => {
                let count = match why {
                    TooMany::AtATime => &self.counts.phone_limit,
                    TooMany::TooFast => &self.counts.phone_pace,
                };
                count.fetch_add(1, Ordering::Relaxed);
                return;
            }
        };
        let controller = match tokio::time::timeout(CONNECT, self.controller(mac, address)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                tracing::debug!(%error, "a phone's connection could not be carried");
                self.counts.failed.fetch_add(1, Ordering::Relaxed);
                return;
            }
            Err(_) => {
                self.counts.failed.fetch_add(1, Ordering::Relaxed);
                return;
            }
        };
        self.counts.opened.fetch_add(1, Ordering::Relaxed);
        let _ = phone.set_nodelay(true);
        pipe::carry(phone, controller).await;
    }

    /// A connection to the controller with the header sent, for the device at `address`.
    ///
    /// # Errors
    /// What dialling or writing said.
    pub async fn controller(&self, mac: Mac, address: IpAddr) -> io::Result<TlsStream<TcpStream>> {
        let network = self.network.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if network.is_empty() {
            return Err(io::Error::from(io::ErrorKind::NotConnected));
        }
        let header = RelayHeader {
            version: VERSION,
            network,
            mac: mac.0.to_vec(),
            address: match address {
                IpAddr::V4(address) => address.octets().to_vec(),
                IpAddr::V6(address) => address.octets().to_vec(),
            },
        };
        let mut frame = BytesMut::new();
        encode(&header, &mut frame).map_err(io::Error::other)?;
        // A warm one may have died; nothing of the phone has been read yet, so another takes its place.
        while let Some(mut stream) = self.warm.take() {
            if stream.write_all(&frame).await.is_ok() && stream.flush().await.is_ok() {
                return Ok(stream);
            }
        }
        let mut stream = self.dial.tls_soon(Arc::clone(&self.config)).await?;
        stream.write_all(&frame).await?;
        stream.flush().await?;
        Ok(stream)
    }

    /// Whose address it is. A phone's first packet binds it in the kernel, and the core may not have looked since.
    async fn owner(&self, address: IpAddr) -> Option<Mac> {
        if let Some(known) = self.owners.of(address) {
            return Some(known);
        }
        let _looking = self.looking.try_acquire().ok()?;
        self.owners.ask();
        let until = Instant::now() + LOOK_UP;
        while Instant::now() < until {
            tokio::time::sleep(LOOK_EVERY).await;
            if let Some(known) = self.owners.of(address) {
                return Some(known);
            }
        }
        None
    }
}
