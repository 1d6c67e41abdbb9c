//! Datagrams in and out of a UDP socket, each answer from the address that was asked.
//!
//! A socket bound to every address of the machine would answer from whichever the route prefers, and access points drop
//! an answer from another address than they asked. The kernel says with each datagram to which address it came
//! (IP_PKTINFO, RFC 3542 for IPv6), and takes the same for the answer.

use std::io::{IoSlice, IoSliceMut, Result};
use std::net::SocketAddr;
use std::os::fd::AsRawFd as _;

use nix::libc::{in_pktinfo, in6_pktinfo};
use nix::sys::socket::sockopt::{Ipv4PacketInfo, Ipv6RecvPacketInfo};
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, sendmsg, setsockopt,
};
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// Room for what the kernel says beside a datagram; more than enough, because what does not fit makes it an error.
const BESIDE_BYTES: usize = 256;

/// The address of ours that a datagram came to.
#[derive(Debug, Clone, Copy)]
pub enum Asked {
    /// The socket has only one, or the kernel did not say.
    Only,
    /// An IPv4 address.
    V4(in_pktinfo),
    /// An IPv6 address.
    V6(in6_pktinfo),
}

/// The socket.
pub struct Datagrams {
    socket: UdpSocket,
    /// Room for what the kernel says beside a datagram; taken once.
    beside: Box<[u8; BESIDE_BYTES]>,
}

impl Datagrams {
    /// Takes a bound socket.
    pub fn new(socket: UdpSocket) -> Self {
        let told = match socket.local_addr() {
            Ok(SocketAddr::V4(bound)) if bound.ip().is_unspecified() => {
                setsockopt(&socket, Ipv4PacketInfo, &true)
            }
            Ok(SocketAddr::V6(bound)) if bound.ip().is_unspecified() => {
                setsockopt(&socket, Ipv6RecvPacketInfo, &true)
            }
            Ok(_) | Err(_) => Ok(()),
        };
        if let Err(error) = told {
            tracing::warn!(%error, "answers leave from the address the route prefers; bind radius.auth and radius.acct to one address");
        }
        Self { socket, beside: Box::new([0; BESIDE_BYTES]) }
    }

    /// Waits for datagrams.
    pub async fn readable(&self) -> Result<()> {
        self.socket.readable().await
    }

    /// Takes the next datagram: its length, who sent it, and which of our addresses was asked.
    ///
    /// # Errors
    /// `WouldBlock` when there is none.
    pub fn receive(&mut self, buffer: &mut [u8]) -> Result<(usize, SocketAddr, Asked)> {
        let Self { socket, beside } = self;
        socket.try_io(Interest::READABLE, || {
            let mut room = [IoSliceMut::new(buffer)];
            let received = recvmsg::<SockaddrStorage>(
                socket.as_raw_fd(),
                &mut room,
                Some(beside.as_mut_slice()),
                MsgFlags::empty(),
            )?;
            let peer = received.address.and_then(socket_address).ok_or(nix::errno::Errno::EAFNOSUPPORT)?;
            let mut asked = Asked::Only;
            for message in received.cmsgs()? {
                // Which interface the answer leaves by is the route's affair.
                if let ControlMessageOwned::Ipv4PacketInfo(info) = message {
                    asked = Asked::V4(in_pktinfo { ipi_ifindex: 0, ..info });
                } else if let ControlMessageOwned::Ipv6PacketInfo(info) = message {
                    asked = Asked::V6(in6_pktinfo { ipi6_ifindex: 0, ..info });
                }
            }
            Ok((received.bytes, peer, asked))
        })
    }

    /// Sends an answer. One the kernel has no room for is lost like any datagram: it is asked for again.
    pub fn send(&self, answer: &[u8], peer: SocketAddr, asked: Asked) {
        let sent = self.socket.try_io(Interest::WRITABLE, || {
            let parts = [IoSlice::new(answer)];
            let from = match &asked {
                Asked::Only => &[][..],
                Asked::V4(info) => &[ControlMessage::Ipv4PacketInfo(info)],
                Asked::V6(info) => &[ControlMessage::Ipv6PacketInfo(info)],
            };
            let to = SockaddrStorage::from(peer);
            Ok(sendmsg(self.socket.as_raw_fd(), &parts, from, MsgFlags::empty(), Some(&to))?)
        });
        if let Err(error) = sent {
            tracing::debug!(%error, "an answer did not leave");
        }
    }
}

fn socket_address(address: SockaddrStorage) -> Option<SocketAddr> {
    let v4 = address.as_sockaddr_in().map(|v4| SocketAddr::from((v4.ip(), v4.port())));
    v4.or_else(|| address.as_sockaddr_in6().map(|v6| SocketAddr::from((v6.ip(), v6.port()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_comes_from_the_address_that_was_asked() {
        for (bound, asked, peer) in [
            ("0.0.0.0:0", "127.0.0.7", "127.0.0.9:0"),
            ("[::]:0", "::1", "[::1]:0"),
            ("[::]:0", "127.0.0.7", "127.0.0.9:0"),
        ] {
            let mut server = Datagrams::new(UdpSocket::bind(bound).await.unwrap());
            let port = server.socket.local_addr().unwrap().port();
            let to = SocketAddr::new(asked.parse().unwrap(), port);
            let client = UdpSocket::bind(peer).await.unwrap();
            client.send_to(b"ask", to).await.unwrap();
            server.readable().await.unwrap();
            let mut buffer = [0; 16];
            let (length, from, place) = server.receive(&mut buffer).unwrap();
            assert_eq!((length, from.port()), (3, client.local_addr().unwrap().port()));
            server.send(b"answer", from, place);
            let (length, answered) = client.recv_from(&mut buffer).await.unwrap();
            assert_eq!((length, answered), (6, to), "{bound}");
            assert_eq!(server.receive(&mut buffer).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
        }
    }
}
