//! From a datagram to a request that is believed and new; what is not is counted, perhaps said, and never answered.

use std::sync::Arc;
use std::time::{Duration, Instant};

use radius_core::{Code, Duplicates, Key, LENGTH_MAX, Packet, Request, Seen, Unverified};
use tokio::net::UdpSocket;

use super::Radius;
use super::client::Client;
use super::complaints::{self, Complaint};
use super::datagrams::{Asked, Datagrams};
use super::directory::Entries;

/// Datagrams taken before other work of the task gets its turn.
pub const MOST_AT_ONCE: usize = 64;
/// Requests remembered, and how long (RFC 5080 2.2.2: 5 to 30 s).
const DUPLICATES: usize = 32_768;
const DUPLICATE_MS: u64 = 10_000;
/// One more than the longest packet, so that a longer datagram is seen to be one.
const ROOM: usize = LENGTH_MAX + 1;

/// Which of the two sockets it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Port {
    Auth,
    Acct,
}

/// A socket with what it remembers.
pub struct Socket {
    socket: Datagrams,
    port: Port,
    began: Instant,
    duplicates: Duplicates,
    buffer: Box<[u8; ROOM]>,
}

/// A request that is believed and new.
pub struct Arrived<'a> {
    /// Who sent it.
    pub client: Arc<Client>,
    /// The request.
    pub request: Request<'a>,
    /// Its datagram.
    pub datagram: &'a [u8],
    /// What names it among duplicates.
    pub key: Key,
    /// Which of our addresses it came to.
    pub asked: Asked,
    /// When it came.
    pub at: Instant,
}

impl Socket {
    /// A socket that remembers nothing yet.
    pub fn new(socket: UdpSocket, port: Port) -> Self {
        let mut seed = [0; 8];
        // Without randomness senders could choose their buckets; they would only slow down their own lookups.
        let _ = getrandom::fill(&mut seed);
        Self {
            socket: Datagrams::new(socket),
            port,
            began: Instant::now(),
            duplicates: Duplicates::new(DUPLICATES, DUPLICATE_MS, u64::from_be_bytes(seed)),
            buffer: Box::new([0; ROOM]),
        }
    }

    /// Waits for datagrams.
    pub async fn readable(&self) {
        if self.socket.readable().await.is_err() {
            // A socket that cannot be waited for is tried again, not spun on.
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Takes the next datagram. `None` when there is none; `Some(None)` when it was dealt with here.
    pub fn take(&mut self, radius: &Radius, entries: &Entries) -> Option<Option<Arrived<'_>>> {
        let (length, peer, asked) = match self.socket.receive(self.buffer.as_mut_slice()) {
            Ok(received) => received,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return None,
            // An answer that its receiver refused comes back as an error of the next receive.
            Err(_) => return Some(None),
        };
        let at = Instant::now();
        let dropped = &radius.metrics.radius.dropped;
        let Some(client) = entries.clients.find(peer.ip()) else {
            dropped.unknown_client.inc();
            radius.complaints.say(Complaint::UnknownClient, "", peer.ip());
            return Some(None);
        };
        let complain = |complaint| radius.complaints.say(complaint, &client.name, peer.ip());
        let datagram = self.buffer.get(..length).unwrap_or_default();
        let Ok(packet) = Packet::parse(datagram) else {
            dropped.malformed.inc();
            complain(Complaint::Malformed);
            return Some(None);
        };
        match (packet.code(), self.port) {
            (Code::StatusServer, _)
            | (Code::AccessRequest, Port::Auth)
            | (Code::AccountingRequest, Port::Acct) => {}
            (Code::AccessRequest, Port::Acct) | (Code::AccountingRequest, Port::Auth) => {
                dropped.wrong_port.inc();
                complain(Complaint::WrongPort);
                return Some(None);
            }
            (_, _) => {
                dropped.wrong_code.inc();
                return Some(None);
            }
        }
        let request = match packet.verify(&client.secret, client.rule) {
            Ok(request) => request,
            Err(why) => {
                match why {
                    Unverified::Missing | Unverified::MissingBeside => dropped.no_message_authenticator.inc(),
                    Unverified::Wrong | Unverified::Authenticator => dropped.wrong_secret.inc(),
                    Unverified::Twice | Unverified::Length => dropped.malformed.inc(),
                    Unverified::Code(_) => dropped.wrong_code.inc(),
                }
                complaints::of_unverified(why).into_iter().for_each(complain);
                return Some(None);
            }
        };
        let key = Key::of(peer, &request);
        let now_ms = millis_since(self.began, at);
        match self.duplicates.seen(&key, now_ms) {
            Seen::New => {
                let client = Arc::clone(client);
                Some(Some(Arrived { client, request, datagram, key, asked, at }))
            }
            Seen::InFlight => {
                dropped.in_flight.inc();
                Some(None)
            }
            Seen::Answered(reply) => {
                let metrics = &radius.metrics.radius;
                match (request.code(), self.port) {
                    (Code::StatusServer, _) => metrics.status.duplicate.inc(),
                    (_, Port::Auth) => metrics.auth.duplicate.inc(),
                    (_, Port::Acct) => metrics.acct.duplicate.inc(),
                }
                self.socket.send(reply, peer, asked);
                Some(None)
            }
        }
    }

    /// Answers a request, and keeps the answer for its retransmissions.
    pub fn answer(&mut self, key: &Key, asked: Asked, reply: &[u8]) {
        let now_ms = millis_since(self.began, Instant::now());
        self.duplicates.answered(key, reply, now_ms);
        self.socket.send(reply, key.peer, asked);
    }

    /// Lets a request go unanswered, so that its retransmission is tried again.
    pub fn forget(&mut self, key: &Key) {
        self.duplicates.forget(key);
    }
}

fn millis_since(began: Instant, now: Instant) -> u64 {
    u64::try_from(now.duration_since(began).as_millis()).unwrap_or(u64::MAX)
}
