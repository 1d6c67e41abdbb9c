//! One relayed connection: a header that says who asks, then the phone's own bytes, untouched.
//!
//! Access points keep a few connections warm, so the header may come late; once it begins it must be quick.

use std::net::IpAddr;
use std::time::Duration;

use agent_protocol::VERSION;
use agent_protocol::frame::{MAX_RELAY_HEADER_BYTES, decode};
use agent_protocol::v1::RelayHeader;
use bytes::BytesMut;
use captive_portal::Identity;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use super::Door;
use crate::listen::slots::Slots;
use crate::listen::{Relayed, RelayedPlace};
use crate::metrics::Metrics;

/// How long a connection may stay warm.
const WARM_LIMIT: Duration = Duration::from_secs(300);
/// The whole header must be there this long after its first byte.
const HEADER_LIMIT: Duration = Duration::from_secs(5);
/// Warm connections of one access point.
const MOST_WARM: usize = 32;
/// Connections of one phone.
const MOST_PER_PHONE: usize = 16;
/// Connections of all phones on one access point.
const MOST_PER_ACCESS_POINT: usize = 4096;

/// Takes relayed connections in.
pub struct Relay {
    to_portal: mpsc::Sender<Relayed>,
    network: String,
    warm: Slots<String>,
    phones: Slots<(String, [u8; 6])>,
    access_points: Slots<String>,
    metrics: Metrics,
    stop: CancellationToken,
}

impl Relay {
    /// A relay that hands connections to the door's portal.
    pub fn new(door: &Door) -> Self {
        Self {
            to_portal: door.relayed.clone(),
            network: door.network.clone(),
            warm: Slots::new(MOST_WARM),
            phones: Slots::new(MOST_PER_PHONE),
            access_points: Slots::new(MOST_PER_ACCESS_POINT),
            metrics: door.metrics.clone(),
            stop: door.lifetime.stop.clone(),
        }
    }

    /// Reads the header of one connection of access point `ap` and hands the connection on, with its place.
    pub async fn serve(&self, mut stream: TlsStream<TcpStream>, ap: String, permit: OwnedSemaphorePermit) {
        let Some(header) = self.header(&mut stream, &ap).await else { return };
        let Some(identity) = self.identity(&ap, header) else {
            self.refuse("relay_header");
            return;
        };
        let phone = self.phones.take((ap.clone(), identity.mac));
        let access_point = self.access_points.take(ap);
        let (Some(phone), Some(access_point)) = (phone, access_point) else {
            self.refuse("relay_full");
            return;
        };
        let place = RelayedPlace::new(phone, access_point, permit, &self.metrics);
        if self.to_portal.try_send(Relayed { stream, identity, place }).is_err() {
            self.refuse("relay_full");
        }
    }

    async fn header(&self, stream: &mut TlsStream<TcpStream>, ap: &str) -> Option<RelayHeader> {
        let Some(warm) = self.warm.take(ap.to_owned()) else {
            self.refuse("relay_warm");
            return None;
        };
        let mut first = [0; 1];
        tokio::select! {
            read = tokio::time::timeout(WARM_LIMIT, stream.read_exact(&mut first)) => { read.ok()?.ok()?; }
            () = self.stop.cancelled() => return None,
        }
        drop(warm);
        let whole = async {
            let mut rest = [0; 3];
            stream.read_exact(&mut rest).await.ok()?;
            let ([a], [b, c, d]) = (first, rest);
            let prefix = [a, b, c, d];
            let length = usize::try_from(u32::from_be_bytes(prefix)).ok()?;
            if length > MAX_RELAY_HEADER_BYTES {
                return None;
            }
            // Exactly the frame: what follows belongs to the phone.
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await.ok()?;
            let mut frame = BytesMut::from(&prefix[..]);
            frame.extend_from_slice(&body);
            decode::<RelayHeader>(&mut frame, MAX_RELAY_HEADER_BYTES).ok()?
        };
        let header = tokio::time::timeout(HEADER_LIMIT, whole).await.ok().flatten();
        if header.is_none() {
            self.refuse("relay_header");
        }
        header
    }

    fn identity(&self, ap: &str, header: RelayHeader) -> Option<Identity> {
        if header.version == 0 || header.version > VERSION || header.network != self.network {
            return None;
        }
        let mac: [u8; 6] = header.mac.try_into().ok()?;
        let address = match header.address.len() {
            4 => IpAddr::from(<[u8; 4]>::try_from(header.address).ok()?),
            16 => IpAddr::from(<[u8; 16]>::try_from(header.address).ok()?),
            _ => return None,
        };
        Some(Identity { ap_id: ap.to_owned(), network: header.network, mac, address })
    }

    fn refuse(&self, reason: &str) {
        self.metrics.connections.refused.with_label_values(&["agents", reason]).inc();
    }
}
