//! An access point of another make that asks over loopback and believes only genuine replies.

use std::net::SocketAddr;
use std::time::Duration;

use radius_core::client::{Query, Sent};
use radius_core::{Code, LENGTH_MAX, kind};
use tokio::net::UdpSocket;

use crate::support::LIMIT;

/// An access point of another make.
pub struct Nas {
    pub socket: UdpSocket,
    pub secret: Vec<u8>,
    pub next: u8,
}

/// What came back.
#[derive(Debug, PartialEq)]
pub struct Answer {
    pub code: Code,
    pub bytes: Vec<u8>,
    pub attributes: Vec<(u8, Vec<u8>)>,
}

impl Answer {
    pub fn u32(&self, kind: u8) -> Option<u32> {
        let (_, value) = self.attributes.iter().find(|(found, _)| *found == kind)?;
        Some(u32::from_be_bytes(value.as_slice().try_into().unwrap()))
    }

    pub fn text(&self, kind: u8) -> String {
        let found = self.attributes.iter().find(|(found, _)| *found == kind);
        found.map_or(String::new(), |(_, value)| String::from_utf8_lossy(value).into_owned())
    }
}

impl Nas {
    pub async fn new() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        Self { socket, secret: super::SECRET.as_bytes().to_vec(), next: 0 }
    }

    pub async fn send(&self, to: SocketAddr, datagram: &[u8], sent: &Sent) -> Option<Answer> {
        self.socket.send_to(datagram, to).await.unwrap();
        self.receive(sent, super::SILENT).await
    }

    pub async fn receive(&self, sent: &Sent, limit: Duration) -> Option<Answer> {
        let mut buffer = [0; LENGTH_MAX];
        let (length, _) =
            tokio::time::timeout(limit, self.socket.recv_from(&mut buffer)).await.ok()?.unwrap();
        let bytes = buffer[..length].to_vec();
        let packet = sent.check(&bytes, &self.secret).expect("a reply that proves nothing");
        let attributes = packet.attributes().map(|a| (a.kind, a.value.to_vec())).collect();
        Some(Answer { code: packet.code(), attributes, bytes: bytes.clone() })
    }

    /// Asks for somebody; waits long enough for a slow hash.
    pub async fn access(&mut self, to: SocketAddr, name: &[u8], password: &[u8]) -> Option<Answer> {
        let (datagram, sent) = self.access_request(name, password, &[]);
        self.socket.send_to(&datagram, to).await.unwrap();
        self.receive(&sent, LIMIT).await
    }

    pub fn access_request(&mut self, name: &[u8], password: &[u8], more: &[(u8, &[u8])]) -> (Vec<u8>, Sent) {
        let mut buffer = [0; LENGTH_MAX];
        let mut query = Query::access(self.identifier(), fresh(), &mut buffer);
        query.add(kind::USER_NAME, name).unwrap();
        query.add_password(password, &self.secret).unwrap();
        for (kind, value) in more {
            query.add(*kind, value).unwrap();
        }
        let (datagram, sent) = query.finish(&self.secret);
        (datagram.to_vec(), sent)
    }

    pub fn accounting_request(&mut self, status: u32, more: &[(u8, &[u8])]) -> (Vec<u8>, Sent) {
        let mut buffer = [0; LENGTH_MAX];
        let mut query = Query::accounting(self.identifier(), &mut buffer);
        query.add_u32(kind::ACCT_STATUS_TYPE, status).unwrap();
        for (kind, value) in more {
            query.add(*kind, value).unwrap();
        }
        let (datagram, sent) = query.finish(&self.secret);
        (datagram.to_vec(), sent)
    }

    pub async fn account(&mut self, to: SocketAddr, status: u32, more: &[(u8, &[u8])]) -> Option<Answer> {
        let (datagram, sent) = self.accounting_request(status, more);
        self.send(to, &datagram, &sent).await
    }

    pub fn identifier(&mut self) -> u8 {
        self.next = self.next.wrapping_add(1);
        self.next
    }
}

pub fn fresh() -> [u8; 16] {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}
