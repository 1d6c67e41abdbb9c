//! Binds every listener before anything is served, so that a port in use is one clear sentence and nothing else.

use std::io::ErrorKind;
use std::net::SocketAddr;

use serde_json::{Value, json};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, UdpSocket};

use crate::config::Config;

/// Receive buffer of a RADIUS socket, in bytes.
const RECEIVE_BYTES: usize = 4 * 1024 * 1024;

/// Every listener, bound.
pub struct Sockets {
    /// Access-Requests.
    pub radius_auth: UdpSocket,
    /// Accounting-Requests.
    pub radius_acct: UdpSocket,
    /// Visitors.
    pub portal: TcpListener,
    /// Access points.
    pub agents: TcpListener,
    /// Operators.
    pub admin: TcpListener,
    /// Monitoring.
    pub metrics: TcpListener,
}

impl Sockets {
    /// Binds all of them, or none.
    ///
    /// # Errors
    /// One sentence that names the key, the address and what to do.
    pub async fn bind(config: &Config) -> anyhow::Result<Self> {
        Ok(Self {
            radius_auth: bind_udp("radius.auth", config.radius.auth)?,
            radius_acct: bind_udp("radius.acct", config.radius.acct)?,
            portal: bind("portal.listen", config.portal.listen).await?,
            agents: bind("agents.listen", config.agents.listen).await?,
            admin: bind("admin.listen", config.admin.listen).await?,
            metrics: bind("metrics.listen", config.metrics.listen).await?,
        })
    }

    /// The ready line: where each listener really is.
    ///
    /// # Errors
    /// What the system says of a socket.
    pub fn ready_line(&self) -> std::io::Result<Value> {
        Ok(json!({
            "ready": true,
            "radius_auth": self.radius_auth.local_addr()?.to_string(),
            "radius_acct": self.radius_acct.local_addr()?.to_string(),
            "portal": self.portal.local_addr()?.to_string(),
            "agents": self.agents.local_addr()?.to_string(),
            "admin": self.admin.local_addr()?.to_string(),
            "metrics": self.metrics.local_addr()?.to_string(),
        }))
    }
}

async fn bind(key: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| not_bound(key, address, &error))
}

/// A UDP socket with room for a burst: what the kernel cannot keep is lost until it is sent again.
fn bind_udp(key: &str, address: SocketAddr) -> anyhow::Result<UdpSocket> {
    let bound = (|| {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        // The system may allow less; it is then as it was.
        let _ = socket.set_recv_buffer_size(RECEIVE_BYTES);
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        UdpSocket::from_std(socket.into())
    })();
    bound.map_err(|error| not_bound(key, address, &error))
}

fn not_bound(key: &str, address: SocketAddr, error: &std::io::Error) -> anyhow::Error {
    let kind = error.kind();
    if kind == ErrorKind::AddrInUse {
        anyhow::anyhow!(
            "{key} = {address} is in use by another program; stop that program or choose another port"
        )
    } else if kind == ErrorKind::PermissionDenied {
        anyhow::anyhow!(
            "{key} = {address} may not be bound by this user; choose a port above 1023 or allow it"
        )
    } else if kind == ErrorKind::AddrNotAvailable {
        anyhow::anyhow!("{key} = {address} is no address of this machine; choose one that is, or 0.0.0.0")
    } else {
        anyhow::anyhow!("{key} = {address} cannot be bound: {error}; choose another address")
    }
}
