//! Connections to the controller: its name looked up, the last good address kept, everything with a limit.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Longest wait for an answer of TCP, and then of TLS.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where the controller's agents' listener is.
#[derive(Debug, Clone)]
pub struct Dial {
    host: String,
    port: u16,
    last_good: Arc<Mutex<Option<SocketAddr>>>,
}

/// A URL that names no controller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no controller's URL; write it as https://HOST:8444")]
pub struct BadUrl(pub String);

impl Dial {
    /// Reads `https://HOST[:PORT]`.
    ///
    /// # Errors
    /// [`BadUrl`] for anything else.
    pub fn new(url: &str) -> Result<Self, BadUrl> {
        let bad = || BadUrl(url.to_owned());
        let parsed: http::Uri = url.parse().map_err(|_| bad())?;
        if parsed.scheme_str() != Some("https") || !matches!(parsed.path(), "" | "/") {
            return Err(bad());
        }
        let host = parsed.host().filter(|host| !host.is_empty()).ok_or_else(bad)?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self { host, port: parsed.port_u16().unwrap_or(443), last_good: Arc::default() })
    }

    /// A connection of TCP. When the name does not resolve, the last good address is tried.
    ///
    /// # Errors
    /// What the system said of the last address tried.
    pub async fn tcp(&self) -> io::Result<TcpStream> {
        let remembered = self.last_good.lock().ok().and_then(|held| *held);
        let looked_up = tokio::time::timeout(PATIENCE, tokio::net::lookup_host((self.host.as_str(), self.port))).await;
        let mut addresses: Vec<SocketAddr> = match looked_up {
            Ok(Ok(found)) => found.collect(),
            Ok(Err(error)) if remembered.is_none() => return Err(error),
            Err(late) if remembered.is_none() => return Err(late.into()),
            Ok(Err(_)) | Err(_) => Vec::new(),
        };
        if addresses.is_empty() {
            addresses.extend(remembered);
        }
        let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for address in addresses {
            match tokio::time::timeout(PATIENCE, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    stream.set_nodelay(true)?;
                    if let Ok(mut held) = self.last_good.lock() {
                        *held = Some(address);
                    }
                    return Ok(stream);
                }
                Ok(Err(error)) => last = error,
                Err(late) => last = late.into(),
            }
        }
        Err(last)
    }

    /// A connection of TLS under `config`.
    ///
    /// # Errors
    /// What TCP or TLS said.
    pub async fn tls(&self, config: Arc<ClientConfig>) -> io::Result<TlsStream<TcpStream>> {
        let stream = self.tcp().await?;
        // The pin is what is checked; the name stands here because the type wants one.
        let name = ServerName::try_from("controller").map_err(io::Error::other)?;
        tokio::time::timeout(PATIENCE, TlsConnector::from(config).connect(name, stream)).await?
    }

    /// The host, for the request line of enrolment.
    #[must_use]
    pub fn authority(&self) -> String {
        if self.host.contains(':') { format!("[{}]:{}", self.host, self.port) } else { format!("{}:{}", self.host, self.port) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_urls_of_a_host_are_taken() {
        for url in ["", "controller:8444", "http://c:8444", "https://", "https://c:8444/agent", "https://c:99999"] {
            assert!(Dial::new(url).is_err(), "{url:?} was taken");
        }
        assert_eq!(Dial::new("https://controller.example:8444").unwrap().authority(), "controller.example:8444");
        assert_eq!(Dial::new("https://[2001:db8::1]:8444/").unwrap().authority(), "[2001:db8::1]:8444");
    }
}
