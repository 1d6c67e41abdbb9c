//! Connections to the controller: its name looked up, the last good address kept, everything with a limit.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::tls::is_wrong_key;

/// Longest wait for an answer of TCP, and then of TLS.
const PATIENCE: Duration = Duration::from_secs(5);
/// Addresses of one name that are tried.
const MOST_ADDRESSES: usize = 4;

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
        if parsed.scheme_str() != Some("https")
            || !matches!(parsed.path(), "" | "/")
            || parsed.query().is_some()
        {
            return Err(bad());
        }
        let authority = parsed.authority().map(http::uri::Authority::as_str).ok_or_else(bad)?;
        let host = parsed.host().filter(|host| !host.is_empty()).ok_or_else(bad)?;
        // What stands behind the host is a port that exists, and no user stands before it.
        let port = match authority.strip_prefix(host).ok_or_else(bad)? {
            "" => 443,
            behind => behind
                .strip_prefix(':')
                .and_then(|port| port.parse().ok())
                .filter(|port| *port > 0)
                .ok_or_else(bad)?,
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self { host, port, last_good: Arc::default() })
    }

    /// A connection of TLS under `config`. The name is looked up each time; the last address that proved to be the
    /// controller is tried too, so that a resolver that is away or lies does not part us from it.
    ///
    /// # Errors
    /// What the resolver, TCP or TLS said last; that another key answers is said before anything else.
    pub async fn tls(&self, config: Arc<ClientConfig>) -> io::Result<TlsStream<TcpStream>> {
        let looked_up =
            tokio::time::timeout(PATIENCE, tokio::net::lookup_host((self.host.as_str(), self.port))).await;
        let (mut addresses, mut failure) = match looked_up {
            Ok(Ok(found)) => (found.take(MOST_ADDRESSES).collect(), io::ErrorKind::AddrNotAvailable.into()),
            Ok(Err(error)) => (Vec::new(), error),
            Err(late) => (Vec::new(), late.into()),
        };
        if let Some(address) = self.last_good()
            && !addresses.contains(&address)
        {
            addresses.push(address);
        }
        for address in addresses {
            match self.reach(address, Arc::clone(&config)).await {
                Ok(stream) => return Ok(stream),
                Err(error) if !is_wrong_key(&failure) => failure = error,
                Err(_) => {}
            }
        }
        Err(failure)
    }

    /// As [`Dial::tls`], but to the last good address first, without asking a resolver: a phone waits.
    ///
    /// # Errors
    /// As [`Dial::tls`].
    pub async fn tls_soon(&self, config: Arc<ClientConfig>) -> io::Result<TlsStream<TcpStream>> {
        if let Some(address) = self.last_good()
            && let Ok(stream) = self.reach(address, Arc::clone(&config)).await
        {
            return Ok(stream);
        }
        self.tls(config).await
    }

    fn last_good(&self) -> Option<SocketAddr> {
        *self.last_good.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn reach(
        &self,
        address: SocketAddr,
        config: Arc<ClientConfig>,
    ) -> io::Result<TlsStream<TcpStream>> {
        let stream = tokio::time::timeout(PATIENCE, TcpStream::connect(address)).await??;
        stream.set_nodelay(true)?;
        // The pin is what is checked; the name stands here because the type wants one.
        let name = ServerName::try_from("controller").map_err(io::Error::other)?;
        let stream =
            tokio::time::timeout(PATIENCE, TlsConnector::from(config).connect(name, stream)).await??;
        *self.last_good.lock().unwrap_or_else(PoisonError::into_inner) = Some(address);
        Ok(stream)
    }

    /// The host, for the request line of enrolment.
    #[must_use]
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_urls_of_a_host_are_taken() {
        for url in [
            "",
            "controller:8444",
            "http://c:8444",
            "https://",
            "https://c:8444/agent",
            "https://c:8444/?x",
            "https://c:99999",
            "https://c:0",
            "https://c:",
            "https://me@c:8444",
        ] {
            assert!(Dial::new(url).is_err(), "{url:?} was taken");
        }
        assert_eq!(
            Dial::new("https://controller.example:8444").unwrap().authority(),
            "controller.example:8444"
        );
        assert_eq!(Dial::new("https://controller.example").unwrap().authority(), "controller.example:443");
        assert_eq!(Dial::new("https://[2001:db8::1]:8444/").unwrap().authority(), "[2001:db8::1]:8444");
    }

    #[tokio::test]
    async fn a_controller_whose_name_is_gone_is_reached_where_it_was_last() {
        let pair = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&pair).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = rustls::pki_types::PrivatePkcs8KeyDer::from(pair.serialize_der());
        let server = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key.into())
            .unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(server));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = acceptor.accept(stream).await;
            }
        });
        let identity = crate::tls::Identity::in_memory().unwrap();
        let right =
            Arc::new(identity.client_config(crate::tls::pin_of(certificate.der()).unwrap(), b"x").unwrap());
        let wrong = Arc::new(identity.client_config(agent_protocol::enroll::KeyPin([0; 32]), b"x").unwrap());
        // No resolver takes a label of 64 characters, so nobody is asked.
        let gone = Dial::new(&format!("https://{}.example:8444", "a".repeat(64))).unwrap();
        assert!(gone.tls(Arc::clone(&right)).await.is_err());
        let here = Dial::new(&format!("https://{address}")).unwrap();
        assert!(is_wrong_key(&here.tls(wrong).await.unwrap_err()));
        assert_eq!(here.last_good(), None, "an address with another key is no good one");
        assert!(here.tls(Arc::clone(&right)).await.is_ok());
        let gone = Dial { last_good: Arc::clone(&here.last_good), ..gone };
        assert!(gone.tls(Arc::clone(&right)).await.is_ok());
        assert!(gone.tls_soon(right).await.is_ok());
    }
}
