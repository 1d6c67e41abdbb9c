//! The least a RADIUS server can do: check a request and say yes. What it costs is the wire's and the digests' price.

use std::net::{SocketAddr, UdpSocket};

use anyhow::{Context as _, Result};
use radius_core::{Code, LENGTH_MAX, MessageAuthenticator, Packet, Reply};

/// Answers everything that comes to `address` and is signed with `secret`, until it is killed.
///
/// # Errors
/// When the socket cannot be used.
pub fn serve(address: &str, secret: &str) -> Result<()> {
    let address: SocketAddr = address.parse().with_context(|| format!("{address} is no address"))?;
    let socket = UdpSocket::bind(address).with_context(|| format!("cannot listen on {address}"))?;
    let (mut datagram, mut room) = ([0; LENGTH_MAX], [0; LENGTH_MAX]);
    loop {
        let (length, peer) = socket.recv_from(&mut datagram)?;
        let Some(Ok(packet)) = datagram.get(..length).map(Packet::parse) else { continue };
        let Ok(request) = packet.verify(secret.as_bytes(), MessageAuthenticator::Required) else { continue };
        let accounting = request.code() == Code::AccountingRequest;
        let code = if accounting { Code::AccountingResponse } else { Code::AccessAccept };
        socket.send_to(Reply::to(&request, code, &mut room).finish(secret.as_bytes()), peer)?;
    }
}
