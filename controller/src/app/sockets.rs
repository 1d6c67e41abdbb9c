//! Binds every listener before anything is served, so that a port in use is one clear sentence and nothing else.

use std::io::ErrorKind;
use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::config::Config;

/// Every listener, bound.
pub struct Sockets {
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
            "portal": self.portal.local_addr()?.to_string(),
            "agents": self.agents.local_addr()?.to_string(),
            "admin": self.admin.local_addr()?.to_string(),
            "metrics": self.metrics.local_addr()?.to_string(),
        }))
    }
}

async fn bind(key: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
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
    })
}
